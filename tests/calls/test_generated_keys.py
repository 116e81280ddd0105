"""Keys that a statement generates."""

from __future__ import annotations

from typing import Any

import pytest

from scratchbird import ProgrammingError


@pytest.fixture
def keyed(cur: Any) -> Any:
    cur.execute("create sequence keys_of start with 10")
    cur.execute("create table keyed (id bigint default next value for keys_of, name varchar(20), uid uuid)")
    return cur


def test_keys_of_one_row(keyed: Any) -> None:
    keyed.execute("insert into keyed (name) values (?)", ("a",), generated_keys=["id"])
    assert keyed.lastrowid == 10
    assert keyed.fetchall() == [(10,)]
    assert keyed.rowcount == 1
    keyed.execute("insert into keyed (name) values ('b') ; -- the last one", generated_keys="id")
    assert keyed.lastrowid == 11


def test_keys_of_several_rows_and_columns(keyed: Any) -> None:
    keyed.execute("insert into keyed (name) values (:a), (:b)", {"a": "x", "b": "y"}, generated_keys=("id", "name"))
    assert keyed.fetchall() == [(10, "x"), (11, "y")]
    assert keyed.lastrowid == 11
    keyed.execute("insert into keyed (name) values ('z')", generated_keys=True)
    assert keyed.fetchall() == [(12, "z", None)]


def test_without_asking_there_are_none(keyed: Any) -> None:
    keyed.execute("insert into keyed (name) values ('a')", generated_keys=["id"])
    keyed.execute("insert into keyed (name) values ('a')")
    assert keyed.lastrowid is None
    keyed.execute("insert into keyed (name) values ('a')", generated_keys=False)
    assert keyed.description is None


def test_names_are_quoted(keyed: Any) -> None:
    with pytest.raises(ProgrammingError):
        keyed.execute("insert into keyed (name) values ('a')", generated_keys=['id", (select 1) as "x'])


@pytest.mark.parametrize(
    "sql",
    [
        "select 1",
        "delete from keyed",
        "insert into keyed (name) values ('a') returning id",
        "insert into keyed (name) values ('a'); insert into keyed (name) values ('b')",
    ],
)
def test_statements_that_generate_none(keyed: Any, sql: str) -> None:
    with pytest.raises(ProgrammingError, match="generated_keys"):
        keyed.execute(sql, generated_keys=True)


def test_what_generated_keys_may_be(keyed: Any) -> None:
    for keys in (3, [1], {"id": 1.5}.values()):
        with pytest.raises(ProgrammingError, match="generated_keys"):
            keyed.execute("insert into keyed (name) values ('a')", generated_keys=keys)
