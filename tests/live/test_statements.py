"""Connecting, values, parameters and errors, against any server."""

from __future__ import annotations

import datetime
import decimal
import uuid
from typing import Any, Callable

import pytest

import scratchbird
from tests.live.conftest import Target

UTC = datetime.timezone.utc

VALUES = [
    (True, "True"),
    (False, "False"),
    (0, "0"),
    (-1, "-1"),
    (2**31 - 1, "2147483647"),
    (-(2**63), "-9223372036854775808"),
    (2**63 - 1, "9223372036854775807"),
    (decimal.Decimal("12.50"), "12.50"),
    (decimal.Decimal("-0.0001"), "-0.0001"),
    ("", ""),
    ('it\'s "quoted" \\ ünï 漢 🐦', 'it\'s "quoted" \\ ünï 漢 🐦'),
    ("007", "007"),
    ("true story", "true story"),
    (None, "None"),
]
IN_TABLES = [
    ("BOOLEAN", True, "True"),
    ("SMALLINT", -5, "-5"),
    ("INTEGER", 2**31 - 1, "2147483647"),
    ("BIGINT", -(2**63), "-9223372036854775808"),
    ("DOUBLE", 3.141592653589793, "3.141592653589793"),
    ("DECIMAL(20,4)", decimal.Decimal("1234567890123.4567"), "1234567890123.4567"),
    ("VARCHAR(40)", "ünï 漢 🐦", "ünï 漢 🐦"),
    ("TEXT", "x" * 5000, "x" * 5000),
    ("DATE", datetime.date(2024, 2, 29), "2024-02-29"),
    ("TIMESTAMP", datetime.datetime(2024, 2, 29, 1, 2, 3, 456789), "2024-02-29 01:02:03.456789"),
    ("UUID", uuid.UUID(int=2**100 + 5), str(uuid.UUID(int=2**100 + 5))),
]


def test_a_connection_says_where_it_is(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn)
    assert conn.info.server_profile in ("standard", "beta")
    assert conn.info.product
    assert conn.execute("SELECT 1").fetchone() == (1,)
    conn.close()
    assert conn.closed
    with pytest.raises(scratchbird.InterfaceError, match="closed"):
        conn.execute("SELECT 1")


def test_a_wrong_password_is_refused(connect: Callable[..., Any], dsn: str, has_password: bool) -> None:
    if not has_password:
        pytest.skip("the DSN has no password")
    with pytest.raises(scratchbird.OperationalError) as caught:
        connect(dsn, password="certainly not the password")
    assert caught.value.sqlstate is not None
    assert caught.value.sqlstate.startswith("28")
    assert "certainly not" not in str(caught.value)


@pytest.mark.parametrize(("value", "text"), VALUES, ids=[str(number) for number in range(len(VALUES))])
def test_a_parameter_comes_back(connect: Callable[..., Any], target: Target, value: Any, text: str) -> None:
    (found,) = connect(target.dsn).execute("SELECT ?", (value,)).fetchone()
    assert target.means(found, value, text)


@pytest.mark.parametrize(("kind", "value", "text"), IN_TABLES, ids=[kind for kind, *_ in IN_TABLES])
def test_a_value_is_stored(
    connect: Callable[..., Any], target: Target, make: Callable[..., str], kind: str, value: Any, text: str
) -> None:
    name = make(f"id BIGINT NOT NULL PRIMARY KEY, v {kind}")
    conn = connect(target.dsn)
    conn.execute(f"INSERT INTO {name} (id, v) VALUES (?, ?)", (1, value))
    conn.execute(f"INSERT INTO {name} (id, v) VALUES (?, ?)", (2, None))
    conn.commit()
    rows = conn.execute(f"SELECT * FROM {name} ORDER BY id").fetchall()
    assert [row[0] for row in rows] == [1, 2]
    assert target.means(rows[0][1], value, text)
    assert rows[1][1] is None


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("SELECT ?, ?", (1, "a")),
        ("SELECT $1, $2", (1, "a")),
        ("SELECT %s, %s", (1, "a")),
        ("SELECT :n, :t", {"n": 1, "t": "a"}),
        ("SELECT %(n)s, %(t)s", {"n": 1, "t": "a"}),
    ],
)
def test_every_style_of_placeholder(connect: Callable[..., Any], dsn: str, sql: str, values: Any) -> None:
    assert connect(dsn).execute(sql, values).fetchone() == (1, "a")


def test_what_is_given_is_never_sql(connect: Callable[..., Any], dsn: str, table: str) -> None:
    conn = connect(dsn)
    for number, text in enumerate(("'", "''", "\\'", "' OR 1=1 --", "$1 ? %s :n", "/*", "$$"), 1):
        conn.execute(f"INSERT INTO {table} (id, label) VALUES (?, ?)", (number, text))
        assert conn.execute(f"SELECT * FROM {table} WHERE label = ?", (text,)).fetchall() == [(number, text, None)]
    assert conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (7,)


@pytest.mark.parametrize(("sql", "values"), [("SELECT ?, ?", (1,)), ("SELECT ?", (1, 2)), ("SELECT :a", {"b": 1})])
def test_values_that_do_not_fit_are_refused(connect: Callable[..., Any], dsn: str, sql: str, values: Any) -> None:
    conn = connect(dsn)
    with pytest.raises(scratchbird.ProgrammingError):
        conn.execute(sql, values)
    assert conn.execute("SELECT 1").fetchone() == (1,)


def test_rows_are_fetched_in_every_way(connect: Callable[..., Any], dsn: str, table: str) -> None:
    conn = connect(dsn)
    conn.executemany(f"INSERT INTO {table} (id, n) VALUES (?, ?)", [(number, number * 2) for number in range(10)])
    cur = conn.execute(f"SELECT * FROM {table} ORDER BY id")
    assert [column[0] for column in cur.description] == ["id", "label", "n"]
    assert cur.fetchone() == (0, None, 0)
    assert len(cur.fetchmany(4)) == 4
    assert len(cur.fetchall()) == 5
    assert cur.fetchone() is None
    assert conn.execute(f"SELECT * FROM {table} WHERE id = ?", (99,)).fetchall() == []


def test_changes_are_counted(connect: Callable[..., Any], dsn: str, table: str) -> None:
    conn = connect(dsn)
    assert conn.execute(f"INSERT INTO {table} (id, label, n) VALUES (1, 'a', 5), (2, 'b', 5)").rowcount == 2
    assert conn.execute(f"UPDATE {table} SET label = ? WHERE n = ?", ("c", 5)).rowcount == 2
    assert conn.execute(f"DELETE FROM {table} WHERE id IN (2)").rowcount == 1
    assert conn.execute(f"SELECT * FROM {table}").fetchall() == [(1, "c", 5)]


@pytest.mark.parametrize(
    ("sql", "cls"),
    [
        ("SELECT * FROM sb_live_nowhere", scratchbird.ProgrammingError),
        ("SELEC 1", scratchbird.Error),
        ("SELECT 1/0", scratchbird.DataError),
        ("INSERT INTO {table} (id) VALUES (1)", scratchbird.IntegrityError),
        ("CREATE TABLE {table} (id BIGINT)", scratchbird.ProgrammingError),
    ],
)
def test_errors_have_a_class_and_a_state(
    connect: Callable[..., Any], dsn: str, table: str, sql: str, cls: type[scratchbird.Error]
) -> None:
    conn = connect(dsn, autocommit=True)
    conn.execute(f"INSERT INTO {table} (id) VALUES (1)")
    with pytest.raises(cls) as caught:
        conn.execute(sql.format(table=table))
    assert len(caught.value.sqlstate or "") == 5
    assert not conn.closed
    assert conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)


def test_what_must_not_be_null(connect: Callable[..., Any], dsn: str, table: str) -> None:
    conn = connect(dsn)
    with pytest.raises(scratchbird.IntegrityError) as caught:
        conn.execute(f"INSERT INTO {table} (id, label) VALUES (?, ?)", (None, "x"))
    assert caught.value.sqlstate == "23502"
    assert conn.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)
