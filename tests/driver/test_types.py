"""Every type, both ways, through a real column."""

from __future__ import annotations

import datetime as dt
import ipaddress
import math
import struct
import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import scratchbird
from scratchbird.types import Geometry, Interval, Json, Jsonb, Range, Vector

UTC = dt.timezone.utc
EAST = dt.timezone(dt.timedelta(hours=5, minutes=30))

# SQL type, value sent, value that comes back.
SAME = [
    ("boolean", True),
    ("boolean", False),
    ("smallint", -(2**15)),
    ("int", 2**31 - 1),
    ("bigint", -(2**63)),
    ("bigint", 2**63 - 1),
    ("real", 1.5),
    ("double", 0.1),
    ("double", 1e308),
    ("double", 5e-324),
    ("double", math.inf),
    ("double", -math.inf),
    ("decimal(10,2)", Decimal("12.50")),
    ("decimal(38,10)", Decimal("-1234567890123456789.0123456789")),
    ("numeric", Decimal("1E+5")),
    ("numeric", Decimal("9" * 500 + "." + "1" * 500)),
    ("text", ""),
    ("text", "a;b='c'\\n\r\n\t\"€🐦"),
    ("text", "NULL"),
    ("text", "<NULL>"),
    ("varchar(20)", "thirteen chars"),
    ("bytea", b""),
    ("bytea", bytes(range(256))),
    ("date", dt.date(1, 1, 1)),
    ("date", dt.date(2024, 2, 29)),
    ("date", dt.date(9999, 12, 31)),
    ("time", dt.time(0, 0)),
    ("time", dt.time(23, 59, 59, 999_999)),
    ("timetz", dt.time(13, 14, 15, 123_456, tzinfo=EAST)),
    ("timestamp", dt.datetime(1, 1, 1, 0, 0)),
    ("timestamp", dt.datetime(2024, 2, 29, 13, 14, 15, 123_456)),
    ("timestamp", dt.datetime(9999, 12, 31, 23, 59, 59, 999_999)),
    ("timestamptz", dt.datetime(2024, 2, 29, 13, 14, 15, 1, tzinfo=UTC)),
    ("timestamptz", dt.datetime(1970, 1, 1, 5, 30, tzinfo=EAST)),
    ("interval", dt.timedelta(days=3, seconds=4, microseconds=5)),
    ("interval", -dt.timedelta(days=3, seconds=4)),
    ("interval", Interval(months=14, days=-3, microseconds=4_000_005)),
    ("uuid", uuid.UUID("550e8400-e29b-41d4-a716-446655440000")),
    ("inet", ipaddress.ip_address("10.0.0.1")),
    ("inet", ipaddress.ip_address("2001:db8::1")),
    ("cidr", ipaddress.ip_network("10.0.0.0/8")),
    ("int4range", Range(1, 10)),
    ("int4range", Range(None, 10)),
    ("int4range", Range.make_empty()),
    ("numrange", Range(Decimal("1.5"), None, "(]")),
    ("daterange", Range(dt.date(2024, 1, 1), dt.date(2025, 1, 1))),
    ("tsrange", Range(dt.datetime(2024, 1, 1), dt.datetime(2025, 1, 1), "[]")),
    ("tstzrange", Range(dt.datetime(2024, 1, 1, tzinfo=UTC), None)),
    ("array<int>", [1, None, 3]),
    ("array<int>", []),
    ("array<int>", [[1, 2], [3, 4]]),
    ("array<bigint>", [2**40, -1]),
    ("array<text>", ["a", None, "", "NULL", 'q"uo\\te', "{,}", "€"]),
    ("array<boolean>", [True, False, None]),
    ("array<double>", [1.5, None]),
    ("array<decimal>", [Decimal("1.50"), Decimal("2")]),
    ("array<date>", [dt.date(2024, 2, 29)]),
    ("array<timestamp>", [dt.datetime(2024, 2, 29, 1, 2, 3)]),
    ("array<uuid>", [uuid.UUID(int=1), uuid.UUID(int=2)]),
    ("vector(3)", [1.0, 2.5, -3.0]),
]

CHANGED = [
    ("numeric", 12, Decimal(12)),
    ("text", np.str_("a"), "a"),
    ("int", np.int32(7), 7),
    ("double", np.float64(1.5), 1.5),
    ("double", 3, 3.0),
    ("boolean", np.bool_(True), True),
    ("bytea", bytearray(b"ab"), b"ab"),
    ("bytea", memoryview(b"ab"), b"ab"),
    ("json", {"a": [1, None, "ü"]}, {"a": [1, None, "ü"]}),
    ("json", Json([1, 2]), [1, 2]),
    ("json", Json(None), None),
    ("jsonb", Jsonb({"b": 1.5, "a": {}}), {"a": {}, "b": 1.5}),
    ("jsonb", Jsonb("text"), "text"),
    ("int4range", Range(1, 9, "[]"), Range(1, 10)),
    ("array<int>", (1, 2), [1, 2]),
    ("vector(3)", (1.0, 2.0, 3.0), [1.0, 2.0, 3.0]),
    ("vector(3)", Vector([1, 2, 3]), [1.0, 2.0, 3.0]),
    ("vector(2)", np.array([1.5, 2.5], dtype=np.float32), [1.5, 2.5]),
    ("char(5)", "ab", "ab   "),
    ("macaddr", "08:00:2b:01:02:03", "08:00:2b:01:02:03"),
]


def through_a_column(cur: Any, sql_type: str, value: Any) -> Any:
    cur.execute(f"create table through (id int, v {sql_type})")
    cur.execute("insert into through (id, v) values (%s, %s)", (1, value))
    return cur.execute("select v from through").fetchone()[0]


def alike(got: Any, wanted: Any) -> bool:
    if isinstance(wanted, list) and not isinstance(got, list):
        got = list(got)
    return bool(got == wanted) and (type(got) is type(wanted) or isinstance(wanted, list))


@pytest.mark.parametrize(("sql_type", "value"), SAME, ids=[f"{kind}-{index}" for index, (kind, _) in enumerate(SAME)])
def test_a_value_survives(cur: Any, sql_type: str, value: Any) -> None:
    got = through_a_column(cur, sql_type, value)
    assert alike(got, value), repr(got)


@pytest.mark.parametrize(
    ("sql_type", "value", "wanted"), CHANGED, ids=[f"{case[0]}-{index}" for index, case in enumerate(CHANGED)]
)
def test_a_value_arrives_as_the_columns_type(cur: Any, sql_type: str, value: Any, wanted: Any) -> None:
    got = through_a_column(cur, sql_type, value)
    assert alike(got, wanted), repr(got)


@pytest.mark.parametrize("sql_type", sorted({kind for kind, _ in SAME} | {case[0] for case in CHANGED}))
def test_null_of_every_type(cur: Any, sql_type: str) -> None:
    assert through_a_column(cur, sql_type, None) is None


def test_null_and_empty_text_differ(cur: Any) -> None:
    cur.execute("create table texts (id int, v text)")
    cur.executemany("insert into texts (id, v) values (%s, %s)", enumerate(["", None, "NULL", "<NULL>"]))
    assert [row[0] for row in cur.execute("select v from texts order by id")] == ["", None, "NULL", "<NULL>"]


def test_nan(cur: Any) -> None:
    assert math.isnan(through_a_column(cur, "double", math.nan))


def test_negative_zero_keeps_its_sign(cur: Any) -> None:
    assert math.copysign(1, through_a_column(cur, "double", -0.0)) == -1


def test_geometry(cur: Any) -> None:
    point = Geometry.from_wkt("POINT (1 2.5)")
    assert through_a_column(cur, "point", point) == point


def test_aware_values_come_back_aware(cur: Any) -> None:
    value = dt.datetime(2024, 7, 1, 12, tzinfo=EAST)
    got = through_a_column(cur, "timestamptz", value)
    assert got == value
    assert got.utcoffset() is not None


def test_type_codes(cur: Any) -> None:
    cur.execute(
        "create table codes (b boolean, i int, n decimal(5,2), d double, s text, y bytea, t timestamp, u uuid, j json)"
    )
    cur.execute("select * from codes")
    assert [column[1] for column in cur.description] == [16, 23, 1700, 701, 25, 17, 1114, 2950, 114]


@pytest.mark.parametrize(
    "value",
    [
        1,
        2**40,
        True,
        1.5,
        "text",
        b"bytes",
        Decimal("1.5"),
        dt.date(2024, 1, 1),
        dt.datetime(2024, 1, 1),
        dt.datetime(2024, 1, 1, tzinfo=UTC),
        dt.time(1, 2),
        dt.timedelta(1),
        uuid.UUID(int=1),
        None,
        [1, 2],
        ["a"],
    ],
    ids=repr,
)
def test_a_parameter_alone_keeps_its_type(cur: Any, value: Any) -> None:
    got = cur.execute("select %s", (value,)).fetchone()[0]
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    ("sql_type", "value"),
    [
        ("smallint", 2**15),
        ("int", 2**31),
        ("bigint", 2**63),
        ("int8", 128),
        ("decimal(4,2)", Decimal("123.45")),
        ("varchar(3)", "four"),
        ("date", "not a date"),
        ("uuid", "not a uuid"),
        ("json", "{"),
        ("vector(3)", [1.0, 2.0]),
    ],
)
def test_what_does_not_fit_is_a_data_error(cur: Any, sql_type: str, value: Any) -> None:
    with pytest.raises(scratchbird.DataError) as caught:
        through_a_column(cur, sql_type, value)
    assert caught.value.sqlstate[:2] == "22"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.tuples(
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
        st.decimals(allow_nan=False, allow_infinity=False, places=6).filter(lambda n: abs(n) < Decimal(10) ** 30),
        st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        st.binary(max_size=200),
        st.dates(),
        st.times(),
        st.datetimes(),
        st.datetimes(min_value=dt.datetime(2, 1, 1), max_value=dt.datetime(9998, 1, 1), timezones=st.just(UTC)),
        st.timedeltas(dt.timedelta(days=-(10**6)), dt.timedelta(days=10**6)),
        st.uuids(),
    )
)
def test_any_row_survives(cur: Any, row: tuple[Any, ...]) -> None:
    cur.execute("drop table if exists any_row")
    cur.execute(
        "create table any_row (i bigint, f double, n numeric, s text, y bytea, d date, t time, ts timestamp,"
        " tz timestamptz, iv interval, u uuid)"
    )
    cur.execute(f"insert into any_row values ({', '.join(['%s'] * len(row))})", row)
    assert cur.execute("select * from any_row").fetchone() == row


def test_float4_is_the_nearest(cur: Any) -> None:
    (nearest,) = struct.unpack("<f", struct.pack("<f", 0.1))
    got = through_a_column(cur, "real", 0.1)
    assert struct.pack("<f", got) == struct.pack("<f", nearest)


def test_numpy_is_not_imported_by_the_driver() -> None:
    import subprocess
    import sys

    code = "import sys, scratchbird, scratchbird.types; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
