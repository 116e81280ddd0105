"""Vectors: fixed numbers of floats, for similarity search (OID 16386)."""

from __future__ import annotations

import math
from array import array
from typing import Any, Iterable, Iterator, Sequence, overload

from scratchbird.types.immutable import Immutable


class Vector(Immutable, Sequence[float]):
    """A vector of floats.

    Lists and NumPy arrays of numbers can be sent as they are; this wrapper is for a vector that must be hashable, or
    for a list of whole numbers that should travel as a vector rather than as an array of integers.

    Args:
        values: a sequence of numbers, or a one-dimensional NumPy array (any object with `tolist`); dimension ≥ 1.

    Raises:
        TypeError: a value is not a number, or the array has more than one dimension.
        ValueError: the vector is empty, or a value is NaN or infinite.

    Example:
        >>> vector = Vector([1, 2.5])
        >>> len(vector), vector[1], str(vector)
        (2, 2.5, '[1.0,2.5]')
    """

    __slots__ = ("_values",)

    _values: array[float]

    def __init__(self, values: Iterable[float]) -> None:
        tolist = getattr(values, "tolist", None)
        stored = array("d", tolist() if tolist is not None else values)
        if not stored:
            raise ValueError("a vector has at least one dimension")
        if not all(map(math.isfinite, stored)):
            raise ValueError("a vector holds finite numbers only")
        self._fill(_values=stored)

    def tolist(self) -> list[float]:
        """The numbers as a list, one a dimension."""
        return self._values.tolist()

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        """A new NumPy array of shape (dimensions,); float64 unless `dtype` says otherwise."""
        if copy is False:
            raise ValueError("a Vector cannot be viewed as an array without a copy")
        import numpy

        return numpy.array(self._values, dtype=dtype)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[float]:
        return iter(self._values)

    @overload
    def __getitem__(self, index: int) -> float: ...

    @overload
    def __getitem__(self, index: slice) -> list[float]: ...

    def __getitem__(self, index: int | slice) -> float | list[float]:
        if isinstance(index, slice):
            return self._values[index].tolist()
        return self._values[index]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Vector):
            return self._values == other._values
        return NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self._values))

    def __str__(self) -> str:
        return "[" + ",".join(map(repr, self._values)) + "]"

    def __repr__(self) -> str:
        return f"Vector({self.tolist()!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Vector, (self.tolist(),))
