"""What is built on COPY: whole files and iterables in and out, and `bulk_copy` into a table.

It chooses names and blocks; what goes over the wire is the core's business.
"""

from __future__ import annotations

import io
import itertools
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncIterable,
    AsyncIterator,
    Callable,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Tuple,
)

from scratchbird import errors
from scratchbird.transaction import Scope

if TYPE_CHECKING:
    from scratchbird.aio.copying import AsyncCopyMethods
    from scratchbird.dbapi.copying import CopyMethods

PIECE = 256 * 1024
"""Bytes or characters that are read from a file at once."""

BATCH = 10_000
"""Rows between two calls of `on_progress`."""

_UNKNOWN: List[int] = []

_END = object()
"""No more rows."""

Data = (str, bytes, bytearray, memoryview)


def quoted(name: str) -> str:
    """A name as an identifier that means exactly it.

    Example:
        >>> quoted('a"b')
        '"a""b"'
    """
    if not isinstance(name, str) or not name or "\0" in name:
        raise errors.ProgrammingError(f"{name!r} cannot be the name of anything")
    return '"' + name.replace('"', '""') + '"'


def quoted_path(table: str) -> str:
    """A table's name, `schema.table` for one outside of the current schema, with every part quoted.

    Example:
        >>> quoted_path("app.t; drop table t")
        '"app"."t; drop table t"'
    """
    if not isinstance(table, str):
        raise errors.ProgrammingError(f"{table!r} cannot be the name of a table")
    return ".".join(quoted(part) for part in table.split("."))


def checked_batch(batch_size: int) -> int:
    if batch_size < 1:
        raise errors.ProgrammingError("batch_size is at least 1")
    return batch_size


def checked_count(rowcount: int, written: int) -> int:
    """The number of rows, which both sides must agree on."""
    if rowcount != written:
        raise errors.DatabaseError(f"the server reports {rowcount} rows of the {written} that were sent")
    return written


def names_of(row: Any) -> Optional[List[str]]:
    return list(row) if isinstance(row, Mapping) else None


def statement(table: str, columns: Sequence[str]) -> str:
    return f"COPY {quoted_path(table)} ({', '.join(quoted(name) for name in columns)}) FROM STDIN"


def probe(table: str) -> str:
    return f"SELECT * FROM {quoted_path(table)} LIMIT 0"


def described(description: Any, columns: Optional[Sequence[str]], table: str) -> Tuple[List[str], List[int]]:
    """The columns to fill and their types, by what the server says of the table."""
    known = {column[0].lower(): (column[0], column[1]) for column in description or ()}
    if columns is None:
        return [name for name, _ in known.values()], [oid for _, oid in known.values()]
    names, types = [], []
    for column in columns:
        quoted(column)
        if column.lower() not in known:
            raise errors.ProgrammingError(f"table {table!r} has no column {column!r}")
        name, oid = known[column.lower()]
        names.append(name)
        types.append(oid)
    if len(set(names)) != len(names):
        raise errors.ProgrammingError("a column is named twice")
    return names, types


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
    with cursor.copy(sql, columns=columns, timeout=timeout) as copy:
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
    async with cursor.copy(sql, columns=columns, timeout=timeout) as copy:
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


def _tell(on_progress: Optional[Callable[[int], Any]], rows: int) -> None:
    if on_progress is not None:
        on_progress(rows)


def _given_names(connection: Any, columns: Optional[Sequence[str]]) -> Optional[List[str]]:
    """The names to go by where the table cannot be asked for its columns; None where it can."""
    if connection._describes_tables:
        return None
    if columns is None:
        message = "this server does not describe its tables: give columns=, or rows that are mappings"
        raise errors.NotSupportedError(message)
    return list(columns)


STREAMING, BINARY_COPY = 1 << 1, 1 << 8
INSERTED = 1000
"""Rows of one `executemany`, where rows are inserted."""


def copies(connection: Any) -> bool:
    """Whether the server takes COPY in packets, which carry any text; lines do not."""
    both = STREAMING | BINARY_COPY
    return bool(connection.info.features & both == both)


def commits_alone(connection: Any) -> bool:
    """Whether a statement would commit before the number of its rows has been compared."""
    return bool(connection.autocommit and connection._scope == Scope.PLAIN)


def insertion(table: str, columns: Sequence[str]) -> str:
    places = ", ".join("?" for _ in columns)
    return f"INSERT INTO {quoted_path(table)} ({', '.join(quoted(name) for name in columns)}) VALUES ({places})"


def bulk_copy(
    connection: Any,
    table: str,
    rows: Iterable[Any],
    columns: Optional[Sequence[str]],
    batch_size: int,
    on_progress: Optional[Callable[[int], Any]],
    timeout: Optional[float],
) -> int:
    quoted_path(table)
    checked_batch(batch_size)
    iterator = iter(rows)
    first = next(iterator, _END)
    if first is _END:
        _tell(on_progress, 0)
        return 0
    wanted = columns if columns is not None else names_of(first)
    given = _given_names(connection, wanted)
    if given is not None:
        names, types = given, _UNKNOWN
    else:
        names, types = described(connection.cursor().execute(probe(table)).description, wanted, table)
    keys = list(wanted) if wanted is not None else names
    load = _copy_rows if copies(connection) else _insert_rows
    each = (by_name(row, keys) for row in itertools.chain([first], iterator))
    if commits_alone(connection):
        with connection.transaction():
            return load(connection, table, names, types, each, batch_size, on_progress, timeout)
    return load(connection, table, names, types, each, batch_size, on_progress, timeout)


def _copy_rows(
    connection: Any,
    table: str,
    names: List[str],
    types: List[int],
    rows: Iterator[Any],
    batch_size: int,
    on_progress: Optional[Callable[[int], Any]],
    timeout: Optional[float],
) -> int:
    with connection.cursor().copy(statement(table, names), timeout=timeout) as copy:
        if types:
            copy.set_types(types)

        def counted() -> Iterator[Any]:
            for told, row in enumerate(rows, 1):
                yield row
                if told % batch_size == 0:
                    _tell(on_progress, told)

        copy.write_rows(counted())
        written: int = copy.rows_written
    if written % batch_size:
        _tell(on_progress, written)
    return checked_count(copy.rowcount, written)


def _insert_rows(
    connection: Any,
    table: str,
    names: List[str],
    types: List[int],
    rows: Iterator[Any],
    batch_size: int,
    on_progress: Optional[Callable[[int], Any]],
    timeout: Optional[float],
) -> int:
    sql, cursor, written = insertion(table, names), connection.cursor(), 0
    while True:
        piece = list(itertools.islice(rows, min(batch_size, INSERTED)))
        if not piece:
            return written
        cursor.executemany(sql, piece, timeout=timeout)
        written += checked_count(cursor.rowcount, len(piece))
        _tell(on_progress, written)


def by_name(row: Any, keys: Sequence[str]) -> Any:
    """A mapping as the sequence of its values, where it has just these keys; the core judges all other rows."""
    if isinstance(row, Mapping) and len(row) == len(keys) and all(key in row for key in keys):
        return tuple(row[key] for key in keys)
    return row


async def bulk_copy_async(
    connection: Any,
    table: str,
    rows: Any,
    columns: Optional[Sequence[str]],
    batch_size: int,
    on_progress: Optional[Callable[[int], Any]],
    timeout: Optional[float],
) -> int:
    quoted_path(table)
    checked_batch(batch_size)
    source = rows.__aiter__() if isinstance(rows, AsyncIterable) else _each(rows)
    first = await _next(source)
    if first is _END:
        _tell(on_progress, 0)
        return 0
    wanted = columns if columns is not None else names_of(first)
    given = _given_names(connection, wanted)
    if given is not None:
        names, types = given, _UNKNOWN
    else:
        cursor = await connection.cursor().execute(probe(table))
        names, types = described(cursor.description, wanted, table)
    keys = list(wanted) if wanted is not None else names
    load = _copy_rows_async if copies(connection) else _insert_rows_async
    size = batch_size if load is _copy_rows_async else min(batch_size, INSERTED)
    pieces = _in_pieces(first, source, keys, size)
    if commits_alone(connection):
        async with connection.transaction():
            return await load(connection, table, names, types, pieces, on_progress, timeout)
    return await load(connection, table, names, types, pieces, on_progress, timeout)


async def _in_pieces(first: Any, source: AsyncIterator[Any], keys: List[str], size: int) -> AsyncIterator[List[Any]]:
    piece, row = [], first
    while row is not _END:
        piece.append(by_name(row, keys))
        row = await _next(source)
        if len(piece) == size or row is _END:
            yield piece
            piece = []


async def _copy_rows_async(
    connection: Any,
    table: str,
    names: List[str],
    types: List[int],
    pieces: AsyncIterator[List[Any]],
    on_progress: Optional[Callable[[int], Any]],
    timeout: Optional[float],
) -> int:
    written = 0
    async with connection.cursor().copy(statement(table, names), timeout=timeout) as copy:
        if types:
            copy.set_types(types)
        async for piece in pieces:
            await copy.write_rows(piece)
            written += len(piece)
            _tell(on_progress, written)
    return checked_count(copy.rowcount, written)


async def _insert_rows_async(
    connection: Any,
    table: str,
    names: List[str],
    types: List[int],
    pieces: AsyncIterator[List[Any]],
    on_progress: Optional[Callable[[int], Any]],
    timeout: Optional[float],
) -> int:
    sql, cursor, written = insertion(table, names), connection.cursor(), 0
    async for piece in pieces:
        await cursor.executemany(sql, piece, timeout=timeout)
        written += checked_count(cursor.rowcount, len(piece))
        _tell(on_progress, written)
    return written


async def _each(rows: Iterable[Any]) -> AsyncIterator[Any]:
    for row in rows:
        yield row


async def _next(source: AsyncIterator[Any]) -> Any:
    try:
        return await source.__anext__()
    except StopAsyncIteration:
        return _END
