"""`scratchbird.pandas`, and pandas' own functions with a bare connection."""

from __future__ import annotations

import asyncio
import datetime
import warnings
from decimal import Decimal
from typing import Any, Iterator

import numpy as np
import pandas as pd
import pytest

import scratchbird
from scratchbird import pandas as fast
from scratchbird.rows import dict_row

MAJOR = int(pd.__version__.partition(".")[0])


@pytest.fixture
def frame() -> Any:
    stamps = pd.to_datetime(pd.Series(["2026-02-28 12:00:00.123456", None, "1999-12-31 23:59:59.000001"]))
    return pd.DataFrame(
        {
            "id": [1, 2**40, 3],
            "small": np.array([1, 2, 3], "i4"),
            "price": [0.1, None, 1e300],
            "single": np.array([0.5, 1.5, 2.5], "f4"),
            "name": ["a", None, "ü;\n"],
            "ok": [True, False, True],
            "at": stamps,
            "tz": stamps.dt.tz_localize("UTC"),
            "maybe": pd.array([1, None, 3], dtype="Int64"),
            "perhaps": pd.array([True, None, False], dtype="boolean"),
        }
    )


@pytest.fixture
def plain(dsn: str) -> Iterator[Any]:
    with scratchbird.connect(dsn) as connection:
        yield connection
        connection.rollback()
        for name in ("copied", 'na"me; drop table copied', "made_async"):
            quoted = name.replace('"', '""')
            connection.execute(f'drop table if exists "{quoted}"')
        connection.commit()


def test_a_round_trip_keeps_values_and_types(plain: Any, frame: Any) -> None:
    assert fast.to_sql(frame, "copied", plain, index=False) == 3
    back = fast.read_sql("select * from copied", plain)
    for column in ("at", "tz"):
        frame[column] = frame[column].astype(back[column].dtype)
    pd.testing.assert_frame_equal(back, frame)
    if not hasattr(pd, "ArrowDtype"):
        return
    arrow = fast.read_sql("select * from copied", plain, dtype_backend="pyarrow")
    assert fast.to_sql(arrow, "copied", plain, index=False, if_exists="replace") == 3
    pd.testing.assert_frame_equal(fast.read_sql("select * from copied", plain, dtype_backend="pyarrow"), arrow)


def test_dictionaries_are_json(plain: Any) -> None:
    documents = [None, {"a": 1, "b": [True, None]}, {}]
    structured = np.array([(document,) for document in documents], dtype=[("doc", object)])
    for frame in (pd.DataFrame({"doc": documents}), structured):
        assert fast.to_sql(frame, "copied", plain, index=False, if_exists="replace") == 3
        assert plain.execute("select distinct pg_typeof(doc)::text from copied").fetchall() == [("jsonb",)]
        assert fast.read_sql("select * from copied", plain)["doc"].tolist() == documents


def test_if_exists(plain: Any, frame: Any) -> None:
    fast.to_sql(frame, "copied", plain)
    with pytest.raises(ValueError, match="'copied' already exists"):
        fast.to_sql(frame, "copied", plain)
    with pytest.raises(ValueError, match="if_exists is"):
        fast.to_sql(frame, "copied", plain, if_exists="overwrite")
    assert fast.to_sql(frame, "copied", plain, if_exists="append") == 3
    assert plain.execute("select count(*) from copied").fetchval() == 6
    assert fast.to_sql(frame[:1], "copied", plain, if_exists="replace") == 1
    assert plain.execute("select count(*) from copied").fetchval() == 1


def test_a_failure_leaves_the_old_table(plain: Any) -> None:
    fast.to_sql(pd.DataFrame({"n": [1, 2]}), "copied", plain, index=False)
    plain.commit()
    with pytest.raises(scratchbird.DataError, match=r'row 1, column "n": 1\.234 does not fit'):
        new = pd.DataFrame({"n": [Decimal("1.2"), Decimal("1.234")]})
        fast.to_sql(new, "copied", plain, index=False, if_exists="replace", dtype={"n": "numeric(5, 2)"})
    plain.rollback()
    assert plain.execute("select n from copied order by n").fetchall() == [(1,), (2,)]


def test_indexes_and_types(plain: Any) -> None:
    several = pd.DataFrame({"a": [1], "b": ["x"], "n": [2.5]}).set_index(["a", "b"])
    fast.to_sql(several, "copied", plain, dtype={"n": "numeric(5, 2)"})
    assert plain.execute("select a, b, n from copied").fetchall() == [(1, "x", Decimal("2.50"))]
    back = fast.read_sql("select * from copied", plain, index_col=["a", "b"])
    assert back.index.names == ["a", "b"]
    levels = pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))
    fast.to_sql(levels, "copied", plain, if_exists="replace")
    names = [column[0] for column in plain.execute("select * from copied").description]
    assert names == ["index", "('a', 'x')", "('a', 'y')"]
    fast.to_sql(pd.DataFrame({"n": [1]}), "copied", plain, if_exists="replace", index_label="key")
    assert [column[0] for column in plain.execute("select * from copied").description] == ["key", "n"]
    with pytest.raises(scratchbird.ProgrammingError, match="is no type"):
        fast.to_sql(several, "other", plain, dtype="int); drop table copied; --")
    with pytest.raises(scratchbird.ProgrammingError, match="does not have"):
        fast.to_sql(several, "other", plain, dtype={"no": "int"})
    with pytest.raises(scratchbird.ProgrammingError, match="is no type"):
        fast.to_sql(several, "other", plain, dtype={"n": int})
    with pytest.raises(scratchbird.ProgrammingError, match="without columns"):
        fast.to_sql(pd.DataFrame(index=range(3)), "other", plain, index=False)
    with pytest.raises(scratchbird.ProgrammingError, match="two columns have the name 'n'"):
        fast.to_sql(pd.DataFrame({"n": [1]}).set_index("n", drop=False), "other", plain)
    assert plain.execute("select count(*) from copied").fetchval() == 1


def test_chunks_and_progress(plain: Any) -> None:
    seen: list[int] = []
    whole = pd.DataFrame({"n": range(2500)})
    assert fast.to_sql(whole, "copied", plain, index=False, chunksize=1000, progress=seen.append) == 2500
    assert seen[-1] == 2500
    for backend in ("numpy", "pyarrow") if hasattr(pd, "ArrowDtype") else ("numpy",):
        parts = list(fast.read_sql("select n from copied order by n", plain, chunksize=1000, dtype_backend=backend))
        assert [len(part) for part in parts] == [1000, 1000, 500]
        assert int(parts[-1]["n"].iloc[-1]) == 2499
    with pytest.raises(scratchbird.ProgrammingError, match="at least 1"):
        fast.read_sql("select 1", plain, chunksize=0)


@pytest.mark.parametrize("backend", ["numpy", "pyarrow"])
def test_chunks_come_as_they_are_asked_for(plain: Any, dsn: str, backend: str) -> None:
    if backend == "pyarrow" and not hasattr(pd, "ArrowDtype"):
        pytest.skip("this pandas has no columns of Arrow's")
    query = "select n, case when n > 4 then n end as some, 'x' as t, n * 0.5 as half from generate_series(1, ?) as n"
    parts = fast.read_sql(query, plain, params=[10], chunksize=4, dtype_backend=backend, index_col="n")
    first = next(parts)
    assert list(first.index) == [1, 2, 3, 4]
    assert first["some"].isna().all()
    # The connection has the rest of the rows.
    with pytest.raises(scratchbird.InterfaceError):
        plain.execute("select 1")
    rest = list(parts)
    assert [list(part.index) for part in rest] == [[5, 6, 7, 8], [9, 10]]
    assert rest[0]["some"].tolist() == [5, 6, 7, 8]
    assert plain.execute("select 'free'").fetchone() == ("free",)
    # One that is dropped gives the connection back.
    parts = fast.read_sql(query, plain, params=[100_000], chunksize=4, dtype_backend=backend)
    assert len(next(parts)) == 4
    parts.close()
    assert plain.execute("select 'free'").fetchone() == ("free",)
    [empty] = fast.read_sql(query + " where n < 0", plain, params=[10], chunksize=4, dtype_backend=backend)
    assert (len(empty), list(empty.columns)) == (0, ["n", "some", "t", "half"])

    async def go() -> Any:
        async with await scratchbird.connect_async(dsn) as connection:
            options = {"params": [10], "chunksize": 4, "dtype_backend": backend}
            parts = [part async for part in await fast.aread_sql(query, connection, **options)]
            none = [part async for part in await fast.aread_sql(query + " where n < 0", connection, **options)]
            return parts, none

    awaited, [empty] = asyncio.run(go())
    assert [part["n"].tolist() for part in awaited] == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10]]
    assert list(empty.columns) == ["n", "some", "t", "half"]


def test_a_chunk_that_fails_is_an_error(plain: Any) -> None:
    parts = fast.read_sql("select 1 / (9000 - n) as n from generate_series(1, 10000) as n", plain, chunksize=100)
    with pytest.raises(scratchbird.DataError, match="division by zero"):
        list(parts)


def test_the_rows_of_the_connection_do_not_matter(plain: Any, frame: Any, dsn: str) -> None:
    plain.row_factory = dict_row
    assert fast.to_sql(frame, "copied", plain) == 3
    with pytest.raises(ValueError, match="already exists"):
        fast.to_sql(frame, "copied", plain)
    assert list(fast.read_sql("select id from copied order by id", plain)["id"]) == sorted(frame["id"])


def test_the_asyncio_face(plain: Any, frame: Any, dsn: str) -> None:
    async def go() -> Any:
        async with await scratchbird.connect_async(dsn) as connection:
            assert await fast.ato_sql(frame, "made_async", connection, index=False) == 3
            query = "select * from made_async where id > ?"
            return await fast.aread_sql(query, connection, params=[1], index_col="id")

    assert list(asyncio.run(go()).index) == [2**40, 3]


@pytest.fixture
def bare(plain: Any) -> Iterator[Any]:
    """pandas warns of every connection that is neither SQLAlchemy's nor SQLite's."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="pandas only supports SQLAlchemy")
        yield plain


def test_a_bare_connection_as_the_documentation_of_pandas_has_it(bare: Any, frame: Any) -> None:
    for _ in range(2):
        frame.to_sql("copied", bare, if_exists="replace")
    back = pd.read_sql("select * from copied order by small", bare, index_col="index")
    assert back["id"].tolist() == [1, 2**40, 3]
    assert back["price"].tolist()[::2] == [0.1, 1e300]
    assert back["name"].tolist()[::2] == ["a", "ü;\n"]
    assert back["ok"].tolist() == [True, False, True]
    assert back["ok"].dtype == bool
    assert [str(moment) for moment in back["at"]] == [str(moment) for moment in frame["at"]]
    assert list(back["tz"][::2]) == list(frame["tz"][::2])
    types = bare.execute("select * from copied limit 0").description
    assert [column[1] for column in types if column[0] in ("id", "price", "ok", "at", "tz")] == [
        20,
        701,
        16,
        1114,
        1184,
    ]


def test_a_bare_connection_finds_tables(bare: Any) -> None:
    numbers = pd.DataFrame({"n": [1, 2, 3], "d": [datetime.date(2026, 1, 1)] * 3})
    numbers.to_sql("copied", bare, index=False)
    with pytest.raises(ValueError, match="already exists"):
        numbers.to_sql("copied", bare, index=False)
    numbers.to_sql("copied", bare, index=False, if_exists="append", method="multi")
    assert bare.execute("select count(*), sum(n) from copied").fetchone() == (6, 12)
    name = 'na"me; drop table copied'
    pd.DataFrame({"x": [True]}).to_sql(name, bare, index=False)
    pd.DataFrame({"x": [False]}).to_sql(name, bare, index=False, if_exists="append")
    assert bare.execute('select x from "na""me; drop table copied"').fetchall() == [(True,), (False,)]
    assert bare.execute("select count(*) from copied").fetchval() == 6
    # The probe looks where an unqualified name leads, and for that name alone.
    bare.execute("create schema elsewhere")
    bare.execute("create table elsewhere.copie_ (n int)")
    pd.DataFrame({"n": [1]}).to_sql("copie_", bare, index=False)
    bare.execute("drop table copie_")
    bare.execute("drop table elsewhere.copie_")
    bare.execute("drop schema elsewhere")


def test_a_bare_connection_reads_with_parameters_and_in_chunks(bare: Any) -> None:
    query = "select n from generate_series(1, 10) as n where n > "
    assert len(pd.read_sql(query + "?", bare, params=(4,))) == 6
    assert len(pd.read_sql(query + "%(least)s", bare, params={"least": 4})) == 6
    assert [len(part) for part in pd.read_sql(query + "$1", bare, params=[0], chunksize=4)] == [4, 4, 2]
    assert pd.read_sql(query + "99", bare)["n"].tolist() == []


def test_nobody_but_pandas_gets_its_cursor(bare: Any) -> None:
    assert type(bare.cursor()) is scratchbird.Cursor
    with pytest.raises(scratchbird.ProgrammingError):
        bare.execute("select name from sqlite_master where type = 'table' and name = ?", ["x"])


def test_dates_are_parsed(plain: Any, dsn: str) -> None:
    query = "select '2026-02-28' as day, '28/02/2026' as other, 86400 as seconds, 1 as n"
    parse = {"day": None, "other": "%d/%m/%Y", "seconds": "s"}
    wanted = [pd.Timestamp("2026-02-28"), pd.Timestamp("2026-02-28"), pd.Timestamp("1970-01-02"), 1]

    async def read() -> Any:
        async with await scratchbird.connect_async(dsn) as connection:
            parts = await fast.aread_sql(query, connection, parse_dates=parse, chunksize=5)
            return [await fast.aread_sql(query, connection, parse_dates=parse), *[part async for part in parts]]

    found = [
        fast.read_sql(query, plain, parse_dates=parse),
        *fast.read_sql(query, plain, parse_dates=parse, chunksize=5),
        *asyncio.run(read()),
    ]
    assert [frame.iloc[0].tolist() for frame in found] == [wanted] * 4
    arguments = {"other": {"dayfirst": True, "utc": True}}
    moment = fast.read_sql(query, plain, parse_dates=arguments)["other"][0]
    assert moment == pd.Timestamp("2026-02-28", tz="UTC")
    assert fast.read_sql(query, plain, parse_dates="day", index_col="day").index[0] == wanted[0]
    assert fast.read_sql(query, plain, parse_dates=True)["day"][0] == "2026-02-28"
    with pytest.raises(scratchbird.ProgrammingError, match="no column 'night'"):
        fast.read_sql(query, plain, parse_dates=["day", "night"])


def test_a_bare_connection_keeps_bytes_and_decimals(bare: Any) -> None:
    columns = {
        "x": [b"\x00a", None],
        "d": [None, Decimal("1.50")],
        "mixed": [Decimal("1.5"), "text"],
        "n": [None, None],
    }
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
    for method in (None, "multi"):
        frame.to_sql("copied", bare, if_exists="replace", index=False, method=method)
        rows = bare.execute("select x, d, mixed, n from copied").fetchall()
        assert rows == [(b"\x00a", None, "1.5", None), (None, Decimal("1.50"), "text", None)]
