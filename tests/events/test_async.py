"""Notifications on an event loop: waiting while other tasks use the connection, cancellation, handlers at once."""

from __future__ import annotations

import asyncio
import functools
import gc
import weakref
from typing import Any

import pytest

import scratchbird
from tests.events.test_notifications import LONG
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer

pytestmark = pytest.mark.anyio


async def collect(connection: Any, count: int) -> list[str]:
    return [n.payload async for n in connection.notifications(timeout=LONG, stop_after=count)]


async def test_other_tasks_send_statements_meanwhile(aconn: Any) -> None:
    await aconn.set_autocommit(True)
    await aconn.listen("busy")
    waiting = asyncio.ensure_future(collect(aconn, 20))
    await asyncio.sleep(0.05)
    for number in range(20):
        cursor = await aconn.execute("select n, ? from generate_series(1, 3000) as g(n)", (number,))
        assert len(await cursor.fetchall()) == 3000
        await aconn.notify("busy", str(number))
    assert await waiting == [str(number) for number in range(20)]


async def test_it_wakes_after_a_statement_in_another_task(aconn: Any, dsn: str) -> None:
    """The statement takes the socket's watch over: the iterator must get it back."""
    await aconn.listen("after")
    waiting = asyncio.ensure_future(collect(aconn, 2))
    await asyncio.sleep(0.05)
    await aconn.execute("select pg_sleep(0.05)")
    async with await scratchbird.connect_async(dsn, autocommit=True) as sender:
        await sender.notify("after", "1")
        await asyncio.sleep(0.1)
        assert not waiting.done()
        await sender.notify("after", "2")
        assert await asyncio.wait_for(waiting, LONG) == ["1", "2"]


async def test_two_iterators_share(aconn: Any, dsn: str) -> None:
    await aconn.listen("shared")
    first = asyncio.ensure_future(collect(aconn, 1))
    await asyncio.sleep(0.02)
    second = asyncio.ensure_future(collect(aconn, 1))
    await asyncio.sleep(0.02)
    async with await scratchbird.connect_async(dsn, autocommit=True) as sender:
        await sender.notify("shared", "1")
        await asyncio.wait({first, second}, return_when=asyncio.FIRST_COMPLETED, timeout=LONG)
        await sender.notify("shared", "2")
        assert sorted(await first + await second) == ["1", "2"]


async def test_a_cancelled_iterator_hands_the_socket_on(aconn: Any, dsn: str) -> None:
    await aconn.listen("handed")
    first = asyncio.ensure_future(collect(aconn, 1))
    await asyncio.sleep(0.02)
    second = asyncio.ensure_future(collect(aconn, 1))
    await asyncio.sleep(0.02)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    async with await scratchbird.connect_async(dsn, autocommit=True) as sender:
        await sender.notify("handed", "1")
        assert await asyncio.wait_for(first, LONG) == ["1"]


async def test_cancellation_loses_nothing(aconn: Any, dsn: str) -> None:
    await aconn.listen("cancelled")
    got: list[str] = []

    async def take() -> None:
        async for notification in aconn.notifications():
            got.append(notification.payload)

    async with await scratchbird.connect_async(dsn, autocommit=True) as sender:
        for number in range(40):
            task = asyncio.ensure_future(take())
            await sender.notify("cancelled", str(number))
            await asyncio.sleep(0.001 * (number % 4))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    missing = 40 - len(got)
    got += [n.payload async for n in aconn.notifications(timeout=LONG, stop_after=missing)]
    assert got == [str(number) for number in range(40)]
    assert await (await aconn.execute("select 1")).fetchone() == (1,)


async def test_closing_ends_the_wait(aconn: Any) -> None:
    waiting = asyncio.ensure_future(collect(aconn, 1))
    await asyncio.sleep(0.05)
    await aconn.close()
    with pytest.raises(scratchbird.InterfaceError, match="closed"):
        await asyncio.wait_for(waiting, LONG)


async def test_handlers_are_called_at_once(aconn: Any, dsn: str) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def slow(notification: scratchbird.Notification) -> None:
        await asyncio.sleep(0)
        await heard.put("slow " + notification.payload)

    plain = heard.put_nowait
    await aconn.add_notification_handler(lambda n: plain(n.payload))
    await aconn.add_notification_handler(slow)
    await aconn.listen("handlers")
    async with await scratchbird.connect_async(dsn, autocommit=True) as sender:
        for number in ("1", "2"):
            await sender.notify("handlers", number)
            assert await asyncio.wait_for(heard.get(), LONG) == number
            assert await asyncio.wait_for(heard.get(), LONG) == "slow " + number
            await aconn.execute("select 1")


async def test_a_listening_connection_can_be_collected(aconn: Any, dsn: str) -> None:
    connection = await scratchbird.connect_async(dsn)
    await connection.add_notification_handler(functools.partial(print, connection))
    await asyncio.sleep(0.01)
    gone = weakref.ref(connection)
    await connection.close()
    del connection
    await asyncio.sleep(0.05)
    gc.collect()
    assert gone() is None


async def test_a_lost_connection(caplog: Any) -> None:
    def hang_up(peer: Peer) -> None:
        peer.login()
        peer.read_until(wire.QUERY)
        peer.send(wire.command_complete("LISTEN"), wire.ready())

    with ScriptedServer(hang_up) as server:
        options = {"host": server.host, "port": server.port, "user": "u", "password": "p", "sslmode": "disable"}
        connection = await scratchbird.connect_async(**options)
        await connection.add_notification_handler(print)
        waiting = asyncio.ensure_future(collect(connection, 1))
        await connection.listen("c")
        with pytest.raises(scratchbird.Error):
            await asyncio.wait_for(waiting, LONG)
        assert connection.closed
        await asyncio.sleep(0.05)
    assert "lost while handlers waited" in caplog.text or "closed" in str(waiting.exception())
