"""Wire → Python."""

from __future__ import annotations

import datetime as dt
import ipaddress
import math
import struct
import subprocess
import sys
import uuid
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import scratchbird
from scratchbird.types import Composite, Geometry, Interval, Range
from tests.convert.conftest import Read
from tests.convert.echo import BINARY, TEXT, Echo, query

UTC = dt.timezone.utc
ID = uuid.UUID("550e8400-e29b-41d4-a716-446655440000")


def lp(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def east(hours: int, minutes: int = 0) -> dt.timezone:
    return dt.timezone(dt.timedelta(hours=hours, minutes=minutes))


TEXTS = [
    (16, b"t", True),
    (16, b"FALSE", False),
    (20, b"-9223372036854775808", -(2**63)),
    (20, b"123456789012345678901234567890", 123456789012345678901234567890),
    (21, b"+7", 7),
    (23, b"2147483647", 2**31 - 1),
    (26, b"4294967295", 2**32 - 1),
    (16384, b"170141183460469231731687303715884105727", 2**127 - 1),
    (700, b"0.1", 0.1),
    (701, b"1e308", 1e308),
    (701, b"-Infinity", -math.inf),
    (1700, b"12.50", Decimal("12.50")),
    (1700, b"1E+5", Decimal("1E+5")),
    (1700, b"9" * 1000 + b".1", Decimal("9" * 1000 + ".1")),
    (790, b"-1234.50", Decimal("-1234.50")),
    (25, b"", ""),
    (25, "a;b\n€🐦".encode(), "a;b\n€🐦"),
    (1043, b"x", "x"),
    (17, b"\\xDEad", b"\xde\xad"),
    (17, b"\\x", b""),
    (17, b"a\\001", b"a\x01"),
    (1082, b"0001-01-01", dt.date(1, 1, 1)),
    (1082, b"9999-12-31", dt.date(9999, 12, 31)),
    (1083, b"23:59:59.999999", dt.time(23, 59, 59, 999999)),
    (1266, b"13:14:15+05:30", dt.time(13, 14, 15, tzinfo=east(5, 30))),
    (1266, b"13:14:15Z", dt.time(13, 14, 15, tzinfo=UTC)),
    (1114, b"2024-02-29T13:14:15.1234567890", dt.datetime(2024, 2, 29, 13, 14, 15, 123456)),
    (1184, b"2024-02-29 13:14:15+02", dt.datetime(2024, 2, 29, 11, 14, 15, tzinfo=UTC)),
    (1186, b"3 days 04:05:06.000007", dt.timedelta(3, 14706, 7)),
    (1186, b"-00:00:00.000001", dt.timedelta(microseconds=-1)),
    (1186, b"1 year 2 mons -3 days", Interval(14, -3, 0)),
    (1186, b"1000000000 days", Interval(0, 10**9, 0)),
    (2950, str(ID).encode(), ID),
    (114, b'{"a": [1, null]}', {"a": [1, None]}),
    (3802, b"null", None),
    (869, b"10.0.0.1", ipaddress.IPv4Address("10.0.0.1")),
    (869, b"10.0.0.1/8", ipaddress.IPv4Interface("10.0.0.1/8")),
    (869, b"2001:db8::1", ipaddress.IPv6Address("2001:db8::1")),
    (869, b"2001:db8::1/64", ipaddress.IPv6Interface("2001:db8::1/64")),
    (650, b"10.0.0.0/8", ipaddress.IPv4Network("10.0.0.0/8")),
    (650, b"2001:db8::/32", ipaddress.IPv6Network("2001:db8::/32")),
    (829, b"08:00:2b:01:02:03", "08:00:2b:01:02:03"),
    (142, b"<a/>", "<a/>"),
    (1560, b"0101", "0101"),
    (1007, b"{1,NULL,3}", [1, None, 3]),
    (1007, b"{{1,2},{3,4}}", [[1, 2], [3, 4]]),
    (1007, b"[0:1]={7,8}", [7, 8]),
    (1007, b"{}", []),
    (1009, b'{a,"b,\\"c\\"",NULL,"NULL",""}', ["a", 'b,"c"', None, "NULL", ""]),
    (1185, b'{"2024-02-29 13:14:15+00"}', [dt.datetime(2024, 2, 29, 13, 14, 15, tzinfo=UTC)]),
    (2951, str(ID).join("{}").encode(), [ID]),
    (3807, b'{"{\\"a\\": 1}"}', [{"a": 1}]),
    (3904, b"[1,10)", Range(1, 10)),
    (3904, b"empty", Range.make_empty()),
    (3906, b"(,2.5]", Range(None, Decimal("2.5"), "(]")),
    (3912, b"[2024-01-01,)", Range(dt.date(2024, 1, 1), None)),
    (3910, b'["2024-01-01 00:00:00+00",)', Range(dt.datetime(2024, 1, 1, tzinfo=UTC), None)),
    (3905, b'{"[1,10)",empty}', [Range(1, 10), Range.make_empty()]),
    (2249, b'(1,"a b",)', Composite(("1", "a b", None))),
    (600, b"POINT(1 2.5)", Geometry.from_wkt("POINT (1 2.5)")),
    (600, b"(1,2.5)", Geometry.from_wkt("POINT (1 2.5)")),
    (604, b"((0,0),(1,1),(2,0))", Geometry.from_wkt("POLYGON ((0 0, 1 1, 2 0, 0 0))")),
    (600, b"SRID=4326;POINT(1 2)", Geometry.from_wkt("POINT (1 2)", srid=4326)),
    (99999, b"anything", "anything"),
    (0, b"anything", "anything"),
]


@pytest.mark.parametrize(("oid", "text", "wanted"), TEXTS, ids=[f"{case[0]}-{i}" for i, case in enumerate(TEXTS)])
def test_text(read: Read, oid: int, text: bytes, wanted: Any) -> None:
    got = read(oid, text)
    assert got == wanted
    assert type(got) is type(wanted)
    if isinstance(wanted, (dt.datetime, dt.time)):
        assert got.utcoffset() == wanted.utcoffset()


BINARIES = [
    (16, b"\x01", True),
    (21, b"\xfe\xff", -2),
    (23, b"\x2a\0\0\0", 42),
    (20, b"\x31\0\0\0\0\0\0\0", 49),
    (26, b"\xff\xff\xff\xff", 2**32 - 1),
    (700, struct.pack("<f", 1.5), 1.5),
    (701, struct.pack("<d", -0.1), -0.1),
    (1700, lp(b"123.45"), Decimal("123.45")),
    (790, struct.pack("<q", 12345), Decimal("123.45")),
    (25, lp("hé".encode()), "hé"),
    (17, lp(b"\xde\xad"), b"\xde\xad"),
    (1082, struct.pack("<i", 8825), dt.date(2024, 2, 29)),
    (1083, struct.pack("<q", 47_655_123_456), dt.time(13, 14, 15, 123456)),
    (1266, struct.pack("<qi", 47_655_123_456, -7200), dt.time(13, 14, 15, 123456, tzinfo=east(2))),
    (1114, bytes.fromhex("00da03ce83b50200"), dt.datetime(2024, 2, 29, 13, 14, 15, 123456)),
    (1184, bytes.fromhex("00da03ce83b50200"), dt.datetime(2024, 2, 29, 13, 14, 15, 123456, tzinfo=UTC)),
    (1186, struct.pack("<iiq", 0, 2, 3_000_000), dt.timedelta(2, 3)),
    (1186, struct.pack("<iiq", 1, 2, 3_000_000), Interval(1, 2, 3_000_000)),
    (2950, ID.bytes, ID),
    (114, lp(b'{"a":1}'), {"a": 1}),
    (869, lp(b"10.0.0.1"), ipaddress.IPv4Address("10.0.0.1")),
    (1007, lp(b"{1,2,NULL}"), [1, 2, None]),
    (3904, bytes.fromhex("020000000400000001000000040000000a000000"), Range(1, 10)),
    (3906, b"\x10\0\0\0" + lp(lp(b"1.5")), Range(Decimal("1.5"), None, "()")),
    (600, lp(Geometry.from_wkt("POINT (1 2)").wkb), Geometry.from_wkt("POINT (1 2)")),
    (99999, b"\x00\xff", b"\x00\xff"),
    (99999, b"text", b"text"),
]


@pytest.mark.parametrize(("oid", "data", "wanted"), BINARIES, ids=[f"{case[0]}-{i}" for i, case in enumerate(BINARIES)])
def test_binary(read: Read, oid: int, data: bytes, wanted: Any) -> None:
    got = read(oid, binary=data)
    assert got == wanted
    assert type(got) is type(wanted)


def test_binary_record(read: Read) -> None:
    got = read(2249, binary=bytes.fromhex("0200000017000000040000000700000019000000ffffffff"))
    assert got == Composite((7, None))
    assert got.oids == (23, 25)


def test_nan(read: Read) -> None:
    assert math.isnan(read(701, b"NaN"))
    assert read(1700, b"NaN").is_nan()


def test_null_of_any_type(read: Read) -> None:
    for oid in (16, 20, 25, 1184, 1007, 3904, 2249, 16386, 99999):
        assert read(oid, None) is None


@pytest.mark.parametrize(
    ("oid", "text", "wanted"),
    [
        (16, b"maybe", "maybe"),
        (20, b"1.5", "1.5"),
        (20, b"", ""),
        (23, b"9" * 5000, "9" * 5000),
        (701, b"1,5", "1,5"),
        (1700, b"1_000", "1_000"),
        (1082, b"someday", "someday"),
        (1082, b"2023-02-29", "2023-02-29"),
        (1184, b"2024-01-01 00:00:00[Europe/Berlin]", "2024-01-01 00:00:00[Europe/Berlin]"),
        (1186, b"a while", "a while"),
        (2950, b"no uuid", "no uuid"),
        (114, b"{", "{"),
        (114, b"[" * 100_000, "[" * 100_000),
        (869, b"10.0.0.300", "10.0.0.300"),
        (1007, b"{1,x}", "{1,x}"),
        (1007, b"array[int:1]", "array[int:1]"),
        (3904, b"[2,1)", "[2,1)"),
        (600, b"POINT M (1 2 3)", "POINT M (1 2 3)"),
        (718, b"<(1,2),3>", "<(1,2),3>"),
        (16386, b"[1,x]", "[1,x]"),
        (25, b"\xff\xfe", b"\xff\xfe"),
        (20, b"\xff", b"\xff"),
    ],
    ids=lambda value: None if isinstance(value, int) else repr(value)[:20],
)
def test_what_is_not_of_its_type_is_its_text(read: Read, oid: int, text: bytes, wanted: Any) -> None:
    assert read(oid, text) == wanted


@pytest.mark.parametrize(
    ("oid", "text"),
    [
        (1082, b"infinity"),
        (1082, b"10000-01-01"),
        (1082, b"0044-03-15 BC"),
        (1083, b"24:00:00"),
        (1266, b"24:00:00+00"),
        (1114, b"-infinity"),
        (1184, b"9999-12-31 23:30:00-01"),
        (1182, b"{infinity}"),
        (3912, b"[10000-01-01,)"),
    ],
)
def test_times_that_python_cannot_hold(read: Read, oid: int, text: bytes) -> None:
    with pytest.raises(scratchbird.DataError, match='column "c0"') as caught:
        read(oid, text)
    assert caught.value.sqlstate == "22008"


@pytest.mark.parametrize(
    ("oid", "data"),
    [
        (16, b""),
        (23, b"123"),
        (25, b"text"),
        (17, lp(b"cut")[:-1]),
        (1082, struct.pack("<i", 2**31 - 1)),
        (1184, struct.pack("<q", -(2**63))),
        (3904, b"\xff\0\0\0"),
        (2249, b"\xff\xff\xff\x7f"),
        (600, lp(b"\x01\x01\0\0\0")),
        (114, lp(b"{")),
    ],
)
def test_wrong_binary_is_an_error(read: Read, oid: int, data: bytes) -> None:
    with pytest.raises(scratchbird.DataError, match='column "c0"'):
        read(oid, binary=data)
    assert read(23, b"1") == 1


def test_a_record_in_a_record_in_a_record(read: Read) -> None:
    data = bytes(4)
    for _ in range(1000):
        data = struct.pack("<iIi", 1, 2249, len(data)) + data
    with pytest.raises(scratchbird.DataError, match="nested"):
        read(2249, binary=data)


def test_a_uuid_is_complete(read: Read) -> None:
    got = read(2950, str(ID).encode())
    assert (got.hex, got.is_safe, hash(got), repr(got)) == (ID.hex, ID.is_safe, hash(ID), repr(ID))


def test_a_vector_is_an_array_where_numpy_is_loaded(read: Read) -> None:
    got = read(16386, b"[1.0,2.5,0.1]")
    assert isinstance(got, np.ndarray)
    assert got.dtype == np.float32
    assert got.tolist() == np.array([1, 2.5, 0.1], dtype=np.float32).tolist()
    got[0] = 7
    assert read(16386, binary=lp(b"[]")).shape == (0,)


def test_a_vector_is_a_list_where_numpy_is_not_loaded() -> None:
    code = """
import sys
import scratchbird
from tests.convert.echo import Echo, TEXT, query
from tests.faults.scripted import ScriptedServer

with ScriptedServer(Echo()) as server:
    conn = scratchbird.connect(
        host=server.host, port=server.port, user="u", password="p", database="d", sslmode="disable"
    )
    cur = conn.cursor()
    assert cur.execute(query((16386, TEXT, b"[1.0,2.5,0.1]"))).fetchone() == ([1.0, 2.5, 0.1],)
    assert cur.execute("select ?", ([1.0, 0.1],)).fetchone() == ([1.0, 0.1],)
    conn.close()
assert "numpy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)


def test_rows_of_another_width_than_the_description(echo: tuple[Any, Echo]) -> None:
    cur = echo[0]
    assert cur.execute(query((23, TEXT, b"1"), (25, TEXT, None), (20, BINARY, bytes(8)))).fetchone() == (1, None, 0)
