"""Streams and server-side cursors on an event loop: cancelled tasks, loops that are left, a loop that stays alive."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

import scratchbird

pytestmark = pytest.mark.anyio
ENDLESS = "select a from generate_series(1, 50000) as a, generate_series(1, 100000) as b"


async def assert_free(conn: Any) -> None:
    cursor = await asyncio.wait_for(conn.execute("select 'free'"), 20)
    assert await cursor.fetchone() == ("free",)


async def test_a_million_rows(aconn: Any) -> None:
    total = 0
    async for (n,) in aconn.cursor().stream("select n from generate_series(1, ?) as n", (1_000_000,)):
        total += n
    assert total == 500_000_500_000


async def test_a_cancelled_task(aconn: Any) -> None:
    async def read() -> None:
        async for _ in aconn.cursor().stream("select pg_sleep(30)"):
            pass

    task = asyncio.ensure_future(read())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await assert_free(aconn)


async def test_a_stream_does_not_end_quietly_after_a_cancelled_wait(aconn: Any) -> None:
    stream = aconn.cursor().stream("select n, pg_sleep(n - 1) from generate_series(1, 40) as n")
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(stream.__anext__(), 0.2)
    with pytest.raises(scratchbird.InterfaceError):
        await stream.__anext__()
    await assert_free(aconn)


async def test_rows_that_are_there_survive_a_cancelled_task(aconn: Any) -> None:
    """A task that is cancelled between two rows has lost none."""
    stream = aconn.cursor().stream("select n from generate_series(1, 50000) as n")
    seen = []

    async def read() -> None:
        async for (n,) in stream:
            seen.append(n)
            if n == 20000:
                asyncio.current_task().cancel()  # type: ignore[union-attr]
                await asyncio.sleep(0)

    with pytest.raises(asyncio.CancelledError):
        await asyncio.ensure_future(read())
    seen += [n async for (n,) in stream]
    assert seen == list(range(1, 50001))


async def test_a_loop_that_is_left(aconn: Any) -> None:
    async for _ in aconn.cursor().stream(ENDLESS):
        break
    await assert_free(aconn)


async def test_aclosing(aconn: Any) -> None:
    stream = aconn.cursor().stream(ENDLESS)
    assert await stream.__anext__() == (1,)
    await stream.aclose()
    await stream.aclose()
    with pytest.raises(StopAsyncIteration):
        await stream.__anext__()
    await assert_free(aconn)
    async with aconn.cursor().stream(ENDLESS) as stream:
        assert await stream.__anext__() == (1,)
    await assert_free(aconn)


async def test_other_tasks_run_meanwhile(aconn: Any) -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counter = asyncio.ensure_future(count())
    rows = 0
    async for _ in aconn.cursor().stream("select n, 'some text' from generate_series(1, 100000) as n"):
        rows += 1
    counter.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await counter
    assert rows == 100000
    # A part of the rows is about 64 KiB: the loop ran between any two of them.
    assert turns > 20


async def test_cancel_from_another_task(aconn: Any) -> None:
    async def read() -> None:
        async for _ in aconn.cursor().stream("select pg_sleep(30)"):
            pass

    task = asyncio.ensure_future(read())
    await asyncio.sleep(0.2)
    await aconn.cancel()
    with pytest.raises(scratchbird.OperationalError) as caught:
        await task
    assert caught.value.sqlstate == "57014"
    await assert_free(aconn)


async def test_a_server_side_cursor(aconn: Any) -> None:
    async with aconn.cursor("numbers", itersize=10) as cur:
        assert await cur.execute("select n from generate_series(1, 95) as n") is cur
        assert [n async for (n,) in cur] == list(range(1, 96))
        assert repr(cur).startswith("<AsyncServerCursor 'numbers' (open)")
    assert cur.closed
