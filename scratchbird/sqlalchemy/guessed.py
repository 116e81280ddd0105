"""Values of a server that guesses the types of its results (DIALECT 13b), read by the types that are declared.

What the driver made of a guess is turned back into its text, and the text into what a server with types would send.
A text that is none of its type is a ValueError: nothing is passed on as something else.
"""

from __future__ import annotations

import datetime
import decimal
import ipaddress
import re
import uuid
from typing import Any, Callable, List, Optional, Tuple

from sqlalchemy import types as sqltypes
from sqlalchemy.sql.sqltypes import _AbstractInterval

from scratchbird.sqlalchemy.arrays import ARRAY
from scratchbird.sqlalchemy.multiranges import Multirange, parse_multirange, read_timestamp
from scratchbird.sqlalchemy.numbers import MONEY
from scratchbird.sqlalchemy.ranges import Range
from scratchbird.sqlalchemy.simple import BIT, CIDR, INET, UUID, SimpleType
from scratchbird.sqlalchemy.vectors import VECTOR
from scratchbird.sqlalchemy.versions import IS_14
from scratchbird.types import Interval
from scratchbird.types import Range as RangeValue

Reader = Callable[[str], Any]

BOOLEAN = 16
"""The one guess that loses the text: the driver is asked to leave it as it is."""

_INTERVAL = re.compile(
    r"(?:(-?\d+) years? ?)?(?:(-?\d+) mons? ?)?(?:(-?\d+) days? ?)?(?:(-?)(\d+):(\d\d):(\d\d(?:\.\d+)?))?"
)
_WORDS = {"TRUE": True, "T": True, "FALSE": False, "F": False}


def processor(type_: Any, dialect: Any) -> Optional[Callable[[Any], Any]]:
    """What makes the value of a declared type from what the driver has made of a guess."""
    impl = _impl(type_, dialect)
    oid, read = _reader(impl, dialect)
    declared = type_._cached_result_processor(dialect, oid)
    if read is None:
        return declared  # type: ignore[no-any-return]
    known: Reader = read

    def process(value: Any) -> Any:
        if value is not None:
            value = known(value if isinstance(value, str) else _text(value))
        return value if declared is None else declared(value)

    return process


def _impl(type_: Any, dialect: Any) -> Any:
    """The type beneath those that decorate it."""
    impl = type_.dialect_impl(dialect)
    while isinstance(impl, sqltypes.TypeDecorator):
        impl = impl.impl_instance if hasattr(impl, "impl_instance") else impl.impl
        impl = impl.dialect_impl(dialect)
    return impl


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value)


def _reader(impl: Any, dialect: Any) -> Tuple[Optional[int], Optional[Reader]]:
    """The OID that a server with types would have said, and what reads the text."""
    for cls, oid, read in _READERS:
        if isinstance(impl, cls):
            return oid, read
    if isinstance(impl, sqltypes.DateTime):
        return (1184 if impl.timezone else 1114), read_timestamp
    if isinstance(impl, sqltypes.Time):
        return (1266 if impl.timezone else 1083), _time
    if isinstance(impl, ARRAY):
        _, element = _reader(_impl(impl.item_type, dialect), dialect)
        return None, lambda text: _array(text, element or str)
    if isinstance(impl, Range):
        _, bound = _reader(impl.element(), dialect)
        return impl.oid, lambda text: _range(text, bound or str)
    # What is not known stays as it comes.
    return None, None


def _boolean(text: str) -> bool:
    found = _WORDS.get(text.upper())
    if found is None:
        raise ValueError(f"not a boolean: {text!r}")
    return found


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:]) if text.startswith("\\x") else text.encode()


def _time(text: str) -> datetime.time:
    return read_timestamp("2000-01-01 " + text).timetz()


def _interval(text: str) -> Any:
    found = _INTERVAL.fullmatch(text)
    if not text or found is None:
        raise ValueError(f"not an interval: {text!r}")
    years, months, days, sign, hours, minutes, seconds = found.groups()
    clock = datetime.timedelta(hours=int(hours or 0), minutes=int(minutes or 0), seconds=float(seconds or 0))
    length = datetime.timedelta(days=int(days or 0)) + (-clock if sign else clock)
    whole = 12 * int(years or 0) + int(months or 0)
    if not whole:
        return length
    micros = (length - datetime.timedelta(days=int(days or 0))) // datetime.timedelta(microseconds=1)
    return Interval(months=whole, days=int(days or 0), microseconds=micros)


_TOKEN = re.compile(r'[{},]|"(?:[^"\\]|\\.)*"|[^{},"]+')


def _array(text: str, element: Reader) -> List[Any]:
    """An array in the form `{1,2,NULL}`, with arrays in it."""
    stack: List[List[Any]] = [[]]
    for token in _TOKEN.findall(text):
        if token == "{":
            stack.append([])
        elif token == "}":
            if len(stack) < 2:
                raise ValueError(f"not an array: {text!r}")
            inner = stack.pop()
            stack[-1].append(inner)
        elif token != ",":
            bare = token[1:-1].replace('\\"', '"').replace("\\\\", "\\") if token.startswith('"') else token
            stack[-1].append(None if token.upper() == "NULL" else element(bare))
    if len(stack) != 1 or len(stack[0]) != 1 or not isinstance(stack[0][0], list):
        raise ValueError(f"not an array: {text!r}")
    return stack[0][0]


def _range(text: str, bound: Reader) -> Any:
    return RangeValue(empty=True) if text == "empty" else parse_multirange(f"{{{text}}}", bound)[0]


def _inet(text: str) -> Any:
    return ipaddress.ip_interface(text) if "/" in text else ipaddress.ip_address(text)


def _money(text: str) -> decimal.Decimal:
    return decimal.Decimal(text.replace("$", "").replace(",", ""))


def _float(text: str) -> float:
    return float(text)


_READERS: Tuple[Tuple[Any, Optional[int], Reader], ...] = (
    (sqltypes.Boolean, BOOLEAN, _boolean),
    (sqltypes.Integer, 20, int),
    (sqltypes.Float, 701, _float),
    (MONEY, 790, _money),
    (sqltypes.Numeric, 1700, decimal.Decimal),
    (sqltypes.String, 25, str),
    (sqltypes.Date, 1082, datetime.date.fromisoformat),
    (sqltypes._Binary, 17, _bytes),
    (UUID if IS_14 else sqltypes.Uuid, 2950, uuid.UUID),
    (_AbstractInterval, 1186, _interval),
    (VECTOR, None, str),
    (sqltypes.JSON, 25, str),
    (Multirange, None, str),
    (INET, 869, _inet),
    (CIDR, 650, ipaddress.ip_network),
    (BIT, None, str),
    (SimpleType, None, str),
)


__all__ = ["BOOLEAN", "processor"]
