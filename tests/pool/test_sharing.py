"""Many users at once: threads, tasks, both; the order of those who wait; waiting that is given up; forks and leaks."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, List

import pytest

import scratchbird
from scratchbird import AsyncConnectionPool, ConnectionPool, InterfaceError, PoolClosed, PoolTimeout
from tests.fix_pool import eventually


def waiting(pool: Any) -> int:
    return int(pool.get_stats()["requests_waiting"])


def test_32_threads(dsn: str) -> None:
    with ConnectionPool(dsn, min_size=4) as pool:

        def ask(number: int) -> Any:
            with pool.connection() as conn:
                return conn.execute("select %s, %s::text", (number, str(number))).fetchone()

        with ThreadPoolExecutor(32) as threads:
            assert list(threads.map(ask, range(2000))) == [(number, str(number)) for number in range(2000)]
        stats = pool.get_stats()
    assert stats["requests_num"] == 2000
    assert stats["connections_num"] == 4
    assert stats["requests_errors"] == stats["returns_bad"] == 0


@pytest.mark.anyio
async def test_100_tasks_over_10_connections(dsn: str) -> None:
    async with AsyncConnectionPool(dsn, min_size=10) as pool:

        async def ask(task: int) -> List[Any]:
            found = []
            for step in range(10):
                async with pool.connection() as conn:
                    cursor = await conn.execute("select %s", (task * 100 + step,))
                    found += await cursor.fetchone()
            return found

        results = await asyncio.gather(*[ask(task) for task in range(100)])
        assert results == [[task * 100 + step for step in range(10)] for task in range(100)]
        assert pool.get_stats()["connections_num"] == 10


def test_threads_and_tasks_share_a_pool(dsn: str) -> None:
    with ConnectionPool(dsn, min_size=2) as pool:
        other = AsyncConnectionPool.sharing(pool)

        async def task(number: int) -> Any:
            async with other.connection() as conn:
                return (await (await conn.execute("select %s", (number,))).fetchone())[0]

        async def tasks() -> List[Any]:
            return list(await asyncio.gather(*[task(number) for number in range(300)]))

        def thread(number: int) -> Any:
            with pool.connection() as conn:
                return conn.execute("select %s", (-number,)).fetchone()[0]

        with ThreadPoolExecutor(8) as threads:
            loop = threads.submit(asyncio.run, tasks())
            second = threads.submit(asyncio.run, tasks())
            assert list(threads.map(thread, range(300))) == [-number for number in range(300)]
            assert loop.result() == second.result() == list(range(300))
        assert pool.get_stats()["pool_size"] == 2


@pytest.mark.anyio
async def test_who_comes_first_is_served_first(dsn: str) -> None:
    async with AsyncConnectionPool(dsn, min_size=1) as pool:
        served = []

        async def user(number: int) -> None:
            async with pool.connection() as conn:
                served.append(number)
                await conn.execute("select 1")

        async with pool.connection():
            tasks = []
            for number in range(50):
                tasks.append(asyncio.ensure_future(user(number)))
                await asyncio.sleep(0)
            assert waiting(pool) == 50
            # One who gives up loses its place, and nobody else's.
            tasks[20].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert served == [number for number in range(50) if number != 20]


@pytest.mark.anyio
async def test_new_connections_are_handed_out_in_order(dsn: str) -> None:
    async with AsyncConnectionPool(dsn, min_size=0, max_size=3) as pool:
        served = []

        async def user(number: int) -> None:
            async with pool.connection():
                served.append(number)
                await asyncio.sleep(0.001)

        await asyncio.gather(*[user(number) for number in range(30)])
        # Connections that are there at the same moment may wake their users in any order.
        assert sorted(served) == list(range(30))
        assert all(abs(place - number) < 3 for place, number in enumerate(served))


def test_threads_are_served_in_order(dsn: str) -> None:
    with ConnectionPool(dsn, min_size=1) as pool:
        served = []

        def user(number: int) -> None:
            with pool.connection():
                served.append(number)

        with pool.connection():
            threads = []
            for number in range(10):
                threads.append(threading.Thread(target=user, args=(number,)))
                threads[-1].start()
                eventually(lambda expected=number + 1: waiting(pool) == expected)
        for thread in threads:
            thread.join()
        assert served == list(range(10))


@pytest.mark.anyio
async def test_waiting_that_is_cancelled_loses_no_connection(dsn: str) -> None:
    async with AsyncConnectionPool(dsn, min_size=2) as pool:
        chance = random.Random(7)

        async def user() -> None:
            async with pool.connection() as conn:
                await conn.execute("select 1")
                await asyncio.sleep(chance.random() / 500)

        for _ in range(20):
            tasks = [asyncio.ensure_future(user()) for _ in range(20)]
            await asyncio.sleep(chance.random() / 100)
            for task in tasks:
                if chance.random() < 0.6:
                    task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        lent = [await pool.getconn(timeout=20) for _ in range(2)]
        for conn in lent:
            assert await (await conn.execute("select 2")).fetchone() == (2,)
            await conn.close()
        assert waiting(pool) == 0
        assert pool.get_stats()["pool_size"] == 2


@pytest.mark.anyio
async def test_a_connection_under_way_outlives_who_asked(dsn: str) -> None:
    async with AsyncConnectionPool(dsn, min_size=0, max_size=1) as pool:
        task = asyncio.ensure_future(pool.getconn())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.get_running_loop().run_in_executor(
            None, eventually, lambda: pool.get_stats()["pool_available"] == 1
        )
        async with pool.connection() as conn:
            assert await (await conn.execute("select 1")).fetchone() == (1,)
        assert pool.get_stats()["connections_num"] == 1


@pytest.mark.anyio
async def test_close_ends_those_who_wait(dsn: str) -> None:
    pool = AsyncConnectionPool(dsn, min_size=1)
    lent = await pool.getconn()
    tasks = [asyncio.ensure_future(pool.getconn()) for _ in range(5)]
    await asyncio.sleep(0)
    assert waiting(pool) == 5
    await pool.close()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(result) for result in results] == [PoolClosed] * 5
    await lent.close()


def test_close_ends_threads_that_wait(dsn: str, gate: Any, gated_dsn: str) -> None:
    gate.shut()
    for given, options in ((dsn, {"min_size": 1}), (gated_dsn, {"min_size": 0, "max_size": 1})):
        pool = ConnectionPool(given, **options)
        lent = pool.getconn() if given == dsn else None
        failures: List[BaseException] = []

        def user(pool: ConnectionPool = pool, failures: List[BaseException] = failures) -> None:
            try:
                pool.getconn()
            except PoolClosed as error:
                failures.append(error)

        thread = threading.Thread(target=user)
        thread.start()
        eventually(lambda pool=pool: waiting(pool) == 1)
        began = time.monotonic()
        pool.close()
        thread.join()
        assert time.monotonic() - began < 3
        assert len(failures) == 1
        if lent is not None:
            lent.close()


@pytest.mark.anyio
async def test_a_cancelled_statement_does_not_reach_the_next_user(dsn: str) -> None:
    async with AsyncConnectionPool(dsn, min_size=1) as pool:

        async def slow() -> None:
            async with pool.connection() as conn:
                await conn.execute("select pg_sleep(0.3)")

        task = asyncio.ensure_future(slow())
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with pool.connection() as conn:
            assert await (await conn.execute("select 1")).fetchone() == (1,)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork exists on POSIX only")
def test_a_forked_child_cannot_use_an_inherited_pool(dsn: str) -> None:
    with ConnectionPool(dsn, min_size=1) as pool:
        lent = pool.getconn()
        child = os.fork()
        if child == 0:
            status = 1
            try:
                assert pool.closed
                for use in (pool.getconn, pool.drain, pool.open, lambda: pool.resize(1)):
                    with pytest.raises(InterfaceError, match="parent process"):
                        use()
                lent.close()
                pool.close()
                del lent, pool
                with ConnectionPool(dsn, min_size=1) as own, own.connection() as conn:
                    assert conn.execute("select 3").fetchone() == (3,)
                status = 0
            finally:
                os._exit(status)
        assert os.waitpid(child, 0)[1] == 0
        assert lent.execute("select 1").fetchone() == (1,)
        lent.close()
        assert pool.get_stats()["pool_available"] == 1


def test_nothing_is_left(dsn: str, nothing_leaked: None) -> None:
    async def tasks(pool: AsyncConnectionPool) -> None:
        async def task() -> None:
            async with pool.connection() as conn:
                await conn.execute("select 1")

        await asyncio.gather(*[task() for _ in range(20)])

    for _ in range(3):
        with ConnectionPool(dsn, min_size=2, max_size=4) as pool:
            with pool.connection() as conn:
                conn.execute("select 1")
            asyncio.run(tasks(AsyncConnectionPool.sharing(pool)))
            with pytest.raises(PoolTimeout):
                held = [pool.getconn(timeout=5) for _ in range(4)]
                pool.getconn(timeout=0)
            for conn in held:
                conn.close()


def test_the_interpreter_ends_quietly(dsn: str) -> None:
    script = """
        import logging, sys, scratchbird
        logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
        pool = scratchbird.ConnectionPool(sys.argv[1], min_size=2, ping_after=0.2)
        scratchbird.pooling()
        kept = scratchbird.connect(sys.argv[1])
        with pool.connection() as conn:
            print(conn.execute("select 1").fetchone())
        kept.close()
    """
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(script), dsn]
    done = subprocess.run(command, capture_output=True, timeout=30, check=True, text=True)
    assert "(1,)" in done.stdout
    assert done.stderr == ""


def test_an_unclosed_pool_warns(dsn: str) -> None:
    holder = [scratchbird.ConnectionPool(dsn, min_size=1)]
    with pytest.warns(ResourceWarning, match="unclosed scratchbird pool"):
        holder.clear()
