"""Fetching columns: batches, empty results, what is left, names, libraries that are missing, and other readers."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import scratchbird

NUMBERS = "select n, 'row ' || n as name, case when n % 2 = 0 then n * 1.5 end as half from generate_series(1, {}) as n"


def test_a_table(conn: Any) -> None:
    table = conn.execute(NUMBERS.format(70_000)).fetch_arrow_table()
    assert isinstance(table, pa.Table)
    assert table.num_rows == 70_000
    assert table.column("n").num_chunks == 2
    assert table.column("name")[69_999].as_py() == "row 70000"
    assert table.column("half").null_count == 35_000


def test_batches_have_a_size(conn: Any) -> None:
    cursor = conn.execute(NUMBERS.format(1000))
    batches = list(cursor.fetch_record_batches(300))
    assert [batch.num_rows for batch in batches] == [300, 300, 300, 100]
    assert len({batch.schema for batch in batches}) == 1
    assert pa.Table.from_batches(batches).equals(
        conn.execute(NUMBERS.format(1000)).fetch_arrow_table().combine_chunks()
    )
    assert cursor.fetchall() == []
    with pytest.raises(scratchbird.ProgrammingError, match="at least 1"):
        list(cursor.fetch_record_batches(0))


def test_columns_begin_where_rows_ended(conn: Any) -> None:
    cursor = conn.execute(NUMBERS.format(10))
    assert len(cursor.fetchmany(3)) == 3
    batch = next(iter(cursor.fetch_record_batches(2)))
    assert batch.column("n").to_pylist() == [4, 5]
    assert cursor.fetchone()[0] == 6
    assert cursor.fetch_numpy()["n"].tolist() == [7, 8, 9, 10]
    assert cursor.fetch_arrow_table().num_rows == 0


def test_another_statement_ends_the_batches(conn: Any) -> None:
    cursor = conn.execute(NUMBERS.format(10))
    batches = iter(cursor.fetch_record_batches(2))
    next(batches)
    cursor.execute("select 1")
    with pytest.raises(scratchbird.InterfaceError, match="is gone"):
        next(batches)
    assert cursor.fetchone() == (1,)


def test_no_rows(conn: Any) -> None:
    query = "select 1 as a, 'x' as b, cast(1.5 as numeric) as c where 1 = 0"
    table = conn.execute(query).fetch_arrow_table()
    assert (table.num_rows, table.column_names) == (0, ["a", "b", "c"])
    assert {name: len(array) for name, array in conn.execute(query).fetch_numpy().items()} == {"a": 0, "b": 0, "c": 0}
    assert list(conn.execute(query).fetch_record_batches(5)) == []


@pytest.mark.parametrize("method", ["fetch_arrow_table", "fetch_numpy", "fetch_df", "fetch_polars"])
def test_nothing_to_fetch(conn: Any, method: str) -> None:
    cursor = conn.cursor()
    with pytest.raises(scratchbird.ProgrammingError, match="no statement"):
        getattr(cursor, method)()
    cursor.execute("create temporary table none_to_fetch (n int)")
    with pytest.raises(scratchbird.ProgrammingError, match="no rows"):
        getattr(cursor, method)()
    cursor.close()
    with pytest.raises(scratchbird.InterfaceError, match="closed"):
        getattr(cursor, method)()


def test_names_that_are_the_same(conn: Any) -> None:
    cursor = conn.execute("select 1 as a, 2 as a")
    for method in ("fetch_numpy", "fetch_polars"):
        with pytest.raises(scratchbird.ProgrammingError, match="two columns have the name 'a'"):
            getattr(cursor, method)()
    frame = cursor.fetch_df()
    assert (list(frame.columns), frame.iloc[0].tolist()) == (["a", "a"], [1, 2])
    assert conn.execute("select 1 as a, 2 as a").fetch_arrow_table().column_names == ["a", "a"]


@pytest.mark.parametrize(
    ("method", "module", "extra"),
    [("fetch_numpy", "numpy", "numpy"), ("fetch_df", "pandas", "pandas"), ("fetch_polars", "polars", "polars")],
)
def test_a_library_is_missing(conn: Any, monkeypatch: pytest.MonkeyPatch, method: str, module: str, extra: str) -> None:
    cursor = conn.execute("select 1 as a")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ModuleNotFoundError, match=rf"pip install 'scratchbird\[{extra}\]'"):
        getattr(cursor, method)()
    monkeypatch.undo()
    assert cursor.fetchone() == (1,)


def test_without_pyarrow(conn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cursor = conn.execute("select 1 as a, 'x' as b")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    table = cursor.fetch_arrow_table()
    assert isinstance(table, scratchbird.ArrowTable)
    assert (len(table), table.num_rows, table.num_columns, table.column_names) == (1, 1, 2, ("a", "b"))
    assert repr(table) == "<scratchbird.ArrowTable of 1 rows × 2 columns>"
    assert pl.DataFrame(table).rows() == pl.DataFrame(table).rows() == [(1, "x")]


def test_memory_is_shared(conn: Any) -> None:
    array = conn.execute("select n, cast(n as double) / 2 as half from generate_series(1, 1000) as n").fetch_numpy()[
        "half"
    ]
    # Owned by what Rust decoded into, and free to be changed.
    assert array.base is not None
    array[0] = 7
    assert array[0] == 7


def test_other_readers(conn: Any) -> None:
    query = NUMBERS.format(1000)
    expected = conn.execute(query).fetch_arrow_table()
    assert pa.table(conn.execute(query)).equals(expected)
    assert pa.RecordBatchReader.from_stream(conn.execute(query)).read_all().equals(expected)
    assert pl.DataFrame(conn.execute(query)).height == 1000
    cursor = conn.execute(query)
    pa.table(cursor)
    assert cursor.fetchall() == []


def test_duckdb(conn: Any) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not made for this Python")
    reader = pa.RecordBatchReader.from_stream(conn.execute(NUMBERS.format(1000)))
    with duckdb.connect() as connection:
        relation = connection.from_arrow(reader)
        assert relation.aggregate("sum(n)").fetchall() == [(500_500,)]


def test_a_requested_schema(conn: Any) -> None:
    query = "select cast(1.5 as numeric) as a"
    wanted = pa.schema([("a", pa.decimal128(20, 4))])
    table = pa.RecordBatchReader.from_stream(conn.execute(query), schema=wanted).read_all()
    assert table.schema.field("a").type == pa.decimal128(20, 4)
    cursor = conn.execute(query)
    with pytest.raises(scratchbird.ProgrammingError, match="2 columns"):
        cursor.__arrow_c_stream__(pa.schema([("a", pa.int64()), ("b", pa.int64())]).__arrow_c_schema__())
    with pytest.raises(TypeError, match="capsule"):
        cursor.__arrow_c_stream__("schema")
    # A value that the schema cannot hold is not rounded.
    narrow = pa.schema([("a", pa.decimal128(20, 0))])
    with pytest.raises(Exception, match="does not fit"):
        pa.RecordBatchReader.from_stream(cursor, schema=narrow).read_all()


def test_frames(conn: Any) -> None:
    query = (
        "select n, case when n > 1 then n end as some, cast(n as double) / 2 as half, n > 1 as is_more, 'x' as name, "
        "timestamptz '2024-01-01 00:00:00Z' as at from generate_series(1, 2) as n"
    )
    frame = conn.execute(query).fetch_df()
    assert frame["n"].tolist() == [1, 2]
    assert frame["some"].isna().tolist() == [True, False]
    assert frame["some"].dtype == pd.Int32Dtype()
    assert frame["half"].dtype == np.float64
    assert frame["is_more"].dtype == np.bool_
    assert frame["at"][0] == pd.Timestamp("2024-01-01", tz="UTC")
    if not hasattr(pd, "ArrowDtype"):
        with pytest.raises(scratchbird.NotSupportedError, match="needs pandas"):
            conn.execute(query).fetch_df(dtype_backend="pyarrow")
        return
    arrow = conn.execute(query).fetch_df(dtype_backend="pyarrow")
    assert all(isinstance(dtype, pd.ArrowDtype) for dtype in arrow.dtypes)
    assert arrow["some"].tolist()[1] == 2
    with pytest.raises(scratchbird.ProgrammingError, match="dtype_backend"):
        conn.execute(query).fetch_df(dtype_backend="numpy_nullable")


@pytest.mark.skipif(not hasattr(pd, "ArrowDtype"), reason="this pandas has no columns of Arrow's")
def test_pandas_shows_intervals_among_columns_of_arrow(conn: Any) -> None:
    query = "select interval '14 months 3 days' as span, 1 as n union all select null, 2 order by n"
    frame = conn.execute(query).fetch_df(dtype_backend="pyarrow")
    assert "14" in repr(frame)
    assert frame["span"][0] == pd.DateOffset(months=14, days=3, nanoseconds=0)
    assert frame["span"].isna().tolist() == [False, True]
    assert isinstance(frame["n"].dtype, pd.ArrowDtype)


def test_polars(conn: Any) -> None:
    # More than one batch.
    frame = conn.execute(NUMBERS.format(70_000)).fetch_polars()
    assert frame.shape == (70_000, 3)
    assert frame["name"].to_list()[69_999] == "row 70000"
    wide = "9" * 45
    query = (
        f"select cast('1 mon 2 days' as interval) as a, cast({wide} as numeric) as b, cast(1.5 as numeric(50, 2)) as c"
    )
    assert conn.execute(query).fetch_polars().rows() == [("1 mon 2 days", wide, "1.50")]


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["fetch_arrow_table", "fetch_numpy"])
async def test_the_loop_goes_on(aconn: Any, method: str) -> None:
    cursor = await aconn.execute(NUMBERS.format(200_000))
    ticks: list[float] = []

    async def tick() -> None:
        while True:
            ticks.append(time.perf_counter())
            await asyncio.sleep(0.001)

    ticking = asyncio.ensure_future(tick())
    await asyncio.sleep(0.005)
    before = len(ticks)
    await getattr(cursor, method)()
    after = len(ticks)
    ticking.cancel()
    assert after - before >= 5


@pytest.mark.anyio
@pytest.mark.parametrize("method", ["fetch_arrow_table", "fetch_numpy"])
async def test_a_cancelled_fetch_loses_no_rows(aconn: Any, method: str) -> None:
    cursor = await aconn.execute(NUMBERS.format(200_000))
    task = asyncio.ensure_future(getattr(cursor, method)())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cursor.rownumber == 0
    assert (await cursor.fetchone())[0] == 1


@pytest.mark.parametrize(
    ("package", "module"),
    [("langchain", "langchain_core"), ("sqlalchemy", "sqlalchemy")],
    ids=["langchain", "sqlalchemy"],
)
def test_packages_without_what_they_are_for_name_the_extra(package: str, module: str) -> None:
    code = (
        f"import sys; sys.modules[{module!r}] = None\n"
        f"try:\n    import scratchbird.{package}\nexcept ModuleNotFoundError as error:\n    print(error)"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, timeout=50, capture_output=True, text=True).stdout
    assert f"pip install 'scratchbird[{package}]'" in told
