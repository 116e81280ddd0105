"""Giving up a statement: cancel(), time limits, Ctrl-C, cancelled tasks. The connection stays usable."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from typing import Any, Iterator

import pytest

import scratchbird

SLEEP = "select pg_sleep(30)"


def assert_usable(conn: Any) -> None:
    started = time.monotonic()
    conn.rollback()
    assert conn.execute("select 1").fetchone() == (1,)
    assert time.monotonic() - started < 5


def test_cancel_from_another_thread(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        timer = threading.Timer(0.3, conn.cancel)
        started = time.monotonic()
        timer.start()
        with pytest.raises(scratchbird.OperationalError) as caught:
            conn.execute(SLEEP)
        timer.join()
        assert caught.value.sqlstate == "57014"
        assert time.monotonic() - started < 5
        assert_usable(conn)


def test_cancel_of_an_idle_connection_does_nothing(conn: Any) -> None:
    conn.cancel()
    assert_usable(conn)


def test_a_time_limit(conn: Any) -> None:
    started = time.monotonic()
    with pytest.raises(scratchbird.OperationalError) as caught:
        conn.execute(SLEEP, timeout=0.3)
    assert caught.value.sqlstate == "57014"
    assert time.monotonic() - started < 5
    assert_usable(conn)


def test_a_time_limit_that_suffices(conn: Any) -> None:
    assert conn.execute("select 1", timeout=10).fetchone() == (1,)


class Interrupt(Exception):
    """What the signal handler raises, as the one of Ctrl-C raises KeyboardInterrupt."""


@pytest.fixture
def interrupt_soon() -> Iterator[None]:
    if not hasattr(signal, "SIGUSR1"):
        pytest.skip("this platform has no signals between processes")

    def handler(*_: Any) -> None:
        raise Interrupt

    before = signal.signal(signal.SIGUSR1, handler)
    thread = threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGUSR1])
    thread.start()
    yield
    thread.join()
    signal.signal(signal.SIGUSR1, before)


def test_a_signal_interrupts_a_blocking_call(dsn: str, interrupt_soon: None) -> None:
    with scratchbird.connect(dsn) as conn:
        started = time.monotonic()
        with pytest.raises(Interrupt):
            conn.execute(SLEEP)
        assert time.monotonic() - started < 5
        assert_usable(conn)


@pytest.mark.anyio
async def test_a_cancelled_task_leaves_a_usable_connection(aconn: Any) -> None:
    task = asyncio.ensure_future(aconn.execute(SLEEP))
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    started = time.monotonic()
    await aconn.rollback()
    cur = await aconn.execute("select 1")
    assert await cur.fetchone() == (1,)
    assert time.monotonic() - started < 5


@pytest.mark.anyio
async def test_cancel_from_another_task(aconn: Any) -> None:
    task = asyncio.ensure_future(aconn.execute(SLEEP))
    await asyncio.sleep(0.3)
    await aconn.cancel()
    with pytest.raises(scratchbird.OperationalError) as caught:
        await task
    assert caught.value.sqlstate == "57014"
    await aconn.rollback()
    cur = await aconn.execute("select 1")
    assert await cur.fetchone() == (1,)
