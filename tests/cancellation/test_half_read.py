"""Calls that are given up when a part of the answer has come: the next one reads the rest, and gets its own answer."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any, Callable

import pytest

import scratchbird
from tests.faults.proxy import DOWN, UP, Fault, Proxy

PATIENCE = 30
ROWS = 30
QUERY = f"select n, 'answer' from generate_series(1, {ROWS}) n"
HELD = 0.1
"""Seconds for which the rest of the answer is held back."""
EARLY = 0.03
"""Seconds after which the call is given up."""


def positions(lane: str, length: int) -> range:
    return range(1, length, max(1, length // (6 if lane == UP else 10)))


@pytest.fixture
def length(plain_proxy: Proxy, plain_through: str) -> Callable[[str], int]:
    """The bytes that the query has in a direction."""
    with scratchbird.connect(plain_through) as conn:
        plain_proxy.arm(None)
        assert len(conn.execute(QUERY).fetchall()) == ROWS
        carried = plain_proxy.carried()
    plain_proxy.forget()
    return carried.__getitem__


@pytest.mark.parametrize("lane", [UP, DOWN])
def test_time_limit(
    connect: Callable[..., Any], plain_proxy: Proxy, plain_through: str, length: Callable[[str], int], lane: str
) -> None:
    conn = connect(plain_through)
    for after in positions(lane, length(lane)):
        plain_proxy.arm(Fault("delay", lane, after, seconds=HELD))
        with pytest.raises(scratchbird.OperationalError) as info:
            conn.execute(QUERY, timeout=EARLY)
        assert info.value.sqlstate == "57014"
        assert not info.value.is_disconnect
        started = time.monotonic()
        assert conn.execute("select %s", (after,)).fetchall() == [(after,)]
        assert time.monotonic() - started < PATIENCE
    plain_proxy.arm(None)


@pytest.mark.parametrize("lane", [UP, DOWN])
def test_cancel_from_a_thread(plain_proxy: Proxy, plain_through: str, length: Callable[[str], int], lane: str) -> None:
    with scratchbird.connect(plain_through) as conn:
        for after in positions(lane, length(lane)):
            plain_proxy.arm(Fault("delay", lane, after, seconds=HELD))
            timer = threading.Timer(EARLY, conn.cancel)
            timer.start()
            try:
                assert len(conn.execute(QUERY).fetchall()) == ROWS
            except scratchbird.OperationalError as error:
                if error.sqlstate != "57014":
                    raise
            timer.join()
            assert conn.execute("select %s", (after,)).fetchall() == [(after,)]
        plain_proxy.arm(None)


@pytest.mark.anyio
@pytest.mark.parametrize("lane", [UP, DOWN])
async def test_cancelled_task(
    anyio_backend: Any, plain_proxy: Proxy, plain_through: str, length: Callable[[str], int], lane: str
) -> None:
    conn = await scratchbird.connect_async(plain_through)
    for after in positions(lane, length(lane)):
        plain_proxy.arm(Fault("delay", lane, after, seconds=HELD))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(conn.execute(QUERY), EARLY)
        cursor = await asyncio.wait_for(conn.execute("select %s", (after,)), PATIENCE)
        assert await cursor.fetchall() == [(after,)]
    plain_proxy.arm(None)
    await conn.close()
