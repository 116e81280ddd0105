"""Blocks whose task is cancelled, and blocks of several tasks on one connection."""

from __future__ import annotations

import asyncio
from typing import Any, Callable

import pytest

import scratchbird
from scratchbird import AsyncConnection, OutOfOrderTransactionNesting
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer
from tests.faults.test_commit import TXN_COMMIT, TXN_ROLLBACK, done, one_insert, options, ready

pytestmark = pytest.mark.anyio

Committed = Callable[[], "list[int]"]


async def test_cancelled_in_a_statement(ledger: str, committed: Committed, aconn: AsyncConnection) -> None:
    async def work() -> None:
        async with aconn.transaction():
            await aconn.execute("insert into ledger values (1)")
            await aconn.execute("select pg_sleep(30)")

    task = asyncio.ensure_future(work())
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not aconn.closed
    assert not aconn.in_transaction
    async with aconn.transaction():
        await aconn.execute("insert into ledger values (2)")
    assert committed() == [2]


async def test_cancelled_in_the_commit(anyio_backend: Any) -> None:
    """Whether the commit took place is unknown; what matters is that a later one cannot commit the work."""
    seen = []

    def script(peer: Peer) -> None:
        one_insert(peer)
        peer.read_until(TXN_COMMIT)
        seen.append(peer.read_until(wire.CANCEL).kind)
        peer.send(wire.error("57014", "cancelled"), ready(42), ready(42))
        seen.append(peer.read().kind)
        done(peer, "ROLLBACK", 43)
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = await scratchbird.connect_async(**options(server))

        async def work() -> None:
            async with conn.transaction():
                await conn.execute("insert into t values (1)")

        task = asyncio.ensure_future(work())
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not conn.closed
        assert not conn.in_transaction
        await conn.close()
    assert seen == [wire.CANCEL, TXN_ROLLBACK]


async def test_blocks_of_two_tasks(ledger: str, committed: Committed, aconn: AsyncConnection) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        async with aconn.transaction():
            await aconn.execute("insert into ledger values (1)")
            await entered.wait()

    async def second() -> None:
        async with aconn.transaction():
            entered.set()
            await leave.wait()

    one = asyncio.ensure_future(first())
    await asyncio.sleep(0.1)
    two = asyncio.ensure_future(second())
    with pytest.raises(OutOfOrderTransactionNesting):
        await one
    leave.set()
    with pytest.raises(scratchbird.Error):
        await two
    assert aconn.closed
    assert committed() == []
