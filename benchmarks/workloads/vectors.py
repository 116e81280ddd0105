"""Vectors of 768 single floats, from NumPy arrays and to one of them."""

from __future__ import annotations

from typing import Any, List, Tuple

import numpy

from benchmarks.contest import Workload

ALL = ("sync", "asyncio", "uvloop")
ROWS, DIMENSIONS, QUERIES = 10_000, 768, 200
ARRAY = numpy.random.default_rng(7).standard_normal((ROWS, DIMENSIONS), dtype=numpy.float32)


def _rows() -> Tuple[List[Any]]:
    return (list(enumerate(ARRAY)),)


VECTORS: List[Workload] = [
    Workload("vectors-in", "vectors_in", _rows, 1, "ms", ALL, dict.fromkeys(ALL, (0.3, None)), scale=1e3, rounds=5),
    Workload("vectors-copy", "vectors_copied", _rows, 1, "ms", ("sync", "asyncio"), scale=1e3, rounds=5),
    Workload(
        "vectors-out",
        "vectors_out",
        lambda: (ROWS,),
        1,
        "ms",
        ALL,
        dict.fromkeys(ALL, (0.3, None)),
        scale=1e3,
        rounds=5,
    ),
    Workload(
        "vector-search",
        "vector_search",
        lambda: (ARRAY[:QUERIES],),
        QUERIES,
        "µs",
        ALL,
        {"asyncio": (0.7, "asyncpg"), "uvloop": (0.7, "asyncpg")},
    ),
]
