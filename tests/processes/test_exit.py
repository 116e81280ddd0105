"""The end of a program: it comes at once and prints nothing, whatever is still open or running."""

from __future__ import annotations

import time

import pytest

from tests.processes.program import run

# Outside of the development mode an object that is never closed ends in silence.
QUIET = ("-W", "ignore::ResourceWarning")
# What is running then would take far longer than the end of the program may.
SLEEP = 40

ENDS = {
    "open_connection": "conn = scratchbird.connect(dsn); conn.execute('select 1')",
    "open_pool": "pool = scratchbird.ConnectionPool(dsn, min_size=2); pool.wait(20)",
    "lent_connection": "pool = scratchbird.ConnectionPool(dsn, min_size=2); conn = pool.getconn()",
    "pooling": "scratchbird.pooling(); scratchbird.connect(dsn).close()",
    "unfinished_pool": "pool = scratchbird.ConnectionPool('scratchbird://u@192.0.2.1/d', min_size=2)",
    "daemon_thread": """
        conn = scratchbird.connect(dsn)
        threading.Thread(target=conn.execute, args=("select pg_sleep(40)",), daemon=True).start()
        time.sleep(0.3)
        """,
    "waiting_daemon_thread": """
        pool = scratchbird.ConnectionPool(dsn, min_size=1)
        conn = pool.getconn()
        threading.Thread(target=pool.getconn, daemon=True).start()
        time.sleep(0.3)
        """,
    "unfinished_task": """
        async def main():
            conn = await scratchbird.connect_async(dsn)
            task = asyncio.ensure_future(conn.execute("select pg_sleep(40)"))
            await asyncio.sleep(0.3)

        asyncio.run(main())
        """,
    "loop_never_closed": """
        async def main():
            global conn, task
            conn = await scratchbird.connect_async(dsn)
            await conn.execute("select 1")

        loop = asyncio.new_event_loop()
        loop.run_until_complete(main())
        """,
    "async_pool": """
        async def main():
            pool = scratchbird.AsyncConnectionPool(dsn, min_size=2)
            async with pool.connection() as conn:
                await conn.execute("select 1")
            task = asyncio.ensure_future(pool.getconn())
            await asyncio.sleep(0.05)

        asyncio.run(main())
        """,
    "daemon_loop": """
        async def main():
            conn = await scratchbird.connect_async(dsn)
            await conn.execute("select pg_sleep(40)")

        threading.Thread(target=asyncio.run, args=(main(),), daemon=True).start()
        time.sleep(0.5)
        """,
    "exit_in_a_block": """
        with scratchbird.connect(dsn) as conn:
            conn.execute("select 1")
            sys.exit(0)
        """,
}


@pytest.mark.parametrize("name", ENDS)
def test_end(dsn: str, name: str) -> None:
    started = time.monotonic()
    assert run(ENDS[name], dsn, *QUIET) == ""
    assert time.monotonic() - started < SLEEP / 2
