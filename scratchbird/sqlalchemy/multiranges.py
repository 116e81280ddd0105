"""Several ranges in one value: a list of `scratchbird.types.Range`.

The wire has no types for them: they travel as text, which is read and written here.
"""

from __future__ import annotations

import datetime
import decimal
import re
from typing import Any, Callable, List, Optional, Type

from sqlalchemy import types as sqltypes

from scratchbird.sqlalchemy import literals
from scratchbird.sqlalchemy.operators import function
from scratchbird.sqlalchemy.versions import operators
from scratchbird.types import Range as RangeValue

_BOUND = r'("(?:[^"\\]|\\.|"")*"|[^,()\[\]{}"]*)'
_RANGE = re.compile(rf"([\[(]){_BOUND},{_BOUND}([\])])")
_WHOLE = re.compile(rf"\{{(?:{_RANGE.pattern}(?:,(?!\}})|(?=\}})))*\}}")
_SHORT_ZONE = re.compile(r"[+-]\d\d$")
_FRACTION = re.compile(r"\.(\d{1,6})")


def read_timestamp(text: str) -> datetime.datetime:
    """A date and time as servers write it."""
    # Python before 3.11 wants minutes of the zone, and all digits of the second.
    whole = text + ":00" if _SHORT_ZONE.search(text[10:]) else text
    return datetime.datetime.fromisoformat(_FRACTION.sub(lambda found: "." + found.group(1).ljust(6, "0"), whole))


class MultirangeComparator(sqltypes.TypeEngine.Comparator):  # type: ignore[type-arg]
    """What they can be asked."""

    def lower_bound(self) -> Any:
        """The lower bound of the first."""
        return function("range_lower", self.expr, type_=self.type.element())

    def upper_bound(self) -> Any:
        """The upper bound of the last."""
        return function("range_upper", self.expr, type_=self.type.element())


class Multirange(sqltypes.TypeEngine):  # type: ignore[type-arg]
    """The base of the types of several ranges."""

    __visit_name__ = "scratchbird"
    sql_name = ""
    element: Type[sqltypes.TypeEngine] = sqltypes.NullType  # type: ignore[type-arg]
    read: Callable[[str], Any] = str
    comparator_factory = MultirangeComparator
    operator_classes = operators("BASE", "COMPARISON")

    @property
    def python_type(self) -> Type[List[Any]]:
        return list

    def bind_processor(self, dialect: Any) -> Any:
        return multirange_text

    def literal_processor(self, dialect: Any) -> Any:
        return literals.as_text(self, dialect, multirange_text)

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        read = self.__class__.read

        def process(value: Any) -> Any:
            return parse_multirange(value, read) if isinstance(value, str) else value

        return process


def multirange_text(value: Any) -> Any:
    """The text form of several ranges.

    Example:
        >>> multirange_text([RangeValue(1, 3), RangeValue(5, None)])
        '{[1,3),[5,)}'
    """
    if value is None or isinstance(value, str):
        return value
    for one in value:
        if not isinstance(one, RangeValue):
            raise TypeError(f"a multirange is a list of Range, and has no {type(one).__name__}")
    return "{" + ",".join(literals.range_text(one) for one in value) + "}"


def parse_multirange(text: str, read: Callable[[str], Any]) -> List[Any]:
    """The ranges in a text, whose bounds a function reads.

    Raises:
        ValueError: the text is none of several ranges.

    Example:
        >>> parse_multirange("{[1,3),[5,)}", int)
        [Range(1, 3, '[)'), Range(5, None, '[)')]
    """
    if _WHOLE.fullmatch(text) is None:
        raise ValueError(f"not a text of several ranges: {text!r}")

    def bound(said: str) -> Optional[Any]:
        if not said:
            return None
        if said.startswith('"'):
            said = re.sub(r'\\(.)|""', lambda found: found.group(1) or '"', said[1:-1])
        return read(said)

    return [
        RangeValue(bound(found[1]), bound(found[2]), found[0] + found[3])
        for found in (match.groups() for match in _RANGE.finditer(text))
    ]


class INT4MULTIRANGE(Multirange):
    """Several of INTEGER."""

    sql_name, element, read = "INT4MULTIRANGE", sqltypes.Integer, int


class INT8MULTIRANGE(Multirange):
    """Several of BIGINT."""

    sql_name, element, read = "INT8MULTIRANGE", sqltypes.BigInteger, int


class NUMMULTIRANGE(Multirange):
    """Several of DECIMAL."""

    sql_name, element, read = "NUMMULTIRANGE", sqltypes.Numeric, decimal.Decimal


class DATEMULTIRANGE(Multirange):
    """Several of DATE."""

    sql_name, element, read = "DATEMULTIRANGE", sqltypes.Date, datetime.date.fromisoformat


class TSMULTIRANGE(Multirange):
    """Several of TIMESTAMP."""

    sql_name, element, read = "TSMULTIRANGE", sqltypes.DateTime, read_timestamp


class TSTZMULTIRANGE(Multirange):
    """Several of TIMESTAMPTZ."""

    sql_name, element, read = "TSTZMULTIRANGE", sqltypes.DateTime, read_timestamp
