"""What PEP 249 asks of the module, and that the two faces stay in step."""

from __future__ import annotations

import inspect
import re

import pytest

import scratchbird
from scratchbird import errors, types


def test_module_globals() -> None:
    assert scratchbird.apilevel == "2.0"
    assert scratchbird.threadsafety == 2
    assert scratchbird.paramstyle == "pyformat"
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", scratchbird.__version__)


# PEP 249 wants the exceptions of connections to be their attributes; these are not raised by one.
NOT_OF_CONNECTIONS = {"CircuitOpen", "PoolClosed", "PoolTimeout", "ServerDefectWarning", "TooManyRequests"}


@pytest.mark.parametrize("name", sorted(set(errors.__all__) - {"from_fields"}))
def test_exceptions_are_on_the_module(name: str) -> None:
    assert getattr(scratchbird, name) is getattr(errors, name)


@pytest.mark.parametrize("name", sorted(set(errors.__all__) - {"from_fields"} - NOT_OF_CONNECTIONS))
def test_exceptions_are_on_both_connections(name: str) -> None:
    cls = getattr(errors, name)
    assert getattr(scratchbird.Connection, name) is cls
    assert getattr(scratchbird.AsyncConnection, name) is cls


@pytest.mark.parametrize(
    "name",
    [
        "STRING",
        "BINARY",
        "NUMBER",
        "DATETIME",
        "ROWID",
        "Binary",
        "Date",
        "Time",
        "Timestamp",
        "DateFromTicks",
        "TimeFromTicks",
        "TimestampFromTicks",
    ],
)
def test_type_objects_and_constructors(name: str) -> None:
    assert getattr(scratchbird, name) is getattr(types, name)


def names(cls: type) -> set[str]:
    return {name for name in dir(cls) if not name.startswith("_")}


@pytest.mark.parametrize(
    ("blocking", "awaited"),
    [
        (scratchbird.Connection, scratchbird.AsyncConnection),
        (scratchbird.Cursor, scratchbird.AsyncCursor),
    ],
)
def test_the_faces_have_the_same_names(blocking: type, awaited: type) -> None:
    assert names(blocking) - names(awaited) == set()
    # The asyncio face cannot connect in a constructor or a plain function, so it has a classmethod for it.
    assert names(awaited) - names(blocking) <= {"connect"}


@pytest.mark.parametrize(
    ("blocking", "awaited"),
    [
        (scratchbird.Connection, scratchbird.AsyncConnection),
        (scratchbird.Cursor, scratchbird.AsyncCursor),
    ],
)
def test_the_faces_take_the_same_parameters(blocking: type, awaited: type) -> None:
    for name in names(blocking) & names(awaited):
        ours, theirs = getattr(blocking, name), getattr(awaited, name)
        if not callable(ours) or isinstance(ours, type):
            continue
        assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), name


def test_connect_and_connect_async_take_the_same_parameters() -> None:
    blocking = inspect.signature(scratchbird.connect).parameters
    awaited = inspect.signature(scratchbird.connect_async).parameters
    assert [(p.name, p.kind, p.default) for p in blocking.values()] == [
        (p.name, p.kind, p.default) for p in awaited.values()
    ]


@pytest.mark.parametrize(
    "cls", [scratchbird.Connection, scratchbird.AsyncConnection, scratchbird.Cursor, scratchbird.AsyncCursor]
)
def test_everything_public_is_documented(cls: type) -> None:
    assert inspect.getdoc(cls)
    missing = [
        name
        for name in names(cls)
        if not (isinstance(getattr(cls, name), type)) and not inspect.getdoc(inspect.getattr_static(cls, name))
    ]
    assert not missing
