"""`bulk_copy`: many rows into a table, by the fastest road that the server has and that stores every row.

The roads are COPY in packets and `executemany`, which knows roads of its own. Here names are chosen and rows are
counted; what goes over the wire is the core's business.
"""

from __future__ import annotations

import itertools
from typing import (
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
from scratchbird._progress import Progress, telling
from scratchbird.transaction import Scope

BATCH = 10_000
"""Rows between two calls of `on_progress`."""

PIECE = 1000
"""Rows of an asynchronous iterable that are written together."""

_UNKNOWN: List[Any] = []

VECTOR = 16386

_END = object()
"""No more rows."""

_SEQUENCES = (tuple, list)


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


def sized(description: Any, names: Sequence[str], types: Sequence[int]) -> List[Any]:
    """The types for a COPY: those of vectors with the number of their dimensions, where the server says it."""
    sizes = {column[0]: column[3] for column in description or () if column[1] == VECTOR and column[3]}
    return [f"vector({sizes[name]})" if name in sizes else oid for name, oid in zip(names, types)]


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


def copies(connection: Any) -> bool:
    """Whether the server takes COPY in packets, which carry any text; lines do not."""
    both = STREAMING | BINARY_COPY
    return bool(connection.info.features & both == both)


def commits_alone(connection: Any) -> bool:
    """Whether a statement would commit before the number of its rows has been compared."""
    return bool(connection.autocommit and connection._scope == Scope.PLAIN)


def insertion(table: str, columns: Sequence[str]) -> str:
    return insertion_into(quoted_path(table), columns)


def insertion_into(path: str, columns: Sequence[str]) -> str:
    places = ", ".join("?" for _ in columns)
    return f"INSERT INTO {path} ({', '.join(quoted(name) for name in columns)}) VALUES ({places})"


def bulk_copy(
    connection: Any,
    table: str,
    rows: Iterable[Any],
    columns: Optional[Sequence[str]],
    batch_size: int,
    on_progress: Optional[Callable[[int], Any]],
    timeout: Optional[float],
    progress: Progress = None,
) -> int:
    quoted_path(table)
    checked_batch(batch_size)
    with telling(progress, length(rows), table, on_progress) as told:
        return _copy_any(connection, table, rows, columns, batch_size, told, timeout)


def length(rows: Any) -> Optional[int]:
    """How many rows there are, where that is known."""
    return len(rows) if hasattr(rows, "__len__") else None


def _copy_any(
    connection: Any,
    table: str,
    rows: Iterable[Any],
    columns: Optional[Sequence[str]],
    batch_size: int,
    on_progress: Optional[Callable[[int], Any]],
    timeout: Optional[float],
) -> int:
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
        description = connection.cursor().execute(probe(table)).description
        names, oids = described(description, wanted, table)
        types = sized(description, names, oids)
    keys = list(wanted) if wanted is not None else names
    load = _copy_rows if copies(connection) else _insert_rows
    each = _each(first, iterator, keys, names, load is _copy_rows)
    if commits_alone(connection):
        with connection.transaction():
            return load(connection, table, names, types, each, batch_size, on_progress, timeout)
    return load(connection, table, names, types, each, batch_size, on_progress, timeout)


class Count:
    """Counts rows as they are taken, and tells of every batch.

    A row counts when the next one is asked for: by then it has been accepted.
    """

    def __init__(self, batch_size: int, on_progress: Optional[Callable[[int], Any]]) -> None:
        self.rows, self.batch_size, self.on_progress = 0, batch_size, on_progress

    def of(self, rows: Iterable[Any]) -> Iterator[Any]:
        for row in rows:
            yield row
            self.rows += 1
            if self.rows % self.batch_size == 0:
                _tell(self.on_progress, self.rows)

    def of_any(self, rows: Any) -> Any:
        return self._of_async(rows.__aiter__()) if hasattr(rows, "__aiter__") else self.of(rows)

    async def _of_async(self, rows: AsyncIterator[Any]) -> AsyncIterator[Any]:
        async for row in rows:
            yield row
            self.rows += 1
            if self.rows % self.batch_size == 0:
                _tell(self.on_progress, self.rows)

    def end(self) -> int:
        """The number of rows; tells of a batch that is not full."""
        if self.rows % self.batch_size:
            _tell(self.on_progress, self.rows)
        return self.rows


def _copy_rows(
    connection: Any,
    table: str,
    names: List[str],
    types: List[Any],
    rows: Iterator[Any],
    batch_size: int,
    on_progress: Optional[Callable[[int], Any]],
    timeout: Optional[float],
) -> int:
    count = Count(batch_size, on_progress)
    with connection.cursor().copy(statement(table, names), timeout=timeout) as copy:
        if types:
            copy.set_types(types)
        copy.write_rows(count.of(rows) if on_progress is not None else rows)
    count.end()
    return checked_count(copy.rowcount, copy.rows_written)


def _insert_rows(
    connection: Any,
    table: str,
    names: List[str],
    types: List[Any],
    rows: Iterator[Any],
    batch_size: int,
    on_progress: Optional[Callable[[int], Any]],
    timeout: Optional[float],
) -> int:
    count = Count(batch_size, on_progress)
    cursor = connection.cursor()
    cursor.executemany(insertion(table, names), count.of(rows), timeout=timeout)
    return checked_count(cursor.rowcount, count.end())


def by_name(row: Any, keys: Sequence[str]) -> Any:
    """A mapping as the sequence of its values, where it has just these keys; the core judges all other rows."""
    # Whether it is a mapping takes long to find out.
    if type(row) in _SEQUENCES:
        return row
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
    progress: Progress = None,
) -> int:
    quoted_path(table)
    checked_batch(batch_size)
    with telling(progress, length(rows), table, on_progress) as told:
        return await _copy_any_async(connection, table, rows, columns, batch_size, told, timeout)


async def _copy_any_async(
    connection: Any,
    table: str,
    rows: Any,
    columns: Optional[Sequence[str]],
    batch_size: int,
    on_progress: Optional[Callable[[int], Any]],
    timeout: Optional[float],
) -> int:
    source: Any = rows.__aiter__() if isinstance(rows, AsyncIterable) else iter(rows)
    is_async = hasattr(source, "__anext__")
    first = await _next(source) if is_async else next(source, _END)
    if first is _END:
        _tell(on_progress, 0)
        return 0
    wanted = columns if columns is not None else names_of(first)
    given = _given_names(connection, wanted)
    if given is not None:
        names, types = given, _UNKNOWN
    else:
        cursor = await connection.cursor().execute(probe(table))
        names, oids = described(cursor.description, wanted, table)
        types = sized(cursor.description, names, oids)
    keys = list(wanted) if wanted is not None else names
    load = _copy_rows_async if copies(connection) else _insert_rows_async
    each: Any
    if is_async:
        each = (_pieces_async if load is _copy_rows_async else _named_async)(first, source, keys)
    else:
        each = _each(first, source, keys, names, load is _copy_rows_async)
    if commits_alone(connection):
        async with connection.transaction():
            return await load(connection, table, names, types, each, batch_size, on_progress, timeout)
    return await load(connection, table, names, types, each, batch_size, on_progress, timeout)


def _each(first: Any, source: Iterator[Any], keys: List[str], names: List[str], copied: bool) -> Iterator[Any]:
    """All rows. COPY finds the values of a mapping by the names of its columns, and needs no help with those."""
    rows = itertools.chain([first], source)
    if copied and keys == names:
        return rows
    return (by_name(row, keys) for row in rows)


async def _pieces_async(first: Any, source: AsyncIterator[Any], keys: List[str]) -> AsyncIterator[List[Any]]:
    """As `_named_async`, many rows at once: each step through an asynchronous iterator costs."""
    piece, row = [], first
    while row is not _END:
        piece.append(by_name(row, keys))
        row = await _next(source)
        if len(piece) == PIECE or row is _END:
            yield piece
            piece = []


async def _named_async(first: Any, source: AsyncIterator[Any], keys: List[str]) -> AsyncIterator[Any]:
    row = first
    while row is not _END:
        yield by_name(row, keys)
        row = await _next(source)


async def _copy_rows_async(
    connection: Any,
    table: str,
    names: List[str],
    types: List[Any],
    rows: Any,
    batch_size: int,
    on_progress: Optional[Callable[[int], Any]],
    timeout: Optional[float],
) -> int:
    count = Count(batch_size, on_progress)
    async with connection.cursor().copy(statement(table, names), timeout=timeout) as copy:
        if types:
            copy.set_types(types)
        if hasattr(rows, "__anext__"):
            async for piece in rows:
                await copy.write_rows(count.of(piece))
        else:
            await copy.write_rows(count.of(rows) if on_progress is not None else rows)
    count.end()
    return checked_count(copy.rowcount, copy.rows_written)


async def _insert_rows_async(
    connection: Any,
    table: str,
    names: List[str],
    types: List[Any],
    rows: Any,
    batch_size: int,
    on_progress: Optional[Callable[[int], Any]],
    timeout: Optional[float],
) -> int:
    count = Count(batch_size, on_progress)
    cursor = connection.cursor()
    await cursor.executemany(insertion(table, names), count.of_any(rows), timeout=timeout)
    return checked_count(cursor.rowcount, count.end())


async def _next(source: AsyncIterator[Any]) -> Any:
    try:
        return await source.__anext__()
    except StopAsyncIteration:
        return _END
