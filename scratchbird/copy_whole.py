"""`copy_from` and `copy_to`: whole files, texts and iterables through a COPY.

It chooses blocks and rows; what goes over the wire is the core's business.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, AsyncIterable, AsyncIterator, Callable, Iterator, Optional, Sequence

from scratchbird import errors
from scratchbird._frame_copies import described, prepared, written
from scratchbird._frames import is_frame
from scratchbird._steps import awaiting, blocking

if TYPE_CHECKING:
    from scratchbird.aio.copying import AsyncCopyMethods
    from scratchbird.dbapi.copying import CopyMethods

PIECE = 256 * 1024
"""Bytes or characters that are read from a file at once."""

Data = (str, bytes, bytearray, memoryview)


def pieces(source: Any) -> Iterator[Any]:
    """The blocks or rows of what `copy_from` is given."""
    if isinstance(source, Data):
        yield source
    elif hasattr(source, "read"):
        while True:
            block = source.read(PIECE)
            if not block:
                return
            yield block
    else:
        yield from source


def writer(target: Any) -> Callable[[bytes], Any]:
    """What takes the blocks of `copy_to`: a file's `write`, or a function."""
    write: Callable[[Any], Any] = getattr(target, "write", target)
    if not callable(write):
        raise errors.ProgrammingError("copy_to writes to a file or to a function")
    if not isinstance(target, io.TextIOBase):
        return write
    import codecs

    # A block ends with a row, but nothing promises that of every server.
    decoder = codecs.getincrementaldecoder("utf-8")()
    return lambda block: write(decoder.decode(block))


def copy_from(
    cursor: CopyMethods[Any], sql: str, source: Any, columns: Optional[Sequence[str]], timeout: Optional[float]
) -> int:
    description = blocking(described(cursor, sql)) if is_frame(source) else None
    with cursor.copy(sql, columns=columns, timeout=timeout) as copy:
        if is_frame(source):
            blocking(written(copy, prepared(copy, source, description), None))
            source = ()
        for piece in pieces(source):
            if isinstance(piece, Data):
                copy.write(piece)
            else:
                copy.write_row(piece)
    return copy.rowcount


def copy_to(cursor: CopyMethods[Any], sql: str, target: Any, timeout: Optional[float]) -> int:
    write = writer(target)
    with cursor.copy(sql, timeout=timeout) as copy:
        for block in copy:
            write(block)
    return copy.rowcount


async def _pieces_async(source: Any) -> AsyncIterator[Any]:
    if hasattr(source, "read") and not isinstance(source, Data):
        while True:
            block = source.read(PIECE)
            if hasattr(block, "__await__"):
                block = await block
            if not block:
                return
            yield block
    elif isinstance(source, AsyncIterable):
        async for piece in source:
            yield piece
    else:
        for piece in pieces(source):
            yield piece


async def copy_from_async(
    cursor: AsyncCopyMethods[Any], sql: str, source: Any, columns: Optional[Sequence[str]], timeout: Optional[float]
) -> int:
    description = await awaiting(described(cursor, sql)) if is_frame(source) else None
    async with cursor.copy(sql, columns=columns, timeout=timeout) as copy:
        if is_frame(source):
            await awaiting(written(copy, prepared(copy, source, description), None))
            source = ()
        async for piece in _pieces_async(source):
            if isinstance(piece, Data):
                await copy.write(piece)
            else:
                await copy.write_row(piece)
    return copy.rowcount


async def copy_to_async(cursor: AsyncCopyMethods[Any], sql: str, target: Any, timeout: Optional[float]) -> int:
    write = writer(target)
    async with cursor.copy(sql, timeout=timeout) as copy:
        async for block in copy:
            written = write(block)
            if hasattr(written, "__await__"):
                await written
    return copy.rowcount
