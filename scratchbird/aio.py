"""The asyncio face: `connect_async`, `AsyncConnection` and `AsyncCursor`.

The same names and meanings as `scratchbird.dbapi`, awaited.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, AsyncIterable, Callable, Iterable, List, Mapping, Optional, Sequence, Type, Union

from scratchbird import _core, _pool_switch, _transactions, bulk, errors
from scratchbird._shared import ConnectionBase, CursorBase, call_statement
from scratchbird._steps import awaiting
from scratchbird.copy import AsyncCopy
from scratchbird.isolation import UNSET, Level, Unset
from scratchbird.transaction import AsyncTransaction
from scratchbird.twophase import Xid

if TYPE_CHECKING:
    import os
    from typing import Awaitable

    Params = Union[Sequence[Any], Mapping[str, Any]]


class AsyncCursor(CursorBase, _core.AsyncCursor):
    """Runs statements and fetches their rows. Made by `AsyncConnection.cursor`."""

    async def callproc(self, procname: str, parameters: Sequence[Any] = ()) -> Sequence[Any]:
        """Call a procedure. As [`Cursor.callproc`][scratchbird.Cursor.callproc], awaited."""
        await self.execute(call_statement(procname, parameters), tuple(parameters))
        return parameters

    def copy(
        self, statement: str, *, columns: Optional[Sequence[str]] = None, timeout: Optional[float] = None
    ) -> AsyncCopy:
        """A COPY into the server or out of it, for an `async with` block.

        As [`Cursor.copy`][scratchbird.Cursor.copy].
        """
        return AsyncCopy(self, statement, columns, timeout)

    async def copy_from(
        self,
        statement: str,
        source: Any,
        *,
        columns: Optional[Sequence[str]] = None,
        timeout: Optional[float] = None,
    ) -> int:
        """Run `COPY ... FROM STDIN` with all of `source`, and return the number of rows.

        Args:
            statement: the COPY statement.
            source: a file (its `read` may be awaited), bytes, text, or an iterable or asynchronous iterable
                of blocks or of rows.
            columns: as for `copy`.
            timeout: as for `copy`.
        """
        return await bulk.copy_from_async(self, statement, source, columns, timeout)

    async def copy_to(self, statement: str, target: Any, *, timeout: Optional[float] = None) -> int:
        """Run `COPY ... TO STDOUT` into a binary or text file, or a function of blocks; return the number of rows."""
        return await bulk.copy_to_async(self, statement, target, timeout)

    async def __aenter__(self) -> AsyncCursor:
        return self

    async def __aexit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()


class AsyncConnection(ConnectionBase, _core.AsyncConnection):
    """A session with a server, for asyncio. Made by [`connect_async`][scratchbird.connect_async].

    As an asynchronous context manager it commits when the block succeeds, rolls back when it raises, and closes.
    """

    @classmethod
    async def connect(cls, dsn: Optional[str] = None, **options: Any) -> AsyncConnection:
        """Connect to a server. The arguments are those of [`connect`][scratchbird.connect]."""
        return cls(await _core.connect_async(dsn, options))

    def cursor(self) -> AsyncCursor:
        """A new cursor on this connection.

        Raises:
            InterfaceError: the connection is closed.
        """
        return AsyncCursor(self)

    def execute(
        self, query: str, params: Optional[Params] = None, *, timeout: Optional[float] = None
    ) -> Awaitable[AsyncCursor]:
        """Run a statement in a new cursor; awaited, gives the cursor."""
        return self.cursor().execute(query, params, timeout=timeout)

    def executemany(
        self, query: str, seq_of_params: Iterable[Params], *, timeout: Optional[float] = None
    ) -> Awaitable[AsyncCursor]:
        """Run a statement once for every set of values in a new cursor; awaited, gives the cursor."""
        return self.cursor().executemany(query, seq_of_params, timeout=timeout)

    async def set_autocommit(self, value: bool) -> None:
        """Set `autocommit`."""
        self.autocommit = value

    def transaction(
        self,
        isolation: Level = None,
        read_only: Optional[bool] = None,
        deferrable: Optional[bool] = None,
        savepoint_name: Optional[str] = None,
        force_rollback: bool = False,
    ) -> AsyncTransaction:
        """Run statements that take effect together or not at all.

        The block commits when it succeeds and rolls back when it raises. A block inside another, or inside a
        transaction that holds work already, is a part of it: a savepoint, which is undone alone. Raise
        [`Rollback`][scratchbird.Rollback] to leave a block, or several, without an error. In autocommit nothing
        commits by itself until the block ends.

        Args:
            isolation: an [`IsolationLevel`][scratchbird.IsolationLevel] or its name; that of the connection if not
                given.
            read_only: whether it may not write.
            deferrable: whether it may wait at its begin; of use to SERIALIZABLE READ ONLY transactions only.
            savepoint_name: a name for the savepoint. A whole transaction gets a savepoint only if this is given.
            force_rollback: roll back even if the block succeeds, as tests do.

        Raises:
            ProgrammingError: on `commit()`, `rollback()` or their SQL inside the block; for characteristics on a part
                of a transaction; and, as `OutOfOrderTransactionNesting`, where a block ends before one inside it.
            NotSupportedError: the server does not keep the characteristics.
            OperationalError: at the end; `outcome_unknown` says that the connection was lost during the commit.

        Example:
            >>> async def main() -> None:
            ...     async with await connect_async(dsn) as connection:
            ...         async with connection.transaction(isolation="SNAPSHOT", read_only=True):
            ...             await connection.execute("select 1")
        """
        return AsyncTransaction(self, isolation, read_only, deferrable, savepoint_name, force_rollback)

    async def begin(
        self, isolation: Level = None, read_only: Optional[bool] = None, deferrable: Optional[bool] = None
    ) -> None:
        """Begin a transaction that `commit()` or `rollback()` ends, in autocommit too.

        Outside of autocommit a transaction begins with the first statement anyway, and this is a way to say how that
        one is to be. The arguments are those of `transaction`. Nothing is sent before the first statement.

        Raises:
            ProgrammingError: inside a transaction.
            NotSupportedError: the server does not keep the characteristics.
        """
        _transactions.begin(self, isolation, read_only, deferrable)

    async def savepoint(self, name: str) -> None:
        """Mark a place in the transaction to go back to. The name may contain anything, and keeps its case.

        Raises:
            ProgrammingError: in autocommit outside of a transaction; or the name is empty.
        """
        await awaiting(_transactions.savepoint(self, "SAVEPOINT {}", name))

    async def release_savepoint(self, name: str) -> None:
        """Forget a savepoint, and those after it; the work stays.

        Raises:
            DatabaseError: there is no such savepoint (3B001).
        """
        await awaiting(_transactions.savepoint(self, "RELEASE SAVEPOINT {}", name))

    async def rollback_to_savepoint(self, name: str) -> None:
        """Undo what was done since a savepoint, which stays.

        Raises:
            DatabaseError: there is no such savepoint (3B001).
        """
        await awaiting(_transactions.rollback_to(self, name))

    async def set_session(
        self,
        isolation_level: Union[Level, Unset] = UNSET,
        read_only: Union[bool, Unset, None] = UNSET,
        deferrable: Union[bool, Unset, None] = UNSET,
        autocommit: Union[bool, Unset] = UNSET,
    ) -> None:
        """Say what transactions are to be like from the next one on. What is not given stays; `None` leaves it to the
        server.

        Raises:
            ProgrammingError: inside a transaction, or not a level.
            NotSupportedError: the server does not keep the characteristics.
        """
        _transactions.set_session(self, isolation_level, read_only, deferrable, autocommit)

    async def set_isolation_level(self, level: Level) -> None:
        """Set `isolation_level`."""
        _transactions.set_session(self, isolation_level=level)

    async def set_read_only(self, value: Optional[bool]) -> None:
        """Set `read_only`."""
        _transactions.set_session(self, read_only=value)

    async def set_deferrable(self, value: Optional[bool]) -> None:
        """Set `deferrable`."""
        _transactions.set_session(self, deferrable=value)

    async def tpc_begin(self, xid: Union[Xid, str]) -> None:
        """Begin a two-phase transaction of this name (PEP 249). Nothing commits by itself until it ends.

        Args:
            xid: what `xid()` gave, or any text of at most 199 bytes.

        Raises:
            ProgrammingError: inside a transaction.
            NotSupportedError: the server has no prepared transactions.
        """
        _transactions.tpc_begin(self, xid)

    async def tpc_prepare(self) -> None:
        """First phase: make sure that the transaction can be committed, even if connection or server are lost from now
        on (PEP 249). After it only `tpc_commit` and `tpc_rollback` are possible.

        Raises:
            ProgrammingError: without `tpc_begin`.
            DatabaseError: it cannot be prepared, and has been rolled back.
        """
        await awaiting(_transactions.tpc_prepare(self))

    async def tpc_commit(self, xid: Union[Xid, str, None] = None) -> None:
        """Second phase: commit what was prepared, or in one phase what was not (PEP 249).

        Args:
            xid: a transaction that was prepared before, perhaps by another connection; only outside of a transaction.

        Raises:
            ProgrammingError: without `tpc_begin`, or with a name inside a transaction, or there is no such transaction.
            OperationalError: the connection was lost; `outcome_unknown` says that it may have been committed.
        """
        await awaiting(_transactions.tpc_finish(self, True, xid))

    async def tpc_rollback(self, xid: Union[Xid, str, None] = None) -> None:
        """Second phase: roll back what was begun or prepared (PEP 249). The argument is that of `tpc_commit`."""
        await awaiting(_transactions.tpc_finish(self, False, xid))

    async def tpc_recover(self) -> List[Xid]:
        """The transactions that are prepared and wait for `tpc_commit(xid)` or `tpc_rollback(xid)` (PEP 249).

        Raises:
            NotSupportedError: the server does not list them.
        """
        return await awaiting(_transactions.tpc_recover(self))

    async def bulk_copy(
        self,
        table: str,
        rows: Union[Iterable[Any], AsyncIterable[Any]],
        *,
        columns: Optional[Sequence[str]] = None,
        batch_size: int = bulk.BATCH,
        on_progress: Optional[Callable[[int], Any]] = None,
        timeout: Optional[float] = None,
    ) -> int:
        """Copy rows into a table, and return their number; all rows are stored, or none.

        Args:
            table: its name, `schema.table` outside of the current schema. Names are quoted, never pasted.
            rows: sequences or mappings; a generator will do, and so will an asynchronous one.
            columns: the columns to fill: the keys of the first row, or all of the table, if not given.
            batch_size: rows between two calls of `on_progress`.
            on_progress: called with the number of rows so far.
            timeout: the most seconds that the COPY may take.

        Raises:
            DataError: a value cannot be sent; the message names the row, from 0, and the column.
            DatabaseError: the server reports another number of rows than were sent.
        """
        return await bulk.bulk_copy_async(self, table, rows, columns, batch_size, on_progress, timeout)

    async def __aenter__(self) -> AsyncConnection:
        if self.closed:
            raise errors.InterfaceError("the connection is closed")
        return self

    async def __aexit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        try:
            await awaiting(_transactions.leave(self, exc_type is not None))
        finally:
            await self.close()


async def connect_async(
    dsn: Optional[str] = None,
    *,
    host: Optional[str] = None,
    port: Optional[int] = None,
    user: Optional[str] = None,
    password: Optional[str] = None,
    database: Optional[str] = None,
    sslmode: Optional[str] = None,
    sslrootcert: Union[str, os.PathLike[str], None] = None,
    connect_timeout: Optional[float] = None,
    autocommit: Optional[bool] = None,
    application_name: Optional[str] = None,
    **options: Any,
) -> AsyncConnection:
    """Connect to a server from a coroutine. As [`connect`][scratchbird.connect], awaited.

    Example:
        >>> async def main() -> None:
        ...     async with await connect_async("scratchbird://alice:secret@localhost/demo") as connection:
        ...         cursor = await connection.execute("select 1")
        ...         print(await cursor.fetchone())
    """
    named = {
        "host": host,
        "port": port,
        "user": user,
        "password": password,
        "database": database,
        "sslmode": sslmode,
        "sslrootcert": sslrootcert,
        "connect_timeout": connect_timeout,
        "autocommit": autocommit,
        "application_name": application_name,
    }
    pools = _pool_switch.active()
    if pools is not None:
        return await pools.pools(dsn, {**named, **options}).asynchronous.getconn()
    return await AsyncConnection.connect(dsn, **{**named, **options})
