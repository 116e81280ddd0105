"""threadsafety 2: threads may share the module and connections."""

from __future__ import annotations

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import scratchbird
from scratchbird.types import Interval


def test_threads_share_a_connection(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:

        def ask(number: int) -> Any:
            return conn.execute("select %s", (number,)).fetchone()[0]

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(ask, range(200))) == list(range(200))
    conn.close()


def test_a_connection_each(dsn: str) -> None:
    def work(number: int) -> Any:
        with scratchbird.connect(dsn) as conn:
            row = conn.execute("select %s", (number,)).fetchone()
        conn.close()
        return row[0]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(40))) == list(range(40))


def test_the_gil_is_free_while_waiting(dsn: str) -> None:
    turns = 0
    done = threading.Event()

    def count() -> None:
        nonlocal turns
        while not done.wait(0.005):
            turns += 1

    thread = threading.Thread(target=count)
    with scratchbird.connect(dsn) as conn:
        thread.start()
        conn.execute("select pg_sleep(0.3)")
        done.set()
    thread.join()
    conn.close()
    assert turns > 20


def test_one_loop_after_another(dsn: str) -> None:
    async def ask() -> Any:
        conn = await scratchbird.connect_async(dsn)
        try:
            return await (await conn.execute("select 1")).fetchone()
        finally:
            await conn.close()

    for _ in range(5):
        assert asyncio.run(ask()) == (1,)


def test_loops_in_several_threads(dsn: str) -> None:
    async def ask(number: int) -> Any:
        conn = await scratchbird.connect_async(dsn)
        try:
            return (await (await conn.execute("select %s", (number,))).fetchone())[0]
        finally:
            await conn.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda number: asyncio.run(ask(number)), range(20))) == list(range(20))


INTERVALS = "select n * interval '1 month 2 days' from generate_series(1, %s) n"


def test_threads_share_a_cursor(dsn: str) -> None:
    """Every row goes to one of them. Building an interval runs Python code, in which another thread gets its turn."""
    threads, rows = 8, 2000
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with scratchbird.connect(dsn) as conn:
            cursor = conn.execute(INTERVALS, (rows,))

            def drain(_: int) -> list[Any]:
                return [row[0] for row in iter(cursor.fetchone, None)]

            with ThreadPoolExecutor(threads) as pool:
                fetched = [value for part in pool.map(drain, range(threads)) for value in part]
    finally:
        sys.setswitchinterval(before)
    assert len(fetched) == len(set(fetched)) == rows


def test_code_of_a_value_may_use_the_cursor_that_builds_it(conn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    cursor = conn.execute(INTERVALS, (3,))
    init, counts = Interval.__init__, []

    def peek(self: Interval, *args: Any) -> None:
        init(self, *args)
        counts.append(cursor.rowcount)

    with monkeypatch.context() as patch:
        patch.setattr(Interval, "__init__", peek)
        assert len(cursor.fetchall()) == 3
    assert counts == [3, 3, 3]
