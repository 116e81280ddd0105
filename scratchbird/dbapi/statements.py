"""Cursors of a connection, and statements run in a new one."""

from __future__ import annotations

import sys
from typing import Any, Iterable, Optional, overload

from scratchbird import _core
from scratchbird._pandas_cursor import pandas_cursor
from scratchbird._progress import Progress
from scratchbird._server_cursor import check_unnamed
from scratchbird._shared import ConnectionBase, Params
from scratchbird.dbapi.cursor import Cursor
from scratchbird.dbapi.server_cursor import ServerCursor
from scratchbird.rows import Row, RowFactory, T


class StatementMethods(ConnectionBase, _core.Connection[Row]):
    """What a connection offers to run statements."""

    @overload
    def cursor(self) -> Cursor[Row]: ...

    @overload
    def cursor(self, *, row_factory: RowFactory[T]) -> Cursor[T]: ...

    @overload
    def cursor(
        self,
        name: str,
        *,
        scrollable: Optional[bool] = None,
        withhold: bool = False,
        itersize: Optional[int] = None,
    ) -> ServerCursor[Row]: ...

    @overload
    def cursor(
        self,
        name: str,
        *,
        row_factory: RowFactory[T],
        scrollable: Optional[bool] = None,
        withhold: bool = False,
        itersize: Optional[int] = None,
    ) -> ServerCursor[T]: ...

    def cursor(
        self,
        name: Optional[str] = None,
        *,
        row_factory: Optional[RowFactory[Any]] = None,
        scrollable: Optional[bool] = None,
        withhold: bool = False,
        itersize: Optional[int] = None,
    ) -> Cursor[Any]:
        """A new cursor on this connection (PEP 249).

        Args:
            name: with a name, a cursor in the server, for results that are too large to be fetched whole; see
                [`ServerCursor`][scratchbird.ServerCursor].
            row_factory: what makes its rows, such as `dict_row`; the connection's if not given.
            scrollable: whether a cursor with a name can move backwards; `None` leaves it to the server.
            withhold: whether a cursor with a name outlives its transaction. The server keeps its rows then.
            itersize: how many rows iteration over a cursor with a name fetches at a time; the connection's
                `fetch_size` if not given.

        Raises:
            InterfaceError: the connection is closed.
            NotSupportedError: with a name, on a server without such cursors.
            ProgrammingError: the last three arguments are given without a name.

        Example:
            >>> with connect(dsn) as connection:
            ...     with connection.cursor("numbers") as cursor:
            ...         print(cursor.execute("select n from generate_series(1, 5000) as n").fetchmany(2))
            ...         print(sum(n for (n,) in cursor))
            [(1,), (2,)]
            12502497
        """
        if name is not None:
            return ServerCursor(self, name, row_factory, scrollable, withhold, itersize)
        check_unnamed(scrollable, withhold, itersize)
        if row_factory is None and "pandas.io.sql" in sys.modules:
            for_pandas = pandas_cursor(self)
            if for_pandas is not None:
                return for_pandas
        return Cursor(self, row_factory)

    def execute(self, query: str, params: Optional[Params] = None, *, timeout: Optional[float] = None) -> Cursor[Row]:
        """Run a statement in a new cursor, and return it. See [`Cursor.execute`][scratchbird.Cursor.execute]."""
        return self.cursor().execute(query, params, timeout=timeout)

    def executemany(
        self,
        query: str,
        seq_of_params: Iterable[Params],
        *,
        returning: bool = False,
        timeout: Optional[float] = None,
        progress: Progress = None,
    ) -> Cursor[Row]:
        """Run a statement once for every set of values in a new cursor, and return the cursor. See
        [`Cursor.executemany`][scratchbird.Cursor.executemany]."""
        return self.cursor().executemany(query, seq_of_params, returning=returning, timeout=timeout, progress=progress)
