"""Pipelines on an event loop: cancelled tasks."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

import scratchbird

pytestmark = pytest.mark.anyio


async def test_a_cancelled_task(aconn: Any) -> None:
    await aconn.execute("create temporary table cancelled (n int)")

    async def work() -> None:
        async with aconn.pipeline():
            await aconn.execute("insert into cancelled values (?)", (1,))
            sleeping = await aconn.execute("select pg_sleep(30)")
            await sleeping.fetchone()

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    cursor = await asyncio.wait_for(aconn.execute("select count(*) from cancelled"), 20)
    assert await cursor.fetchone() == (0,)


async def test_a_cancelled_task_with_more_on_its_way(aconn: Any) -> None:
    """The server cancels one statement at a time."""

    async def work() -> None:
        async with aconn.pipeline():
            sleeping = [await aconn.execute("select pg_sleep(15)") for _ in range(4)]
            await sleeping[0].fetchone()

    started = time.monotonic()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(work(), 0.3)
    cursor = await asyncio.wait_for(aconn.execute("select 1"), 20)
    assert await cursor.fetchone() == (1,)
    assert time.monotonic() - started < 15


async def test_a_task_that_is_cancelled_while_it_leaves(aconn: Any, dsn: str) -> None:
    """Nobody could say what holds: the connection is closed, and its transaction rolled back."""

    async def work() -> None:
        async with aconn.pipeline():
            await aconn.execute("select pg_sleep(30)")

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert aconn.closed
    # The loop must not take a new socket for the old one.
    async with await scratchbird.connect_async(dsn) as other:
        cursor = await asyncio.wait_for(other.execute("select 1"), 20)
        assert await cursor.fetchone() == (1,)


async def test_two_tasks(aconn: Any) -> None:
    async def use(number: int) -> None:
        for n in range(100):
            cursor = await aconn.execute("select $1", (number + n,))
            assert await cursor.fetchone() == (number + n,)
            rows = [row async for row in await aconn.execute("select $1", (n,))]
            assert rows == [(n,)]

    async with aconn.pipeline():
        await asyncio.gather(use(0), use(1000), use(2000))


async def test_a_lost_loop_leaves_nothing_open(aconn: Any) -> None:
    with pytest.raises(scratchbird.DataError):
        async with aconn.pipeline() as pipeline:
            await aconn.execute("select 1 / 0")
            await pipeline.sync()
    cursor = await aconn.execute("select 1")
    assert cursor.rowcount == 1
