"""The asyncio half: connections and cursors of the driver's asyncio face, behind the names that SQLAlchemy calls.

SQLAlchemy's own code is written without `await`; it runs in a greenlet, from which `await_only` waits. A statement and
its rows are one wait.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Callable, Deque, Iterator, List, Optional, Set

import greenlet
from sqlalchemy import pool
from sqlalchemy.util.concurrency import await_only

import scratchbird
from scratchbird._steps import awaiting
from scratchbird.sqlalchemy.dialect import Dialect

_closing: Set[asyncio.Task[None]] = set()
"""What closes connections that nobody holds any more."""


class AsyncAdaptCursor:
    """A cursor whose rows are all fetched with the statement."""

    server_side = False
    __slots__ = ("_adapt_connection", "_cursor", "_rows", "arraysize")

    def __init__(self, adapt_connection: AsyncAdaptConnection) -> None:
        self._adapt_connection = adapt_connection
        self._cursor = adapt_connection._connection.cursor()
        self._rows: Deque[Any] = deque()
        self.arraysize = 1

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return int(self._cursor.rowcount)

    @property
    def lastrowid(self) -> Any:
        return self._cursor.lastrowid

    def close(self) -> None:
        # Nothing of it is left in the server: its rows are here.
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        return None

    def setinputsizes(self, sizes: Any) -> None:
        self._cursor.setinputsizes(sizes)

    async def _run(self, query: str, params: Any) -> None:
        await self._cursor.execute(query, params)
        if self._cursor.description is not None:
            self._rows = deque(await self._cursor.fetchall())

    def execute(self, operation: str, parameters: Any = None) -> Any:
        self._rows.clear()
        return await_only(self._run(operation, parameters or None))

    def executemany(self, operation: str, seq_of_parameters: Any) -> Any:
        self._rows.clear()
        return await_only(self._cursor.executemany(operation, seq_of_parameters))

    def callproc(self, name: str, parameters: Any = ()) -> Any:
        return await_only(self._cursor.callproc(name, parameters))

    def nextset(self) -> Any:
        return await_only(self._next_set())

    async def _next_set(self) -> Any:
        found = await self._cursor.nextset()
        self._rows = deque(await self._cursor.fetchall()) if found and self._cursor.description is not None else deque()
        return found

    def __iter__(self) -> Iterator[Any]:
        while self._rows:
            yield self._rows.popleft()

    def fetchone(self) -> Any:
        return self._rows.popleft() if self._rows else None

    def fetchmany(self, size: Optional[int] = None) -> List[Any]:
        count = min(self.arraysize if size is None else size, len(self._rows))
        return [self._rows.popleft() for _ in range(count)]

    def fetchall(self) -> List[Any]:
        rows = list(self._rows)
        self._rows.clear()
        return rows


class AsyncAdaptServerCursor:
    """A cursor in the server, whose rows are waited for as they are fetched."""

    server_side = True

    def __init__(self, adapt_connection: AsyncAdaptConnection, name: str, withhold: bool) -> None:
        self._adapt_connection = adapt_connection
        self._cursor = adapt_connection._connection.cursor(name, withhold=withhold)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def execute(self, operation: str, parameters: Any = None) -> Any:
        return await_only(self._cursor.execute(operation, parameters or None))

    def fetchone(self) -> Any:
        return await_only(self._cursor.fetchone())

    def fetchmany(self, size: Optional[int] = None) -> Any:
        return await_only(self._cursor.fetchmany(size))

    def fetchall(self) -> Any:
        return await_only(self._cursor.fetchall())

    def close(self) -> None:
        await_only(self._cursor.close())

    async def _async_soft_close(self) -> None:
        await self._cursor.close()


def _waits(name: str) -> Callable[..., Any]:
    """A method of the connection, waited for."""

    def method(self: AsyncAdaptConnection, *args: Any) -> Any:
        return await_only(getattr(self._connection, name)(*args))

    method.__name__ = name
    return method


def _passed(name: str) -> Any:
    """An attribute of the connection, to be read and set."""
    return property(
        lambda self: getattr(self._connection, name), lambda self, value: setattr(self._connection, name, value)
    )


class AsyncAdaptConnection:
    """A connection of the asyncio face, with methods that wait in a greenlet."""

    __slots__ = ("__weakref__", "_connection", "dbapi")

    def __init__(self, dbapi: Any, connection: Any) -> None:
        self.dbapi = dbapi
        self._connection = connection

    autocommit = _passed("autocommit")
    isolation_level = _passed("isolation_level")
    read_only = _passed("read_only")
    deferrable = _passed("deferrable")
    closed = _passed("closed")

    commit = _waits("commit")
    rollback = _waits("rollback")
    ping = _waits("ping")
    close = _waits("close")
    tpc_begin = _waits("tpc_begin")
    tpc_prepare = _waits("tpc_prepare")
    tpc_commit = _waits("tpc_commit")
    tpc_rollback = _waits("tpc_rollback")
    tpc_recover = _waits("tpc_recover")

    @property
    def driver_connection(self) -> Any:
        """The driver's own connection."""
        return self._connection

    def run_async(self, fn: Callable[[Any], Any]) -> Any:
        """Wait for what a coroutine function does with the driver's own connection."""
        return await_only(fn(self._connection))

    def cursor(self, name: Optional[str] = None, *, withhold: bool = False, server_side: bool = False) -> Any:
        if name is not None:
            return AsyncAdaptServerCursor(self, name, withhold)
        return AsyncAdaptCursor(self)

    def terminate(self) -> None:
        """Close it where nothing is sure any more: the task is cancelled, or the connection was forgotten."""
        try:
            closing = asyncio.get_running_loop().create_task(_closed(self._connection))
        except RuntimeError:
            # Without a loop nobody waits: the driver closes what is thrown away.
            return
        # A loop alone does not keep its tasks.
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)
        if _in_greenlet():
            # A task that is cancelled here ends, and the connection closes all the same.
            await_only(asyncio.shield(closing))


class AsyncAdaptDBAPI:
    """The driver's module, with a `connect` of the asyncio face."""

    def __init__(self) -> None:
        self.__name__ = scratchbird.__name__
        self.paramstyle = Dialect.default_paramstyle
        for name in ("apilevel", "threadsafety", *_ERRORS, *_CONSTRUCTORS):
            setattr(self, name, getattr(scratchbird, name))

    def connect(self, *args: Any, **kw: Any) -> AsyncAdaptConnection:
        creator = kw.pop("async_creator_fn", None) or scratchbird.connect_async
        return AsyncAdaptConnection(self, await_only(creator(*args, **kw)))


def _in_greenlet() -> bool:
    """Whether this runs where `await_only` can wait."""
    return getattr(greenlet.getcurrent(), "__sqlalchemy_greenlet_provider__", False) or hasattr(
        greenlet.getcurrent(), "driver"
    )


async def _closed(connection: Any) -> None:
    try:
        await connection.close()
    except scratchbird.Error:
        # It is gone: that is all that was wanted.
        return


_ERRORS = [
    "Warning",
    "Error",
    "InterfaceError",
    "DatabaseError",
    "DataError",
    "OperationalError",
    "IntegrityError",
    "InternalError",
    "ProgrammingError",
    "NotSupportedError",
]
_CONSTRUCTORS = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "Binary",
    "Date",
    "DateFromTicks",
    "Time",
    "TimeFromTicks",
    "Timestamp",
]


class AsyncDialect(Dialect):
    """SBsql over the asyncio face of the driver: `create_async_engine("scratchbird+asyncio://...")`."""

    driver = "asyncio"
    is_async = True
    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> Any:
        return AsyncAdaptDBAPI()

    dbapi = import_dbapi  # type: ignore[assignment]  # its name in SQLAlchemy 1.4

    @classmethod
    def get_pool_class(cls, url: Any) -> Any:
        return pool.AsyncAdaptedQueuePool

    def _borrow(self, lender: Any) -> Any:
        return AsyncAdaptConnection(self.dbapi, await_only(lender.getconn()))

    def get_driver_connection(self, connection: Any) -> Any:
        return connection._connection

    def _read(self, connection: Any, steps: Callable[[Any], Any]) -> Any:
        return await_only(awaiting(steps(self._driver_connection(connection))))

    def do_terminate(self, dbapi_connection: Any) -> None:
        dbapi_connection.terminate()


__all__ = ["AsyncDialect"]
