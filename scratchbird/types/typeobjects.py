"""The type objects and constructors that PEP 249 asks for ("Type Objects and Constructors").

A type object compares equal to the OIDs of its group, which are the `type_code` values of `cursor.description`.
"""

from __future__ import annotations

import datetime
from typing import Iterable

from scratchbird.types.immutable import Immutable


class TypeObject(Immutable):
    """A group of column types: equal to every type OID in the group.

    Args:
        name: how the object prints.
        oids: the type OIDs (SBWP section 5.1) of the group.

    Example:
        >>> NUMBER == 23, STRING == 23, NUMBER == NUMBER
        (True, False, True)
    """

    __slots__ = ("name", "oids")

    name: str
    oids: frozenset[int]

    def __init__(self, name: str, oids: Iterable[int]) -> None:
        self._fill(name=name, oids=frozenset(oids))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TypeObject):
            return self.oids == other.oids
        if isinstance(other, int):
            return other in self.oids
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.oids)

    def __repr__(self) -> str:
        return f"scratchbird.types.{self.name}"

    def __reduce__(self) -> str:
        # The five objects are singletons of this module; a pickle names them.
        return self.name


STRING = TypeObject("STRING", (18, 19, 25, 142, 1042, 1043, 3614, 3615))
"""Text columns: char, name, text, xml, bpchar, varchar, tsvector, tsquery."""

BINARY = TypeObject("BINARY", (17,))
"""Binary columns: bytea."""

NUMBER = TypeObject("NUMBER", (20, 21, 23, 700, 701, 790, 1700, 16384, 16385))
"""Numbers: int2, int4, int8, int128, float4, float8, numeric, decimal128, money."""

DATETIME = TypeObject("DATETIME", (1082, 1083, 1114, 1184, 1186, 1266))
"""Dates and times: date, time, timetz, timestamp, timestamptz, interval."""

ROWID = TypeObject("ROWID", (26, 27, 16387))
"""Row identities: oid, tid, record id."""


def Date(year: int, month: int, day: int) -> datetime.date:  # noqa: N802 - PEP 249
    """A date (PEP 249).

    Example:
        >>> Date(2026, 11, 21)
        datetime.date(2026, 11, 21)
    """
    return datetime.date(year, month, day)


def Time(hour: int, minute: int, second: int) -> datetime.time:  # noqa: N802 - PEP 249
    """A time of day without a zone (PEP 249).

    Example:
        >>> Time(13, 45, 30)
        datetime.time(13, 45, 30)
    """
    return datetime.time(hour, minute, second)


def Timestamp(  # noqa: N802 - PEP 249
    year: int, month: int, day: int, hour: int, minute: int, second: int
) -> datetime.datetime:
    """A date and time without a zone (PEP 249).

    Example:
        >>> Timestamp(2026, 11, 21, 13, 45, 30)
        datetime.datetime(2026, 11, 21, 13, 45, 30)
    """
    return datetime.datetime(year, month, day, hour, minute, second)


def DateFromTicks(ticks: float) -> datetime.date:  # noqa: N802 - PEP 249
    """The local date at a number of seconds since the epoch, as `time.time()` gives them (PEP 249)."""
    return datetime.date.fromtimestamp(ticks)


def TimeFromTicks(ticks: float) -> datetime.time:  # noqa: N802 - PEP 249
    """The local time of day at a number of seconds since the epoch (PEP 249)."""
    return datetime.datetime.fromtimestamp(ticks).time()


def TimestampFromTicks(ticks: float) -> datetime.datetime:  # noqa: N802 - PEP 249
    """The local date and time, without a zone, at a number of seconds since the epoch (PEP 249)."""
    return datetime.datetime.fromtimestamp(ticks)


def Binary(data: bytes | bytearray | memoryview) -> bytes:  # noqa: N802 - PEP 249
    """Bytes for a binary column (PEP 249).

    Raises:
        TypeError: `data` is not bytes-like; a text must be encoded first.

    Example:
        >>> Binary(bytearray(b"abc"))
        b'abc'
    """
    return bytes(memoryview(data))
