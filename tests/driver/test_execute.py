"""execute, executemany, fetching and the attributes of a cursor after them."""

from __future__ import annotations

from typing import Any

import pytest

import scratchbird


@pytest.fixture
def table(cur: Any) -> str:
    """A table of five rows, in the test's transaction."""
    cur.execute("create table birds (id int, name varchar(40))")
    cur.executemany("insert into birds (id, name) values (%s, %s)", [(n, f"bird {n}") for n in range(1, 6)])
    return "birds"


def test_execute_returns_the_cursor(cur: Any) -> None:
    assert cur.execute("select 1") is cur
    assert cur.fetchall() == [(1,)]


def test_the_connection_has_execute_too(conn: Any) -> None:
    assert conn.execute("select 1, 'a'").fetchone() == (1, "a")


def test_description(cur: Any) -> None:
    assert cur.description is None
    cur.execute("select 1 as number, 'a' as text, cast(1.5 as numeric(10, 2)) as exact, cast(null as timestamp) as t")
    assert all(len(column) == 7 for column in cur.description)
    assert [column[0] for column in cur.description] == ["number", "text", "exact", "t"]
    groups = [scratchbird.NUMBER, scratchbird.STRING, scratchbird.NUMBER, scratchbird.DATETIME]
    assert [column[1] == group for column, group in zip(cur.description, groups)] == [True] * 4


def test_an_empty_result_is_described(cur: Any, table: str) -> None:
    cur.execute(f"select id, name from {table} where id > 100")
    assert [column[0] for column in cur.description] == ["id", "name"]
    assert cur.fetchall() == []
    assert cur.fetchone() is None
    assert cur.rowcount == 0


def test_statements_without_rows(cur: Any, table: str) -> None:
    cur.execute(f"update {table} set name = 'x' where id <= 3")
    assert cur.rowcount == 3
    assert cur.description is None
    assert cur.statusmessage.startswith("UPDATE")
    for fetch in (cur.fetchone, cur.fetchmany, cur.fetchall):
        with pytest.raises(scratchbird.ProgrammingError):
            fetch()


def test_fetching_before_any_statement(cur: Any) -> None:
    for fetch in (cur.fetchone, cur.fetchmany, cur.fetchall):
        with pytest.raises(scratchbird.ProgrammingError):
            fetch()


def test_fetch_in_every_way(cur: Any, table: str) -> None:
    cur.execute(f"select id from {table} order by id")
    assert cur.rowcount == 5
    assert cur.rownumber == 0
    assert cur.fetchone() == (1,)
    assert cur.rownumber == 1
    assert cur.fetchmany(2) == [(2,), (3,)]
    assert cur.fetchmany() == [(4,)]
    assert cur.fetchall() == [(5,)]
    assert cur.rownumber == 5
    assert cur.fetchone() is None
    assert cur.fetchmany(3) == []
    assert cur.fetchall() == []


def test_arraysize(cur: Any, table: str) -> None:
    assert cur.arraysize == 1
    cur.arraysize = 3
    cur.execute(f"select id from {table} order by id")
    assert cur.fetchmany() == [(1,), (2,), (3,)]


def test_iteration(cur: Any, table: str) -> None:
    cur.execute(f"select id from {table} order by id")
    assert [row[0] for row in cur] == [1, 2, 3, 4, 5]


def test_executemany_counts_all_rows(cur: Any, table: str) -> None:
    cur.executemany(
        f"update {table} set name = :name where id >= :id", [{"name": "a", "id": 4}, {"name": "b", "id": 5}]
    )
    assert cur.rowcount == 3
    assert cur.execute(f"select name from {table} where id >= 4 order by id").fetchall() == [("a",), ("b",)]


def test_executemany_of_nothing(cur: Any, table: str) -> None:
    cur.executemany(f"insert into {table} (id, name) values (%s, %s)", [])
    assert cur.execute(f"select count(*) from {table}").fetchone() == (5,)


def test_executemany_takes_any_iterable(cur: Any, table: str) -> None:
    cur.executemany(f"insert into {table} (id) values (%s)", ((n,) for n in range(10, 15)))
    assert cur.rowcount == 5


def test_executemany_loads_many_rows(cur: Any) -> None:
    cur.execute("create table many (n int, s text)")
    cur.executemany("insert into many (n, s) values (?, ?)", [(n, str(n)) for n in range(5000)])
    assert cur.rowcount == 5000
    assert cur.execute("select count(*), sum(n) from many").fetchone() == (5000, 5000 * 4999 // 2)


def test_executemany_fails_on_the_bad_row(cur: Any, table: str) -> None:
    with pytest.raises(scratchbird.Error):
        cur.executemany(f"insert into {table} (id) values (%s)", [(1,), ("not a number",), (3,)])


def test_a_large_result(cur: Any) -> None:
    cur.execute("select n, 'row ' || cast(n as text) from generate_series(1, 100000) as g(n)")
    assert cur.fetchone() == (1, "row 1")
    rows = cur.fetchall()
    assert len(rows) == 99_999
    assert rows[-1] == (100_000, "row 100000")


def test_a_large_value(cur: Any) -> None:
    text = "äöü€🐦" * 200_000
    assert cur.execute("select %s", (text,)).fetchone() == (text,)


def test_nextset(cur: Any) -> None:
    cur.execute("select 1; select 2, 3; select 4")
    assert cur.fetchall() == [(1,)]
    assert cur.nextset()
    assert [len(cur.description), cur.fetchall()] == [2, [(2, 3)]]
    assert cur.nextset()
    assert cur.fetchall() == [(4,)]
    assert not cur.nextset()


def test_duplicate_column_names(cur: Any) -> None:
    assert cur.execute("select 1 as a, 2 as a").fetchone() == (1, 2)


def test_an_empty_statement(cur: Any) -> None:
    cur.execute("")
    assert cur.description is None


@pytest.mark.parametrize("sql", [None, 5, b"select 1"])
def test_a_statement_is_a_text(cur: Any, sql: Any) -> None:
    with pytest.raises((TypeError, scratchbird.ProgrammingError)):
        cur.execute(sql)
    assert cur.execute("select 1").fetchone() == (1,)


def test_statements_reuse_their_preparation(cur: Any, table: str) -> None:
    for n in range(1, 6):
        assert cur.execute(f"select name from {table} where id = ?", (n,)).fetchone() == (f"bird {n}",)


def test_a_table_that_changes_between_two_executions(cur: Any) -> None:
    cur.execute("create table changing (a int)")
    cur.execute("insert into changing values (1)")
    assert cur.execute("select * from changing where a = ?", (1,)).fetchone() == (1,)
    cur.execute("alter table changing add column b text default 'new'")
    assert cur.execute("select * from changing where a = ?", (1,)).fetchone() == (1, "new")


def test_lastrowid_is_none(cur: Any, table: str) -> None:
    cur.execute(f"insert into {table} (id) values (9)")
    assert cur.lastrowid is None
