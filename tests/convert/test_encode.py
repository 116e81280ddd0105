"""Python → wire."""

from __future__ import annotations

import array
import datetime as dt
import enum
import ipaddress
import math
import uuid
from collections import namedtuple
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scratchbird
from scratchbird.types import Composite, Geometry, Interval, Json, Jsonb, Range, Vector, Xml
from tests.convert.conftest import Send
from tests.convert.echo import Echo

UTC = dt.timezone.utc


class Berlin(dt.tzinfo):
    """The year 2024 in Berlin; `zoneinfo` is not in Python 3.8."""

    def utcoffset(self, moment: dt.datetime | None) -> dt.timedelta | None:
        if moment is None:
            return None
        local = moment.replace(tzinfo=None, fold=0)
        end = dt.datetime(2024, 10, 27, 2 if moment.fold else 3)
        return dt.timedelta(hours=2 if dt.datetime(2024, 3, 31, 2) <= local < end else 1)


BERLIN = Berlin()


class Colour(enum.Enum):
    RED = "red"
    SEVEN = 7


class Number(enum.IntEnum):
    ONE = 1


class Word(str, enum.Enum):
    YES = "yes"


class Text(str):
    __slots__ = ()


Pair = namedtuple("Pair", "a b")

SENT = [
    (None, 0, None),
    (True, 16, "true"),
    (False, 16, "false"),
    (0, 23, "0"),
    (-(2**31), 23, "-2147483648"),
    (2**31, 20, "2147483648"),
    (2**63 - 1, 20, "9223372036854775807"),
    (2**63, 1700, "9223372036854775808"),
    (-(10**40), 1700, "-1" + "0" * 40),
    (0.1, 701, "0.1"),
    (-0.0, 701, "-0.0"),
    (1e16, 701, "1e16"),
    (math.nan, 701, "NaN"),
    (-math.inf, 701, "-Infinity"),
    (Decimal("12.50"), 1700, "12.50"),
    (Decimal("1E+5"), 1700, "100000"),
    (Decimal("-1E-7"), 1700, "-0.0000001"),
    (Decimal("NaN"), 1700, "NaN"),
    (Decimal("-Infinity"), 1700, "-Infinity"),
    ("", 25, ""),
    ("a'b;\n€🐦", 25, "a'b;\n€🐦"),
    (Text("sub"), 25, "sub"),
    (b"\xde\xad", 17, "\\xdead"),
    (bytearray(b"ab"), 17, "\\x6162"),
    (memoryview(b"abcd")[::2], 17, "\\x6163"),
    (dt.date(1, 1, 1), 1082, "0001-01-01"),
    (dt.time(1, 2, 3), 1083, "01:02:03"),
    (dt.time(1, 2, 3, 450000), 1083, "01:02:03.45"),
    (dt.time(1, 2, tzinfo=UTC), 1266, "01:02:00+00:00"),
    (dt.time(1, 2, tzinfo=dt.timezone(-dt.timedelta(hours=3, minutes=30))), 1266, "01:02:00-03:30"),
    (dt.datetime(2024, 2, 29, 13, 14, 15, 123456), 1114, "2024-02-29 13:14:15.123456"),
    (dt.datetime(2024, 2, 29, tzinfo=UTC), 1184, "2024-02-29 00:00:00+00:00"),
    (dt.datetime(2024, 7, 1, tzinfo=BERLIN), 1184, "2024-06-30 22:00:00+00:00"),
    (dt.datetime(2024, 10, 27, 2, 30, tzinfo=BERLIN, fold=1), 1184, "2024-10-27 01:30:00+00:00"),
    (dt.timedelta(3, 4, 5), 1186, "3 days 00:00:04.000005"),
    (-dt.timedelta(seconds=1), 1186, "-1 days +23:59:59"),
    (Interval(14, -3, 1), 1186, "1 year 2 mons -3 days +00:00:00.000001"),
    (uuid.UUID(int=1), 2950, "00000000-0000-0000-0000-000000000001"),
    (ipaddress.ip_address("10.0.0.1"), 869, "10.0.0.1"),
    (ipaddress.ip_interface("10.0.0.1/8"), 869, "10.0.0.1/8"),
    (ipaddress.ip_address("::1"), 869, "::1"),
    (ipaddress.ip_network("10.0.0.0/8"), 650, "10.0.0.0/8"),
    ({"a": [1, None, "ü"]}, 114, '{"a": [1, null, "ü"]}'),
    ({}, 114, "{}"),
    (Json([1]), 114, "[1]"),
    (Jsonb({"a": 1}), 3802, '{"a": 1}'),
    (Xml("<a/>"), 142, "<a/>"),
    (Range(1, 10), 3904, "[1,10)"),
    (Range(1, 2**40), 3926, "[1,1099511627776)"),
    (Range(1, Decimal("2.5")), 3906, "[1,2.5)"),
    (Range(None, dt.date(2024, 1, 1), "(]"), 3912, "(,2024-01-01]"),
    (Range(dt.datetime(2024, 1, 1), None), 3908, '["2024-01-01 00:00:00",)'),
    (Range(dt.datetime(2024, 1, 1, tzinfo=UTC), None), 3910, '["2024-01-01 00:00:00+00:00",)'),
    (Range.make_empty(), 0, "empty"),
    (Range(None, None), 0, "(,)"),
    (Geometry.from_wkt("POINT (1 2.5)"), 600, "POINT(1 2.5)"),
    (Geometry.from_wkt("POINT (1 2.5)", srid=4326), 600, "SRID=4326;POINT(1 2.5)"),
    (Composite((1, 'a "b"', None, "")), 2249, '(1,"a ""b""",,"")'),
    (Vector([1, 2.5]), 16386, "[1.0,2.5]"),
    (Colour.RED, 25, "red"),
    (Colour.SEVEN, 23, "7"),
    (Number.ONE, 23, "1"),
    (Word.YES, 25, "yes"),
    ([1, None, 3], 1007, "{1,NULL,3}"),
    ((1, 2), 1007, "{1,2}"),
    (Pair(1, 2), 1007, "{1,2}"),
    ([2**40, 1], 1016, "{1099511627776,1}"),
    ([1, 1.5], 1022, "{1,1.5}"),
    ([1, Decimal("1.5")], 1231, "{1,1.5}"),
    ([2**70, 1], 1231, "{1180591620717411303424,1}"),
    ([1.5, 2.0], 16386, "[1.5,2.0]"),
    ((1.5,), 16386, "[1.5]"),
    ([1.5, None], 1022, "{1.5,NULL}"),
    ([[1.5, 2.5], [3.5, 4.5]], 1022, "{{1.5,2.5},{3.5,4.5}}"),
    ([True, None], 1000, "{true,NULL}"),
    (["a", 'b"\\', "", "NULL", "{,}", " "], 1009, '{a,"b\\"\\\\","","NULL","{,}"," "}'),
    ([1, "a"], 1009, "{1,a}"),
    ([True, 1], 1009, "{true,1}"),
    ([b"a"], 1001, '{"\\\\x61"}'),
    ([dt.date(2024, 1, 1)], 1182, "{2024-01-01}"),
    ([dt.datetime(2024, 1, 1)], 1115, '{"2024-01-01 00:00:00"}'),
    ([uuid.UUID(int=1)], 2951, "{00000000-0000-0000-0000-000000000001}"),
    ([{"a": 1}], 199, '{"{\\"a\\": 1}"}'),
    ([Range(1, 2)], 3905, '{"[1,2)"}'),
    ([Colour.SEVEN], 1007, "{7}"),
    ([ipaddress.ip_address("::1"), ipaddress.ip_network("::/8")], 1041, "{::1,::/8}"),
    ([], 0, "{}"),
    ([[], []], 0, "{}"),
    ([None, None], 0, "{NULL,NULL}"),
    ([[1, 2], (3, None)], 1007, "{{1,2},{3,NULL}}"),
    ([[[1], [2]], [[3], [4]]], 1007, "{{{1},{2}},{{3},{4}}}"),
    (np.array([1.5, 0.1], dtype=np.float32), 16386, "[1.5,0.1]"),
    (np.array([1.5, 0.1]), 16386, "[1.5,0.1]"),
    (np.array([1.5, 0.1], dtype=np.float16), 16386, "[1.5,0.099975586]"),
    (np.array([1.5, 0.1], dtype=">f8"), 16386, "[1.5,0.1]"),
    (np.arange(6.0)[::2], 16386, "[0.0,2.0,4.0]"),
    (np.array([[1.0, 2.0]]), 1022, "{{1.0,2.0}}"),
    (np.array([1, 2]), 1007, "{1,2}"),
    (np.array([True]), 1000, "{true}"),
    (np.array(["a"]), 1009, "{a}"),
    (np.array(5), 23, "5"),
    (np.array(["2024-02-29"], dtype="datetime64[ns]"), 1115, '{"2024-02-29 00:00:00"}'),
    ([np.array([1, 2]), np.array([3, 4])], 1007, "{{1,2},{3,4}}"),
    (np.int64(7), 23, "7"),
    (np.uint64(2**63), 1700, "9223372036854775808"),
    (np.float32(0.5), 701, "0.5"),
    (np.float64(0.1), 701, "0.1"),
    (np.bool_(True), 16, "true"),
    (np.str_("a"), 25, "a"),
    (np.datetime64("2024-02-29T01:02:03.123456789"), 1114, "2024-02-29 01:02:03.123456"),
    (np.datetime64("2024-02-29"), 1114, "2024-02-29 00:00:00"),
    (np.datetime64("NaT", "s"), 0, None),
    (np.timedelta64(90, "s"), 1186, "00:01:30"),
    (array.array("d", [1.5]), 16386, "[1.5]"),
    (array.array("f", [0.1]), 16386, "[0.1]"),
    (array.array("i", [1, 2]), 1007, "{1,2}"),
]


@pytest.mark.parametrize(("value", "oid", "text"), SENT, ids=[f"{i}-{type(c[0]).__name__}" for i, c in enumerate(SENT)])
def test_sent(send: Send, value: Any, oid: int, text: str | None) -> None:
    got = send(value)
    assert got == (oid, None if text is None else text.encode())


class Unknown:
    pass


class Liar:
    """Neither a number nor a text, whatever it says of itself."""

    def __str__(self) -> str:
        return "1; drop table t"

    __repr__ = __str__


@pytest.mark.parametrize("value", [Unknown(), Liar(), object(), 1j, {1, 2}, range(3), iter([1]), Unknown, len, ...])
def test_what_has_no_type_is_a_programming_error(send: Send, value: Any) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match=r"parameter 1: .* cannot be sent"):
        send(value)


def test_the_error_names_the_class_and_the_position(echo: tuple[Any, Echo]) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match=r"parameter 3: .*Unknown"):
        echo[0].execute("select ?, ?, ?", (1, 2, Unknown()))
    with pytest.raises(scratchbird.ProgrammingError, match=r"parameter 2: .*Unknown"):
        echo[0].execute("select ?, ?", (1, [1, Unknown()]))


def circular() -> list[Any]:
    items: list[Any] = [1]
    items.append(items)
    return items


def deep(levels: int) -> list[Any]:
    items: list[Any] = [1]
    for _ in range(levels):
        items = [items]
    return items


@pytest.mark.parametrize(
    ("value", "sqlstate"),
    [
        ("a\ud800b", "22021"),
        ("a\0b", "22021"),
        (["a\0b"], "22021"),
        ({"a": "\ud800"}, "22021"),
        (Json("\ud800"), "22021"),
        (Decimal("sNaN"), "22P02"),
        (Decimal("1E+200000"), "22003"),
        (dt.datetime(1, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))), "22008"),
        (dt.datetime(9999, 12, 31, 23, 30, tzinfo=dt.timezone(-dt.timedelta(hours=1))), "22008"),
        (dt.time(1, tzinfo=BERLIN), "22008"),
        ([[1], [1, 2]], "2202E"),
        ([1, [2]], "2202E"),
        ([[1], 2], "2202E"),
        ([[], 1], "2202E"),
        ([1, []], "2202E"),
        ([[[1]], [2]], "2202E"),
        ([dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=UTC)], "22007"),
        ([dt.time(1), dt.time(1, tzinfo=UTC)], "22007"),
        (circular(), "2202E"),
        (deep(40), "2202E"),
        (deep(100_000), "2202E"),
        ({"a": math.nan}, "22P02"),
    ],
    ids=lambda value: None if isinstance(value, str) else type(value).__name__,
)
def test_values_that_cannot_be_stored_are_data_errors(send: Send, value: Any, sqlstate: str) -> None:
    with pytest.raises(scratchbird.DataError, match="parameter 1: ") as caught:
        send(value)
    assert caught.value.sqlstate == sqlstate


def test_a_number_too_long_for_text_is_a_data_error(send: Send) -> None:
    with pytest.raises(scratchbird.DataError):
        send(10**5000)


def test_dict_that_json_cannot_encode(send: Send) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match=r"parameter 1: .*Unknown"):
        send({"a": Unknown()})


def test_a_range_of_what_there_are_no_ranges_of(send: Send) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match="parameter 1"):
        send(Range("a", "b"))


def test_a_released_view(send: Send) -> None:
    view = memoryview(b"abc")
    view.release()
    with pytest.raises(scratchbird.DataError, match="released"):
        send(view)


def test_an_exception_of_the_programs_own_passes_through(send: Send) -> None:
    class Mine(Exception):
        pass

    class Zone(dt.tzinfo):
        def utcoffset(self, moment: dt.datetime | None) -> dt.timedelta:
            raise Mine

    with pytest.raises(Mine):
        send(dt.datetime(2024, 1, 1, tzinfo=Zone()))


def test_numbers_are_never_the_programs_own_text(send: Send) -> None:
    class Sly(int):
        def __repr__(self) -> str:
            return "1; drop table t"

        __str__ = __repr__

    class SlyDecimal(Decimal):
        def __str__(self) -> str:
            return "1; drop table t"

    class SlyFloat(float):
        def __repr__(self) -> str:
            return "1; drop table t"

    assert send(Sly(5)) == (23, b"5")
    assert send(Sly(2**70)) == (1700, b"1180591620717411303424")
    assert send(SlyFloat(1.5)) == (701, b"1.5")
    with pytest.raises(scratchbird.DataError):
        send(SlyDecimal("1"))


def test_a_released_connection_survives_every_refusal(echo: tuple[Any, Echo]) -> None:
    for value in (Unknown(), "a\0b", [[1], 2]):
        with pytest.raises(scratchbird.Error):
            echo[0].execute("select ?", (value,))
    assert echo[0].execute("select ?", (1,)).fetchone() == (1,)


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False, places=5),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
    st.binary(),
    st.dates(),
    st.times(),
    st.datetimes(),
    st.datetimes(min_value=dt.datetime(1, 1, 2), max_value=dt.datetime(9999, 12, 30), timezones=st.just(UTC)),
    st.timedeltas(),
    st.uuids(),
    st.ip_addresses(),
)


@given(st.lists(scalars, min_size=1, max_size=8))
def test_any_row_comes_back(echo: tuple[Any, Echo], row: list[Any]) -> None:
    got = echo[0].execute(f"select {','.join('?' * len(row))}", row).fetchone()
    assert got == tuple(row)


@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))))
def test_any_list_of_texts_comes_back(there_and_back: Any, items: list[Any]) -> None:
    got = there_and_back(items)
    if all(item is None for item in items):
        # A list that says nothing of its type is left to the server; this one only repeats.
        assert got == ("{" + ",".join(["NULL"] * len(items)) + "}")
    else:
        assert got == items


@given(st.lists(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=2, max_size=2), min_size=1))
def test_any_matrix_comes_back(there_and_back: Any, rows: list[list[int]]) -> None:
    assert there_and_back(rows) == rows


@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1))
def test_any_vector_comes_back(there_and_back: Any, numbers: list[float]) -> None:
    assert there_and_back(numbers).tolist() == numbers
