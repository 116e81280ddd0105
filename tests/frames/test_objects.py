"""Columns of Python objects, and arrays that lie otherwise than Arrow's: what they become, or which row is wrong."""

from __future__ import annotations

import datetime
import enum
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import scratchbird

NOON = datetime.datetime(2026, 2, 28, 12)
EAST = datetime.timezone(datetime.timedelta(hours=5))


class Size(enum.IntEnum):
    LARGE = 3


class Name(str):
    pass


def objects(*values: Any) -> Any:
    return pd.DataFrame({"v": pd.Series(list(values), dtype=object)})


def loaded(conn: Any, frame: Any, type_: str) -> list[Any]:
    conn.execute(f"create temporary table loaded (v {type_})")
    conn.bulk_copy("loaded", frame)
    return [row[0] for row in conn.execute("select v from loaded").fetchall()]


def refused(conn: Any, frame: Any, type_: str, match: str) -> Any:
    conn.execute(f"create temporary table loaded (v {type_})")
    with pytest.raises(scratchbird.DataError, match=match) as caught:
        conn.bulk_copy("loaded", frame)
    assert conn.execute("select count(*) from loaded").fetchval() == 0
    return caught.value


TAKEN = [
    (objects(2**70, 1, None), "numeric", [Decimal(2**70), Decimal(1), None]),
    (objects(Size.LARGE, 1), "int", [3, 1]),
    (objects(Name("a"), np.str_("b"), "c"), "text", ["a", "b", "c"]),
    (objects(np.int64(1), np.uint8(2), 3, np.float32("nan")), "int", [1, 2, 3, None]),
    (objects(np.bool_(True), False, pd.NA), "boolean", [True, False, None]),
    (objects(Decimal("1.5"), np.float64(0.25), Decimal("NaN")), "numeric", [Decimal("1.5"), Decimal("0.25"), None]),
    (objects(datetime.time(12, tzinfo=EAST)), "timetz", [datetime.time(12, tzinfo=EAST)]),
    (objects(NOON.replace(tzinfo=EAST), pd.Timestamp(NOON, tz="UTC")), "timestamptz", None),
    (pd.DataFrame({"v": pd.period_range("2026-01", periods=2, freq="M")}), "text", ["2026-01", "2026-02"]),
    (pd.DataFrame({"v": pd.arrays.SparseArray([0, 1, 0])}), "int", [0, 1, 0]),
    (pd.DataFrame({"v": pd.Categorical(["a", None])}), "text", ["a", None]),
    (pd.DataFrame({"v": pd.to_datetime([NOON]).tz_localize("UTC")}), "timestamptz", None),
    (pd.DataFrame({"v": np.array([1, 2], ">i4")}), "int", [1, 2]),
    (pd.DataFrame({"v": np.array([0.5], ">f8")}), "float8", [0.5]),
    (np.array([(1,)], [("v", ">i8")]), "int", [1]),
    (np.array([(NOON,)], [("v", ">M8[us]")]), "timestamp", [NOON]),
    (np.array([(36,)], [("v", "m8[h]")]), "interval", [datetime.timedelta(hours=36)]),
    (np.array([(2,)], [("v", "m8[D]")]), "interval", [datetime.timedelta(days=2)]),
    (pl.DataFrame({"v": [None, None]}), "int", [None, None]),
    (pl.DataFrame({"v": [[None], None]}), "int[]", [[None], None]),
    (pl.DataFrame({"v": [2**100]}, schema={"v": pl.Int128}) if hasattr(pl, "Int128") else None, "numeric", [2**100]),
    (pa.table({"v": pa.RunEndEncodedArray.from_arrays([2, 4, 5], ["a", None, "b"]).slice(1)}), "text", None),
]


@pytest.mark.parametrize(("frame", "type_", "wanted"), TAKEN, ids=range(len(TAKEN)))
def test_what_is_taken(conn: Any, frame: Any, type_: str, wanted: Any) -> None:
    if frame is None:
        pytest.skip("this polars has no integers of 128 bits")
    if wanted is None:
        wanted = frame["v"].tolist() if hasattr(frame["v"], "tolist") else frame["v"].to_pylist()
    assert loaded(conn, frame, type_) == wanted


REFUSED = [
    (objects(NOON, None, NOON.replace(tzinfo=EAST)), "timestamp", 'row 2, column "v": a timestamp with a zone among'),
    (objects(NOON.replace(tzinfo=EAST), NOON), "timestamptz", 'row 1, column "v": a timestamp without a zone among'),
    (objects(Decimal(1), Decimal("Infinity")), "numeric", 'row 1, column "v": Infinity'),
    (objects({"a": 1}, {"a": float("nan")}), "jsonb", 'row 1, column "v": Out of range'),
    (objects({"a": NOON}), "jsonb", 'row 0, column "v": .*not JSON serializable'),
    (objects("a", True), "text", 'row 1, column "v": bool among values of str'),
]


@pytest.mark.parametrize(("frame", "type_", "match"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused(conn: Any, frame: Any, type_: str, match: str) -> None:
    assert refused(conn, frame, type_, match).row_index == int(match[4])


def test_what_no_encoding_has(conn: Any) -> None:
    refused(conn, objects("\ud800"), "text", 'column "v": .*surrogates')
    conn.execute("drop table loaded")
    refused(conn, pd.DataFrame({"v": np.array([1], "g")}), "float8", 'column "v": Unsupported')
    conn.execute("drop table loaded")
    # Its bytes would be addresses in memory.
    frame = pl.DataFrame({"v": pl.Series([object()], dtype=pl.Object)})
    refused(conn, frame, "bytea", 'column "v": Object has no type')


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("number", ["f2", "f4", "f8", "i1", "i4"])
def test_vectors_of_arrays(conn: Any, number: str, order: str) -> None:
    array = np.array([(1, [1, 2]), (2, [3, 4])], [("id", order + "i4"), ("v", order + number, (2,))])
    conn.execute("create temporary table vectors (id int, v vector(2))")
    conn.bulk_copy("vectors", array[::-1])
    rows = conn.execute("select v from vectors order by id").fetchall()
    assert [list(row[0]) for row in rows] == [[1, 2], [3, 4]]


def test_vectors_under_a_mask(conn: Any) -> None:
    dtype = [("id", "i4"), ("v", "f4", (2,))]
    data = np.array([(1, [1, 2]), (2, [3, 4])], dtype)
    conn.execute("create temporary table vectors (id int, v vector(2))")
    conn.bulk_copy("vectors", np.ma.array(data, mask=[(False, [False, False]), (False, [True, True])]))
    rows = conn.execute("select v from vectors order by id").fetchall()
    assert [None if row[0] is None else list(row[0]) for row in rows] == [[1, 2], None]
    with pytest.raises(scratchbird.DataError, match='row 1, column "v": a vector has no NULL in it') as caught:
        conn.bulk_copy("vectors", np.ma.array(data, mask=[(False, [False, False]), (False, [True, False])]))
    assert caught.value.row_index == 1


LISTS = [
    pa.array([[9], [1, 2], None, [], [None, 3]], pa.list_view(pa.int32())).slice(1),
    pa.array([[9], [1, 2], None, [], [None, 3]], pa.large_list_view(pa.int32())).slice(1),
    pa.array([[1, 2], None, [], [None, 3]], pa.list_(pa.int32())),
]


@pytest.mark.parametrize("lists", LISTS, ids=str)
def test_views_of_lists(conn: Any, lists: Any) -> None:
    table = pa.table({"v": lists})
    assert loaded(conn, table, "int[]") == [[1, 2], None, [], [None, 3]]
    conn.execute("create temporary table documents (v jsonb)")
    conn.executemany("insert into documents (v) values (?)", table)
    assert [row[0] for row in conn.execute("select v from documents").fetchall()] == [[1, 2], None, [], [None, 3]]


def test_runs_are_of_the_type_of_their_values(conn: Any) -> None:
    runs = pa.RunEndEncodedArray.from_arrays([1, 3], [Decimal("1.25"), Decimal("2.50")])
    assert loaded(conn, pa.table({"v": runs}), "numeric(5, 2)") == [Decimal("1.25"), Decimal("2.50"), Decimal("2.50")]
