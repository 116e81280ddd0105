"""`begin()`, `savepoint()`, `release_savepoint()`, `rollback_to_savepoint()`, and what `in_transaction` says."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import scratchbird
from scratchbird import ProgrammingError

Connect = Callable[..., Any]
Committed = Callable[[], "list[int]"]
Put = Callable[..., None]


@pytest.mark.parametrize("name", ["a", "Of Two Words", 'x"; drop table ledger; --', "select", "{0}"])
def test_back_to_a_savepoint(
    ledger: str, connect: Connect, dsn: str, committed: Committed, put: Put, name: str
) -> None:
    conn = connect(dsn)
    put(conn, 1)
    conn.savepoint(name)
    put(conn, 2)
    conn.rollback_to_savepoint(name)
    put(conn, 3)
    conn.rollback_to_savepoint(name)
    put(conn, 4)
    conn.release_savepoint(name)
    with pytest.raises(scratchbird.DatabaseError) as info:
        conn.rollback_to_savepoint(name)
    assert info.value.sqlstate == "3B001"
    conn.commit()
    assert committed() == [1, 4]


def test_a_simple_name_is_that_of_sql(ledger: str, connect: Connect, dsn: str, committed: Committed, put: Put) -> None:
    conn = connect(dsn)
    conn.savepoint("here")
    put(conn, 1)
    conn.execute("rollback to savepoint HERE")
    put(conn, 2)
    conn.commit()
    assert committed() == [2]


@pytest.mark.parametrize("name", ["", "a\0b", None])
def test_names_that_cannot_be(connect: Connect, dsn: str, name: Any) -> None:
    conn = connect(dsn)
    for method in (conn.savepoint, conn.release_savepoint, conn.rollback_to_savepoint):
        with pytest.raises(ProgrammingError):
            method(name)


def test_autocommit_has_no_savepoints(connect: Connect, dsn: str) -> None:
    conn = connect(dsn, autocommit=True)
    with pytest.raises(ProgrammingError, match="begin"):
        conn.savepoint("a")
    with conn.transaction():
        conn.savepoint("a")
        conn.rollback_to_savepoint("a")


@pytest.mark.parametrize("sql", [False, True], ids=["method", "sql"])
def test_begin_suspends_autocommit(
    ledger: str, connect: Connect, dsn: str, committed: Committed, put: Put, sql: bool
) -> None:
    conn = connect(dsn, autocommit=True)
    for end in ("commit", "rollback"):
        if sql:
            conn.execute("begin")
        else:
            conn.begin()
        put(conn, 1)
        assert conn.in_transaction
        assert conn.autocommit is True
        with pytest.raises(ProgrammingError):
            conn.begin()
        with conn.transaction():
            put(conn, 2)
        assert committed() == ([] if end == "commit" else [1, 2, 3])
        if sql:
            conn.execute(end)
        else:
            getattr(conn, end)()
        assert not conn.in_transaction
        if end == "commit":
            put(conn, 3)
        assert committed() == [1, 2, 3]


def test_begin_without_autocommit(ledger: str, connect: Connect, dsn: str, committed: Committed, put: Put) -> None:
    conn = connect(dsn)
    conn.begin(isolation="serializable")
    put(conn, 1)
    conn.commit()
    put(conn, 2)
    with pytest.raises(ProgrammingError, match="inside a transaction"):
        conn.begin()
    conn.rollback()
    assert committed() == [1]


def test_in_transaction(ledger: str, connect: Connect, dsn: str, put: Put) -> None:
    conn = connect(dsn)
    assert conn.in_transaction is False
    put(conn, 1)
    assert conn.in_transaction is True
    conn.rollback()
    assert conn.in_transaction is False
    with pytest.raises(ProgrammingError):
        conn.execute("select * from no_such_table")
    assert conn.in_transaction is True
    conn.execute("commit")
    assert conn.in_transaction is False
    conn.cursor().executemany("insert into ledger (n) values (%s)", [(1,), (2,)])
    assert conn.in_transaction is True
    conn.rollback()
    conn.autocommit = True
    put(conn, 1)
    conn.cursor().executemany("insert into ledger (n) values (%s)", [(1,), (2,)])
    assert conn.in_transaction is False
