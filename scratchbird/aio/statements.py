"""Cursors of a connection, and statements run in a new one."""

from __future__ import annotations

from typing import Any, Awaitable, Iterable, Optional, overload

from scratchbird import _core
from scratchbird._shared import ConnectionBase, Params
from scratchbird.aio.cursor import AsyncCursor
from scratchbird.rows import Row, RowFactory, T


class AsyncStatementMethods(ConnectionBase, _core.AsyncConnection[Row]):
    """What a connection offers to run statements."""

    @overload
    def cursor(self) -> AsyncCursor[Row]: ...

    @overload
    def cursor(self, *, row_factory: RowFactory[T]) -> AsyncCursor[T]: ...

    def cursor(self, *, row_factory: Optional[RowFactory[Any]] = None) -> AsyncCursor[Any]:
        """A new cursor on this connection.

        Args:
            row_factory: what makes its rows, such as `dict_row`; the connection's if not given.

        Raises:
            InterfaceError: the connection is closed.
        """
        return AsyncCursor(self, row_factory)

    def execute(
        self, query: str, params: Optional[Params] = None, *, timeout: Optional[float] = None
    ) -> Awaitable[AsyncCursor[Row]]:
        """Run a statement in a new cursor; awaited, gives the cursor."""
        return self.cursor().execute(query, params, timeout=timeout)

    def executemany(
        self, query: str, seq_of_params: Iterable[Params], *, timeout: Optional[float] = None
    ) -> Awaitable[AsyncCursor[Row]]:
        """Run a statement once for every set of values in a new cursor; awaited, gives the cursor."""
        return self.cursor().executemany(query, seq_of_params, timeout=timeout)
