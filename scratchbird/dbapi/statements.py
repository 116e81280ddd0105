"""Cursors of a connection, and statements run in a new one."""

from __future__ import annotations

from typing import Iterable, Optional

from scratchbird import _core
from scratchbird._shared import ConnectionBase, Params
from scratchbird.dbapi.cursor import Cursor


class StatementMethods(ConnectionBase, _core.Connection):
    """What a connection offers to run statements."""

    def cursor(self) -> Cursor:
        """A new cursor on this connection (PEP 249).

        Raises:
            InterfaceError: the connection is closed.
        """
        return Cursor(self)

    def execute(self, query: str, params: Optional[Params] = None, *, timeout: Optional[float] = None) -> Cursor:
        """Run a statement in a new cursor, and return it. See [`Cursor.execute`][scratchbird.Cursor.execute]."""
        return self.cursor().execute(query, params, timeout=timeout)

    def executemany(self, query: str, seq_of_params: Iterable[Params], *, timeout: Optional[float] = None) -> Cursor:
        """Run a statement once for every set of values in a new cursor, and return the cursor."""
        return self.cursor().executemany(query, seq_of_params, timeout=timeout)
