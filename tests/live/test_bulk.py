"""Many rows at once, against any server: `executemany`, `bulk_copy`, COPY."""

from __future__ import annotations

import io
from typing import Any, Callable

import pytest

import scratchbird


@pytest.mark.parametrize("rows", [1, 1001, 2500])
def test_executemany_stores_every_row(connect: Callable[..., Any], dsn: str, table: str, count: Any, rows: int) -> None:
    conn = connect(dsn)
    cur = conn.executemany(
        f"INSERT INTO {table} (id, label, n) VALUES (?, ?, ?)", ((n, f"row {n}", n % 7) for n in range(rows))
    )
    assert cur.rowcount == rows
    conn.commit()
    assert count(table) == rows
    row = conn.execute(f"SELECT * FROM {table} WHERE id = ?", (rows - 1,)).fetchone()
    assert row == (rows - 1, f"row {rows - 1}", (rows - 1) % 7)


def test_executemany_of_other_statements(connect: Callable[..., Any], dsn: str, table: str) -> None:
    conn = connect(dsn)
    conn.executemany(f"INSERT INTO {table} (id, n) VALUES (:id, :n)", [{"id": n, "n": n % 2} for n in range(10)])
    cur = conn.executemany(f"UPDATE {table} SET label = ? WHERE n = ?", [("even", 0), ("odd", 1)])
    assert (cur.rowcount, cur.rowcounts) == (10, [5, 5])


def test_executemany_that_fails_stores_nothing(connect: Callable[..., Any], dsn: str, table: str, count: Any) -> None:
    conn = connect(dsn, autocommit=True)
    with pytest.raises(scratchbird.IntegrityError):
        conn.executemany(f"INSERT INTO {table} (id) VALUES (?)", [(n if n != 1200 else 3,) for n in range(1500)])
    assert count(table) == 0


@pytest.mark.parametrize("rows", [0, 1, 12_345])
def test_bulk_copy_stores_every_row(connect: Callable[..., Any], dsn: str, table: str, count: Any, rows: int) -> None:
    conn = connect(dsn, autocommit=True)
    told: list[int] = []
    stored = conn.bulk_copy(
        table, ((n, f"ü {n}", None) for n in range(rows)), columns=["id", "label", "n"], on_progress=told.append
    )
    assert stored == rows
    assert told[-1] == rows
    assert count(table) == rows


def test_bulk_copy_that_fails_stores_nothing(connect: Callable[..., Any], dsn: str, table: str, count: Any) -> None:
    conn = connect(dsn, autocommit=True)
    with pytest.raises(scratchbird.IntegrityError):
        conn.bulk_copy(table, [{"id": 1}, {"id": 1}])
    assert count(table) == 0
    assert conn.execute("SELECT 1").fetchone() == (1,)


def test_copy_of_rows(connect: Callable[..., Any], dsn: str, table: str, count: Any) -> None:
    conn = connect(dsn)
    cur = conn.cursor()
    with cur.copy(f"COPY {table} (id, label, n) FROM STDIN") as copy:
        copy.write_row((1, "a", 1))
        copy.write_rows([(2, None, 2), (3, "ü", None)])
    assert cur.rowcount == 3
    conn.commit()
    assert count(table) == 3
    assert conn.execute(f"SELECT * FROM {table} ORDER BY id").fetchall() == [(1, "a", 1), (2, None, 2), (3, "ü", None)]


@pytest.mark.parametrize(
    ("words", "data"),
    [
        ("(id, label) FROM STDIN CSV", b'1,"a, b"\n2,\n'),
        ("FROM STDIN CSV HEADER", b'id,label\n1,"a, b"\n2,\n'),
        ("(id, label) FROM STDIN JSONL", b'{"id": 1, "label": "a, b"}\n{"id": 2, "label": null}\n'),
    ],
    ids=["csv", "header", "json lines"],
)
def test_copy_of_files(connect: Callable[..., Any], dsn: str, make: Any, words: str, data: bytes) -> None:
    name = make("id BIGINT NOT NULL PRIMARY KEY, label TEXT")
    conn = connect(dsn)
    for source in (data, io.BytesIO(data), data.decode(), [data[:5], data[5:]]):
        assert conn.cursor().copy_from(f"COPY {name} {words}", source) == 2
        assert conn.execute(f"SELECT * FROM {name} ORDER BY id").fetchall() == [(1, "a, b"), (2, None)]
        conn.rollback()


def test_a_copy_that_is_given_up_stores_nothing(connect: Callable[..., Any], dsn: str, table: str, count: Any) -> None:
    conn = connect(dsn, autocommit=True)
    with pytest.raises(KeyError, match="mine"):
        with conn.cursor().copy(f"COPY {table} (id) FROM STDIN") as copy:
            copy.write_rows([(n,) for n in range(5000)])
            raise KeyError("mine")
    assert conn.execute("SELECT 1").fetchone() == (1,)
    assert count(table) == 0


@pytest.mark.beta_lacks("COPY out is answered without data")
def test_copy_out(connect: Callable[..., Any], dsn: str, table: str) -> None:
    conn = connect(dsn)
    conn.execute(f"INSERT INTO {table} (id, label) VALUES (1, 'a')")
    target = io.BytesIO()
    assert conn.cursor().copy_to(f"COPY {table} TO STDOUT CSV", target) == 1
    assert target.getvalue() == b"1,a,\n"
