"""Transactions, against any server."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import scratchbird


def insert(conn: Any, table: str, number: int) -> None:
    conn.execute(f"INSERT INTO {table} (id, n) VALUES (?, ?)", (number, number))


def test_others_see_what_is_committed(connect: Callable[..., Any], dsn: str, table: str, count: Any) -> None:
    conn = connect(dsn)
    insert(conn, table, 1)
    assert count(table) == 0
    conn.commit()
    assert count(table) == 1


def test_what_is_rolled_back_is_gone(connect: Callable[..., Any], dsn: str, table: str, count: Any) -> None:
    conn = connect(dsn)
    insert(conn, table, 1)
    conn.rollback()
    insert(conn, table, 2)
    conn.close()
    assert count(table) == 0


def test_autocommit_commits_every_road(connect: Callable[..., Any], dsn: str, table: str, count: Any) -> None:
    conn = connect(dsn, autocommit=True)
    insert(conn, table, 1)
    assert count(table) == 1
    conn.execute(f"INSERT INTO {table} (id) VALUES (2)")
    assert count(table) == 2
    conn.executemany(f"INSERT INTO {table} (id) VALUES (?)", [(3,), (4,)])
    assert count(table) == 4
    conn.bulk_copy(table, [(5, "x")], columns=["id", "label"])
    assert count(table) == 5
    assert not conn.in_transaction


def test_a_block_commits_or_rolls_back(connect: Callable[..., Any], dsn: str, table: str, count: Any) -> None:
    conn = connect(dsn, autocommit=True)
    with conn.transaction():
        insert(conn, table, 1)
        assert count(table) == 0
    with pytest.raises(KeyError), conn.transaction():
        insert(conn, table, 2)
        raise KeyError
    assert count(table) == 1


def test_an_error_undoes_one_statement(connect: Callable[..., Any], dsn: str, table: str, count: Any) -> None:
    conn = connect(dsn)
    insert(conn, table, 1)
    with pytest.raises(scratchbird.IntegrityError):
        insert(conn, table, 1)
    insert(conn, table, 2)
    conn.commit()
    assert count(table) == 2


def test_definitions_are_rolled_back(connect: Callable[..., Any], dsn: str, table: str) -> None:
    conn = connect(dsn)
    conn.execute(f"CREATE TABLE {table}_more (id BIGINT)")
    conn.rollback()
    with pytest.raises(scratchbird.ProgrammingError):
        conn.execute(f"SELECT * FROM {table}_more")


@pytest.mark.beta_lacks("ROLLBACK TO SAVEPOINT keeps rows that were inserted with a column list", raises=AssertionError)
def test_rolling_back_to_a_savepoint(connect: Callable[..., Any], dsn: str, table: str, count: Any) -> None:
    conn = connect(dsn)
    insert(conn, table, 1)
    conn.savepoint("sp")
    insert(conn, table, 2)
    conn.rollback_to_savepoint("sp")
    conn.commit()
    assert count(table) == 1


@pytest.mark.beta_lacks("isolation is READ COMMITTED, whatever is asked for")
def test_isolation_levels(connect: Callable[..., Any], dsn: str, table: str) -> None:
    conn, other = connect(dsn), connect(dsn, autocommit=True)
    conn.isolation_level = "SNAPSHOT"
    assert conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    insert(other, table, 1)
    assert conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
    conn.commit()
    assert conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)


@pytest.mark.beta_lacks("read-only transactions can write")
def test_read_only(connect: Callable[..., Any], dsn: str, table: str) -> None:
    conn = connect(dsn)
    conn.read_only = True
    with pytest.raises(scratchbird.Error):
        insert(conn, table, 1)


@pytest.mark.beta_lacks("there are no prepared transactions")
def test_two_phase_commit(connect: Callable[..., Any], dsn: str, table: str, count: Any) -> None:
    conn = connect(dsn)
    conn.tpc_begin(conn.xid(1, table, "branch"))
    insert(conn, table, 1)
    conn.tpc_prepare()
    conn.tpc_commit()
    assert count(table) == 1
