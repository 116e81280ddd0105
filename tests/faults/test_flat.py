"""Long loops: memory, descriptors, threads and objects stay as they are.

`SCRATCHBIRD_TEST_LONG=1` runs them at full length (10 000 connects, 100 000 statements, 100 000 loans); the figures are
logged.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any, Callable, NamedTuple

import pytest

import scratchbird

LONG = bool(os.environ.get("SCRATCHBIRD_TEST_LONG"))
PAGE = 4096
ALLOWED_GROWTH = 6 * 1024 * 1024
"""Bytes: what allocators keep differs from run to run. A leak of 100 bytes a turn is more in a long run."""

pytestmark = [
    pytest.mark.usefixtures("nothing_leaked"),
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.timeout(3600 if LONG else 60),
]


class Level(NamedTuple):
    """What a process has."""

    resident: int
    descriptors: int
    threads: int
    objects: int


def level() -> Level:
    gc.collect()
    return Level(
        int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * PAGE,
        len(os.listdir("/proc/self/fd")),
        len(os.listdir("/proc/self/task")),
        len(gc.get_objects()),
    )


def check(name: str, before: Level, after: Level, turns: int) -> None:
    logging.getLogger(__name__).info("%s, %d turns: %s -> %s", name, turns, before, after)
    assert after.resident - before.resident < ALLOWED_GROWTH, (before, after)
    assert after.descriptors <= before.descriptors, (before, after)
    # A loop's executor and the runtime may start a thread late.
    assert after.threads <= before.threads + 2, (before, after)
    assert after.objects - before.objects < 200 + turns // 20, (before, after)


def looped(name: str, turn: Callable[[int], Any], turns: int, settle: Callable[[], Any] = lambda: None) -> None:
    """Runs a turn many times, after a time in which caches and arenas fill; measures when `settle` has come back."""
    warm = turns // 3
    for number in range(warm):
        turn(number)
    settle()
    before = level()
    for number in range(turns - warm):
        turn(number)
    settle()
    after = level()
    # What is being closed in the background will be gone soon, what leaks will not.
    deadline = time.monotonic() + 20
    while after.descriptors > before.descriptors and time.monotonic() < deadline:
        time.sleep(0.1)
        after = level()
    check(name, before, after, turns - warm)


async def looped_async(name: str, turn: Callable[[int], Any], turns: int) -> None:
    warm = turns // 3
    for number in range(warm):
        await turn(number)
    before = level()
    for number in range(turns - warm):
        await turn(number)
    check(name, before, level(), turns - warm)


CONNECTS = 10_000 if LONG else 90
STATEMENTS = 100_000 if LONG else 3000
LOANS = 100_000 if LONG else 1500


def test_connects(dsn: str) -> None:
    def turn(_: int) -> None:
        with scratchbird.connect(dsn) as conn:
            conn.execute("select 1").fetchone()

    looped("connects", turn, CONNECTS)


def test_connects_async(dsn: str) -> None:
    async def turn(_: int) -> None:
        async with await scratchbird.connect_async(dsn) as conn:
            await (await conn.execute("select 1")).fetchone()

    asyncio.run(looped_async("async connects", turn, CONNECTS))


def test_event_loops(dsn: str) -> None:
    async def once() -> None:
        conn = await scratchbird.connect_async(dsn)
        await conn.close()

    looped("event loops", lambda _: asyncio.run(once()), CONNECTS // 3)


def statement(number: int) -> tuple[str, tuple[Any, ...]]:
    """Texts that come again and texts that do not, with rows, without and with an error."""
    kinds = [
        ("select n, %s from generate_series(1, 3) n", (str(number),)),
        (f"select {number}", ()),
        ("select %s / 0", (number,)),
        ("select interval '1 day' * %s, gen_random_uuid()", (number,)),
    ]
    return kinds[number % len(kinds)]


def test_statements(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:

        def turn(number: int) -> None:
            try:
                conn.execute(*statement(number)).fetchall()
            except scratchbird.DatabaseError:
                conn.rollback()

        looped("statements", turn, STATEMENTS)


def test_statements_async(dsn: str) -> None:
    async def main() -> None:
        async with await scratchbird.connect_async(dsn) as conn:

            async def turn(number: int) -> None:
                try:
                    await (await conn.execute(*statement(number))).fetchall()
                except scratchbird.DatabaseError:
                    await conn.rollback()

            await looped_async("async statements", turn, STATEMENTS)

    asyncio.run(main())


def test_pool_churn(dsn: str) -> None:
    """Loans, with connections that grow old, are dropped, or come back in a transaction."""
    with scratchbird.ConnectionPool(dsn, min_size=1, max_size=3, max_lifetime=2.0, max_idle=1.0) as pool:

        def turn(number: int) -> None:
            with pool.connection() as conn:
                conn.execute("select 1").fetchone()
            if number % 500 == 0:
                pool.drain()
            if number % 100 == 0:
                one, other = pool.getconn(), pool.getconn()
                one.execute("select 1")
                other.close()
                one.close()

        def settle() -> None:
            deadline = time.monotonic() + 20
            while pool.get_stats()["pool_size"] != 1:
                assert time.monotonic() < deadline
                time.sleep(0.05)

        looped("loans", turn, LOANS, settle)


def test_cancelled_tasks(dsn: str) -> None:
    async def main() -> None:
        async with await scratchbird.connect_async(dsn) as conn:

            async def turn(_: int) -> None:
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(conn.execute("select pg_sleep(5)"), 0.001)

            await looped_async("cancelled tasks", turn, CONNECTS)

    asyncio.run(main())
