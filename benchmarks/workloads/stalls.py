"""How long the event loop stands still while a large result is fetched."""

from __future__ import annotations

import asyncio
import time
from typing import Any, List

from benchmarks.contest import Contender, Workload

ROWS = 100_000
TICK = 0.001


async def _longest(driver: Any) -> float:
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
    rows = await driver.tuples(ROWS)
    done = True
    await ticking
    del rows
    return longest


def _measure(contender: Contender) -> float:
    figure: float = contender.call(_longest, contender.driver)
    return figure * 1e3


STALLS: List[Workload] = [
    Workload(
        "loop-stall",
        "tuples",
        lambda: (ROWS,),
        1,
        "ms, longest of a fetch of 100 000 rows",
        ("asyncio", "uvloop"),
        {"asyncio": (0.2, "asyncpg"), "uvloop": (0.2, "asyncpg")},
        measure=_measure,
        rounds=5,
    )
]
