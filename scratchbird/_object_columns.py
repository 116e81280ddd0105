"""Columns of Python objects on their way into Arrow: values of one class, or an error that names the row.

pandas and NumPy let objects of every class stand in a column. What becomes of columns that have a type is in `_frames`.
"""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any, Dict, List, Optional

from scratchbird import errors

_NUMBERS = (int, float, Decimal)
"""Classes that may stand together in a column of objects: they have one type that holds them all."""

_BASES = (bool, int, float, str, bytes, Decimal, datetime.datetime, datetime.date, datetime.time, datetime.timedelta)
"""Classes whose subclasses, members of enumerations among them, are values as theirs."""

_OF_NUMPY = {"b": bool, "i": int, "u": int, "f": float}
"""The classes that NumPy's numbers stand for, by the kind of their type."""


class Documents(List[Optional[str]]):
    """Values as JSON."""


def one_class(values: Any, name: str) -> Optional[List[Any]]:
    """Sees to it that objects are of one class; gives what pyarrow does not know as text."""
    first: Optional[type] = None
    seen: Dict[type, type] = {}
    """The class that values of a class are taken for."""
    for row, value in enumerate(values):
        kind = type(value)
        if kind in seen or value is None or _is_missing(value):
            continue
        taken = seen[kind] = _taken_for(value)
        if first is None:
            first = taken
        elif taken is not first and not (taken in _NUMBERS and first in _NUMBERS):
            raise unfit(row, name, f"{taken.__name__} among values of {first.__name__}: a column has one type")
    classes = set(seen.values())
    if first is datetime.datetime:
        _one_zone(values, name)
    if first is datetime.time and any(getattr(value, "tzinfo", None) is not None for value in values):
        # Arrow's have no zone.
        return texts(values, str, name)
    if first is dict or first is tuple:
        return Documents(texts(values, _json, name))
    if Decimal in classes or (classes == {int} and _is_long(values)):
        return _decimals(values, name)
    if first in _NUMBERS or first is bool:
        # pyarrow knows the NaN of Python's floats only.
        return [None if value is None or _is_missing(value) else value for value in values]
    if first is None or first.__module__.partition(".")[0] in ("builtins", "datetime", "numpy", "pandas"):
        return None
    return texts(values, str, name)


def _taken_for(value: Any) -> type:
    """The class that a value of a column of objects counts as."""
    kind = type(value)
    if kind.__module__ == "numpy":
        return _OF_NUMPY.get(getattr(getattr(value, "dtype", None), "kind", ""), _base(value))
    return _base(value)


def _base(value: Any) -> type:
    return next((base for base in _BASES if isinstance(value, base)), type(value))


def unfit(row: int, name: str, reason: str) -> errors.DataError:
    """The error for a value of a column."""
    error = errors.DataError(f'row {row}, column "{name}": {reason}')
    error.row_index = row
    return error


def _one_zone(values: Any, name: str) -> None:
    """Refuses moments among times of day and calendar: Arrow would take the ones for the others."""
    first: Optional[bool] = None
    for row, value in enumerate(values):
        if value is None or _is_missing(value):
            continue
        is_moment = value.utcoffset() is not None
        if first is None:
            first = is_moment
        elif first is not is_moment:
            own, others = ("with a zone", "without one") if is_moment else ("without a zone", "with one")
            raise unfit(row, name, f"a timestamp {own} among timestamps {others}: localize or convert them first")


def _is_long(values: Any) -> bool:
    """Whether there are integers beyond 64 bits."""
    return any(
        value is not None and not _is_missing(value) and not -(1 << 63) <= int(value) < 1 << 63 for value in values
    )


def _is_missing(value: Any) -> bool:
    """NaN, NaT and `pandas.NA`, which are no values in a column of objects."""
    kind = type(value).__name__
    return (
        kind in ("NAType", "NaTType")
        or (kind in ("float", "float16", "float32", "float64") and value != value)
        or (kind == "Decimal" and value.is_nan())
    )


def texts(values: Any, write: Any, name: str) -> List[Optional[str]]:
    """What `write` makes of the values that are there."""
    written: List[Optional[str]] = []
    for row, value in enumerate(values):
        try:
            written.append(None if value is None or _is_missing(value) else write(value))
        except (TypeError, ValueError, RecursionError) as error:
            raise unfit(row, name, str(error)) from error
    return written


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _decimals(values: Any, name: str) -> List[Any]:
    """Numbers as decimals, of which floats are what they are written as."""
    made: List[Optional[Decimal]] = []
    for row, value in enumerate(values):
        if value is None or _is_missing(value):
            made.append(None)
            continue
        if _base(value) is float or type(value).__module__ == "numpy":
            value = str(value.item() if hasattr(value, "item") else value)
        number = Decimal(value)
        if not number.is_finite():
            raise unfit(row, name, f"{number} has no place among decimals")
        made.append(number)
    return made
