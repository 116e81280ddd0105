"""Pools, each test on both faces, and a gate that makes a server unreachable."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any, Callable, Iterator

import pytest

import scratchbird
from scratchbird import AsyncConnectionPool, ConnectionPool
from tests.fix_connection import Driven
from tests.pool.gate import Gate


class DrivenPool(Driven):
    """An asynchronous pool that blocks. Its hooks may be plain functions of a driven connection."""

    def getconn(self, *args: Any, **kwargs: Any) -> Any:
        return Driven(self._loop.run_until_complete(self._target.getconn(*args, **kwargs)), self._loop)

    def putconn(self, connection: Driven) -> None:
        self._loop.run_until_complete(self._target.putconn(connection._target))

    def connection(self, *args: Any, **kwargs: Any) -> Any:
        loop, manager = self._loop, self._target.connection(*args, **kwargs)

        class Block:
            def __enter__(self) -> Any:
                return Driven(loop.run_until_complete(manager.__aenter__()), loop)

            def __exit__(self, *exc: Any) -> Any:
                return loop.run_until_complete(manager.__aexit__(*exc))

        return Block()


@pytest.fixture(params=["sync", "async"])
def make_pool(request: pytest.FixtureRequest, dsn: str) -> Iterator[Callable[..., Any]]:
    """`make_pool(**options)` of either face, on the development server; closed after the test."""
    made = []
    loop = None if request.param == "sync" else asyncio.new_event_loop()

    def make(given: str = dsn, *, null: bool = False, **options: Any) -> Any:
        if loop is None:
            sync = scratchbird.NullConnectionPool if null else ConnectionPool
            pool: Any = sync(given, **options)
        else:
            asynchronous = scratchbird.AsyncNullConnectionPool if null else AsyncConnectionPool
            pool = DrivenPool(asynchronous(given, **options), loop)
        made.append(pool)
        return pool

    make.is_async = loop is not None  # type: ignore[attr-defined]
    yield make
    for pool in made:
        pool.close()
    gc.collect()
    if loop is not None:
        loop.close()


@pytest.fixture
def hook(make_pool: Any) -> Callable[[Callable[[Any], Any]], Any]:
    """`hook(coroutine function)` for the face under test: driven to its end where the face is the blocking one."""

    def adapt(function: Callable[[Any], Any]) -> Any:
        if make_pool.is_async:
            return function

        def blocking(connection: Any) -> None:
            coroutine = function(Awaiting(connection))
            with pytest.raises(StopIteration):
                try:
                    coroutine.send(None)
                except StopIteration:
                    raise
                except BaseException as error:
                    blocking.error = error  # type: ignore[attr-defined]
                    raise StopIteration from None
            error, blocking.error = blocking.error, None  # type: ignore[attr-defined]
            if error is not None:
                raise error

        blocking.error = None  # type: ignore[attr-defined]
        return blocking

    return adapt


class Awaiting:
    """A blocking connection whose calls can be awaited: they are over by then."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._connection, name)
        if not callable(value):
            return value

        def call(*args: Any, **kwargs: Any) -> Any:
            result = value(*args, **kwargs)

            async def done() -> Any:
                return result

            return done()

        return call


@pytest.fixture
def gate(server: Any) -> Iterator[Gate]:
    """A gate before the development server."""
    gate = Gate(server.host, server.port)
    yield gate
    gate.close()


@pytest.fixture
def gated_dsn(gate: Gate, server: Any, dsn: str) -> str:
    """The development server through the gate."""
    return dsn.replace(f":{server.port}/", f":{gate.port}/")


def eventually(condition: Callable[[], Any], within: float = 10.0) -> Any:
    """The first true result of `condition`."""
    deadline = time.monotonic() + within
    while True:
        result = condition()
        if result:
            return result
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.01)
