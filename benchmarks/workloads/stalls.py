"""How long the event loop stands still while a large result is fetched."""

from __future__ import annotations

import asyncio
import time
from typing import Any, List

from benchmarks.contest import Contender, Workload

ROWS = 100_000
TICK = 0.001


async def _longest(fetch: Any) -> float:
    longest = 0.0
    done = False

    async def tick() -> None:
        nonlocal longest
        while not done:
            began = time.perf_counter()
            await asyncio.sleep(TICK)
            longest = max(longest, time.perf_counter() - began - TICK)

    ticking = asyncio.ensure_future(tick())
    await asyncio.sleep(10 * TICK)
    rows = await fetch(ROWS)
    done = True
    await ticking
    del rows
    return longest


def _stall(name: str, operation: str, unit: str) -> Workload:
    def measure(contender: Contender) -> float:
        figure: float = contender.call(_longest, getattr(contender.driver, operation))
        return figure * 1e3

    return Workload(
        name,
        operation,
        lambda: (ROWS,),
        1,
        unit,
        ("asyncio", "uvloop"),
        {"asyncio": (0.2, "asyncpg"), "uvloop": (0.2, "asyncpg")},
        measure=measure,
        rounds=5,
        # The others stand still for more than a second each time.
        rivals=("asyncpg",),
    )


STALLS: List[Workload] = [
    _stall("loop-stall", "tuples", "ms, longest of a fetch of 100 000 rows"),
    # Without the containers that JSON becomes, which Python's garbage collector goes through.
    _stall("loop-stall-text", "undecoded", "ms, longest of a fetch of 100 000 rows, JSON as text"),
]
