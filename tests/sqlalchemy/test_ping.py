"""`pool_pre_ping`: one PING and no statement, frame by frame; and a connection that does not answer is replaced."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, Callable, List

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer

PING, PONG = 0x1B, 0x5D


def answering(seen: List[int]) -> Callable[[Peer], None]:
    """A session that notes the code of every message and answers it: PING with PONG, a statement without rows."""

    def script(peer: Peer) -> None:
        peer.login()
        while True:
            message = peer.read()
            seen.append(message.kind)
            if message.kind == PING:
                peer.send(wire.frame(PONG, message.payload))
            elif message.kind in (wire.QUERY, wire.SYNC, wire.TXN_ROLLBACK):
                peer.send(wire.command_complete("ROLLBACK"), wire.ready())

    return script


def dying_at_the_ping(seen: List[int]) -> Callable[[Peer], None]:
    """A session that ends with the PING."""

    def script(peer: Peer) -> None:
        peer.login()
        while PING not in seen:
            seen.append(peer.read().kind)
            if seen[-1] == wire.TXN_ROLLBACK:
                peer.send(wire.command_complete("ROLLBACK"), wire.ready())

    return script


def loans(server: ScriptedServer, face: str, event: Callable[[str], Any]) -> List[Any]:
    """The driver's connections of two loans of a pool that has one; what is lent and returned is told."""
    url = f"scratchbird://u:p@{server.host}:{server.port}/d?sslmode=disable&server_profile=standard"
    options = {"pool_pre_ping": True, "pool_size": 1, "max_overflow": 0}
    used: List[Any] = []

    async def wait() -> None:
        engine = create_async_engine(url, **options)
        for _ in range(2):
            async with engine.connect() as connection:
                used.append((await connection.get_raw_connection()).driver_connection)
                event("lent")
            event("returned")
        await engine.dispose()

    if face == "asyncio":
        asyncio.run(wait())
        return used
    engine = sa.create_engine(url, **options)
    for _ in range(2):
        with engine.connect() as connection:
            used.append(connection.connection.driver_connection)
            event("lent")
        event("returned")
    engine.dispose()
    return used


@pytest.mark.parametrize("face", ["sync", "asyncio"])
def test_a_loan_costs_one_ping_and_no_statement(face: str) -> None:
    seen: List[int] = []
    told: List[Any] = []
    with ScriptedServer(answering(seen)) as server:
        first, second = loans(server, face, lambda event: told.append((event, len(seen))))
    assert first is second
    (_, _), (_, returned), (again, lent), (_, _) = told
    assert again == "lent"
    assert seen[returned:lent] == [PING]


@pytest.mark.parametrize("face", ["sync", "asyncio"])
def test_one_that_does_not_answer_is_replaced(face: str) -> None:
    asked: List[int] = []
    seen: List[int] = []
    with ScriptedServer(dying_at_the_ping(asked), answering(seen)) as server:
        first, second = loans(server, face, lambda event: None)
    assert asked[-1] == PING
    assert {wire.QUERY, wire.PARSE}.isdisjoint(asked)
    assert first is not second
    assert first.closed
    # A new one is lent without a question.
    assert PING not in seen


@pytest.mark.parametrize("face", ["sync", "asyncio"])
def test_one_that_died_in_the_pool_is_replaced(face: str) -> None:
    seen: List[int] = []

    def die(event: str) -> None:
        if event == "returned" and server.current is not None:
            server.current.shutdown(socket.SHUT_RDWR)

    with ScriptedServer(answering([]), answering(seen)) as server:
        first, second = loans(server, face, die)
    assert first is not second
    assert first.closed
    assert PING not in seen
