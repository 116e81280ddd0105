"""An event loop is kept from sleeping for a moment after a request, not longer, and not for the others' account."""

from __future__ import annotations

import asyncio
import os
import selectors
import sys
from typing import Any, Awaitable, Callable, List

import pytest

import scratchbird

CPUS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the runtime waits for sockets on Windows"),
    pytest.mark.skipif(CPUS == 1, reason="nobody looks where the server needs the only processor"),
]

WAITS = 200
# A moment is 80 µs; a turn takes a microsecond at the least.
LONGEST = 100


class Counting(selectors.DefaultSelector):
    """Counts the turns in which the loop did not sleep."""

    turns = 0

    def select(self, timeout: Any = None) -> Any:
        self.turns += timeout == 0
        return super().select(timeout)


def run(main: Callable[[Counting], Awaitable[None]]) -> None:
    selector = Counting()
    loop = asyncio.SelectorEventLoop(selector)
    try:
        loop.run_until_complete(main(selector))
    finally:
        loop.close()


async def turns(selector: Counting, conn: Any) -> List[int]:
    """For each of many waits of a millisecond."""
    counts = []
    for _ in range(WAITS):
        before = selector.turns
        await conn.execute("select pg_sleep(0.001)")
        counts.append(selector.turns - before)
    return counts


def test_it_turns_for_a_moment_and_less_often_where_that_does_not_pay(dsn: str) -> None:
    async def main(selector: Counting) -> None:
        async with await scratchbird.connect_async(dsn, autocommit=True) as conn:
            counts = await turns(selector, conn)
        least = min(counts)
        looked = [count for count in counts if count > least]
        # The longest pause is of 63 waits, the first ones are shorter.
        assert WAITS // 64 <= len(looked) <= WAITS // 4, counts
        assert max(looked) < LONGEST, counts

    run(main)


def test_other_tasks_run_meanwhile(dsn: str) -> None:
    async def main(selector: Counting) -> None:
        ticks, done = 0, False

        async def tick() -> None:
            nonlocal ticks
            while not done:
                await asyncio.sleep(0)
                ticks += 1

        async with await scratchbird.connect_async(dsn, autocommit=True) as conn:
            ticking = asyncio.ensure_future(tick())
            for _ in range(WAITS):
                await conn.execute("select 1")
            done = True
            await ticking
        assert ticks >= WAITS

    run(main)
