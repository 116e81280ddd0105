"""Arrays: `ARRAY<T>` (DIALECT 3, 7)."""

from __future__ import annotations

from typing import Any, Optional

from sqlalchemy import cast
from sqlalchemy import types as sqltypes

from scratchbird.sqlalchemy.operators import CONTAINS, boolean, function
from scratchbird.sqlalchemy.vectors import VECTOR

_FLOATS = 1022


class ARRAY(sqltypes.ARRAY):  # type: ignore[type-arg]
    """An array of values of one type; arrays in arrays are `dimensions`."""

    class Comparator(sqltypes.ARRAY.Comparator):  # type: ignore[type-arg]
        """What arrays can be asked."""

        def contains(self, other: Any, *arg: Any, **kw: Any) -> Any:
            """Whether all elements of another array are in it."""
            return self.operate(CONTAINS, other, result_type=sqltypes.Boolean())

        def contained_by(self, other: Any) -> Any:
            """Whether all its elements are in another array."""
            given = other if hasattr(other, "self_group") else cast(other, self.type)
            return given.operate(CONTAINS, self.expr, result_type=sqltypes.Boolean())

        def has(self, element: Any) -> Any:
            """Whether a value is in it."""
            # A parameter alone could be an array, too.
            given = element if hasattr(element, "self_group") else cast(element, self.type.item_type)
            return boolean("array_contains", self.expr, given)

        def cardinality(self) -> Any:
            """The number of its elements."""
            return function("cardinality", self.expr, type_=sqltypes.Integer())

    comparator_factory = Comparator

    def get_dbapi_type(self, dbapi: Any) -> Any:
        # A list of floats would be a vector; these go as text, and as what it is.
        return _FLOATS if isinstance(self.item_type, sqltypes.Float) else None

    def bind_processor(self, dialect: Any) -> Any:
        if isinstance(self.item_type, sqltypes.Float):
            return _float_text
        return self._of_items(dialect, self.item_type.dialect_impl(dialect).bind_processor(dialect))

    def literal_processor(self, dialect: Any) -> Any:
        item = self.item_type.dialect_impl(dialect).literal_processor(dialect)
        if item is None:
            return None
        dimensions = self._dimensions(dialect)

        def elements(value: Any, depth: int = 0) -> str:
            if value is None:
                return "NULL"
            if isinstance(value, (list, tuple)) and depth != dimensions:
                return "ARRAY[" + ", ".join(elements(element, depth + 1) for element in value) + "]"
            return str(item(value))

        # Without a CAST an array of dates is one of texts, and an empty one is of no type.
        return lambda value: f"CAST({elements(value)} AS {dialect.type_compiler.process(self)})"

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        item = self.item_type.dialect_impl(dialect).result_processor(dialect, _element(coltype))
        if item is None and not self.as_tuple:
            return None
        return self._of_items(dialect, item, tuple if self.as_tuple else list)

    def _dimensions(self, dialect: Any) -> Optional[int]:
        """How deep the array goes, where the values in it may be lists themselves."""
        listed = isinstance(self.item_type.dialect_impl(dialect), (sqltypes.JSON, VECTOR))
        return 1 if self.dimensions is None and listed else self.dimensions

    def _of_items(self, dialect: Any, item: Any, collection: Any = list) -> Any:
        dimensions = self._dimensions(dialect)

        def process(value: Any, depth: int = 0) -> Any:
            if value is None:
                return item(None) if item is not None and depth else None
            if isinstance(value, (list, tuple)) and not (depth and dimensions == depth):
                return collection(process(element, depth + 1) for element in value)
            return item(value) if item is not None else value

        return process


def _float_text(value: Any) -> Any:
    """The text form of an array of floats."""
    if value is None or isinstance(value, str):
        return value
    return "{" + ",".join(_float_text(v) if isinstance(v, (list, tuple)) else _element_text(v) for v in value) + "}"


def _element_text(value: Any) -> str:
    return "NULL" if value is None else repr(float(value))


_ELEMENTS = {1005: 21, 1007: 23, 1016: 20, 1021: 700, 1022: 701, 1231: 1700, 199: 114, 3807: 3802, 2951: 2950}


def _element(coltype: Any) -> Optional[int]:
    """The type of the elements, by that of the array."""
    return _ELEMENTS.get(coltype)
