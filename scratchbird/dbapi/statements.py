"""Cursors of a connection, and statements run in a new one."""

from __future__ import annotations

from typing import Any, Iterable, Optional, overload

from scratchbird import _core
from scratchbird._shared import ConnectionBase, Params
from scratchbird.dbapi.cursor import Cursor
from scratchbird.rows import Row, RowFactory, T


class StatementMethods(ConnectionBase, _core.Connection[Row]):
    """What a connection offers to run statements."""

    @overload
    def cursor(self) -> Cursor[Row]: ...

    @overload
    def cursor(self, *, row_factory: RowFactory[T]) -> Cursor[T]: ...

    def cursor(self, *, row_factory: Optional[RowFactory[Any]] = None) -> Cursor[Any]:
        """A new cursor on this connection (PEP 249).

        Args:
            row_factory: what makes its rows, such as `dict_row`; the connection's if not given.

        Raises:
            InterfaceError: the connection is closed.
        """
        return Cursor(self, row_factory)

    def execute(self, query: str, params: Optional[Params] = None, *, timeout: Optional[float] = None) -> Cursor[Row]:
        """Run a statement in a new cursor, and return it. See [`Cursor.execute`][scratchbird.Cursor.execute]."""
        return self.cursor().execute(query, params, timeout=timeout)

    def executemany(
        self, query: str, seq_of_params: Iterable[Params], *, timeout: Optional[float] = None
    ) -> Cursor[Row]:
        """Run a statement once for every set of values in a new cursor, and return the cursor."""
        return self.cursor().executemany(query, seq_of_params, timeout=timeout)
