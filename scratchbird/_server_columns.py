"""Columns of server-side cursors: what they send for them, once for both faces.

A part of the result is fetched and lent to a reader, which makes columns of its rows; those that it does not take are
rows again for whoever fetches next. What needs all rows fetches them at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from scratchbird import errors
from scratchbird._steps import Steps

if TYPE_CHECKING:
    from scratchbird import _core


class ServerColumns:
    """The columns of a server-side cursor. The rest of it is `scratchbird._server_cursor`."""

    _run: Any
    _built: Any
    _reader: Any
    _check: Any
    _sql_name: str
    _limit: Optional[float]
    _ahead: Any
    _fetched: int
    _at_end: bool
    itersize: int

    def _lend_nothing(self) -> None:
        # Whether rows that the server has given are to become columns; those that do not are still there.
        self._lent = False
        # How many rows came before those that are lent, and which result they are of.
        self._before = 0
        self._result = object()

    def _reclaim(self) -> Steps[None]:
        """Rows that were lent and have not become columns are rows again."""
        if self._lent:
            self._lent = False
            rows = yield self._built
            self._ahead.extend(rows)

    def _columns_left(self) -> Steps[_core.ColumnReader]:
        """A reader of all rows that are left."""
        self._check()
        reader: _core.ColumnReader
        if self._lent and not self._at_end:
            reader = yield self._reader
            if reader.left:
                raise errors.ProgrammingError(
                    f"{reader.left} rows have been fetched for batches, and are in none: go on with "
                    "fetch_record_batches(), or take them with fetchmany() first"
                )
            self._lent = False
        if not self._lent:
            yield from self._lend("ALL")
            self._at_end = True
        reader = yield self._reader
        return reader

    def _part(self, size: int) -> Steps[_core.ColumnReader]:
        """A reader of the next rows, `size` of them where none are lent."""
        self._check()
        reader: _core.ColumnReader
        reader = yield from self._next_part(size, None, self._result)
        return reader

    def _next_part(self, size: int, previous: Optional[_core.ColumnReader], result: object) -> Steps[Any]:
        """A reader of the rows after those of `previous`; None after the last."""
        if self._result is not result:
            raise errors.InterfaceError(
                "the result that is read as columns is gone: its cursor was closed or has another result"
            )
        reader: _core.ColumnReader
        if self._lent:
            reader = yield self._reader
            if not reader.left:
                self._lent = False
                if self._at_end and previous is not None:
                    return None
        if not self._lent:
            received = yield from self._lend(f"FORWARD {size}")
            self._at_end = self._at_end or received < size
            reader = yield self._reader
        reader.follow(self._before, previous)
        return reader

    def _lend(self, direction: str) -> Steps[int]:
        """Fetches rows for a reader, and says how many."""
        if self._ahead:
            raise errors.ProgrammingError(
                f"iteration has fetched {len(self._ahead)} rows ahead: take them with fetchmany() first, or begin "
                "with columns"
            )
        direction = "FORWARD 0" if self._at_end else direction
        yield lambda: self._run(f"FETCH {direction} FROM {self._sql_name}", None, timeout=self._limit)
        received = max(0, self._received())
        self._before = self._fetched
        self._fetched += received
        self._lent = True
        return received

    def _received(self) -> int:
        """How many rows the last FETCH has brought."""
        count: int = super().rowcount  # type: ignore[misc]
        return count
