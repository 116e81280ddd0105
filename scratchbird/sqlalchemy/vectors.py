"""Vectors, and the distances between them (DIALECT 10)."""

from __future__ import annotations

from typing import Any, List, Optional, Type

from sqlalchemy import literal
from sqlalchemy import types as sqltypes
from sqlalchemy.sql import func

from scratchbird.sqlalchemy import literals
from scratchbird.sqlalchemy.versions import operators
from scratchbird.types import Vector as VectorValue

_OID = 16386


def _numbers(value: Any) -> Any:
    """The numbers in the text of a vector whose type the wire does not know, as of HALFVEC and in arrays."""
    if not isinstance(value, str):
        return value
    if not (value.startswith("[") and value.endswith("]")):
        raise ValueError(f"not a vector: {value!r}")
    return [float(number) for number in value[1:-1].split(",")]


class VectorComparator(sqltypes.TypeEngine.Comparator):  # type: ignore[type-arg]
    """Distances to another vector: a column, a list of numbers, a NumPy array or a `scratchbird.types.Vector`.

    For `ORDER BY ... LIMIT`: the nearest come first.
    """

    def _distance(self, name: str, other: Any) -> Any:
        # As a constructor around the parameter: servers may take one for a text (DIALECT 8).
        given = other if hasattr(other, "self_group") else func.vector(literal(other, self.type))
        return getattr(func, name)(self.expr, given, type_=sqltypes.Float(53))

    def l2_distance(self, other: Any) -> Any:
        """The Euclidean distance."""
        return self._distance("l2_distance", other)

    def cosine_distance(self, other: Any) -> Any:
        """One less the cosine of the angle between the two."""
        return self._distance("cosine_distance", other)

    def inner_product(self, other: Any) -> Any:
        """The inner product."""
        return self._distance("inner_product", other)

    def max_inner_product(self, other: Any) -> Any:
        """The inner product, negative: what is greatest comes first."""
        return self._distance("negative_inner_product", other)

    def hamming_distance(self, other: Any) -> Any:
        """The number of bits that differ, of BINARY_VECTOR."""
        return func.hamming_distance(self.expr, other, type_=sqltypes.Integer())


class VECTOR(sqltypes.TypeEngine):  # type: ignore[type-arg]
    """A vector of floats.

    Args:
        dim: the number of dimensions.
    """

    __visit_name__ = "VECTOR"
    sql_name = "VECTOR"
    comparator_factory = VectorComparator
    operator_classes = operators("BASE", "COMPARISON", "MATH")

    def __init__(self, dim: Optional[int] = None) -> None:
        self.dim = dim

    @property
    def python_type(self) -> Type[List[float]]:
        return list

    def bind_processor(self, dialect: Any) -> Any:
        def process(value: Any) -> Any:
            if value is None or isinstance(value, (str, VectorValue)):
                return value
            return VectorValue(value)

        return process

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return None if coltype == _OID else _numbers

    def literal_processor(self, dialect: Any) -> Any:
        def process(value: Any) -> str:
            return f"VECTOR {literals.quoted(value if isinstance(value, str) else str(VectorValue(value)))}"

        return process


Vector = VECTOR


class DENSE_VECTOR(VECTOR):
    """A vector whose number of dimensions the catalogue keeps."""

    sql_name = "DENSE_VECTOR"


class HALFVEC(VECTOR):
    """A vector of floats of 16 bits, where the server has it."""

    sql_name = "HALFVEC"


class SPARSE_VECTOR(VECTOR):
    """A vector of which most numbers are 0; texts as the server writes them."""

    sql_name = "SPARSE_VECTOR"

    def bind_processor(self, dialect: Any) -> Any:
        return None

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return None

    def literal_processor(self, dialect: Any) -> Any:
        return literals.as_text(self, dialect)


class BINARY_VECTOR(SPARSE_VECTOR):
    """A vector of bits, as a text of 0 and 1."""

    sql_name = "BINARY_VECTOR"
