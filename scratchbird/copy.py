"""COPY: rows in bulk, into a table or out of it, on both faces.

A COPY is a block: `with cursor.copy("COPY t (a, b) FROM STDIN") as copy:`. Leaving it ends the COPY and waits for the
server; leaving it by an exception gives the COPY up, and the connection stays usable.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, AsyncIterable, AsyncIterator, Iterable, Iterator, Optional, Tuple, Type

from scratchbird import _core, _frames
from scratchbird._frame_copies import prepared, written
from scratchbird._steps import awaiting, blocking

if TYPE_CHECKING:
    Row = Tuple[Any, ...]

__all__ = ["AsyncCopy", "Copy"]

_PIECE = 1000
"""Rows of an asynchronous iterable that are handed to the core together."""


def _reason(error: Optional[BaseException]) -> str:
    return "abandoned" if error is None else f"the client raised {type(error).__name__}"


class Copy(_core.Copy):
    """A COPY under way. Made by [`Cursor.copy`][scratchbird.Cursor.copy], used in a `with` block.

    Iterating gives the blocks of data of a COPY out as the server sends them.
    """

    def write_rows(self, rows: Any) -> None:
        """Write many rows, as `write_row` does; a generator will do, and so will a frame.

        Args:
            rows: an iterable of rows, or a frame as [`bulk_copy`][scratchbird.Connection.bulk_copy] takes it. The
                columns of a frame go to those of the same name where the statement names its columns, and are checked
                against the types that `set_types` has named. `copy_from` asks the server for those of the table.

        Raises:
            DataError: a value, or the type of a frame's column, does not fit.
            ProgrammingError: a row does not fit the columns, or their names are not known.
        """
        if _frames.is_frame(rows):
            blocking(written(self, prepared(self, rows), None))
        else:
            super().write_rows(rows)

    def rows(self) -> Iterator[Row]:
        """The rows of a COPY out, one by one.

        Values are text, except those of typed packets and of columns that `set_types` has given a type. Rows of
        `JSONL` are what `json.loads` makes of them.
        """
        while True:
            rows = self._read_rows()
            if not rows:
                return
            yield from rows

    def __enter__(self) -> Copy:
        self._open()
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if exc_type is None:
            try:
                self._finish()
            except BaseException as error:
                # What could not be finished must not be left open; where the server has ended it this does nothing.
                self._fail(_reason(error))
                raise
        else:
            self._fail(_reason(exc))


class AsyncCopy(_core.AsyncCopy):
    """A COPY under way, for asyncio. Made by [`AsyncCursor.copy`][scratchbird.AsyncCursor.copy].

    The same names as [`Copy`][scratchbird.Copy], awaited. Asynchronous iteration gives blocks of data.
    """

    async def write_rows(self, rows: Any) -> None:
        """Write many rows, of an iterable, an asynchronous iterable or a frame. As `Copy.write_rows`, awaited."""
        if _frames.is_frame(rows):
            await awaiting(written(self, prepared(self, rows), None))
        elif isinstance(rows, AsyncIterable):
            piece = []
            async for row in rows:
                piece.append(row)
                if len(piece) >= _PIECE:
                    await self._write_piece(piece)
                    piece = []
            await self._write_piece(piece)
        else:
            await self._write_piece(rows)

    async def _write_piece(self, rows: Iterable[Any]) -> None:
        iterator = iter(rows)
        while not await self._write_some(iterator):
            pass

    async def rows(self) -> AsyncIterator[Row]:
        """The rows of a COPY out, one by one. As `Copy.rows`, for `async for`."""
        while True:
            rows = await self._read_rows()
            if rows is None:
                return
            for row in rows:
                yield row

    async def __aenter__(self) -> AsyncCopy:
        await self._open()
        return self

    async def __aexit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        if exc_type is None:
            try:
                await self._finish()
            except BaseException as error:
                await self._fail(_reason(error))
                raise
        else:
            await self._fail(_reason(exc))
