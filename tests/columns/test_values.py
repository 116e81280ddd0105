"""Every type as an Arrow column and as a NumPy array, against what a row holds."""

from __future__ import annotations

import datetime as dt
import struct
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scratchbird
from scratchbird.types import Geometry, Jsonb, Range, Vector

UTC = dt.timezone.utc
INTERVAL = pa.month_day_nano_interval()
RANGE_FLAGS = [("lower_inclusive", pa.bool_()), ("upper_inclusive", pa.bool_()), ("empty", pa.bool_())]


def range_of(bound: Any) -> Any:
    return pa.struct([("lower", bound), ("upper", bound), *RANGE_FLAGS])


def shown(values: Range[Any]) -> dict[str, Any]:
    """What Arrow has for a range."""
    return {
        "lower": values.lower,
        "upper": values.upper,
        "lower_inclusive": values.lower_inc,
        "upper_inclusive": values.upper_inc,
        "empty": values == Range.make_empty(),
    }


# SQL type, values sent, Arrow type, and what Arrow has where that is not the value of the row.
COLUMNS: list[tuple[str, list[Any], Any, Any]] = [
    ("boolean", [True, None, False], pa.bool_(), None),
    ("smallint", [-(2**15), None, 2**15 - 1], pa.int16(), None),
    ("int", [2**31 - 1, None, -(2**31)], pa.int32(), None),
    ("bigint", [-(2**63), None, 2**63 - 1], pa.int64(), None),
    ("real", [1.5, None, -0.25], pa.float32(), None),
    ("double", [0.1, None, 1e308, float("-inf")], pa.float64(), None),
    ("decimal(10,2)", [Decimal("12.50"), None, Decimal("-99999999.99")], pa.decimal128(10, 2), None),
    ("decimal(50,10)", [Decimal("-" + "9" * 40 + ".0123456789"), None], pa.decimal256(50, 10), None),
    ("numeric", [Decimal("0.001"), None, Decimal("-12345")], pa.decimal128(38, 3), None),
    ("numeric", [Decimal("9" * 40 + ".5"), Decimal(1)], pa.decimal256(76, 1), None),
    ("numeric", [Decimal("9" * 80), None], pa.string(), str),
    ("numeric", [Decimal("NaN"), Decimal("1.5")], pa.string(), str),
    ("money", [Decimal("12.34"), None], pa.decimal128(19, 2), None),
    ("text", ["", None, "a;b='c'\\n\r\n\t\"€🐦", "NULL"], pa.string(), None),
    ("varchar(20)", ["thirteen chars", None], pa.string(), None),
    ("char(5)", ["ab", None], pa.string(), None),
    ("bytea", [b"", None, bytes(range(256))], pa.binary(), None),
    ("date", [dt.date(1, 1, 1), None, dt.date(9999, 12, 31), dt.date(1969, 12, 31)], pa.date32(), None),
    ("time", [dt.time(0, 0), None, dt.time(23, 59, 59, 999_999)], pa.time64("us"), None),
    ("timetz", [dt.time(13, 14, 15, tzinfo=UTC), None], pa.string(), lambda value: value.isoformat()),
    (
        "timestamp",
        [dt.datetime(1, 1, 1), None, dt.datetime(9999, 12, 31, 23, 59, 59, 999_999)],
        pa.timestamp("us"),
        None,
    ),
    ("timestamptz", [dt.datetime(2024, 2, 29, 13, 14, 15, 1, tzinfo=UTC), None], pa.timestamp("us", "UTC"), None),
    ("inet", ["10.0.0.1", None], pa.string(), str),
    ("cidr", ["10.0.0.0/8", None], pa.string(), str),
    ("macaddr", ["08:00:2b:01:02:03", None], pa.string(), None),
    ("bit(4)", ["1010", None], pa.string(), None),
    ("int4range", [Range(1, 10), None, Range(None, 10), Range.make_empty()], range_of(pa.int32()), shown),
    ("daterange", [Range(dt.date(2024, 1, 1), dt.date(2025, 1, 1)), None], range_of(pa.date32()), shown),
    ("numrange", [Range(Decimal("1.5"), None, "(]")], range_of(pa.string()), None),
    ("tstzrange", [Range(dt.datetime(2024, 1, 1, tzinfo=UTC), None)], range_of(pa.timestamp("us", "UTC")), shown),
    ("array<int>", [[1, None, 3], None, []], pa.list_(pa.int32()), None),
    ("array<int>", [None, [[1, 2], [3, 4]], []], pa.list_(pa.list_(pa.int32())), None),
    ("array<text>", [["a", None, "", "NULL", 'q"uo\\te', "{,}", "€"], []], pa.list_(pa.string()), None),
    ("array<boolean>", [[True, False, None]], pa.list_(pa.bool_()), None),
    ("array<timestamptz>", [[dt.datetime(2024, 1, 1, tzinfo=UTC)]], pa.list_(pa.timestamp("us", "UTC")), None),
    ("array<decimal>", [[Decimal("1.50")]], pa.list_(pa.string()), lambda value: [str(item) for item in value]),
    ("vector(3)", [Vector([1, 2.5, -3]), None, Vector([0, 0, 0])], pa.list_(pa.float32(), 3), list),
]


def fill(conn: Any, sql_type: str, values: list[Any]) -> None:
    conn.execute(f"create temporary table columnar (id int, v {sql_type})")
    for number, value in enumerate(values):
        conn.execute("insert into columnar values (?, ?)", (number, value))


QUERY = "select v from columnar order by id"


def rows_of(conn: Any) -> list[Any]:
    return [row[0] for row in conn.execute(QUERY).fetchall()]


@pytest.mark.parametrize(("sql_type", "values", "arrow", "shown_as"), COLUMNS)
def test_arrow(conn: Any, sql_type: str, values: list[Any], arrow: Any, shown_as: Any) -> None:
    fill(conn, sql_type, values)
    table = conn.execute(QUERY).fetch_arrow_table()
    assert table.schema.field("v").type == arrow
    table.validate(full=True)
    expected = rows_of(conn)
    if sql_type == "numrange":
        assert table.column("v").to_pylist()[0]["lower"] == "1.5"
        return
    if shown_as is not None:
        expected = [None if value is None else shown_as(value) for value in expected]
    assert table.column("v").to_pylist() == expected


@pytest.mark.parametrize(("sql_type", "values", "arrow", "shown_as"), COLUMNS)
def test_numpy(conn: Any, sql_type: str, values: list[Any], arrow: Any, shown_as: Any) -> None:
    fill(conn, sql_type, values)
    array = conn.execute(QUERY).fetch_numpy()["v"]
    expected = rows_of(conn)
    assert isinstance(array, np.ma.MaskedArray) == (None in values)
    if sql_type.startswith("vector"):
        assert (array.shape, array.dtype) == ((3, 3), np.float32)
        assert array[0].tolist() == [1, 2.5, -3]
        assert array[1].tolist() == [None] * 3
        return
    got = array.tolist()
    if sql_type == "timestamptz":
        got = [None if value is None else value.replace(tzinfo=UTC) for value in got]
    assert str(got) == str(expected)
    kinds = {"boolean": "?", "smallint": "i2", "int": "i4", "bigint": "i8", "real": "f4", "double": "f8"}
    kinds.update(date="datetime64[D]", timestamp="datetime64[us]", timestamptz="datetime64[us]")
    assert array.dtype == np.dtype(kinds.get(sql_type, "O"))


def test_intervals(conn: Any) -> None:
    query = "select cast(v as interval) as v from (values ('1 year 2 days 00:00:03.5'), (null)) as t(v)"
    table = conn.execute(query).fetch_arrow_table()
    assert table.schema.field("v").type == INTERVAL
    assert table.column("v").to_pylist() == [pa.MonthDayNano([12, 2, 3_500_000_000]), None]


def test_uuids_and_documents(conn: Any) -> None:
    conn.execute("create temporary table columnar (u uuid, j jsonb, p point)")
    key = "550e8400-e29b-41d4-a716-446655440000"
    conn.execute("insert into columnar values (?, ?, ?)", (key, Jsonb({"a": [1]}), Geometry.from_wkt("POINT (1 2)")))
    conn.execute("insert into columnar values (null, null, null)")
    row = conn.execute("select u, j, p from columnar where u is not null").fetchone()
    data = conn.execute("select u, j, p from columnar order by u").fetch_arrow_table()
    names = {name: data.schema.field(name) for name in ("u", "j", "p")}

    def storage(name: str) -> Any:
        column = data.column(name).combine_chunks()
        return (column.storage if isinstance(column, pa.ExtensionArray) else column).to_pylist()

    assert storage("u") == [row[0].bytes, None]
    assert storage("j") == ['{"a": [1]}', None]
    assert storage("p") == [row[2].wkb, None]
    for name, extension in (("u", "arrow.uuid"), ("j", "arrow.json"), ("p", "geoarrow.wkb")):
        field = names[name]
        known = getattr(field.type, "extension_name", None)
        assert known == extension or field.metadata[b"ARROW:extension:name"] == extension.encode()
    arrays = conn.execute("select u, j, p from columnar order by u").fetch_numpy()
    assert [arrays[name].data[0] for name in ("u", "j", "p")] == list(row)


def test_vectors_of_no_known_dimension(conn: Any) -> None:
    query = "select cast(v as vector) as v from (values ('[1,2]'), (null)) as t(v)"
    assert conn.execute(query).fetch_arrow_table().column("v").to_pylist() == [[1, 2], None]
    array = conn.execute("select cast(null as vector) as v").fetch_numpy()["v"]
    assert array.shape == (1, 0)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("select cast('24:00' as time) as v union all select cast('24:00' as time)", 'row 0, column 0 ("v")'),
        (
            "select n, cast(v as vector) as v from (values (1, '[1,2]'), (2, '[1,2,3]')) as t(n, v) order by n",
            'row 1, column 1 ("v"): a vector of 3 dimensions among vectors of 2',
        ),
        (
            "select cast(v as numeric(5,2)) as v from (values ('1.5'), ('NaN')) as t(v)",
            'row 1, column 0 ("v"): NaN is no decimal',
        ),
        (
            "select v from (values (array[1]), (array[[1],[2]])) as t(v)",
            'row 1, column 0 ("v"): an array that is deeper',
        ),
        (
            "select cast('100000000 hours' as interval) as v",
            'row 0, column 0 ("v"): interval value out of range',
        ),
    ],
)
def test_what_does_not_fit(conn: Any, query: str, message: str) -> None:
    cursor = conn.execute(query)
    with pytest.raises(scratchbird.DataError) as caught:
        cursor.fetch_arrow_table()
    assert message in str(caught.value)
    # The rows are still there.
    assert cursor.rownumber == 0
    with pytest.raises(scratchbird.DataError):
        list(cursor.fetch_record_batches(1))


@pytest.fixture
def table(dsn: str) -> Any:
    with scratchbird.connect(dsn, autocommit=True) as connection:
        connection.execute("create temporary table made (id int, n bigint, d numeric, f double, at timestamp)")
        yield connection


@given(
    rows=st.lists(
        st.tuples(
            st.none() | st.integers(-(2**63), 2**63 - 1),
            st.none()
            | st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**25), max_value=10**25, places=9),
            st.none() | st.floats(allow_nan=False),
            st.none() | st.datetimes(),
        ),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_values(table: Any, rows: list[tuple[Any, ...]]) -> None:
    table.execute("delete from made")
    table.cursor().executemany("insert into made values (?, ?, ?, ?, ?)", [(n, *row) for n, row in enumerate(rows)])
    query = "select n, d, f, at from made order by id"
    expected = table.execute(query).fetchall()
    arrow = table.execute(query).fetch_arrow_table()
    assert list(zip(*(column.to_pylist() for column in arrow.columns))) == expected
    arrays = table.execute(query).fetch_numpy()
    assert list(zip(*(array.tolist() for array in arrays.values()))) == expected
    for (value, *_), bits in zip(expected, arrays["n"].tolist()):
        assert value == bits
    for row, number in zip(expected, arrays["f"].tolist()):
        assert row[2] is number is None or struct.pack("d", row[2]) == struct.pack("d", number)
