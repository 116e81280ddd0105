"""Rows of ten mixed columns."""

from __future__ import annotations

from typing import List

from benchmarks.contest import Workload

ALL = ("sync", "asyncio", "uvloop")


def _tuples(count: int, target: bool) -> Workload:
    targets = dict.fromkeys(ALL, (0.6, None)) if target else {}
    return Workload(f"fetch-{count}", "tuples", lambda: (count,), 1, "ms", ALL, targets, scale=1e3)


def _shaped(operation: str) -> Workload:
    return Workload(f"{operation}-10000", operation, lambda: (10_000,), 1, "ms", ALL, scale=1e3)


FETCHING: List[Workload] = [
    _tuples(1, False),
    _tuples(100, False),
    _tuples(10_000, True),
    _tuples(100_000, True),
    _shaped("dicts"),
    _shaped("objects"),
]
