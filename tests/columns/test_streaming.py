"""Record batches of a stream: their size, their types, constant memory, and what ends them."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any, Iterator

import pyarrow as pa
import pytest

import scratchbird
from tests.fix_connection import Driven

QUERY = (
    "select n, 'row ' || n as name, n * 1.5 as number, cast('[1,2]' as vector) as v from generate_series(1, {}) as n"
)


def batches(stream: Any, *size: int) -> Iterator[Any]:
    found = stream.fetch_record_batches(*size)
    if hasattr(found, "__aiter__"):
        found = Driven(found, stream._loop)
    return iter(found)


def test_the_batches_are_the_result(conn: Any) -> None:
    parts = list(batches(conn.cursor().stream(QUERY.format(25_000)), 10_000))
    assert [part.num_rows for part in parts] == [10_000, 10_000, 5_000]
    table = pa.Table.from_batches(parts)
    assert table.schema.types == [pa.int32(), pa.string(), pa.string(), pa.list_(pa.float32(), 2)]
    assert table.column("n").to_pylist() == list(range(1, 25_001))
    assert table.column("number")[24_999].as_py() == "37500.0"
    assert conn.execute("select 'free'").fetchone() == ("free",)


def test_batches_follow_rows(conn: Any) -> None:
    stream = conn.cursor().stream(QUERY.format(10))
    assert next(iter(stream))[0] == 1
    assert [part.column("n").to_pylist() for part in batches(stream, 6)] == [[2, 3, 4, 5, 6, 7], [8, 9, 10]]


def test_no_rows_no_batches(conn: Any) -> None:
    assert list(batches(conn.cursor().stream("select 1 as n where 1 = 0"), 10)) == []


def test_a_size_of_nothing(conn: Any) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match="at least 1"):
        conn.cursor().stream("select 1").fetch_record_batches(0)


def test_what_does_not_fit_gives_the_stream_up(conn: Any) -> None:
    vector = "cast(case when n < 5000 then '[1,2]' else '[1]' end as vector)"
    query = f"select n, {vector} as v from generate_series(1, 9000) as n"
    stream = conn.cursor().stream(query)
    parts = batches(stream, 1000)
    for _ in range(4):
        assert next(parts).num_rows == 1000
    with pytest.raises(scratchbird.DataError, match=r'row 4999, column 1 \("v"\): a vector of 1 dimensions'):
        next(parts)
    with pytest.raises(scratchbird.InterfaceError, match="given up"):
        next(batches(stream, 1000))
    assert conn.execute("select 'free'").fetchone() == ("free",)


def test_batches_end_by_their_bytes_where_nobody_says_how_many_rows(conn: Any, dsn: str) -> None:
    query = "select n, repeat('x', 10000) as t from generate_series(1, 2000) as n"
    parts = list(batches(conn.cursor().stream(query)))
    assert sum(part.num_rows for part in parts) == 2000
    # 4 MiB as they came, and the row that makes it so.
    assert [part.num_rows for part in parts[:4]] == [part.num_rows for part in parts[:1]] * 4
    assert all(part.nbytes < 4_300_000 for part in parts)
    assert [part.num_rows for part in batches(conn.cursor().stream(query), 1500)] == [1500, 500]
    with scratchbird.connect(dsn) as connection:
        reader = pa.RecordBatchReader.from_stream(connection.cursor().stream(query))
        assert [part.num_rows for part in reader] == [part.num_rows for part in parts]


def test_an_error_of_the_server(conn: Any) -> None:
    parts = batches(conn.cursor().stream("select 1 / (5000 - n) as n from generate_series(1, 9000) as n"), 1000)
    with pytest.raises(scratchbird.DataError, match="division by zero"):
        for _ in range(9):
            next(parts)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory of a process is not to be seen here")
def test_memory_does_not_grow(dsn: str) -> None:
    with scratchbird.connect(dsn) as connection:
        stream = connection.cursor().stream("select n, repeat('x', 200) as t from generate_series(1, 300000) as n")
        resident = []
        for part in stream.fetch_record_batches(5_000):
            assert part.num_rows == 5_000
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            resident.append(pages * os.sysconf("SC_PAGE_SIZE"))
        assert len(resident) == 60
        # A batch is about one megabyte; the result is sixty.
        assert max(resident) - resident[2] < 20_000_000


NUMBER = itertools.count()


def named(conn: Any, query: str) -> Any:
    cursor = conn.cursor(f"named {next(NUMBER)}")
    cursor.execute(query)
    return cursor


def test_columns_of_a_cursor_with_a_name(conn: Any) -> None:
    query = "select n, n * 1.5 as half from generate_series(1, 10) as n"
    whole = conn.execute(query).fetch_arrow_table()
    assert named(conn, query).fetch_arrow_table().equals(whole)
    assert named(conn, query).fetch_numpy()["n"].tolist() == list(range(1, 11))
    assert named(conn, query).fetch_df().shape == (10, 2)
    assert named(conn, query).fetch_polars().height == 10
    assert [part.num_rows for part in named(conn, query).fetch_record_batches(4)] == [4, 4, 2]


def test_columns_begin_where_the_rows_of_a_cursor_with_a_name_ended(conn: Any) -> None:
    cursor = named(conn, "select n from generate_series(1, 10) as n")
    assert len(cursor.fetchmany(3)) == 3
    assert cursor.fetch_arrow_table().column("n").to_pylist() == [4, 5, 6, 7, 8, 9, 10]
    assert cursor.rownumber == 10
    assert cursor.fetchall() == []
    assert cursor.fetch_arrow_table().schema.names == ["n"]
    cursor.scroll(2, "absolute")
    assert cursor.fetchone() == (3,)
    assert cursor.fetch_arrow_table().num_rows == 7


def test_rows_that_do_not_become_columns_stay_with_a_cursor_with_a_name(conn: Any) -> None:
    cursor = named(conn, "select n, cast('NaN' as numeric(9,2)) as x from generate_series(1, 3) as n")
    with pytest.raises(scratchbird.DataError, match="row 0"):
        cursor.fetch_arrow_table()
    assert cursor.fetchone()[0] == 1
    assert [n for n, _ in cursor.fetchall()] == [2, 3]
    cursor = named(conn, "select n from generate_series(1, 5) as n")
    batches = iter(cursor.fetch_record_batches(2))
    assert next(batches).num_rows == 2
    assert cursor.fetchall() == [(3,), (4,), (5,)]


def test_rows_that_iteration_has_fetched_are_no_columns(conn: Any) -> None:
    cursor = named(conn, "select n from generate_series(1, 5) as n")
    assert next(cursor) == (1,)
    with pytest.raises(scratchbird.ProgrammingError, match="4 rows ahead"):
        cursor.fetch_arrow_table()
    assert len(cursor.fetchmany(4)) == 4
    assert cursor.fetch_arrow_table().num_rows == 0


def test_the_arrow_stream_of_a_cursor_with_a_name(conn: Any) -> None:
    cursor = named(conn, "select n from generate_series(1, 5) as n")
    if hasattr(cursor, "_target"):
        with pytest.raises(scratchbird.NotSupportedError, match="cannot wait"):
            pa.table(cursor._target)
        assert cursor.fetchone() == (1,)
    else:
        assert pa.table(cursor).num_rows == 5
        duckdb = pytest.importorskip("duckdb", reason="DuckDB is not made for this Python")
        cursor.execute("select n from generate_series(1, 5) as n")
        with duckdb.connect() as duck:
            assert duck.sql("select sum(n) from cursor").fetchall() == [(15,)]
