"""The asyncio face of a pool: hooks and `async with` blocks in the task that takes or returns a connection."""

from __future__ import annotations

import asyncio
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, AsyncContextManager, Generic, Optional, Type, TypeVar

from scratchbird import errors
from scratchbird.aio import AsyncConnection
from scratchbird.pool.base import FIRST_PAUSE, LONGEST_PAUSE, UNFINISHED, UNLIMITED, PoolBase
from scratchbird.pool.engine import log
from scratchbird.rows import Row, RowFactory

if TYPE_CHECKING:
    from typing import Awaitable, Callable

    AsyncHook = Callable[[AsyncConnection[Any]], Awaitable[Any]]

_AsyncPool = TypeVar("_AsyncPool", bound="AsyncConnectionPool[Any]")


class AsyncPooledConnection(AsyncConnection[Row]):
    """A connection that a pool has lent. `close` gives it back."""

    _pool: AsyncConnectionPool[Row]
    _lent_at: Optional[float] = None
    """When it was lent, where that is measured."""

    async def close(self, *, timeout: Optional[float] = None) -> None:  # type: ignore[override]
        """Give the connection back to its pool; work that is not committed is rolled back. Twice is no error."""
        await self._pool.putconn(self, timeout)


class _Loan(AsyncContextManager[AsyncConnection[Row]]):
    """The block of `AsyncConnectionPool.connection`."""

    __slots__ = ("_connection", "_pool", "_timeout")
    _connection: AsyncConnection[Row]

    def __init__(self, pool: AsyncConnectionPool[Row], timeout: Optional[float]) -> None:
        self._pool, self._timeout = pool, timeout

    async def __aenter__(self) -> AsyncConnection[Row]:
        self._connection = await self._pool.getconn(self._timeout)
        return self._connection

    async def __aexit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self._connection.__aexit__(exc_type, exc, traceback)


class AsyncConnectionPool(PoolBase, Generic[Row]):
    """A pool of connections for asyncio. The arguments are those of
    [`ConnectionPool`][scratchbird.ConnectionPool]; the hooks are coroutine functions.

    Example:
        >>> import asyncio
        >>> async def main() -> None:
        ...     async with AsyncConnectionPool(dsn, min_size=1) as pool:
        ...         async with pool.connection() as conn:
        ...             cursor = await conn.execute("select 1")
        ...             print(await cursor.fetchone())
        >>> asyncio.run(main())
        (1,)
    """

    def __init__(
        self,
        dsn: Optional[str] = None,
        *,
        min_size: int = 4,
        max_size: Optional[int] = None,
        timeout: float = 30.0,
        max_waiting: int = 0,
        max_lifetime: float = 3600.0,
        max_idle: float = 600.0,
        reconnect_timeout: float = 300.0,
        ping_after: float = 30.0,
        configure: Optional[AsyncHook] = None,
        check: Optional[AsyncHook] = None,
        reset: Optional[AsyncHook] = None,
        breaker_failures: int = 0,
        breaker_pause: float = 30.0,
        name: Optional[str] = None,
        row_factory: Optional[RowFactory[Row]] = None,
        open: bool = True,  # noqa: A002 - the name that users of other pools know
        **options: Any,
    ) -> None:
        self._configure, self._check, self._reset = configure, check, reset
        self._row_factory = row_factory
        try:
            self._make(
                dsn,
                options,
                timeout,
                {
                    "name": name,
                    "min_size": min_size,
                    "max_size": min_size if max_size is None else max_size,
                    "keep_idle": self._keeps_idle,
                    "max_waiting": max_waiting,
                    "max_lifetime": max_lifetime,
                    "max_idle": max_idle,
                    "reconnect_timeout": reconnect_timeout,
                    "ping_after": ping_after,
                    "breaker_failures": breaker_failures,
                    "breaker_pause": breaker_pause,
                },
            )
        finally:
            # A traceback that shows variables shows no secrets of this frame.
            del dsn, options
        self._use_loop()
        if open:
            self._engine.open()

    def _use_loop(self) -> None:
        """Have what asks for a token awaited on the loop that uses the pool."""
        for provider in self._engine.providers:
            provider.use_running_loop()

    @classmethod
    def sharing(
        cls: Type[_AsyncPool],
        pool: PoolBase,
        *,
        configure: Optional[AsyncHook] = None,
        check: Optional[AsyncHook] = None,
        reset: Optional[AsyncHook] = None,
        row_factory: Optional[RowFactory[Any]] = None,
    ) -> _AsyncPool:
        """Another face of a pool. As [`ConnectionPool.sharing`][scratchbird.ConnectionPool.sharing]."""
        shared = cls.__new__(cls)
        shared._configure, shared._check, shared._reset = configure, check, reset
        shared._row_factory = row_factory
        shared.timeout = pool.timeout
        shared._engine = pool._engine
        return shared

    @staticmethod
    async def check_connection(connection: AsyncConnection[Any]) -> None:
        """A `check` that asks the server for a sign of life: one round trip for every loan."""
        await connection.ping()

    async def open(self, wait: bool = False, timeout: float = 30.0) -> None:
        """Start connecting. As [`ConnectionPool.open`][scratchbird.ConnectionPool.open], awaited."""
        self._use_loop()
        self._engine.open()
        if wait:
            await self.wait(timeout)

    async def wait(self, timeout: float = 30.0) -> None:
        """Wait for the connections. As [`ConnectionPool.wait`][scratchbird.ConnectionPool.wait], awaited."""
        await self._engine.core.wait_async(self._seconds(timeout))

    async def close(self, timeout: float = 5.0) -> None:
        """Close the pool. As [`ConnectionPool.close`][scratchbird.ConnectionPool.close], awaited."""
        await self._engine.core.close_async(self._seconds(timeout))
        self._engine.closed()

    def connection(self, timeout: Optional[float] = None) -> AsyncContextManager[AsyncConnection[Row]]:
        """Lend a connection to an `async with` block. As
        [`ConnectionPool.connection`][scratchbird.ConnectionPool.connection]."""
        return _Loan(self, timeout)

    async def getconn(self, timeout: Optional[float] = None) -> AsyncConnection[Row]:
        """Lend a connection. As [`ConnectionPool.getconn`][scratchbird.ConnectionPool.getconn], awaited."""
        instruments = self._engine.instruments()
        if instruments is None:
            return await self._lend(timeout)
        with instruments.pools.waiting(self.name):
            connection = await self._lend(timeout)
        connection._lent_at = time.perf_counter()
        return connection

    async def _lend(self, timeout: Optional[float]) -> AsyncPooledConnection[Row]:
        self._use_loop()
        core = self._engine.core
        deadline = self._deadline(timeout)
        pause = FIRST_PAUSE
        while True:
            connection: AsyncPooledConnection[Row] = AsyncPooledConnection(
                await core.acquire_async(max(0.0, deadline - time.monotonic()))
            )
            connection._pool = self
            if self._row_factory is not None:
                connection.row_factory = self._row_factory
            first = core.is_first(connection)
            try:
                if self._configure is not None:
                    await self._prepare(connection, self._configure)
                failure = None if self._check is None else await self._checked(connection, self._check)
            except BaseException:
                core.release(connection, False)
                raise
            if failure is None:
                if not first:
                    log("reused", self.name, core.number(connection))
                return connection
            core.release(connection, False)
            waited = pause if first else 0.0
            self._rejected(deadline, waited, failure)
            await asyncio.sleep(waited)
            pause = min(pause + waited, LONGEST_PAUSE)

    async def _prepare(self, connection: AsyncConnection[Any], configure: AsyncHook) -> None:
        if self._engine.core.is_new(connection):
            await configure(connection)
            if self._engine.core.is_dirty(connection):
                raise errors.ProgrammingError(UNFINISHED.format("configure"))
            self._engine.core.set_configured(connection)

    async def _checked(self, connection: AsyncConnection[Any], check: AsyncHook) -> Optional[Exception]:
        try:
            await check(connection)
            if self._engine.core.is_dirty(connection):
                await connection.rollback()
        except Exception as failure:
            return failure
        return None

    async def putconn(self, connection: AsyncConnection[Any], timeout: Optional[float] = None) -> None:
        """Give a connection back. As [`ConnectionPool.putconn`][scratchbird.ConnectionPool.putconn], awaited."""
        if getattr(connection, "_pool", None) is not self:
            raise errors.InterfaceError("the connection does not come from this pool")
        core = self._engine.core
        number = core.number(connection)
        if number is None:
            return
        good = not connection.closed
        if good and self._reset is not None:
            try:
                if core.is_dirty(connection):
                    await connection.rollback(timeout=timeout)
                await self._reset(connection)
            except Exception as failure:
                log("failed", self.name, number, f"reset: {failure}")
                good = False
            except BaseException:
                core.release(connection, False)
                raise
        await core.release_async(connection, good, timeout)
        log("returned", self.name, number)
        self._returned(connection)

    async def __aenter__(self: _AsyncPool) -> _AsyncPool:
        await self.open()
        return self

    async def __aexit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()


class AsyncNullConnectionPool(AsyncConnectionPool[Row]):
    """A pool that keeps nothing, as [`NullConnectionPool`][scratchbird.NullConnectionPool].

    Args:
        dsn: the connection string.
        max_size: the most connections at once; None is no limit (16 384).
        **options: as for [`AsyncConnectionPool`][scratchbird.AsyncConnectionPool], except `min_size`, which is 0.
    """

    _keeps_idle = False

    def __init__(self, dsn: Optional[str] = None, *, max_size: Optional[int] = None, **options: Any) -> None:
        try:
            super().__init__(dsn, min_size=0, max_size=max_size or UNLIMITED, **options)
        finally:
            del dsn, options
