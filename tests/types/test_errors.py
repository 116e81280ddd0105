"""scratchbird.errors: the tree of PEP 249 and the fields."""

from __future__ import annotations

import pickle

import pytest

from scratchbird import errors

TREE = {
    "Warning": Exception,
    "Error": Exception,
    "InterfaceError": errors.Error,
    "DatabaseError": errors.Error,
    "DataError": errors.DatabaseError,
    "OperationalError": errors.DatabaseError,
    "IntegrityError": errors.DatabaseError,
    "InternalError": errors.DatabaseError,
    "ProgrammingError": errors.DatabaseError,
    "NotSupportedError": errors.DatabaseError,
}

TEXTS = ("sqlstate", "severity", "detail", "hint", "constraint", "schema", "table", "column", "datatype", "statement")


def test_the_tree() -> None:
    assert {name: getattr(errors, name).__bases__ for name in TREE} == {name: (base,) for name, base in TREE.items()}


def test_a_bare_error_has_every_field() -> None:
    error = errors.OperationalError("lost")
    assert str(error) == "lost"
    assert all(getattr(error, name) is None for name in (*TEXTS, "position"))
    assert error.is_retryable is False
    assert error.is_disconnect is False
    assert error.__dict__ == {}


def test_every_field_arrives() -> None:
    fields: dict[str, errors.Field] = {name: f"the {name}" for name in TEXTS}
    fields.update(position=7, is_retryable=True, is_disconnect=True, unknown="dropped")
    error = errors.from_fields("DataError", "bad", fields)
    assert type(error) is errors.DataError
    assert all(getattr(error, name) == f"the {name}" for name in TEXTS)
    assert error.position == 7
    assert error.is_retryable is True
    assert error.is_disconnect is True
    assert not hasattr(error, "unknown")
    assert str(error) == "[the sqlstate] bad\nDETAIL: the detail\nHINT: the hint"


def test_without_fields_the_message_stands_alone() -> None:
    assert str(errors.from_fields("InterfaceError", "closed", {"sqlstate": None, "detail": None})) == "closed"


@pytest.mark.parametrize("name", list(TREE))
def test_every_class_can_be_built_and_pickled(name: str) -> None:
    error = errors.from_fields(name, "m", {"sqlstate": "XX000", "position": 3})
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is getattr(errors, name)
    assert (str(copy), copy.sqlstate, copy.position) == ("[XX000] m", "XX000", 3)


def test_an_unknown_class_is_a_database_error() -> None:
    assert type(errors.from_fields("Exception", "m", {})) is errors.DatabaseError
