"""Rows of ten mixed columns."""

from __future__ import annotations

from typing import List

from benchmarks.contest import Workload

ALL = ("sync", "asyncio", "uvloop")
NOT_TWICE = ("sync", "asyncio")
"""What has no target on uvloop is measured on one loop."""


def _tuples(count: int, target: bool) -> Workload:
    targets = dict.fromkeys(ALL, (0.6, None)) if target else {}
    apis = ALL if target else NOT_TWICE
    return Workload(f"fetch-{count}", "tuples", lambda: (count,), 1, "ms", apis, targets, scale=1e3)


def _shaped(operation: str) -> Workload:
    return Workload(f"{operation}-10000", operation, lambda: (10_000,), 1, "ms", NOT_TWICE, scale=1e3)


def _columns(operation: str) -> Workload:
    """Columns, against the fastest rows of any peer: they have no columns of their own."""
    return _tuples(100_000, False)._replace(
        name=f"{operation}-100000", operation=operation, targets=dict.fromkeys(NOT_TWICE, (0.25, None))
    )


FETCHING: List[Workload] = [
    _tuples(1, False),
    _tuples(100, False),
    _tuples(10_000, True),
    _tuples(100_000, True)._replace(more=(_columns("arrow"), _columns("numpy"))),
    _shaped("dicts"),
    _shaped("objects"),
]
