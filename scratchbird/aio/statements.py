"""Cursors of a connection, and statements run in a new one."""

from __future__ import annotations

from typing import Any, AsyncIterable, Awaitable, Iterable, Optional, Union, overload

from scratchbird import _core
from scratchbird._progress import Progress
from scratchbird._server_cursor import check_unnamed
from scratchbird._shared import ConnectionBase, Params
from scratchbird.aio.cursor import AsyncCursor
from scratchbird.aio.server_cursor import AsyncServerCursor
from scratchbird.rows import Row, RowFactory, T


class AsyncStatementMethods(ConnectionBase, _core.AsyncConnection[Row]):
    """What a connection offers to run statements."""

    @overload
    def cursor(self) -> AsyncCursor[Row]: ...

    @overload
    def cursor(self, *, row_factory: RowFactory[T]) -> AsyncCursor[T]: ...

    @overload
    def cursor(
        self,
        name: str,
        *,
        scrollable: Optional[bool] = None,
        withhold: bool = False,
        itersize: Optional[int] = None,
    ) -> AsyncServerCursor[Row]: ...

    @overload
    def cursor(
        self,
        name: str,
        *,
        row_factory: RowFactory[T],
        scrollable: Optional[bool] = None,
        withhold: bool = False,
        itersize: Optional[int] = None,
    ) -> AsyncServerCursor[T]: ...

    def cursor(
        self,
        name: Optional[str] = None,
        *,
        row_factory: Optional[RowFactory[Any]] = None,
        scrollable: Optional[bool] = None,
        withhold: bool = False,
        itersize: Optional[int] = None,
    ) -> AsyncCursor[Any]:
        """A new cursor on this connection; with a name, one in the server.

        As [`Connection.cursor`][scratchbird.Connection.cursor].
        """
        if name is not None:
            return AsyncServerCursor(self, name, row_factory, scrollable, withhold, itersize)
        check_unnamed(scrollable, withhold, itersize)
        return AsyncCursor(self, row_factory)

    def execute(
        self, query: str, params: Optional[Params] = None, *, timeout: Optional[float] = None
    ) -> Awaitable[AsyncCursor[Row]]:
        """Run a statement in a new cursor; awaited, gives the cursor."""
        return self.cursor().execute(query, params, timeout=timeout)

    def executemany(
        self,
        query: str,
        seq_of_params: Union[Iterable[Params], AsyncIterable[Params]],
        *,
        returning: bool = False,
        timeout: Optional[float] = None,
        progress: Progress = None,
    ) -> Awaitable[AsyncCursor[Row]]:
        """Run a statement once for every set of values in a new cursor; awaited, gives the cursor."""
        return self.cursor().executemany(query, seq_of_params, returning=returning, timeout=timeout, progress=progress)
