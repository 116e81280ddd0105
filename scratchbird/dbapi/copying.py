"""COPY, of cursors."""

from __future__ import annotations

from typing import Any, Optional, Sequence

from scratchbird import _core, copy_whole
from scratchbird._shared import CursorBase
from scratchbird.copy import Copy
from scratchbird.rows import Row


class CopyMethods(CursorBase, _core.Cursor[Row]):
    """What a cursor offers for COPY."""

    def copy(self, statement: str, *, columns: Optional[Sequence[str]] = None, timeout: Optional[float] = None) -> Copy:
        """A COPY into the server or out of it, for a `with` block.

        Args:
            statement: `COPY t (a, b) FROM STDIN` or `COPY t TO STDOUT`, with the words that the server knows.
            columns: names for the rows that are written, where neither the statement nor the rows say them.
            timeout: the most seconds that all of it may take; the connection's `statement_timeout` if not given.

        Raises:
            ProgrammingError: the statement is not a COPY from STDIN or to STDOUT, or the server refuses it.
            NotSupportedError: the server does not offer it.

        Example:
            >>> with cursor.copy("COPY point (x, y) FROM STDIN") as copy:  # doctest: +SKIP
            ...     copy.write_rows((n, n * n) for n in range(1_000_000))
            >>> cursor.rowcount  # doctest: +SKIP
            1000000
        """
        return Copy(self, statement, columns, timeout)

    def copy_from(
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
            source: a file, bytes, text, or an iterable of blocks or of rows, or a frame as `bulk_copy` takes it.
            columns: as for `copy`.
            timeout: as for `copy`.
        """
        return copy_whole.copy_from(self, statement, source, columns, timeout)

    def copy_to(self, statement: str, target: Any, *, timeout: Optional[float] = None) -> int:
        """Run `COPY ... TO STDOUT` into a binary or text file, or a function of blocks; return the number of rows."""
        return copy_whole.copy_to(self, statement, target, timeout)
