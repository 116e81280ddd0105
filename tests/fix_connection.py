"""Connections, each test on both faces.

`connect` and `conn` are parametrised over the blocking and the asyncio face. The asyncio face is driven from here, call
by call, so that one test text says what both must do; what only makes sense with an event loop is in `test_async.py`.
"""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, Callable, Iterator

import pytest

import scratchbird
from scratchbird import (
    AsyncConnection,
    AsyncCopy,
    AsyncCursor,
    AsyncPipeline,
    AsyncPreparedStatement,
    AsyncRowStream,
    AsyncTransaction,
)

FACES = (
    AsyncConnection,
    AsyncCopy,
    AsyncCursor,
    AsyncPipeline,
    AsyncPreparedStatement,
    AsyncRowStream,
    AsyncTransaction,
)


async def _finish(awaitable: Any) -> Any:
    return await awaitable


class Driven:
    """An object of the asyncio face that blocks: awaits what its methods return."""

    def __init__(self, target: Any, loop: asyncio.AbstractEventLoop) -> None:
        object.__setattr__(self, "_target", target)
        object.__setattr__(self, "_loop", loop)

    def _wait(self, value: Any) -> Any:
        if inspect.isawaitable(value):
            value = self._loop.run_until_complete(_finish(value))
        if isinstance(value, FACES):
            return self if value is self._target else Driven(value, self._loop)
        if inspect.isasyncgen(value):
            return iter(Driven(value, self._loop))
        return value

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if not callable(value) or isinstance(value, type) or name == "row_factory":
            return self._wait(value)
        return lambda *args, **kwargs: self._wait(value(*args, **kwargs))

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._target, name, value)

    def __enter__(self) -> Any:
        return self._wait(self._target.__aenter__())

    def __exit__(self, *exc: Any) -> Any:
        return self._wait(self._target.__aexit__(*exc))

    def __iter__(self) -> Iterator[Any]:
        iterator = self._target.__aiter__()
        while True:
            try:
                yield self._wait(iterator.__anext__())
            except StopAsyncIteration:
                return

    def __next__(self) -> Any:
        try:
            return self._wait(self._target.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """`connect(dsn, **keywords)` of either face; what it opens is closed after the test."""
    opened: list[Any] = []
    loop = None if request.param == "sync" else asyncio.new_event_loop()

    def open_connection(*args: Any, **kwargs: Any) -> Any:
        if loop is None:
            connection: Any = scratchbird.connect(*args, **kwargs)
        else:
            connection = Driven(loop.run_until_complete(_finish(scratchbird.connect_async(*args, **kwargs))), loop)
        opened.append(connection)
        return connection

    yield open_connection
    while opened:
        opened.pop().close()
    if loop is not None:
        loop.close()


@pytest.fixture
def conn(connect: Callable[..., Any], dsn: str) -> Any:
    """A connection of either face, in a transaction that is rolled back after the test."""
    return connect(dsn)


@pytest.fixture
def cur(conn: Any) -> Any:
    """A cursor on `conn`."""
    return conn.cursor()


@pytest.fixture
def ledger(dsn: str) -> Iterator[str]:
    """A committed, empty table. Asked for first, so that the test's connections are closed before it is dropped."""
    with scratchbird.connect(dsn, autocommit=True) as admin:
        admin.execute("create table ledger (n int)")
    yield "ledger"
    with scratchbird.connect(dsn, autocommit=True) as admin:
        admin.execute("drop table ledger")


@pytest.fixture(params=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> Any:
    """The event loops on which tests marked `anyio` run."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop does not exist for this platform")
        return ("asyncio", {"use_uvloop": True})
    return "asyncio"


@pytest.fixture
async def aconn(anyio_backend: Any, dsn: str) -> Any:
    """An asyncio connection on the loop of the test."""
    connection = await scratchbird.connect_async(dsn)
    yield connection
    if not connection.closed:
        await connection.close()
