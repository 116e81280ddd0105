"""The synchronous face of a pool: hooks and `with` blocks in the thread that takes or returns a connection."""

from __future__ import annotations

import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, ContextManager, Generic, Optional, Type, TypeVar

from scratchbird import errors
from scratchbird.dbapi import Connection
from scratchbird.pool.base import FIRST_PAUSE, LONGEST_PAUSE, UNFINISHED, UNLIMITED, PoolBase
from scratchbird.pool.engine import log
from scratchbird.rows import Row, RowFactory

if TYPE_CHECKING:
    from typing import Callable

    Hook = Callable[[Connection[Any]], Any]

_Pool = TypeVar("_Pool", bound="ConnectionPool[Any]")


class PooledConnection(Connection[Row]):
    """A connection that a pool has lent. `close` gives it back."""

    _pool: ConnectionPool[Row]
    _lent_at: Optional[float] = None
    """When it was lent, where that is measured."""

    def close(self, *, timeout: Optional[float] = None) -> None:
        """Give the connection back to its pool; work that is not committed is rolled back. Twice is no error.

        Args:
            timeout: as for [`putconn`][scratchbird.ConnectionPool.putconn].
        """
        self._pool.putconn(self, timeout)


class _Loan(ContextManager[Connection[Row]]):
    """The block of `ConnectionPool.connection`."""

    __slots__ = ("_connection", "_pool", "_timeout")
    _connection: Connection[Row]

    def __init__(self, pool: ConnectionPool[Row], timeout: Optional[float]) -> None:
        self._pool, self._timeout = pool, timeout

    def __enter__(self) -> Connection[Row]:
        self._connection = self._pool.getconn(self._timeout)
        return self._connection

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._connection.__exit__(exc_type, exc, traceback)


class ConnectionPool(PoolBase, Generic[Row]):
    """A pool of connections for threads.

    As a context manager it opens, and closes at the end of the block.

    Args:
        dsn: the connection string, as for [`connect`][scratchbird.connect].
        min_size: the number of connections to keep.
        max_size: the most connections to make; `min_size` if not given.
        timeout: seconds to wait for a connection. There is no waiting without an end.
        max_waiting: the most callers that may wait at once; 0 is no limit.
        max_lifetime: seconds after which a connection is replaced, less up to a tenth, so that not all end together.
        max_idle: seconds after which connections above `min_size` are closed, where they were not needed.
        reconnect_timeout: seconds for which a new connection is tried, again and again, before those who wait for it
            get the error.
        ping_after: a connection unused for so many seconds is asked for a sign of life before it is lent.
        configure: called with every new connection before it is lent for the first time.
        check: called with every connection before it is lent; where it raises, another connection is taken.
        reset: called with every connection that comes back, after its transaction was rolled back.
        breaker_failures: failed attempts to connect in a row, after which the pool refuses at once, for
            `breaker_pause` seconds; 0 is never.
        breaker_pause: see `breaker_failures`.
        name: shown in the log and in errors.
        row_factory: what makes the rows of the connections' cursors; tuples if not given.
        open: whether to start connecting at once.
        **options: any other key of the connection string.

    Raises:
        InterfaceError: an option is unknown or malformed, or the sizes contradict each other.

    Example:
        >>> with ConnectionPool(dsn, min_size=1) as pool:
        ...     with pool.connection() as conn:
        ...         conn.execute("select 1").fetchone()
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
        configure: Optional[Hook] = None,
        check: Optional[Hook] = None,
        reset: Optional[Hook] = None,
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
        if open:
            self._engine.open()

    @classmethod
    def sharing(
        cls: Type[_Pool],
        pool: PoolBase,
        *,
        configure: Optional[Hook] = None,
        check: Optional[Hook] = None,
        reset: Optional[Hook] = None,
        row_factory: Optional[RowFactory[Any]] = None,
    ) -> _Pool:
        """Another face of a pool: the same connections and the same queue, for callers of both kinds at once.

        Args:
            pool: a pool of either face. Closing one of them closes both.
            configure: the hook of this face, as for the class. A connection is configured once, by the face that lends
                it first: give both faces hooks of the same meaning.
            check: the hook of this face.
            reset: the hook of this face.
            row_factory: what makes the rows on this face.
        """
        shared = cls.__new__(cls)
        shared._configure, shared._check, shared._reset = configure, check, reset
        shared._row_factory = row_factory
        shared.timeout = pool.timeout
        shared._engine = pool._engine
        return shared

    @staticmethod
    def check_connection(connection: Connection[Any]) -> None:
        """A `check` that asks the server for a sign of life: one round trip for every loan."""
        connection.ping()

    def open(self, wait: bool = False, timeout: float = 30.0) -> None:
        """Start connecting, where the pool is not open yet.

        Args:
            wait: whether to return only when `min_size` connections are there.
            timeout: seconds to wait.

        Raises:
            PoolClosed: the pool has been closed. A closed pool cannot be opened again.
            PoolTimeout: the connections were not there in time.
        """
        self._engine.open()
        if wait:
            self.wait(timeout)

    def wait(self, timeout: float = 30.0) -> None:
        """Wait until `min_size` connections are there.

        Raises:
            PoolTimeout: they were not in time; the cause is the last failure to connect.
        """
        self._engine.core.wait(self._seconds(timeout))

    def close(self, timeout: float = 5.0) -> None:
        """Close the pool. Callers that wait get PoolClosed; lent connections are closed when they come back.

        Args:
            timeout: seconds to wait for attempts to connect to end.
        """
        self._engine.core.close(self._seconds(timeout))
        self._engine.closed()

    def connection(self, timeout: Optional[float] = None) -> ContextManager[Connection[Row]]:
        """Lend a connection to a `with` block: it commits at the end, rolls back where the block raises, and returns.

        Args:
            timeout: seconds to wait for it; the pool's if not given.

        Raises:
            PoolTimeout: there was none in time.
            TooManyRequests: `max_waiting` callers wait already.
            PoolClosed: the pool is closed.
            CircuitOpen: the server could not be reached too often.
            OperationalError: the server refused the connection.
        """
        return _Loan(self, timeout)

    def getconn(self, timeout: Optional[float] = None) -> Connection[Row]:
        """Lend a connection; [`putconn`][scratchbird.ConnectionPool.putconn] or its `close` gives it back.

        Args and errors are those of [`connection`][scratchbird.ConnectionPool.connection].
        """
        instruments = self._engine.instruments()
        if instruments is None:
            return self._lend(timeout)
        with instruments.pools.waiting(self.name):
            connection = self._lend(timeout)
        connection._lent_at = time.perf_counter()
        return connection

    def _lend(self, timeout: Optional[float]) -> PooledConnection[Row]:
        core = self._engine.core
        deadline = self._deadline(timeout)
        pause = FIRST_PAUSE
        while True:
            connection: PooledConnection[Row] = PooledConnection(core.acquire(max(0.0, deadline - time.monotonic())))
            connection._pool = self
            if self._row_factory is not None:
                connection.row_factory = self._row_factory
            first = core.is_first(connection)
            try:
                if self._configure is not None:
                    self._prepare(connection, self._configure)
                failure = None if self._check is None else self._checked(connection, self._check)
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
            time.sleep(waited)
            pause = min(pause + waited, LONGEST_PAUSE)

    def _prepare(self, connection: Connection[Any], configure: Hook) -> None:
        if self._engine.core.is_new(connection):
            configure(connection)
            if self._engine.core.is_dirty(connection):
                raise errors.ProgrammingError(UNFINISHED.format("configure"))
            self._engine.core.set_configured(connection)

    def _checked(self, connection: Connection[Any], check: Hook) -> Optional[Exception]:
        try:
            check(connection)
            if self._engine.core.is_dirty(connection):
                connection.rollback()
        except Exception as failure:
            return failure
        return None

    def putconn(self, connection: Connection[Any], timeout: Optional[float] = None) -> None:
        """Give a connection back; work that is not committed is rolled back. Twice is no error.

        Args:
            connection: what `getconn` gave.
            timeout: the most seconds that the driver's own requests may take: the rollback and the session's reset.
                When they have passed, the connection is closed instead, and replaced.

        Raises:
            InterfaceError: the connection is not one of this pool.
        """
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
                    connection.rollback(timeout=timeout)
                self._reset(connection)
            except Exception as failure:
                log("failed", self.name, number, f"reset: {failure}")
                good = False
            except BaseException:
                core.release(connection, False)
                raise
        core.release(connection, good, timeout)
        log("returned", self.name, number)
        self._returned(connection)

    def __enter__(self: _Pool) -> _Pool:
        self.open()
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()


class NullConnectionPool(ConnectionPool[Row]):
    """A pool that keeps nothing: every loan makes a connection, unless one comes back just then for which somebody
    waits. For servers that pool themselves, and to bound the number of connections.

    Args:
        dsn: the connection string.
        max_size: the most connections at once; None is no limit (16 384).
        **options: as for [`ConnectionPool`][scratchbird.ConnectionPool], except `min_size`, which is 0.
    """

    _keeps_idle = False

    def __init__(self, dsn: Optional[str] = None, *, max_size: Optional[int] = None, **options: Any) -> None:
        try:
            super().__init__(dsn, min_size=0, max_size=max_size or UNLIMITED, **options)
        finally:
            del dsn, options
