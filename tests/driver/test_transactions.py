"""Commit, rollback, autocommit, savepoints."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import scratchbird

Connect = Callable[..., Any]


def committed(dsn: str) -> int:
    conn = scratchbird.connect(dsn)
    try:
        return int(conn.execute("select count(*) from ledger").fetchone()[0])
    finally:
        conn.close()


def test_off_by_default(ledger: str, connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    assert conn.autocommit is False
    conn.execute("insert into ledger (n) values (1)")
    assert committed(dsn) == 0
    conn.commit()
    assert committed(dsn) == 1
    conn.execute("insert into ledger (n) values (%s)", (2,))
    conn.rollback()
    assert committed(dsn) == 1


@pytest.mark.parametrize("parameters", [(), (1,)])
def test_autocommit_commits_every_statement(ledger: str, connect: Connect, dsn: str, parameters: Any) -> None:
    conn = connect(dsn, autocommit=True)
    assert conn.autocommit is True
    if parameters:
        conn.execute("insert into ledger (n) values (%s)", parameters)
    else:
        conn.execute("insert into ledger (n) values (1)")
    assert committed(dsn) == 1
    conn.execute("update ledger set n = 5")
    conn.rollback()
    assert conn.execute("select n from ledger").fetchall() == [(5,)]


def test_autocommit_of_executemany_is_all_or_nothing(ledger: str, connect: Connect, dsn: str) -> None:
    conn = connect(dsn, autocommit=True)
    conn.cursor().executemany("insert into ledger (n) values (%s)", [(n,) for n in range(10)])
    assert committed(dsn) == 10
    with pytest.raises(scratchbird.Error):
        conn.cursor().executemany("insert into ledger (n) values (%s)", [(1,), ("x",)])
    assert committed(dsn) == 10


def test_autocommit_can_be_switched(ledger: str, connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    conn.autocommit = True
    conn.execute("insert into ledger (n) values (1)")
    assert committed(dsn) == 1
    conn.autocommit = False
    conn.execute("insert into ledger (n) values (2)")
    assert committed(dsn) == 1


def test_autocommit_does_not_change_inside_a_transaction(ledger: str, connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    conn.execute("insert into ledger (n) values (1)")
    with pytest.raises(scratchbird.ProgrammingError):
        conn.autocommit = True
    conn.rollback()
    conn.autocommit = True


def test_ddl_takes_part(connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    conn.execute("create table passing (n int)")
    conn.rollback()
    with pytest.raises(scratchbird.ProgrammingError):
        conn.execute("select * from passing")


def test_commit_and_rollback_without_work(connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    conn.commit()
    conn.rollback()
    conn.commit()
    assert conn.execute("select 1").fetchone() == (1,)


def test_a_failed_statement_can_be_rolled_back(ledger: str, connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    conn.execute("insert into ledger (n) values (1)")
    with pytest.raises(scratchbird.ProgrammingError):
        conn.execute("select * from no_such_table")
    conn.rollback()
    conn.execute("insert into ledger (n) values (2)")
    conn.commit()
    assert conn.execute("select n from ledger").fetchall() == [(2,)]


def test_savepoints(ledger: str, connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    conn.execute("insert into ledger (n) values (1)")
    conn.execute("savepoint a")
    conn.execute("insert into ledger (n) values (2)")
    conn.execute("rollback to savepoint a")
    conn.execute("release savepoint a")
    conn.commit()
    assert conn.execute("select n from ledger").fetchall() == [(1,)]


def test_sql_commit_and_rollback(ledger: str, connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    conn.execute("insert into ledger (n) values (1)")
    conn.execute("commit")
    conn.execute("insert into ledger (n) values (2)")
    conn.execute("rollback")
    assert committed(dsn) == 1


def test_isolation_of_two_connections(ledger: str, connect: Connect, dsn: str) -> None:
    first, second = connect(dsn), connect(dsn)
    first.execute("insert into ledger (n) values (1)")
    assert second.execute("select count(*) from ledger").fetchone() == (0,)
    second.commit()
    first.commit()
    assert second.execute("select count(*) from ledger").fetchone() == (1,)


def test_results_survive_a_commit(connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    cur = conn.execute("select n from generate_series(1, 3) as g(n)")
    conn.commit()
    assert cur.fetchall() == [(1,), (2,), (3,)]
