"""Intervals: spans of time with months in them (OID 1186).

A month has no fixed length, so a `datetime.timedelta` cannot hold one. The driver returns a timedelta where there are
no months, and an `Interval` where there are.
"""

from __future__ import annotations

import calendar
import datetime
from typing import Any, TypeVar

from scratchbird.types.immutable import Immutable

_DAY_US = 86_400_000_000
_DAYS_A_MONTH = 30
_LIMITS = {"months": 2**31, "days": 2**31, "microseconds": 2**63}

D = TypeVar("D", bound=datetime.date)


class Interval(Immutable):
    """A span of time: months, days and microseconds, kept apart.

    The three parts are independent, as on the wire: neither is a day 24 hours (daylight saving) nor a month 30 days,
    until [`justify`][scratchbird.types.Interval.justify] says so. Equality compares the parts.

    Args:
        months: whole months, signed 32 bit; a year is 12.
        days: whole days, signed 32 bit.
        microseconds: signed 64 bit.

    Raises:
        TypeError: a part is not an int.
        ValueError: a part is out of its range.

    Example:
        >>> import datetime
        >>> interval = Interval(months=1, days=2) + datetime.timedelta(hours=3)
        >>> str(interval)
        'P1M2DT3H'
        >>> datetime.date(2024, 1, 31) + Interval(months=1)
        datetime.date(2024, 2, 29)
    """

    __slots__ = ("days", "microseconds", "months")

    months: int
    days: int
    microseconds: int

    def __init__(self, months: int = 0, days: int = 0, microseconds: int = 0) -> None:
        for name, value in (("months", months), ("days", days), ("microseconds", microseconds)):
            if not isinstance(value, int):
                raise TypeError(f"{name} must be an int, not {type(value).__name__}")
            if not -_LIMITS[name] <= value < _LIMITS[name]:
                raise ValueError(f"{name} out of range: {value}")
        self._fill(months=months, days=days, microseconds=microseconds)

    @classmethod
    def from_timedelta(cls, delta: datetime.timedelta) -> Interval:
        """The interval of the same days and microseconds, without months.

        Example:
            >>> import datetime
            >>> Interval.from_timedelta(datetime.timedelta(days=1, seconds=2))
            Interval(months=0, days=1, microseconds=2000000)
        """
        return cls(0, delta.days, delta.seconds * 1_000_000 + delta.microseconds)

    def to_timedelta(self) -> datetime.timedelta:
        """The same span as a timedelta, with days of 24 hours.

        Raises:
            ValueError: there are months in the interval, whose length is not known.
            OverflowError: more than a timedelta holds (999 999 999 days).

        Example:
            >>> Interval(days=1, microseconds=1).to_timedelta()
            datetime.timedelta(days=1, microseconds=1)
        """
        if self.months:
            raise ValueError(f"{self} has months, which a timedelta cannot hold")
        return datetime.timedelta(days=self.days, microseconds=self.microseconds)

    def justify(self) -> Interval:
        """The same span with days of 24 hours and months of 30 days, carried over, all parts of one sign.

        Example:
            >>> Interval(days=31, microseconds=-3_600_000_000).justify()
            Interval(months=1, days=0, microseconds=82800000000)
        """
        total = (self.months * _DAYS_A_MONTH + self.days) * _DAY_US + self.microseconds
        sign = -1 if total < 0 else 1
        days, microseconds = divmod(abs(total), _DAY_US)
        months, days = divmod(days, _DAYS_A_MONTH)
        return Interval(sign * months, sign * days, sign * microseconds)

    def __add__(self, other: Interval | datetime.timedelta) -> Interval:
        if isinstance(other, datetime.timedelta):
            other = Interval.from_timedelta(other)
        if not isinstance(other, Interval):
            return NotImplemented
        return Interval(self.months + other.months, self.days + other.days, self.microseconds + other.microseconds)

    def __radd__(self, other: D) -> D:
        if not isinstance(other, datetime.date):
            return NotImplemented
        year, month = divmod(other.year * 12 + other.month - 1 + self.months, 12)
        if not datetime.MINYEAR <= year <= datetime.MAXYEAR:
            raise OverflowError(f"date out of range: {other} + {self}")
        # The last day of a shorter month stands for days it has not.
        day = min(other.day, calendar.monthrange(year, month + 1)[1])
        moved = other.replace(year=year, month=month + 1, day=day) + datetime.timedelta(days=self.days)
        if self.microseconds and not isinstance(moved, datetime.datetime):
            raise TypeError(f"{self} has a time of day, which a date cannot hold")
        return moved + datetime.timedelta(microseconds=self.microseconds)

    def __rsub__(self, other: D) -> D:
        return (-self).__radd__(other)

    def __neg__(self) -> Interval:
        return Interval(-self.months, -self.days, -self.microseconds)

    def __sub__(self, other: Interval | datetime.timedelta) -> Interval:
        return self + -other

    def __mul__(self, factor: int) -> Interval:
        if not isinstance(factor, int):
            return NotImplemented
        return Interval(self.months * factor, self.days * factor, self.microseconds * factor)

    __rmul__ = __mul__

    def __bool__(self) -> bool:
        return bool(self.months or self.days or self.microseconds)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Interval):
            return self._key() == other._key()
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[int, int, int]:
        return (self.months, self.days, self.microseconds)

    def __str__(self) -> str:
        """The ISO 8601 duration."""
        date = "".join(f"{value}{unit}" for value, unit in ((self.months, "M"), (self.days, "D")) if value)
        sign = "-" if self.microseconds < 0 else ""
        seconds, fraction = divmod(abs(self.microseconds), 1_000_000)
        hours, seconds = divmod(seconds, 3600)
        minutes, seconds = divmod(seconds, 60)
        time = "".join(f"{sign}{value}{unit}" for value, unit in ((hours, "H"), (minutes, "M")) if value)
        if fraction:
            time += f"{sign}{seconds}.{fraction:06}".rstrip("0") + "S"
        elif seconds or not (date or time):
            time += f"{sign}{seconds}S"
        return f"P{date}T{time}" if time else f"P{date}"

    def __repr__(self) -> str:
        return f"Interval(months={self.months}, days={self.days}, microseconds={self.microseconds})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Interval, self._key())
