"""Ranges: all values between two bounds (OIDs 3904, 3906, 3908, 3910, 3912, 3926)."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from scratchbird.types.immutable import Immutable

T = TypeVar("T")

_BOUNDS = ("[)", "[]", "()", "(]")


class Range(Immutable, Generic[T]):
    """The values between a lower and an upper bound.

    Works with any type whose values compare: int, Decimal, date, datetime. Two ranges are equal if their bounds are
    written alike: `[1,10)` and `[1,9]` differ here, although a server makes the first of both for whole numbers.

    Args:
        lower: the lower bound; None means that there is none.
        upper: the upper bound; None means that there is none.
        bounds: whether the bounds belong to the range: `"[)"`, `"[]"`, `"()"` or `"(]"`. An infinite bound never does.
        empty: True for the range without any value; the other arguments are then ignored.

    Raises:
        ValueError: unknown `bounds`, or the lower bound is above the upper.
        TypeError: the bounds do not compare.

    Example:
        >>> decade = Range(2020, 2030)
        >>> 2020 in decade, 2030 in decade, str(decade)
        (True, False, '[2020,2030)')
        >>> 10**9 in Range(lower=1, upper=None)
        True
        >>> Range.make_empty().isempty
        True
    """

    __slots__ = ("bounds", "isempty", "lower", "upper")

    lower: T | None
    upper: T | None
    bounds: str
    isempty: bool

    def __init__(self, lower: T | None = None, upper: T | None = None, bounds: str = "[)", empty: bool = False) -> None:
        if bounds not in _BOUNDS:
            raise ValueError(f"bounds must be one of {', '.join(_BOUNDS)}, not {bounds!r}")
        if not empty and lower is not None and upper is not None:
            low: Any = lower
            if upper < low:
                raise ValueError("the lower bound of a range must not be above the upper")
            # [x,x) and the like hold nothing.
            empty = lower == upper and bounds != "[]"
        if empty:
            lower, upper, bounds = None, None, "()"
        else:
            opening = "(" if lower is None else bounds[0]
            closing = ")" if upper is None else bounds[1]
            bounds = opening + closing
        self._fill(lower=lower, upper=upper, bounds=bounds, isempty=empty)

    @classmethod
    def make_empty(cls) -> Range[T]:
        """The range without any value."""
        return cls(empty=True)

    @property
    def lower_inc(self) -> bool:
        """Whether the lower bound belongs to the range."""
        return self.bounds[0] == "["

    @property
    def upper_inc(self) -> bool:
        """Whether the upper bound belongs to the range."""
        return self.bounds[1] == "]"

    @property
    def lower_inf(self) -> bool:
        """Whether the range has no lower bound; False for the empty range."""
        return self.lower is None and not self.isempty

    @property
    def upper_inf(self) -> bool:
        """Whether the range has no upper bound; False for the empty range."""
        return self.upper is None and not self.isempty

    def __contains__(self, value: T) -> bool:
        if self.isempty:
            return False
        given: Any = value
        if self.lower is not None and not (given >= self.lower if self.lower_inc else given > self.lower):
            return False
        return self.upper is None or bool(given <= self.upper if self.upper_inc else given < self.upper)

    def __bool__(self) -> bool:
        return not self.isempty

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Range):
            return self._key() == other._key()
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[T | None, T | None, str, bool]:
        return (self.lower, self.upper, self.bounds, self.isempty)

    def __str__(self) -> str:
        if self.isempty:
            return "empty"
        lower = "" if self.lower is None else self.lower
        upper = "" if self.upper is None else self.upper
        return f"{self.bounds[0]}{lower},{upper}{self.bounds[1]}"

    def __repr__(self) -> str:
        if self.isempty:
            return "Range(empty=True)"
        return f"Range({self.lower!r}, {self.upper!r}, {self.bounds!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Range, (self.lower, self.upper, self.bounds if not self.isempty else "[)", self.isempty))
