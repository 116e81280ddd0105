"""`fetch`, `fetchrow` and `fetchval`: a statement and its rows in one call."""

from __future__ import annotations

from typing import Any

import pytest

from scratchbird import errors
from scratchbird.rows import dict_row, scalar_row

TWO = "select n, 'x' || n as name from generate_series(1, 2) as g(n)"


def test_fetch(conn: Any) -> None:
    assert conn.fetch(TWO) == [(1, "x1"), (2, "x2")]
    assert conn.fetch("select ? + 1 as n", (1,), row_factory=dict_row) == [{"n": 2}]
    assert conn.fetch("select 1 as n where 1 = 0") == []
    conn.row_factory = scalar_row
    assert conn.fetch(TWO) == [1, 2]


def test_fetchrow(conn: Any) -> None:
    assert conn.fetchrow(TWO) == (1, "x1")
    assert conn.fetchrow("select :a as a", {"a": 3}, row_factory=dict_row) == {"a": 3}
    assert conn.fetchrow("select 1 as n where 1 = 0") is None


def test_fetchval(conn: Any) -> None:
    assert conn.fetchval(TWO) == 1
    assert conn.fetchval(TWO, column=1) == "x1"
    assert conn.fetchval("select ? + 1", (1,)) == 2
    assert conn.fetchval("select null as n") is None
    assert conn.fetchval("select 1 as n where 1 = 0") is None
    conn.row_factory = dict_row
    assert conn.fetchval(TWO) == 1


def test_fetchval_of_a_cursor(conn: Any) -> None:
    cursor = conn.cursor(row_factory=dict_row).execute(TWO)
    assert cursor.fetchval() == 1
    assert cursor.rownumber == 1
    assert cursor.fetchval(1) == "x2"
    assert cursor.fetchval() is None


def test_columns_that_are_not_there(conn: Any) -> None:
    cursor = conn.execute(TWO)
    with pytest.raises(errors.ProgrammingError, match="there is no column 2: the result has 2"):
        cursor.fetchval(2)
    assert cursor.fetchval() == 1
    with pytest.raises(errors.ProgrammingError, match="there is no column 5"):
        conn.fetchval("select 1 as n where 1 = 0", column=5)


@pytest.mark.parametrize("method", ["fetch", "fetchrow", "fetchval"])
def test_a_statement_without_rows(conn: Any, method: str) -> None:
    with pytest.raises(errors.ProgrammingError, match="no rows to fetch"):
        getattr(conn, method)("create table fetching (n int)")


def test_a_time_limit(conn: Any) -> None:
    with pytest.raises(errors.OperationalError) as caught:
        conn.fetchval("select pg_sleep(60)", timeout=0.1)
    assert caught.value.sqlstate == "57014"
