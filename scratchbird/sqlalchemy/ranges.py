"""Ranges: all values between two bounds.

Values are `scratchbird.types.Range`. The comparisons are SBsql's functions; it has no operators for ranges (DIALECT 9).
"""

from __future__ import annotations

from typing import Any, Type

from sqlalchemy import types as sqltypes

from scratchbird.sqlalchemy import literals
from scratchbird.sqlalchemy.operators import boolean, function
from scratchbird.sqlalchemy.versions import operators
from scratchbird.types import Range as RangeValue


class RangeComparator(sqltypes.TypeEngine.Comparator):  # type: ignore[type-arg]
    """What ranges can be asked."""

    def contains(self, other: Any, **kw: Any) -> Any:
        """Whether a value, or all of another range, is in it."""
        if isinstance(other, RangeValue) or isinstance(getattr(other, "type", None), Range):
            return boolean("range_contains", self.expr, other)
        from sqlalchemy import literal

        element = other if hasattr(other, "self_group") else literal(other, self.type.element())
        return boolean("range_contains_element", self.expr, element)

    def overlaps(self, other: Any) -> Any:
        """Whether the two have a value in common."""
        return boolean("range_overlaps", self.expr, other)

    def strictly_left_of(self, other: Any) -> Any:
        """Whether all of it is below all of the other."""
        return boolean("range_strictly_left", self.expr, other)

    def strictly_right_of(self, other: Any) -> Any:
        """Whether all of it is above all of the other."""
        return boolean("range_strictly_right", self.expr, other)

    def lower_bound(self) -> Any:
        """The lower bound."""
        return function("range_lower", self.expr, type_=self.type.element())

    def upper_bound(self) -> Any:
        """The upper bound."""
        return function("range_upper", self.expr, type_=self.type.element())


class Range(sqltypes.TypeEngine):  # type: ignore[type-arg]
    """The base of all types of ranges."""

    __visit_name__ = "scratchbird"
    sql_name = ""
    element: Type[sqltypes.TypeEngine] = sqltypes.NullType  # type: ignore[type-arg]
    oid = 0
    comparator_factory = RangeComparator
    operator_classes = operators("BASE", "COMPARISON", "CONTAINS")

    @property
    def python_type(self) -> Type[Any]:
        return RangeValue

    def get_dbapi_type(self, dbapi: Any) -> Any:
        # A range of small numbers is one of bigger ones, too: the type of the column counts.
        return self.oid or None

    def literal_processor(self, dialect: Any) -> Any:
        return literals.as_text(self, dialect, literals.range_text)


class INT4RANGE(Range):
    """Of INTEGER."""

    sql_name, element, oid = "INT4RANGE", sqltypes.Integer, 3904


class INT8RANGE(Range):
    """Of BIGINT."""

    sql_name, element, oid = "INT8RANGE", sqltypes.BigInteger, 3926


class NUMRANGE(Range):
    """Of DECIMAL."""

    sql_name, element, oid = "NUMRANGE", sqltypes.Numeric, 3906


class DATERANGE(Range):
    """Of DATE."""

    sql_name, element, oid = "DATERANGE", sqltypes.Date, 3912


class TSRANGE(Range):
    """Of TIMESTAMP."""

    sql_name, element, oid = "TSRANGE", sqltypes.DateTime, 3908


class TSTZRANGE(Range):
    """Of TIMESTAMPTZ."""

    sql_name, element, oid = "TSTZRANGE", sqltypes.DateTime, 3910
