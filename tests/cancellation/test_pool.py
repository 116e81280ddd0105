"""Cancellation at every suspension of a loan: the pool loses no connection and no place."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import scratchbird
from tests.cancellation.cancelling import cancelled_at

PATIENCE = 30

pytestmark = pytest.mark.anyio


async def whole(pool: scratchbird.AsyncConnectionPool) -> None:
    """Both connections can be lent at once."""
    async with pool.connection(PATIENCE) as one, pool.connection(PATIENCE) as other:
        for conn in (one, other):
            assert await (await conn.execute("select 1")).fetchone() == (1,)


@pytest.mark.parametrize("busy", [False, True], ids=["free", "busy"])
async def test_loans(anyio_backend: Any, dsn: str, busy: bool) -> None:
    async with scratchbird.AsyncConnectionPool(dsn, min_size=2, max_size=2) as pool:
        await pool.wait(PATIENCE)

        async def use() -> None:
            async with pool.connection() as conn:
                await conn.execute("select 2")

        async def in_the_queue() -> None:
            """Gets a connection that another task gives back meanwhile."""
            one, other = await pool.getconn(), await pool.getconn()
            asyncio.get_running_loop().call_later(0.001, lambda: asyncio.ensure_future(pool.putconn(one)))
            try:
                await use()
            finally:
                await pool.putconn(other)
                await pool.putconn(one)

        for stop in range(100):
            cancelled = await cancelled_at(in_the_queue if busy else use, stop)
            await whole(pool)
            if not cancelled:
                break
        # A free connection and an answer that is there at once leave nothing to wait for.
        assert stop > 0 or not busy
        stats = pool.get_stats()
        assert stats["pool_size"] == 2
        assert stats["requests_waiting"] == 0


async def test_timeouts(anyio_backend: Any, dsn: str) -> None:
    async with scratchbird.AsyncConnectionPool(dsn, min_size=2, max_size=2) as pool:
        await pool.wait(PATIENCE)
        async with pool.connection(), pool.connection():
            for _ in range(20):
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(pool.getconn(), 0.002)
        await whole(pool)
        assert pool.get_stats()["requests_waiting"] == 0


async def test_connecting(anyio_backend: Any, dsn: str) -> None:
    async def connect() -> None:
        conn = await scratchbird.connect_async(dsn)
        await conn.close()

    for stop in range(20):
        if not await cancelled_at(connect, stop):
            break
    assert stop > 0
