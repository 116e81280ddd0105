"""Cursors of a connection, and statements run in a new one."""

from __future__ import annotations

from typing import Awaitable, Iterable, Optional

from scratchbird import _core
from scratchbird._shared import ConnectionBase, Params
from scratchbird.aio.cursor import AsyncCursor


class AsyncStatementMethods(ConnectionBase, _core.AsyncConnection):
    """What a connection offers to run statements."""

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
