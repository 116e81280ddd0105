"""The metrics, and what they are called in SQL."""

from __future__ import annotations

import enum
from typing import Union

from scratchbird import errors


class Metric(str, enum.Enum):
    """How far two vectors are from each other. In each of them what is nearest has the smallest distance."""

    COSINE = "cosine"
    """One less the cosine of the angle between the two: 0 for the same direction, 2 for the opposite one."""

    L2 = "l2"
    """The Euclidean distance."""

    INNER_PRODUCT = "inner_product"
    """The inner product, negative."""

    @property
    def function(self) -> str:
        """The function of SBsql."""
        return _FUNCTIONS[self]

    @property
    def word(self) -> str:
        """The word in SEARCH and CREATE INDEX."""
        return self.name


_FUNCTIONS = {
    Metric.COSINE: "cosine_distance",
    Metric.L2: "l2_distance",
    Metric.INNER_PRODUCT: "negative_inner_product",
}

MetricName = Union[Metric, str]


def metric_of(name: MetricName) -> Metric:
    """The metric of a name."""
    try:
        return Metric(name)
    except ValueError:
        known = ", ".join(repr(metric.value) for metric in Metric)
        raise errors.ProgrammingError(f"metric is one of {known}, not {name!r}") from None
