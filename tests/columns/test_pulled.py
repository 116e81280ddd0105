"""Results that arrive as they are read: Arrow streams of `stream()` and of cursors with a name, and flat memory."""

from __future__ import annotations

import gc
import itertools
import os
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

import polars
import pyarrow as pa
import pytest

import scratchbird
import scratchbird.pandas
from tests.fix_connection import Driven

ROWS = "select n, 'row ' || n as name, n * 1.5 as number, cast('[1,2]' as vector) as v from generate_series(1, {}) as n"
TYPES = [pa.int32(), pa.string(), pa.string(), pa.list_(pa.float32(), 2)]
NUMBER = itertools.count()


def named(conn: Any, query: str, **keywords: Any) -> Any:
    cursor = conn.cursor(f"pulled {next(NUMBER)}", **keywords)
    cursor.execute(query)
    return cursor


@pytest.fixture
def plain(dsn: str) -> Iterator[Any]:
    with scratchbird.connect(dsn) as connection:
        yield connection


def test_a_stream_is_an_arrow_stream(plain: Any) -> None:
    table = pa.table(plain.cursor().stream(ROWS.format(150_000)))
    assert table.schema.types == TYPES
    assert table.column("n").to_pylist() == list(range(1, 150_001))
    assert table.column("number")[149_999].as_py() == "225000.0"
    assert [len(chunk) for chunk in table.column("n").chunks] == [65_536, 65_536, 18_928]
    assert plain.execute("select 'free'").fetchone() == ("free",)


@pytest.mark.skipif(polars.__version__.startswith("1.8."), reason="polars 1.8 reads the first batch of a stream alone")
def test_polars_pulls_a_stream(plain: Any) -> None:
    assert polars.DataFrame(plain.cursor().stream(ROWS.format(70_000)))["n"].to_list() == list(range(1, 70_001))
    assert polars.DataFrame(named(plain, ROWS.format(1000), itersize=300)).height == 1000


def test_duckdb_pulls_a_stream(plain: Any) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not made for this Python")
    with duckdb.connect() as duck:
        rows = plain.cursor().stream(ROWS.format(70_000))  # noqa: F841
        assert duck.sql("select count(*), min(name) from rows").fetchall() == [(70_000, "row 1")]


def test_a_stream_is_read_where_its_reader_is(plain: Any) -> None:
    reader = pa.RecordBatchReader.from_stream(plain.cursor().stream(ROWS.format(100_000)))
    found: list[int] = []
    thread = threading.Thread(target=lambda: found.extend(batch.num_rows for batch in reader))
    thread.start()
    thread.join(30)
    assert found == [65_536, 34_464]


def test_an_arrow_stream_begins_where_the_rows_ended(plain: Any) -> None:
    stream = plain.cursor().stream(ROWS.format(5))
    assert next(stream)[0] == 1
    assert pa.schema(stream).types == TYPES
    assert pa.table(stream).column("n").to_pylist() == [2, 3, 4, 5]
    assert pa.table(stream).num_rows == 0


def test_the_types_of_a_stream_without_rows(plain: Any) -> None:
    table = pa.table(plain.cursor().stream("select 1 as n, 'x' as t where 1 = 0"))
    assert (table.num_rows, table.schema.types) == (0, [pa.int32(), pa.string()])
    with pytest.raises(scratchbird.ProgrammingError, match="no rows to fetch"):
        pa.table(plain.cursor().stream("create temporary table no_rows (n int)"))


def test_the_scale_that_a_reader_of_a_stream_asks_for(plain: Any) -> None:
    wanted = pa.schema([("x", pa.decimal128(20, 3))])
    stream = plain.cursor().stream("select n * 1.25 as x from generate_series(1, 3) as n")
    reader = pa.RecordBatchReader.from_stream(stream, schema=wanted)
    assert [str(x) for x in reader.read_all().column("x").to_pylist()] == ["1.250", "2.500", "3.750"]
    stream = plain.cursor().stream("select 1 as x, 2 as y")
    with pytest.raises(scratchbird.ProgrammingError, match="1 columns is requested, the result has 2"):
        pa.RecordBatchReader.from_stream(stream, schema=wanted)


def test_an_error_of_the_server_before_the_first_row(plain: Any) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match="no_such_table"):
        pa.table(plain.cursor().stream("select * from no_such_table"))


def test_an_error_in_the_middle_of_an_arrow_stream(plain: Any) -> None:
    stream = plain.cursor().stream("select 1 / (90000 - n) as n from generate_series(1, 100000) as n")
    reader = pa.RecordBatchReader.from_stream(stream)
    assert reader.read_next_batch().num_rows == 65_536
    with pytest.raises((OSError, pa.ArrowInvalid), match="division by zero"):
        reader.read_next_batch()
    plain.rollback()
    vector = "cast(case when n < 90000 then '[1,2]' else '[1]' end as vector)"
    reader = pa.RecordBatchReader.from_stream(
        plain.cursor().stream(f"select {vector} as v from generate_series(1, 100000) as n")
    )
    assert reader.read_next_batch().num_rows == 65_536
    with pytest.raises((OSError, pa.ArrowInvalid), match=r'row 89999, column 0 \("v"\): a vector of 1 dimensions'):
        reader.read_next_batch()
    assert plain.execute("select 'free'").fetchone() == ("free",)


def test_an_arrow_stream_that_its_cursor_has_given_up(plain: Any) -> None:
    cursor = plain.cursor()
    reader = pa.RecordBatchReader.from_stream(cursor.stream(ROWS.format(200_000)))
    assert reader.read_next_batch().num_rows == 65_536
    cursor.close()
    with pytest.raises((OSError, pa.ArrowInvalid), match="given up"):
        reader.read_next_batch()
    assert plain.execute("select 'free'").fetchone() == ("free",)


def test_an_arrow_stream_that_nobody_reads_to_its_end(plain: Any) -> None:
    stream = plain.cursor().stream(ROWS.format(2_000_000))
    reader = pa.RecordBatchReader.from_stream(stream)
    assert reader.read_next_batch().num_rows == 65_536
    del reader, stream
    gc.collect()
    assert plain.execute("select 'free'").fetchone() == ("free",)


def test_a_stream_is_rows_on_the_way_in(conn: Any, dsn: str) -> None:
    """A numeric without a scale is text in Arrow; as rows it stays what it is."""
    with scratchbird.connect(dsn) as other:
        conn.execute("create temporary table taken (n int, x numeric)")
        query = "select n, n * 1.5 from generate_series(1, 3) as n"
        assert conn.bulk_copy("taken", other.cursor().stream(query)) == 3
        assert conn.execute("select sum(x) from taken").fetchval() == 9


@pytest.mark.anyio
async def test_on_the_asyncio_face_a_stream_says_why_not(aconn: Any) -> None:
    with pytest.raises(scratchbird.NotSupportedError, match=r"cannot await: use fetch_record_batches\(\)"):
        pa.table(aconn.cursor().stream("select 1 as n"))
    assert (await (await aconn.execute("select 1")).fetchone()) == (1,)


def test_a_cursor_with_a_name_is_read_part_by_part(conn: Any) -> None:
    cursor = named(conn, ROWS.format(10))
    parts = iter(cursor.fetch_record_batches(4))
    assert next(parts).schema.types == TYPES
    assert cursor.rownumber == 4
    # What comes between the batches comes from between them.
    assert cursor.fetchone()[0] == 5
    assert conn.execute("select 'free'").fetchone() == ("free",)
    assert [part.column("n").to_pylist() for part in parts] == [[6, 7, 8, 9], [10]]
    assert cursor.fetchall() == []
    assert list(cursor.fetch_record_batches(4)) == []
    assert [part.num_rows for part in named(conn, ROWS.format(8)).fetch_record_batches(4)] == [4, 4]


def test_all_batches_of_a_cursor_with_a_name_have_the_types_of_the_first(conn: Any) -> None:
    query = (
        "select case when n < 7 then n * 0.5 else n * 0.001 end as x, n % 2 = 0 as even from generate_series(1, 9) as n"
    )
    parts = list(named(conn, query).fetch_record_batches(4))
    assert {part.schema for part in parts} == {pa.schema([("x", pa.string()), ("even", pa.bool_())])}
    assert pa.Table.from_batches(parts).column("x")[8].as_py() == "0.009"


def test_rows_of_a_part_that_does_not_fit_stay(conn: Any) -> None:
    vector = "cast(case when n < 6 then '[1,2]' else '[1]' end as vector)"
    cursor = named(conn, f"select n, {vector} as v from generate_series(1, 9) as n")
    parts = iter(cursor.fetch_record_batches(4))
    assert next(parts).num_rows == 4
    with pytest.raises(scratchbird.DataError, match=r'row 5, column 1 \("v"\): a vector of 1 dimensions'):
        next(parts)
    assert [row[0] for row in cursor.fetchall()] == [5, 6, 7, 8, 9]


def test_a_cursor_with_a_name_that_has_another_result(conn: Any) -> None:
    cursor = named(conn, ROWS.format(10))
    parts = iter(cursor.fetch_record_batches(4))
    assert next(parts).num_rows == 4
    cursor.execute("select 1 as one")
    with pytest.raises(scratchbird.InterfaceError, match="is gone"):
        next(parts)
    assert cursor.fetchone() == (1,)


def test_a_cursor_with_a_name_is_an_arrow_stream_of_parts(plain: Any) -> None:
    cursor = named(plain, ROWS.format(10), itersize=4)
    assert pa.schema(cursor).types == TYPES
    reader = pa.RecordBatchReader.from_stream(cursor)
    assert reader.read_next_batch().column("n").to_pylist() == [1, 2, 3, 4]
    # The rest is in the server.
    assert cursor.rownumber == 4
    assert plain.execute("select 'free'").fetchone() == ("free",)
    assert [part.column("n").to_pylist() for part in reader] == [[5, 6, 7, 8], [9, 10]]
    reader = pa.RecordBatchReader.from_stream(named(plain, ROWS.format(10), itersize=4))
    plain.rollback()
    assert reader.read_next_batch().num_rows == 4
    with pytest.raises((OSError, pa.ArrowInvalid), match="does not exist"):
        reader.read_next_batch()


def test_rows_that_were_fetched_for_their_types_go_on_as_batches(plain: Any) -> None:
    cursor = named(plain, ROWS.format(10), itersize=4)
    assert pa.schema(cursor).names == ["n", "name", "number", "v"]
    with pytest.raises(scratchbird.ProgrammingError, match="4 rows have been fetched for batches"):
        cursor.fetch_arrow_table()
    assert [part.num_rows for part in cursor.fetch_record_batches(3)] == [3, 1, 3, 3]


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


BIG = """select n, n * 2 as b, n / 3.0::float8 as c, n % 7 as d, n::bigint * n as e, 'row ' || n as f, n % 2 = 0 as g,
    date '2026-01-01' + n % 1000 as h, n * 5 as i, repeat('x', 60) as j from generate_series(1, 500000) as n"""


def of_stream(conn: Any) -> Any:
    stream = conn.cursor().stream(BIG)
    found = stream.fetch_record_batches(10_000)
    return Driven(found, stream._loop) if hasattr(found, "__aiter__") else found


def of_name(conn: Any) -> Any:
    return named(conn, BIG).fetch_record_batches(10_000)


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory of a process is not to be seen here")
@pytest.mark.parametrize("read", [of_stream, of_name])
def test_the_memory_of_500_000_rows_is_that_of_a_batch(conn: Any, read: Callable[[Any], Any]) -> None:
    measured = []
    rows = 0
    for batch in read(conn):
        rows += batch.num_rows
        assert batch.num_columns == 10
        measured.append(resident())
    assert rows == 500_000
    # A batch is about 1.5 megabytes; the result is eighty.
    assert max(measured) - measured[4] < 25_000_000


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory of a process is not to be seen here")
@pytest.mark.parametrize("read", [lambda plain: plain.cursor().stream(BIG), lambda plain: named(plain, BIG)])
def test_the_memory_of_an_arrow_stream_is_that_of_a_batch(plain: Any, read: Callable[[Any], Any]) -> None:
    measured = []
    reader = pa.RecordBatchReader.from_stream(read(plain))
    rows = 0
    for batch in reader:
        rows += batch.num_rows
        measured.append(resident())
    assert rows == 500_000
    # A batch is at most 65 536 rows, of ten megabytes.
    assert max(measured) - measured[2] < 50_000_000


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the memory of a process is not to be seen here")
def test_the_memory_of_frames_is_that_of_a_chunk(plain: Any) -> None:
    measured = []
    rows = 0
    for frame in scratchbird.pandas.read_sql(BIG, plain, chunksize=10_000):
        rows += len(frame)
        measured.append(resident())
    assert rows == 500_000
    assert max(measured) - measured[4] < 50_000_000
