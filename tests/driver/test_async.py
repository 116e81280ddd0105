"""What only the asyncio face can show: tasks, several loops, a loop that keeps turning."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

import scratchbird

pytestmark = pytest.mark.anyio


async def test_connect_async_and_the_classmethod(dsn: str) -> None:
    for connect in (scratchbird.connect_async, scratchbird.AsyncConnection.connect):
        async with await connect(dsn) as conn:
            cur = await conn.execute("select 1")
            assert await cur.fetchone() == (1,)
        await conn.close()


async def test_the_documented_shapes(aconn: Any) -> None:
    async with aconn.cursor() as cur:
        await cur.execute("select n from generate_series(1, 3) as g(n)")
        assert [row async for row in cur] == [(1,), (2,), (3,)]
        await cur.executemany("select %s", [(1,), (2,)])


async def test_many_connections_at_once(dsn: str) -> None:
    async def work(number: int) -> int:
        async with await scratchbird.connect_async(dsn) as conn:
            total = 0
            for step in range(20):
                cur = await conn.execute("select %s", (number + step,))
                total += (await cur.fetchone())[0]
        await conn.close()
        return total

    totals = await asyncio.gather(*(work(number) for number in range(20)))
    assert totals == [sum(range(number, number + 20)) for number in range(20)]


async def test_tasks_sharing_a_connection_take_turns(aconn: Any) -> None:
    async def ask(number: int) -> int:
        cur = await aconn.execute("select %s", (number,))
        return int((await cur.fetchone())[0])

    assert await asyncio.gather(*(ask(number) for number in range(50))) == list(range(50))


async def test_the_loop_turns_while_the_server_works(aconn: Any) -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.005)

    counter = asyncio.ensure_future(count())
    await aconn.execute("select pg_sleep(0.3)")
    counter.cancel()
    assert turns > 20


async def test_a_large_fetch_does_not_stall_the_loop(aconn: Any) -> None:
    """Its rows are built in slices: other tasks wait for a small part of the time that all of it takes."""

    async def stalled() -> float:
        """The longest time without a turn of the loop, as a part of the time that building the rows takes."""
        longest = 0.0

        async def watch() -> None:
            nonlocal longest
            last = time.perf_counter()
            while True:
                await asyncio.sleep(0)
                now = time.perf_counter()
                longest = max(longest, now - last)
                last = now

        watcher = asyncio.ensure_future(watch())
        cur = await aconn.execute("select n, n * 2, cast(n as text) from generate_series(1, 100000) as g(n)")
        await asyncio.sleep(0)
        started = time.perf_counter()
        rows = await cur.fetchall()
        took = time.perf_counter() - started
        await asyncio.sleep(0)
        watcher.cancel()
        assert len(rows) == 100_000
        return longest / took

    # Built at once the part is 1, however busy the machine is; in slices a busy one makes it large only now and then.
    assert min([await stalled() for _ in range(5)]) < 0.5


async def test_errors_arrive(aconn: Any) -> None:
    with pytest.raises(scratchbird.ProgrammingError):
        await aconn.execute("select * from no_such_table")
    await aconn.rollback()
    cur = await aconn.execute("select 1")
    assert await cur.fetchone() == (1,)


async def test_a_wait_that_times_out_leaves_a_usable_or_a_closed_connection(dsn: str) -> None:
    conn = await scratchbird.connect_async(dsn)
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(conn.execute("select pg_sleep(30)"), 0.2)
    started = time.monotonic()
    try:
        await conn.rollback()
        cur = await conn.execute("select 1")
        assert await cur.fetchone() == (1,)
    except (scratchbird.OperationalError, scratchbird.InterfaceError):
        assert conn.closed
    assert time.monotonic() - started < 5
    await conn.close()


async def test_blocking_and_asyncio_side_by_side(dsn: str, aconn: Any) -> None:
    results: list[int] = []

    def block() -> None:
        with scratchbird.connect(dsn) as conn:
            for number in range(50):
                results.append(conn.execute("select %s", (number,)).fetchone()[0])
        conn.close()

    thread = threading.Thread(target=block)
    thread.start()
    for number in range(50):
        cur = await aconn.execute("select %s", (number,))
        assert await cur.fetchone() == (number,)
    await asyncio.get_running_loop().run_in_executor(None, thread.join)
    assert results == list(range(50))


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_an_unawaited_call_warns_and_does_nothing_bad(aconn: Any) -> None:
    with pytest.warns(RuntimeWarning, match=r"'AsyncCursor\.execute' was never awaited"):
        aconn.execute("select 1")
    cur = await aconn.execute("select 2")
    assert await cur.fetchone() == (2,)
