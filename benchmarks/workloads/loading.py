"""Many rows to the server."""

from __future__ import annotations

import itertools
from typing import Any, Iterator, List, Tuple

from benchmarks.contest import Workload
from benchmarks.rows import Row, sevens

BLOCK = list(sevens(10_000))


def _million() -> Tuple[Iterator[Row]]:
    return (itertools.chain.from_iterable(itertools.repeat(BLOCK, 100)),)


def _many(count: int) -> Workload:
    def rows() -> Tuple[List[Any]]:
        return (BLOCK[:count],)

    return Workload(
        f"executemany-{count}",
        "executemany",
        rows,
        1,
        "ms",
        ("sync", "asyncio", "uvloop"),
        {"asyncio": (0.9, "asyncpg"), "uvloop": (0.9, "asyncpg")},
        scale=1e3,
    )


LOADING: List[Workload] = [
    _many(1_000),
    _many(10_000),
    Workload(
        "copy-in",
        "copy",
        _million,
        1,
        "s for 1 000 000 rows",
        ("sync", "asyncio", "uvloop"),
        dict.fromkeys(("sync", "asyncio", "uvloop"), (0.8, None)),
        scale=1.0,
        rounds=3,
        warm=False,
        # Of the blocking ones the fastest alone: each takes ten seconds a round.
        rivals=("psycopg binary", "asyncpg"),
    ),
]
