"""Where the connections of LangChain's components come from: a string, a pool or a connection, for both faces.

Work is a function that takes a connection of either face and gives the steps to take on it; here it gets a connection
and a transaction block. This module knows nothing of LangChain.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager, contextmanager, nullcontext
from functools import partial
from typing import (
    Any,
    AsyncContextManager,
    AsyncIterator,
    Callable,
    ContextManager,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
    Union,
)

from scratchbird import errors
from scratchbird._steps import Steps, awaiting, blocking
from scratchbird.aio import AsyncConnection
from scratchbird.dbapi import Connection
from scratchbird.pool import AsyncConnectionPool, ConnectionPool
from scratchbird.rows import tuple_row

T = TypeVar("T")
Connections = Union[str, ConnectionPool[Any], AsyncConnectionPool[Any], Connection[Any], AsyncConnection[Any]]
Rows = List[Tuple[Any, ...]]
Work = Callable[[Any], Steps[T]]

_MOST = 8
"""Connections of a pool that is made for a string."""


def fetched(connection: Any, sql: str, params: Sequence[Any] = ()) -> Steps[Rows]:
    """The rows of a query."""
    cursor = connection.cursor()
    yield partial(cursor.execute, sql, params)
    rows: Rows = yield cursor.fetchall
    return rows


def executed(connection: Any, sql: str, params: Sequence[Any] = ()) -> Steps[int]:
    """Run a statement; the number of rows it changed."""
    cursor = connection.cursor()
    yield partial(cursor.execute, sql, params)
    return int(cursor.rowcount)


def repeated(connection: Any, sql: str, rows: Sequence[Sequence[Any]]) -> Steps[None]:
    """Run a statement once for every row of values."""
    if rows:
        yield partial(connection.cursor().executemany, sql, rows)


@contextmanager
def _tuples(connection: Any) -> Iterator[None]:
    """Rows are tuples for a while, whatever the user's connection makes of its rows."""
    factory = connection.row_factory
    connection.row_factory = tuple_row
    try:
        yield
    finally:
        if not connection.closed:
            connection.row_factory = factory


class Source:
    """Connections from what the user gave.

    Args:
        connection: a connection string, for which a pool is made at the first use and closed by `close`; a pool of
            either face, which then serves both; or one connection, which is used by one caller at a time. On a
            connection the work is a part of the transaction that it is in, and is committed where it is in none.
    """

    def __init__(self, connection: Connections) -> None:
        self._pool: Optional[ConnectionPool[Any]] = None
        self._async_pool: Optional[AsyncConnectionPool[Any]] = None
        self._connection: Optional[Connection[Any]] = None
        self._async_connection: Optional[AsyncConnection[Any]] = None
        self._lock: ContextManager[Any] = nullcontext()
        self._async_lock: AsyncContextManager[Any] = nullcontext()
        self._owned = isinstance(connection, str)
        if isinstance(connection, str):
            self._pool = ConnectionPool(connection, min_size=0, max_size=_MOST, open=False)
            self._async_pool = AsyncConnectionPool.sharing(self._pool)
        elif isinstance(connection, ConnectionPool):
            self._pool, self._async_pool = connection, AsyncConnectionPool.sharing(connection)
        elif isinstance(connection, AsyncConnectionPool):
            self._pool, self._async_pool = ConnectionPool.sharing(connection), connection
        elif isinstance(connection, Connection):
            self._connection, self._lock = connection, threading.Lock()
        elif isinstance(connection, AsyncConnection):
            self._async_connection, self._async_lock = connection, asyncio.Lock()
        else:
            raise errors.InterfaceError(
                f"connection is a connection string, a pool or a connection, not a {type(connection).__name__}"
            )

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """A connection for a `with` block."""
        if self._async_connection is not None:
            raise errors.InterfaceError("an AsyncConnection serves the asynchronous methods only: give a pool for both")
        if self._connection is not None:
            yield self._connection
            return
        assert self._pool is not None
        if self._owned:
            self._pool.open()
        with self._pool.connection() as connection:
            yield connection

    @asynccontextmanager
    async def aconnection(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection for an `async with` block. There is none where a blocking connection was given."""
        if self._async_connection is not None:
            yield self._async_connection
            return
        assert self._async_pool is not None
        if self._owned:
            await self._async_pool.open()
        async with self._async_pool.connection() as connection:
            yield connection

    @property
    def blocks(self) -> bool:
        """Whether there is only a blocking connection, whose work is done in a thread for the asynchronous face."""
        return self._connection is not None

    @property
    def in_transaction(self) -> bool:
        """Whether what was done last is a part of a transaction of the user's, who may still undo it."""
        connection = self._connection or self._async_connection
        return connection is not None and connection.in_transaction

    def run(self, work: Work[T]) -> T:
        """Do the work in a transaction block."""
        with self._lock, self.connection() as connection, _tuples(connection):
            with connection.transaction():
                result = blocking(work(connection))
        return result

    async def arun(self, work: Work[T]) -> T:
        """Do the work in a transaction block."""
        if self.blocks:
            return await asyncio.get_running_loop().run_in_executor(None, self.run, work)
        async with self._async_lock, self.aconnection() as connection:
            with _tuples(connection):
                async with connection.transaction():
                    result = await awaiting(work(connection))
        return result

    def close(self) -> None:
        """Close the pool that was made for a connection string; what the user made is left open."""
        if self._owned and self._pool is not None:
            self._pool.close()

    async def aclose(self) -> None:
        """As `close`, awaited."""
        if self._owned and self._async_pool is not None:
            await self._async_pool.close()
