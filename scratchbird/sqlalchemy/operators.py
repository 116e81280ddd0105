"""Operators that SBsql writes as functions: `a.contains(b)` of a range is `range_contains(a, b)`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import types as sqltypes
from sqlalchemy.sql import func
from sqlalchemy.sql.operators import custom_op

CONTAINS: Any = custom_op("@>", precedence=5, is_comparison=True, eager_grouping=True)
"""Of documents and arrays: has all that the other has (DIALECT 9)."""


def function(name: str, left: Any, *right: Any, type_: Any = None) -> Any:
    """A call of a function with a column and other values of the column's type, where they have none."""
    from sqlalchemy import literal

    others = [
        value if hasattr(value, "__clause_element__") or hasattr(value, "self_group") else literal(value, left.type)
        for value in right
    ]
    return getattr(func, name)(left, *others, type_=type_)


def boolean(name: str, left: Any, *right: Any) -> Any:
    """A function that answers yes or no."""
    return function(name, left, *right, type_=sqltypes.Boolean())
