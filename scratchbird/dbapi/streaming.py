"""Rows as they arrive, of cursors."""

from __future__ import annotations

from typing import Any, List, Optional, overload

from scratchbird import _core
from scratchbird._shared import CursorBase, Params
from scratchbird.rows import Row


class StreamMethods(CursorBase, _core.Cursor[Row]):
    """What a cursor offers to read a large result."""

    @overload
    def stream(
        self, query: str, params: Optional[Params] = None, *, batch: None = None, timeout: Optional[float] = None
    ) -> _core.RowStream[Row]: ...

    @overload
    def stream(
        self, query: str, params: Optional[Params] = None, *, batch: int, timeout: Optional[float] = None
    ) -> _core.RowStream[List[Row]]: ...

    def stream(
        self,
        query: str,
        params: Optional[Params] = None,
        *,
        batch: Optional[int] = None,
        timeout: Optional[float] = None,
    ) -> _core.RowStream[Any]:
        """Run a query and iterate over its rows as they arrive, in constant memory.

        The statement is sent when the first row is asked for. No more is read from the server than is asked for, so a
        slow reader holds the server back. Until the last row, or until the stream is closed or dropped, the connection
        belongs to it: other statements on it raise InterfaceError, `rollback()` ends the stream. A stream that ends
        early asks the server to cancel the query, and leaves the connection usable.

        Args:
            query: one statement, with placeholders as for `execute`.
            params: the values, a sequence or a mapping, or None.
            batch: give lists of this many rows, the last one shorter, instead of single rows.
            timeout: the most seconds that the server may take for each part of the rows (the reader's time between two
                parts does not count); the connection's `statement_timeout` if not given.

        Raises:
            ProgrammingError: more than one statement, or transaction control; and as `execute`, with the first row.
            OperationalError: a time limit passed (57014), or the connection was lost.
            InterfaceError: the stream was given up before its end, by the cursor or by an error.

        Example:
            >>> total = 0
            >>> with connect(dsn) as connection:
            ...     for (n,) in connection.cursor().stream("select n from generate_series(1, ?) as n", (100_000,)):
            ...         total += n
            >>> total
            5000050000

        Contract: SBWP 3.2 and 4.5 (rows are read as they come); SBWP 3.8 (CANCEL).
        """
        return _core.RowStream(self, query, params, batch, timeout)
