"""Frames into a beta server, which neither describes its tables nor takes typed packets: whole, or not at all."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, Callable

import pandas as pd
import polars
import pyarrow as pa
import pytest

import scratchbird
import scratchbird.pandas

TABLE = pa.table(
    {
        "id": pa.array(range(2500), pa.int64()),
        "label": [None if n % 3 == 2 else f"é '{n}'" for n in range(2500)],
        "n": pa.array([None if n % 7 == 3 else n for n in range(2500)], pa.int64()),
    }
)
FRAMES = [TABLE, TABLE.to_pandas(types_mapper=getattr(pd, "ArrowDtype", None)), polars.from_arrow(TABLE)]
KINDS = ["Arrow", "pandas", "polars", "stream"]
WANTED = list(zip(*(TABLE.column(name).to_pylist() for name in TABLE.column_names)))


def frame_of(kind: str) -> Any:
    """A stream is read once."""
    return TABLE.to_reader(max_chunksize=99) if kind == "stream" else FRAMES[KINDS.index(kind)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("autocommit", [True, False])
def test_bulk_copy_of_a_frame(connect: Any, dsn: str, stored: Any, kind: str, autocommit: bool) -> None:
    conn = connect(dsn, autocommit=autocommit)
    seen: list[int] = []
    assert conn.bulk_copy("spot", frame_of(kind), progress=seen.append) == 2500
    if not autocommit:
        conn.commit()
    assert stored() == WANTED
    assert seen[-1] == 2500


@pytest.mark.parametrize("kind", KINDS)
def test_executemany_of_a_frame(connect: Any, dsn: str, stored: Any, kind: str) -> None:
    conn = connect(dsn)
    cursor = conn.cursor()
    cursor.executemany("insert into spot (id, label, n) values (?, ?, ?)", frame_of(kind))
    assert cursor.rowcount == 2500
    conn.commit()
    assert stored() == WANTED


def test_a_stream_that_fails_leaves_nothing(connect: Any, dsn: str, stored: Any) -> None:
    def batches() -> Any:
        yield TABLE.slice(0, 1500).to_batches()[0]
        raise OSError("the disk is gone")

    conn = connect(dsn, autocommit=True)
    for load in (
        lambda reader: conn.bulk_copy("spot", reader),
        lambda reader: conn.cursor().executemany("insert into spot (id, label, n) values (?, ?, ?)", reader),
    ):
        with pytest.raises(scratchbird.DataError, match="the disk is gone"):
            load(pa.RecordBatchReader.from_batches(TABLE.schema, batches()))
        assert not conn.in_transaction
        assert stored() == []


def test_a_value_that_fails_leaves_nothing(connect: Any, dsn: str, stored: Any) -> None:
    conn = connect(dsn, autocommit=True)
    twice = pa.table({"id": [*range(1500), 7], "label": ["x"] * 1501})
    for load in (
        lambda: conn.bulk_copy("spot", twice),
        lambda: conn.cursor().executemany("insert into spot (id, label) values (?, ?)", twice),
    ):
        with pytest.raises(scratchbird.IntegrityError):
            load()
        assert stored() == []


def test_what_frames_hold(connect: Callable[..., Any], dsn: str) -> None:
    """Each value arrives as it does in a row, which a beta server may show as text."""
    conn = connect(dsn, autocommit=True)
    conn.execute("create table kinds (id bigint, d date, t timestamp, x numeric, f double, b boolean, u text)")
    try:
        moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 678_900)
        x = Decimal("12345678901234567890.125")
        row = {"id": 1, "d": moment.date(), "t": moment, "x": x, "f": 0.1, "b": True, "u": "ü"}
        empty = {**dict.fromkeys(row), "id": 2}
        query = "select * from kinds order by id"
        conn.cursor().executemany(
            "insert into kinds (id, d, t, x, f, b, u) values (?, ?, ?, ?, ?, ?, ?)",
            [tuple(row.values()), tuple(empty.values())],
        )
        wanted = conn.execute(query).fetchall()
        conn.execute("delete from kinds")
        assert conn.bulk_copy("kinds", pa.Table.from_pylist([row, empty])) == 2
        assert conn.execute(query).fetchall() == wanted
        assert wanted[0] == (1, "2026-01-02", "2026-01-02 03:04:05.6789", x, Decimal("0.1"), True, "ü")
        assert wanted[1] == (2, *[None] * 6)
    finally:
        conn.execute("drop table kinds")
