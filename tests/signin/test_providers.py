"""Tokens and passwords that are asked for: by callables of every kind, at every login, also by pools."""

from __future__ import annotations

import asyncio
import contextvars
import functools
import gc
import os
import threading
import time
from typing import Any, Callable, List

import pytest

import scratchbird
from scratchbird import AsyncConnection, AsyncConnectionPool, ConnectionPool
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer
from tests.fix_pool import eventually
from tests.signin.conftest import PASSWORD, TOKEN, address

Connect = Callable[..., Any]


class Counted:
    """A provider that counts how often it was asked."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.asked = 0

    def __call__(self) -> str:
        self.asked += 1
        return self.secret


def works(conn: Any) -> bool:
    return bool(conn.execute("select 1").fetchone() == (1,))


def test_a_token_as_a_string(connect: Connect, token_server: Any) -> None:
    assert works(connect(**address(token_server), token=TOKEN))


@pytest.mark.parametrize("key", ["token", "auth_token", "bearer_token"])
def test_a_token_is_asked_for_at_every_login(connect: Connect, token_server: Any, key: str) -> None:
    provider = Counted(TOKEN)
    for round_ in (1, 2, 3):
        assert works(connect(**address(token_server), **{key: provider}))
        assert provider.asked == round_


def test_a_password_is_asked_for(connect: Connect, password_server: Any) -> None:
    provider = Counted(PASSWORD)
    assert works(connect(**address(password_server), password=provider))
    assert provider.asked == 1


def test_a_callable_wins_over_the_dsn(connect: Connect, password_server: Any) -> None:
    dsn = f"scratchbird://alice:wrong@{password_server.host}:{password_server.port}/{password_server.database}"
    assert works(connect(dsn, password=lambda: PASSWORD))


def test_only_what_the_server_wants_is_asked_for(connect: Connect, password_server: Any) -> None:
    token = Counted(TOKEN)
    assert works(connect(**address(password_server), password=PASSWORD, token=token))
    assert token.asked == 0


def test_a_coroutine_function(connect: Connect, token_server: Any) -> None:
    async def token() -> str:
        await asyncio.sleep(0)
        return TOKEN

    assert works(connect(**address(token_server), token=token))
    assert works(connect(**address(token_server), token=functools.partial(token)))
    assert works(connect(**address(token_server), token=lambda: token()))


@pytest.mark.anyio
async def test_a_coroutine_runs_on_the_loop_that_connects(token_server: Any, anyio_backend: Any) -> None:
    loops: List[Any] = []
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable")
    variable.set(TOKEN)

    async def token() -> str:
        loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0.01)
        return variable.get()

    conn = await scratchbird.connect_async(**address(token_server), token=token)
    await conn.close()
    assert loops == [asyncio.get_running_loop()]


def test_a_function_sees_the_context_of_the_caller(connect: Connect, token_server: Any) -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="")
    variable.set(TOKEN)
    assert works(connect(**address(token_server), token=variable.get))


def test_a_blocking_connect_on_a_loop_thread_does_not_wait_for_that_loop(token_server: Any) -> None:
    async def token() -> str:
        return TOKEN

    async def main() -> None:
        with scratchbird.connect(**address(token_server), token=token, connect_timeout=10) as conn:
            assert works(conn)

    asyncio.run(main())


class Outage(Exception):
    pass


def test_what_it_raises_is_the_cause(connect: Connect, token_server: Any) -> None:
    def token() -> str:
        raise Outage("no network")

    with pytest.raises(scratchbird.OperationalError, match="the callable given as auth_token failed") as caught:
        connect(**address(token_server), token=token)
    assert caught.value.sqlstate == "28000"
    assert isinstance(caught.value.__cause__, Outage)
    assert "no network" not in str(caught.value)


@pytest.mark.parametrize("answer", [None, 7, b"bytes"])
def test_anything_but_text_is_refused(connect: Connect, token_server: Any, answer: Any) -> None:
    with pytest.raises(scratchbird.InterfaceError, match=f"must return a str, not {type(answer).__name__}"):
        connect(**address(token_server), token=lambda: answer)


def test_an_empty_token_is_refused(connect: Connect, token_server: Any) -> None:
    with pytest.raises(scratchbird.OperationalError, match="empty"):
        connect(**address(token_server), token=lambda: "")


def test_other_parameters_take_no_callable(connect: Connect) -> None:
    with pytest.raises(scratchbird.InterfaceError, match="database: only password, token and manager_auth_token"):
        connect(user="u", database=lambda: "d")
    with pytest.raises(scratchbird.InterfaceError, match="given twice"):
        connect(user="u", token=lambda: "t", auth_token=lambda: "t")
    with pytest.raises(scratchbird.InterfaceError, match="both as a value and as a callable"):
        connect(user="u", token=lambda: "t", auth_token="t")


def test_the_time_limit_holds_for_it_too(connect: Connect, token_server: Any) -> None:
    release = threading.Event()

    def token() -> str:
        release.wait(20)
        return TOKEN

    began = time.monotonic()
    try:
        with pytest.raises(scratchbird.OperationalError, match="connect_timeout"):
            connect(**address(token_server), token=token, connect_timeout=0.3)
        assert time.monotonic() - began < 10
    finally:
        release.set()


def test_a_coroutine_that_nobody_waits_for_is_cancelled(token_server: Any) -> None:
    events: List[str] = []

    async def token() -> str:
        events.append("asked")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            events.append("cancelled")
            raise
        return TOKEN

    async def main() -> None:
        task = asyncio.ensure_future(scratchbird.connect_async(**address(token_server), token=token))
        for _ in range(1000):
            if events:
                break
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        for _ in range(500):
            if len(events) == 2:
                break
            await asyncio.sleep(0.01)

    asyncio.run(main())
    assert events == ["asked", "cancelled"]


def test_a_pool_asks_for_every_connection(make_pool: Any, token_server: Any) -> None:
    provider = Counted(TOKEN)
    pool = make_pool(None, min_size=2, **address(token_server), token=provider)
    pool.wait()
    assert provider.asked == 2
    pool.drain()
    pool.wait()
    with pool.connection() as conn:
        assert works(conn)
    eventually(lambda: provider.asked >= 4)


def test_a_pool_outlasts_a_provider_that_fails_for_a_while(make_pool: Any, token_server: Any) -> None:
    failures = [Outage("one"), Outage("two")]

    def token() -> str:
        if failures:
            raise failures.pop()
        return TOKEN

    pool = make_pool(None, min_size=1, **address(token_server), token=token)
    with pool.connection(timeout=20) as conn:
        assert works(conn)
    assert not failures


def test_an_asynchronous_pool_awaits_on_its_loop(token_server: Any) -> None:
    loops: List[Any] = []

    async def token() -> str:
        loops.append(asyncio.get_running_loop())
        return TOKEN

    async def main() -> None:
        async with AsyncConnectionPool(min_size=2, **address(token_server), token=token) as pool:
            await pool.wait()
            async with pool.connection() as conn:
                await conn.execute("select 1")
            assert set(loops) == {asyncio.get_running_loop()}

    asyncio.run(main())
    assert len(loops) == 2


def test_a_blocking_pool_runs_a_loop_of_its_own(token_server: Any) -> None:
    async def token() -> str:
        return TOKEN

    with ConnectionPool(min_size=1, **address(token_server), token=token) as pool, pool.connection() as conn:
        assert works(conn)


def test_the_pools_of_pooling_go_by_the_callable(token_server: Any) -> None:
    def token() -> str:
        return TOKEN

    def other() -> str:
        return TOKEN

    def session(**options: Any) -> Any:
        with scratchbird.connect(**address(token_server), **options) as conn:
            return conn.info.session_id

    scratchbird.pooling()
    try:
        first = session(token=token)
        assert session(token=token) == first
        assert session(token=other) != first
    finally:
        scratchbird.pooling(enabled=False)


async def _session_of_the_classmethod(server: Any) -> Any:
    conn = await AsyncConnection.connect(**address(server), token=TOKEN)
    try:
        return conn.info.session_id
    finally:
        await conn.close()


def test_the_classmethod_takes_part_in_pooling(token_server: Any) -> None:
    async def main() -> None:
        scratchbird.pooling()
        first = await _session_of_the_classmethod(token_server)
        assert await _session_of_the_classmethod(token_server) == first
        scratchbird.pooling(enabled=False)
        assert await _session_of_the_classmethod(token_server) != first

    try:
        asyncio.run(main())
    finally:
        scratchbird.pooling(enabled=False)


def test_a_provider_may_use_the_driver_itself(token_server: Any, password_server: Any) -> None:
    """The runtime's only worker must not be the one that waits for the callable."""

    def token() -> str:
        with scratchbird.connect(**address(password_server), password=PASSWORD) as conn:
            return str(conn.execute("select %s", (TOKEN,)).fetchone()[0])

    with scratchbird.connect(**address(token_server), token=token) as conn:
        assert works(conn)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork exists on POSIX only")
def test_a_forked_child_asks_too(token_server: Any) -> None:
    with scratchbird.connect(**address(token_server), token=lambda: TOKEN) as conn:
        assert works(conn)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with scratchbird.connect(**address(token_server), token=lambda: TOKEN, connect_timeout=10) as conn:
                status = 0 if works(conn) else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


def test_nothing_keeps_a_callable_alive(token_server: Any) -> None:
    import weakref

    provider = Counted(TOKEN)
    gone = weakref.ref(provider)
    scratchbird.connect(**address(token_server), token=provider).close()
    del provider

    def is_gone() -> bool:
        gc.collect()
        return gone() is None

    eventually(is_gone)


def test_an_answer_after_the_client_has_gone_is_harmless(connect: Connect) -> None:
    """The server hangs up while the callable is at work."""
    closed = threading.Event()
    answered = threading.Event()

    def token() -> str:
        closed.wait(10)
        time.sleep(0.05)
        answered.set()
        return TOKEN

    def script(peer: Peer) -> None:
        peer.read_until(wire.STARTUP)
        peer.send(wire.auth_request(5))
        closed.set()

    with ScriptedServer(script) as server, pytest.raises(scratchbird.OperationalError):
        connect(host=server.host, port=server.port, user="u", sslmode="disable", token=token, connect_timeout=10)
    assert answered.wait(10)
