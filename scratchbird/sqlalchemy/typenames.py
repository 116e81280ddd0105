"""From the catalogue's text of a type to the type: `decimal(10,2)`, `array<varchar(5)>`, `enum8('a','b')`."""

from __future__ import annotations

import re
from typing import Any, List, Mapping

from sqlalchemy import types as sqltypes
from sqlalchemy import util

from scratchbird.sqlalchemy.arrays import ARRAY
from scratchbird.sqlalchemy.simple import Geometry

_NAME = re.compile(r"\s*([a-z_][a-z_0-9 ]*?)\s*(?:\((.*)\)|<(.*)>)?\s*", re.DOTALL | re.IGNORECASE)
_LABEL = re.compile(r"'((?:[^']|'')*)'")


def of_text(text: Any, names: Mapping[str, Any], column: str = "") -> Any:
    """The type that the catalogue calls so; `NullType`, with a warning, for one that nobody knows.

    Example:
        >>> from scratchbird.sqlalchemy.types import NAMES
        >>> of_text("decimal(10,2)", NAMES), of_text("array<array<bigint>>", NAMES).dimensions
        (DECIMAL(precision=10, scale=2), 2)
    """
    said = _NAME.fullmatch(str(text or ""))
    if said is None:
        return _unknown(text, column)
    # Labels of an enumeration keep their case.
    name, parameters, element = said.group(1).lower(), said.group(2), said.group(3)
    if name.startswith("enum"):
        return sqltypes.Enum(*(label.replace("''", "'") for label in _LABEL.findall(parameters or "")), name=None)
    if name == "array":
        inner = of_text(element or "text", names, column)
        if isinstance(inner, ARRAY):
            return ARRAY(inner.item_type, dimensions=(inner.dimensions or 1) + 1)
        return ARRAY(inner)
    cls = names.get(name)
    if cls is None:
        return _unknown(text, column)
    return _made(cls, name, _numbers(parameters))


def _numbers(parameters: Any) -> List[int]:
    return [int(part) for part in str(parameters or "").split(",") if part.strip().lstrip("-").isdigit()]


def _made(cls: Any, name: str, numbers: List[int]) -> Any:
    first = numbers[0] if numbers else None
    if name in ("time", "timestamp", "timetz", "timestamptz"):
        return cls(timezone=name.endswith("tz"), precision=first)
    if name in ("bit", "bit varying"):
        return cls(first, varying=name != "bit")
    if cls is Geometry:
        return cls(name.upper())
    if name in ("decimal", "numeric"):
        return cls(*numbers)
    if name in ("char", "varchar", "binary", "varbinary") or name.endswith(("_vector", "halfvec")) or name == "vector":
        return cls(first)
    return cls()


def _unknown(text: Any, column: str) -> Any:
    util.warn(f"Did not recognize type {text!r} of column {column!r}")
    return sqltypes.NULLTYPE
