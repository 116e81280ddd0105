"""COPY, of cursors."""

from __future__ import annotations

from typing import Any, Optional, Sequence

from scratchbird import _core, copy_whole
from scratchbird._shared import CursorBase
from scratchbird.copy import AsyncCopy
from scratchbird.rows import Row


class AsyncCopyMethods(CursorBase, _core.AsyncCursor[Row]):
    """What a cursor offers for COPY."""

    def copy(
        self, statement: str, *, columns: Optional[Sequence[str]] = None, timeout: Optional[float] = None
    ) -> AsyncCopy:
        """A COPY into the server or out of it, for an `async with` block.

        As [`Cursor.copy`][scratchbird.Cursor.copy].
        """
        return AsyncCopy(self, statement, columns, timeout)

    async def copy_from(
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
            source: a file (its `read` may be awaited), bytes, text, or an iterable or asynchronous iterable
                of blocks or of rows.
            columns: as for `copy`.
            timeout: as for `copy`.
        """
        return await copy_whole.copy_from_async(self, statement, source, columns, timeout)

    async def copy_to(self, statement: str, target: Any, *, timeout: Optional[float] = None) -> int:
        """Run `COPY ... TO STDOUT` into a binary or text file, or a function of blocks; return the number of rows."""
        return await copy_whole.copy_to_async(self, statement, target, timeout)
