"""Time limits of what ends a transaction or a connection: the outcome is known, or said to be unknown."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any, Callable, List

import pytest

import scratchbird
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer

PATIENCE = 20
CANCEL, CANCEL_ACK, CANCELLED, TXN_COMMIT, TXN_ROLLBACK = 0x0B, 0x65, 0x66, 0x16, 0x17
Connect = Callable[..., Any]


def options(server: ScriptedServer) -> dict[str, Any]:
    return {
        "host": server.host,
        "port": server.port,
        "user": "u",
        "password": "p",
        "database": "d",
        "sslmode": "disable",
    }


def insert(peer: Peer) -> None:
    peer.login()
    peer.read_request()
    peer.send(wire.command_complete("INSERT 1", 1), wire.ready())


def cancelled(peer: Peer) -> None:
    """The end of a statement that was cancelled, and the answers to the CANCEL itself."""
    peer.read_until(CANCEL)
    peer.send(wire.error("57014", "canceled"), wire.ready())
    outcome = bytes(16) + b"".join(wire.lpstr(text) for text in ("user_statement_cancelled", "57014", "a", "b", "no"))
    peer.send(wire.frame(CANCEL_ACK, bytes(16) + b"\1"), wire.frame(CANCELLED, outcome), wire.ready(reason=6))


CALLS = [
    pytest.param("commit", TXN_COMMIT, id="commit"),
    pytest.param("rollback", TXN_ROLLBACK, id="rollback"),
    pytest.param("tpc_commit", wire.QUERY, id="tpc_commit"),
]


def call(conn: Any, name: str, timeout: float) -> None:
    if name == "tpc_commit":
        conn.rollback()
        conn.tpc_commit("some", timeout=timeout)
    else:
        getattr(conn, name)(timeout=timeout)


def before(peer: Peer, name: str) -> None:
    insert(peer)
    if name == "tpc_commit":
        peer.read_until(TXN_ROLLBACK)
        peer.send(wire.command_complete("ROLLBACK"), wire.ready())


@pytest.mark.parametrize(("name", "kind"), CALLS)
def test_it_was_cancelled(connect: Connect, name: str, kind: int) -> None:
    """The server says so: it has not taken place, and the connection goes on."""

    def script(peer: Peer) -> None:
        before(peer, name)
        peer.read_until(kind)
        cancelled(peer)
        peer.read_until(TXN_ROLLBACK)
        peer.send(wire.command_complete("ROLLBACK"), wire.ready())

    with ScriptedServer(script) as server:
        conn = connect(**options(server))
        conn.execute("insert into t values (1)")
        with pytest.raises(scratchbird.OperationalError) as info:
            call(conn, name, 0.2)
        assert info.value.sqlstate == "57014"
        assert not info.value.outcome_unknown
        assert not conn.closed
        conn.rollback()
        conn.close()


@pytest.mark.parametrize(("name", "kind"), CALLS)
def test_it_had_taken_place(connect: Connect, name: str, kind: int) -> None:
    """The answer crosses the CANCEL: then the call has succeeded."""

    def script(peer: Peer) -> None:
        before(peer, name)
        peer.read_until(kind)
        peer.read_until(CANCEL)
        peer.send(wire.command_complete("COMMIT"), wire.ready())
        outcome = bytes(16) + b"".join(
            wire.lpstr(text) for text in ("cancel_target_not_found", "57014", "a", "b", "no")
        )
        peer.send(wire.frame(CANCEL_ACK, bytes(16) + b"\1"), wire.frame(CANCELLED, outcome), wire.ready(reason=6))
        peer.read_request()
        peer.send(wire.command_complete("INSERT 1", 1), wire.ready())

    with ScriptedServer(script) as server:
        conn = connect(**options(server))
        conn.execute("insert into t values (1)")
        call(conn, name, 0.2)
        conn.execute("insert into t values (1)")
        conn.close()


@pytest.mark.parametrize(("name", "kind"), CALLS)
def test_nobody_knows(connect: Connect, name: str, kind: int) -> None:
    """A server that does not answer the CANCEL either: closed, and of a commit nobody knows the outcome."""

    def script(peer: Peer) -> None:
        before(peer, name)
        peer.read_until(kind)
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect(**options(server))
        conn.execute("insert into t values (1)")
        started = time.monotonic()
        with pytest.raises(scratchbird.OperationalError) as info:
            call(conn, name, 0.2)
        assert time.monotonic() - started < PATIENCE
        assert info.value.sqlstate == ("08006" if name == "rollback" else "08007")
        assert info.value.outcome_unknown is (name != "rollback")
        assert conn.closed
        conn.close()


def test_a_block(connect: Connect) -> None:
    """The commit of the block is cancelled, and what it did is rolled back."""

    def script(peer: Peer) -> None:
        insert(peer)
        peer.read_until(TXN_COMMIT)
        cancelled(peer)
        peer.read_until(TXN_ROLLBACK)
        peer.send(wire.command_complete("ROLLBACK"), wire.ready())

    with ScriptedServer(script) as server:
        conn = connect(**options(server))
        with pytest.raises(scratchbird.OperationalError) as info, conn.transaction(timeout=0.2):
            conn.execute("insert into t values (1)")
        assert info.value.sqlstate == "57014"
        assert not conn.closed
        conn.close()


def test_statement_timeout_holds_for_them(connect: Connect) -> None:
    def script(peer: Peer) -> None:
        insert(peer)
        peer.read_until(TXN_COMMIT)
        cancelled(peer)

    with ScriptedServer(script) as server:
        conn = connect(**options(server), statement_timeout=1)
        conn.execute("insert into t values (1)")
        with pytest.raises(scratchbird.OperationalError) as info:
            conn.commit()
        assert info.value.sqlstate == "57014"
        conn.close()


LATE: List[Callable[[Any], Any]] = [
    lambda conn: conn.commit(timeout=0.1),
    lambda conn: conn.rollback(timeout=0.1),
    lambda conn: conn.savepoint("a", timeout=0.1),
    lambda conn: conn.release_savepoint("a", timeout=0.1),
    lambda conn: conn.rollback_to_savepoint("a", timeout=0.1),
    lambda conn: conn.prepare("select 1", timeout=0.1),
    lambda conn: conn.notify("a", timeout=0.1),
    lambda conn: conn.subscribe("busy", timeout=0.1),
    lambda conn: conn.transaction(timeout=0.1).__enter__(),
    lambda conn: conn.cursor().callproc("p", timeout=0.1),
    lambda conn: conn.cursor().callfunc("lower", str, ["A"], timeout=0.1),
]


def test_another_thread_has_the_connection(dsn: str) -> None:
    """Nothing is sent: nothing has taken place, and the other one goes on."""
    with scratchbird.connect(dsn) as conn:
        conn.execute("create temporary table busy (n int)")
        answers: List[Any] = []
        other = threading.Thread(target=lambda: answers.append(conn.fetchval("select 7 from pg_sleep(3)")))
        other.start()
        time.sleep(0.2)
        for late in LATE:
            with pytest.raises(scratchbird.OperationalError) as info:
                late(conn)
            assert info.value.sqlstate == "57014"
            assert not info.value.outcome_unknown
        assert answers == []
        other.join()
        assert answers == [7]
        conn.execute("insert into busy values (1)")
        conn.rollback(timeout=PATIENCE)
    with pytest.raises(scratchbird.InterfaceError):
        conn.commit(timeout=1)


@pytest.mark.parametrize("timeout", [-1, float("nan"), float("inf")])
def test_what_is_no_limit(conn: Any, timeout: float) -> None:
    for method in (conn.commit, conn.rollback, conn.close):
        with pytest.raises(scratchbird.ProgrammingError, match="seconds"):
            method(timeout=timeout)


def test_a_pool_takes_back_in_time(dsn: str) -> None:
    with scratchbird.ConnectionPool(dsn, min_size=1, max_size=1) as pool:
        conn = pool.getconn()
        conn.execute("select 1")
        started = time.monotonic()
        pool.putconn(conn, timeout=0)
        assert time.monotonic() - started < PATIENCE
        with pool.connection(PATIENCE) as again:
            assert again.fetchval("select 2") == 2
        conn = pool.getconn()
        conn.close(timeout=PATIENCE)
        assert conn.closed
        conn = pool.getconn()
        with pytest.raises(scratchbird.ProgrammingError):
            pool.putconn(conn, timeout=-1)
        pool.putconn(conn)


@pytest.mark.anyio
async def test_closing_what_does_not_let_go(anyio_backend: Any, dsn: str) -> None:
    """A statement of a task that is never given its turn: close() does not wait for it for ever."""
    conn = await scratchbird.connect_async(dsn)
    started = asyncio.Event()

    async def work() -> None:
        started.set()
        await conn.execute("select pg_sleep(30)")

    task = asyncio.ensure_future(work())
    await started.wait()
    await asyncio.sleep(0.2)
    await conn.close(timeout=PATIENCE)
    with pytest.raises(scratchbird.OperationalError):
        await task
    assert conn.closed


def test_a_bare_cancel_from_a_thread(dsn: str) -> None:
    """AsyncConnection.cancel() acts when it is called: nobody has to await it."""

    async def main() -> None:
        async with await scratchbird.connect_async(dsn) as conn:
            timer = threading.Timer(0.2, conn.cancel)
            timer.start()
            with pytest.raises(scratchbird.OperationalError) as info:
                await asyncio.wait_for(conn.execute("select pg_sleep(30)"), PATIENCE)
            assert info.value.sqlstate == "57014"
            timer.join()
            await conn.rollback()
            asyncio.get_running_loop().call_later(0.1, conn.cancel)
            with pytest.raises(scratchbird.OperationalError):
                await asyncio.wait_for(conn.execute("select pg_sleep(30)"), PATIENCE)
            await conn.rollback()
            # Awaited it does the same.
            assert await conn.cancel() is None
            assert await conn.fetchval("select 1") == 1

    asyncio.run(main())
