"""A forked child: what it inherits is refused and left alone, and connections of its own work."""

from __future__ import annotations

import sys

import pytest

from tests.processes.program import run

pytestmark = pytest.mark.skipif(not hasattr(sys, "getdlopenflags"), reason="this platform has no fork")


def test_connection_and_pool(dsn: str) -> None:
    run(
        """
        conn = scratchbird.connect(dsn)
        cursor = conn.execute("select generate_series(1, 3)")
        pool = scratchbird.ConnectionPool(dsn, min_size=1)
        pool.wait(20)

        def child():
            for call in (conn.cursor, conn.commit, conn.rollback, conn.ping, pool.getconn, pool.wait, pool.drain):
                refused(call)
            for used in (conn, cursor):
                refused(lambda: used.execute("select 1"))
            assert pool.closed
            with scratchbird.connect(dsn) as own:
                assert own.execute("select 2").fetchone() == (2,)
            with scratchbird.ConnectionPool(dsn, min_size=1) as mine, mine.connection() as own:
                assert own.execute("select 3").fetchone() == (3,)
            conn.cancel()
            conn.close()
            pool.close()

        for _ in range(2):
            in_child(child)
            assert cursor.fetchone() is not None
            assert conn.execute("select 4").fetchone() == (4,)
            with pool.connection() as lent:
                assert lent.execute("select 5").fetchone() == (5,)
            cursor = conn.execute("select generate_series(1, 3)")
        conn.close()
        pool.close()
        """,
        dsn,
    )


def test_what_the_child_forgets_is_not_lost_to_the_parent(dsn: str) -> None:
    """Objects that die in the child must not say goodbye to the server, nor take the socket from the parent's loop."""
    run(
        """
        import gc

        async def main():
            held = [await scratchbird.connect_async(dsn), scratchbird.connect(dsn)]
            pools = [scratchbird.ConnectionPool(dsn, min_size=1)]
            pools[0].wait(20)
            running = asyncio.ensure_future(held[0].execute("select pg_sleep(1)"))
            await asyncio.sleep(0.3)

            def child():
                running.get_loop()
                held.clear()
                pools.clear()
                gc.collect()

            in_child(child)
            await asyncio.wait_for(running, 20)
            cursor = await asyncio.wait_for(held[0].execute("select 6"), 20)
            assert await cursor.fetchone() == (6,)
            assert held[1].execute("select 7").fetchone() == (7,)
            with pools[0].connection() as lent:
                assert lent.execute("select 8").fetchone() == (8,)
            await held[0].close()
            held[1].close()
            pools[0].close()

        asyncio.run(main())
        """,
        dsn,
    )


def test_asyncio_in_the_child(dsn: str) -> None:
    run(
        """
        async def ask(number):
            conn = await scratchbird.connect_async(dsn)
            try:
                assert await (await conn.execute("select %s", (number,))).fetchone() == (number,)
            finally:
                await conn.close()

        asyncio.run(ask(1))
        in_child(lambda: asyncio.run(ask(2)))
        asyncio.run(ask(3))
        """,
        dsn,
    )


def test_multiprocessing(dsn: str) -> None:
    run(
        """
        import multiprocessing

        def work(number):
            with scratchbird.connect(dsn) as own:
                return own.execute("select %s", (number,)).fetchone()[0]

        conn = scratchbird.connect(dsn)
        conn.execute("select 1")
        with multiprocessing.get_context("fork").Pool(2) as workers:
            assert workers.map(work, range(6)) == list(range(6))
        assert conn.execute("select 2").fetchone() == (2,)
        conn.close()
        """,
        dsn,
    )


def test_preloaded_application(dsn: str) -> None:
    """The shape of gunicorn --preload: the master imports the application, whose pool is made again in each worker."""
    run(
        """
        scratchbird.pooling(max_size=2)

        def handle(number):
            with scratchbird.connect(dsn) as conn:
                assert conn.execute("select %s", (number,)).fetchone() == (number,)

        handle(0)

        def worker():
            for number in range(1, 4):
                handle(number)

        for _ in range(3):
            in_child(worker)
            handle(9)
        """,
        dsn,
    )


def test_while_other_threads_connect(dsn: str) -> None:
    """Locks that they hold at the moment of the fork are of no concern to the child."""
    run(
        """
        over = threading.Event()

        def connecting():
            while not over.is_set():
                scratchbird.connect(dsn).close()

        def child():
            with scratchbird.connect(dsn) as own:
                assert own.execute("select 9").fetchone() == (9,)

        threads = [threading.Thread(target=connecting) for _ in range(3)]
        for thread in threads:
            thread.start()
        try:
            for number in range(20):
                time.sleep(0.001 * (number % 5))
                in_child(child)
        finally:
            over.set()
            for thread in threads:
                thread.join()
        """,
        dsn,
    )
