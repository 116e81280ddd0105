"""Metadata, and what else says something of the database, against any server."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import scratchbird
from tests.fix_connection import Driven


def metadata(conn: Any) -> Any:
    return Driven(conn.metadata, conn._loop) if isinstance(conn, Driven) else conn.metadata


def test_the_table_is_listed(connect: Callable[..., Any], dsn: str, table: str) -> None:
    meta = metadata(connect(dsn))
    assert [row["table_name"] for row in meta.tables(table=table)] == [table]
    assert meta.tables(table=f"{table}_no") == []


def test_its_columns_are_listed(connect: Callable[..., Any], dsn: str, table: str) -> None:
    rows = metadata(connect(dsn)).columns(table=table)
    assert [row["column_name"] for row in rows] == ["id", "label", "n"]
    assert [row["ordinal_position"] for row in rows] == [1, 2, 3]
    assert "int" in str(rows[0]["data_type"]).lower()


def test_its_key_is_listed(connect: Callable[..., Any], dsn: str, table: str) -> None:
    rows = metadata(connect(dsn)).primary_keys(table=table)
    assert [row["column_name"] for row in rows] == ["id"]


def test_schemas_are_listed(connect: Callable[..., Any], dsn: str) -> None:
    assert "users.public" in [row["schema_path"] for row in metadata(connect(dsn)).schemas()]


def test_sequences(connect: Callable[..., Any], dsn: str, table: str) -> None:
    conn = connect(dsn)
    conn.execute(f"CREATE SEQUENCE {table}_seq")
    first = conn.execute(f"SELECT NEXT VALUE FOR {table}_seq").fetchone()[0]
    assert conn.execute(f"SELECT NEXT VALUE FOR {table}_seq").fetchone() == (first + 1,)
    conn.rollback()


# ---- The documented rest ----------------------------------------------------------------------------------------


@pytest.mark.beta_lacks("RETURNING returns nothing", raises=(AssertionError, scratchbird.NotSupportedError))
def test_returning(connect: Callable[..., Any], dsn: str, table: str) -> None:
    cur = connect(dsn).execute(f"INSERT INTO {table} (id, label) VALUES (7, 'x') RETURNING id")
    assert cur.fetchall() == [(7,)]


@pytest.mark.beta_lacks("the select list on a table is ignored", raises=AssertionError)
@pytest.mark.parametrize(
    ("expression", "expected"), [("n AS renamed", [(5,), (5,)]), ("sum(n)", [(10,)]), ("DISTINCT n", [(5,)])]
)
def test_select_lists(connect: Callable[..., Any], dsn: str, table: str, expression: str, expected: Any) -> None:
    conn = connect(dsn)
    conn.execute(f"INSERT INTO {table} (id, n) VALUES (1, 5), (2, 5)")
    assert conn.execute(f"SELECT {expression} FROM {table}").fetchall() == expected


@pytest.mark.beta_lacks("UPDATE and DELETE find no row by equality on an indexed column", raises=AssertionError)
@pytest.mark.parametrize("change", ["UPDATE {} SET label = 'x' WHERE id = 1", "DELETE FROM {} WHERE id = 1"])
def test_changes_by_key(connect: Callable[..., Any], dsn: str, table: str, change: str) -> None:
    conn = connect(dsn)
    conn.execute(f"INSERT INTO {table} (id) VALUES (1)")
    assert conn.execute(change.format(table)).rowcount == 1


@pytest.mark.beta_lacks("a text is cut at ';' and at a line feed where it is returned", raises=AssertionError)
@pytest.mark.parametrize("text", ["a;b", "a\nb", "a;n=5"])
def test_texts_with_semicolons(connect: Callable[..., Any], dsn: str, table: str, text: str) -> None:
    conn = connect(dsn)
    conn.execute(f"INSERT INTO {table} (id, label) VALUES (?, ?)", (1, text))
    assert conn.execute(f"SELECT * FROM {table}").fetchall() == [(1, text, None)]


@pytest.mark.beta_lacks("INSERT without a column list does not look at what is unique", raises=pytest.fail.Exception)
def test_uniqueness(connect: Callable[..., Any], dsn: str, table: str) -> None:
    conn = connect(dsn)
    conn.execute(f"INSERT INTO {table} VALUES (1, 'a', 1)")
    with pytest.raises(scratchbird.IntegrityError):
        conn.execute(f"INSERT INTO {table} VALUES (1, 'b', 2)")


@pytest.mark.beta_lacks("cursors are for queries without a table")
def test_server_side_cursors(connect: Callable[..., Any], dsn: str, table: str) -> None:
    conn = connect(dsn)
    conn.executemany(f"INSERT INTO {table} (id) VALUES (?)", [(n,) for n in range(50)])
    with conn.cursor(name="sb_live") as cur:
        cur.execute(f"SELECT id FROM {table} ORDER BY id")
        assert cur.fetchmany(3) == [(0,), (1,), (2,)]


@pytest.mark.beta_lacks("notifications are never delivered")
def test_notifications(connect: Callable[..., Any], dsn: str, table: str) -> None:
    conn, other = connect(dsn, autocommit=True), connect(dsn, autocommit=True)
    conn.listen(table)
    other.notify(table, "x")
    found = list(conn.notifications(timeout=10, stop_after=1))
    assert [notice.payload for notice in found] == ["x"]


@pytest.mark.beta_lacks("procedures have no such bodies", raises=scratchbird.Error)
def test_procedures(connect: Callable[..., Any], dsn: str, table: str) -> None:
    conn = connect(dsn)
    conn.execute(f"CREATE PROCEDURE {table}_p (a INT, OUT b INT) AS BEGIN b = :a + 1; END")
    assert conn.cursor().callproc(f"{table}_p", [1, None]) == [1, 2]
    conn.rollback()
