"""What does not fit: an error that names column and row, before anything is stored."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import scratchbird

NOON = datetime.datetime(2026, 2, 28, 12)


@pytest.fixture
def target(conn: Any) -> Any:
    conn.execute(
        "create table target (id int, small smallint, n numeric(5, 2), f real, t varchar(3), d date, ts timestamp, "
        "tz timestamptz, b boolean, v vector(2), x bytea, a int[])"
    )
    return conn


def refused(conn: Any, data: Any, match: str) -> Any:
    with pytest.raises(scratchbird.DataError, match=match) as caught:
        conn.bulk_copy("target", data)
    assert conn.execute("select count(*) from target").fetchval() == 0
    return caught.value


TYPES = [
    ({"id": ["1"]}, 'column "id": Utf8 does not go into int4: convert the column first'),
    ({"b": [1]}, 'column "b": Int64 does not go into boolean'),
    ({"t": [1]}, 'column "t": Int64 does not go into varchar'),
    ({"tz": [NOON]}, 'column "tz": .* does not go into timestamptz: timestamps without a zone'),
    ({"ts": [NOON.replace(tzinfo=datetime.timezone.utc)]}, 'column "ts": .* the zone would be lost'),
    ({"d": [True]}, 'column "d": Boolean does not go into date'),
    ({"x": ["text"]}, 'column "x": Utf8 does not go into bytea'),
    (
        {"v": pa.array([[1.0, 2.0, 3.0]], pa.list_(pa.float32(), 3))},
        'column "v": a vector of 3 dimensions, the column takes 2',
    ),
    ({"v": [["x", "y"]]}, 'column "v": .*vectors are lists of floats'),
    ({"a": [["x"]]}, 'column "a": Utf8 does not go into int4'),
    ({"id": [{"a": 1}]}, 'column "id": Struct.* does not go into int4'),
]


@pytest.mark.parametrize(("data", "match"), TYPES)
def test_types_are_checked_before_the_first_row(target: Any, data: Any, match: str) -> None:
    error = refused(target, pa.table(data), match)
    assert error.sqlstate in ("42804", "22000")
    # Nothing was sent: the transaction goes on without a savepoint.
    target.execute("insert into target (id) values (1)")


def test_parameters_are_checked_too(target: Any) -> None:
    for sql in ("insert into target (id, tz) values (?, ?)", "insert into target (id, tz) values (:id, :tz)"):
        with pytest.raises(scratchbird.DataError, match=r'column "tz": .*without a zone'):
            target.cursor().executemany(sql, pa.table({"id": [1], "tz": [NOON]}))
    with pytest.raises(scratchbird.ProgrammingError, match="2 parameters, the frame 1 columns"):
        target.cursor().executemany("insert into target (id, n) values (?, ?)", pa.table({"id": [1]}))
    with pytest.raises(scratchbird.ProgrammingError, match="no column 'n'"):
        target.cursor().executemany("insert into target (id, n) values (:id, :n)", pa.table({"id": [1]}))
    target.execute("insert into target (id) values (1)")


VALUES = [
    ({"id": [1, 2**31]}, 'row 1, column "id": 2147483648 is not a value of int4'),
    ({"small": [1.0, 2.5]}, 'row 1, column "small": 2.5 is not a value of int2'),
    ({"small": [1.0, float("nan")]}, 'row 1, column "small": NaN is not'),
    (
        {"n": [Decimal("1.25"), Decimal("1.255")]},
        'row 1, column "n": 1.255 does not fit a numeric of 3 digits before and 2',
    ),
    ({"n": [0.5, 1000.0]}, 'row 1, column "n": 1000.0 does not fit'),
    ({"n": [0.1 + 0.2]}, 'row 0, column "n": 0.30000000000000004 does not fit'),
    ({"f": [1e300]}, 'row 0, column "f": .* is not a value of float4'),
    ({"f": [2**24 + 1]}, 'row 0, column "f": 16777217 is not a value of float4'),
    ({"t": ["abc", "äöüß"]}, 'row 1, column "t": a text of 4 characters, the column takes 3'),
    ({"t": ["a\0"]}, 'row 0, column "t": the text contains the character NUL'),
    ({"d": [NOON]}, 'row 0, column "d": a timestamp within a day'),
    ({"ts": pa.array([1001], pa.timestamp("ns"))}, 'row 0, column "ts": the value has nanoseconds'),
    ({"v": [[1.0, 2.0], [1.0]]}, 'row 1, column "v": a vector of 1 dimensions, the column takes 2'),
    ({"v": [[1.0, 2.0], None, [1.0, float("nan")]]}, 'row 2, column "v": NaN cannot be an element'),
    ({"v": [[1.0, float("inf")]]}, 'row 0, column "v": inf cannot be an element'),
    ({"v": [[1.0, None]]}, 'row 0, column "v": a vector has no NULL'),
]


@pytest.mark.parametrize(("data", "match"), VALUES)
def test_values_that_do_not_fit(target: Any, data: Any, match: str) -> None:
    target.execute("savepoint before")
    with pytest.raises(scratchbird.DataError, match=match) as caught:
        target.bulk_copy("target", pa.table(data))
    assert caught.value.row_index == int(match[4])
    target.execute("rollback to savepoint before")
    assert target.execute("select count(*) from target").fetchval() == 0


def test_objects_of_mixed_types(target: Any) -> None:
    frame = pd.DataFrame({"t": pd.Series([None, "a", float("nan"), 3], dtype=object)})
    error = refused(target, frame, 'row 3, column "t": int among values of str: a column has one type')
    assert error.row_index == 3
    refused(
        target,
        pd.DataFrame({"x": pd.Series([b"a", "b"], dtype=object)}),
        'row 1, column "x": str among values of bytes',
    )
    mixed = np.array([["a", 1]], dtype=object).T
    with pytest.raises(scratchbird.DataError, match="int among values of str"):
        target.bulk_copy("target", mixed, columns=["t"])
    numbers = pd.DataFrame({"n": pd.Series([1, 2.5, Decimal("3.25")], dtype=object)})
    assert target.bulk_copy("target", numbers) == 3


def test_names_that_come_twice(target: Any) -> None:
    twice = [
        pd.DataFrame([[1, 2]], columns=["id", "id"]),
        pd.DataFrame([[1, 2]], columns=["1", 1]),
        pa.table([pa.array([1]), pa.array([2])], names=["id", "id"]),
    ]
    for frame in twice:
        with pytest.raises(scratchbird.ProgrammingError, match="two columns have the name"):
            target.bulk_copy("target", frame)
    with pytest.raises(scratchbird.ProgrammingError, match="named twice"):
        target.bulk_copy("target", pa.table({"id": [1], "ID": [2]}))


def failing(rows: int) -> Any:
    """A stream whose source fails after so many rows."""

    def batches() -> Iterator[Any]:
        for start in range(0, rows, 1000):
            yield pa.record_batch({"id": pa.array(range(start, start + 1000), pa.int32())})
        raise OSError("the disk is gone")

    return pa.RecordBatchReader.from_batches(pa.schema({"id": pa.int32()}), batches())


@pytest.mark.parametrize("rows", [0, 100_000])
def test_a_stream_that_fails_leaves_nothing(target: Any, rows: int) -> None:
    target.execute("savepoint before")
    with pytest.raises(scratchbird.DataError, match=f"the Arrow stream failed after {rows} rows: .*the disk is gone"):
        target.bulk_copy("target", failing(rows))
    target.execute("rollback to savepoint before")
    with pytest.raises(scratchbird.DataError, match="the disk is gone"):
        target.cursor().executemany("insert into target (id) values (?)", failing(rows // 10))
    assert target.execute("select count(*) from target").fetchval() == 0


def test_a_table_name_is_never_pasted(target: Any) -> None:
    target.execute('create table "a""b; drop table target" ("c""d" int)')
    frame = pa.table({'c"d': [1]})
    assert target.bulk_copy('a"b; drop table target', frame) == 1
    target.execute("savepoint before")
    with pytest.raises(scratchbird.ProgrammingError):
        target.bulk_copy('target"; drop table target; --', frame)
    target.execute("rollback to savepoint before")
    with pytest.raises(scratchbird.ProgrammingError, match="no column"):
        target.bulk_copy("target", pa.table({'id") values (1); --': [1]}))


def test_what_has_no_type(target: Any) -> None:
    with pytest.raises(scratchbird.DataError, match='column "id": complex'):
        target.bulk_copy("target", pd.DataFrame({"id": [1j]}))
    with pytest.raises(scratchbird.DataError, match='column "0": an array of complex128'):
        target.bulk_copy("target", np.array([[1j]]), columns=["id"])


def test_a_source_is_read_once(target: Any) -> None:
    reader = pa.table({"id": [1]}).to_reader()
    assert target.bulk_copy("target", reader) == 1
    assert target.execute("select count(*) from target").fetchval() == 1


def test_what_is_beyond_a_numeric_is_not_rounded_by_executemany(target: Any) -> None:
    frame = pa.table({"b": [Decimal("1.255")], "a": [7]})
    statements = (
        "insert into target (n, id) values (?, ?)",
        "insert into target (id, n) values (:a, :b)",
        "insert into target (id, n) values ($2, $1)",
    )
    for sql in statements:
        with pytest.raises(scratchbird.DataError, match=r"row 0, .*: 1\.255 does not fit a numeric of 3 "):
            target.executemany(sql, frame)
        assert target.executemany(sql, frame.set_column(0, "b", [[Decimal("1.25")]])).rowcount == 1
    assert target.execute("select distinct id, n from target").fetchall() == [(7, Decimal("1.25"))]
    target.execute("create temporary table narrow (n numeric(3, 1))")
    with pytest.raises(scratchbird.DataError, match=r"1\.255 does not fit"):
        target.executemany("insert into narrow values (?)", frame.select(["b"]))


def test_connections_tell_the_progress_of_executemany_too(target: Any) -> None:
    told: list[int] = []
    target.executemany("insert into target (id) values (?)", pa.table({"id": range(10)}), progress=told.append)
    target.executemany("insert into target (id) values (?)", [(n,) for n in range(5)], progress=told.append)
    assert told[-1] == 5
    assert 10 in told
