"""The asyncio face: `connect_async`, `AsyncConnection` and `AsyncCursor`.

The same names and meanings as `scratchbird.dbapi`, awaited.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Iterable, Mapping, Optional, Sequence, Type, Union

from scratchbird import _core, errors
from scratchbird._shared import ConnectionBase, CursorBase, call_statement

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
            if not self.closed:
                if exc_type is None:
                    await self.commit()
                else:
                    await self.rollback()
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
    return await AsyncConnection.connect(dsn, **{**named, **options})
