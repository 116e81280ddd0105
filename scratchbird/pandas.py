"""pandas by the fast road: results as columns, frames by bulk copy.

`read_sql` and `to_sql` are what pandas' functions of these names do, without a Python object a value; `aread_sql` and
`ato_sql` are the same for an asyncio connection.
"""

from __future__ import annotations

import importlib
import re
from functools import partial
from typing import Any, AsyncIterator, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Union

from scratchbird import _columns, _frame_loads, _frames, bulk, errors
from scratchbird._progress import Progress, telling
from scratchbird._reached import is_there
from scratchbird._steps import Steps, awaiting, blocking

__all__ = ["aread_sql", "ato_sql", "read_sql", "to_sql"]

_NAMES = {
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "timestamptz": "timestamp with time zone",
}
"""How types are written in a CREATE TABLE, where that is not their name."""

_TYPE = re.compile(r"[A-Za-z_][\w ]*(\(\s*\d+\s*(,\s*\d+\s*)?\))?( with(out)? time zone)?(\[\])*", re.IGNORECASE)

Types = Union[str, Mapping[str, str], None]


def read_sql(
    sql: str,
    connection: Any,
    *,
    params: Any = None,
    index_col: Union[str, Sequence[str], None] = None,
    parse_dates: Any = None,
    dtype: Any = None,
    dtype_backend: str = "numpy",
    chunksize: Optional[int] = None,
    timeout: Optional[float] = None,
) -> Any:
    """The result of a query as a `pandas.DataFrame`.

    Args:
        sql: the query.
        connection: a [`Connection`][scratchbird.Connection].
        params: its parameters, as `execute` takes them.
        index_col: the column, or columns, that become the index.
        parse_dates: columns of text or numbers that are times: their names, or a mapping of them to a format of
            `strptime`, a unit (`"s"`, `"ms"`, `"us"`, `"ns"`, `"D"`), or arguments of `pandas.to_datetime`.
        dtype: types for `DataFrame.astype`, one for all columns or by name.
        dtype_backend: `"numpy"` or `"pyarrow"`, as for [`fetch_df`][scratchbird.Cursor.fetch_df].
        chunksize: gives an iterator of frames of so many rows instead, at least one. The rows are taken from the
            server as the iterator goes on, and memory stays flat; until its end the connection runs nothing else. With
            `"pyarrow"` all frames have the same types; with `"numpy"` integers and truth values have pandas' nullable
            types in the frames that have NULLs.
        timeout: the most seconds that the statement may take.

    Raises:
        DatabaseError: as `execute`.
        ProgrammingError: `parse_dates` names a column that the result does not have.
        ModuleNotFoundError: pandas is not installed; pyarrow is not, where it is needed.

    Example:
        >>> import scratchbird.pandas
        >>> with connect(dsn) as connection:
        ...     frame = scratchbird.pandas.read_sql("select n from generate_series(1, ?) as n", connection, params=[3])
        >>> frame["n"].tolist()
        [1, 2, 3]
    """
    _columns.check_backend(dtype_backend)
    _columns.check_pandas("read_sql()", dtype_backend)
    finish = partial(_finished, index_col=index_col, parse_dates=parse_dates, dtype=dtype)
    cursor = connection.cursor()
    if chunksize is not None:
        _columns.check_size(chunksize)
        stream = cursor.stream(sql, params, timeout=timeout)
        return _frames_of(stream, dtype_backend, chunksize, finish)
    cursor.execute(sql, params, timeout=timeout)
    description = cursor.description
    return finish(_typed(cursor.fetch_df(dtype_backend=dtype_backend), description))


async def aread_sql(
    sql: str,
    connection: Any,
    *,
    params: Any = None,
    index_col: Union[str, Sequence[str], None] = None,
    parse_dates: Any = None,
    dtype: Any = None,
    dtype_backend: str = "numpy",
    chunksize: Optional[int] = None,
    timeout: Optional[float] = None,
) -> Any:
    """`read_sql` for an [`AsyncConnection`][scratchbird.AsyncConnection]; with `chunksize` it gives an asynchronous
    iterator.

    Example:
        >>> async def main() -> None:
        ...     async with await connect_async(dsn) as connection:
        ...         query = "select n from generate_series(1, 5) as n"
        ...         frames = await scratchbird.pandas.aread_sql(query, connection, chunksize=2)
        ...         print([len(frame) async for frame in frames])
        >>> import scratchbird.pandas
        >>> asyncio.run(main())
        [2, 2, 1]
    """
    _columns.check_backend(dtype_backend)
    _columns.check_pandas("aread_sql()", dtype_backend)
    finish = partial(_finished, index_col=index_col, parse_dates=parse_dates, dtype=dtype)
    cursor = connection.cursor()
    if chunksize is not None:
        _columns.check_size(chunksize)
        stream = cursor.stream(sql, params, timeout=timeout)
        return _aframes_of(stream, dtype_backend, chunksize, finish)
    await cursor.execute(sql, params, timeout=timeout)
    description = cursor.description
    return finish(_typed(await cursor.fetch_df(dtype_backend=dtype_backend), description))


_UNITS = frozenset(("D", "s", "ms", "us", "ns"))
"""What `parse_dates` takes for a unit of numbers, and not for a format."""

_TEXTS = frozenset((18, 19, 25, 1042, 1043))
"""The OIDs of text, which pandas 3 has a type for."""


def _typed(frame: Any, description: Any) -> Any:
    """The frame with columns of text as this pandas has them."""
    pandas = importlib.import_module("pandas")
    if int(pandas.__version__.partition(".")[0]) < 3:
        return frame
    for position, column in enumerate(description):
        if column[1] in _TEXTS and frame.dtypes.iloc[position].kind == "O":
            frame.isetitem(position, frame.iloc[:, position].astype("str"))
    return frame


def _finished(frame: Any, index_col: Any, parse_dates: Any, dtype: Any) -> Any:
    if dtype is not None:
        frame = frame.astype(dtype)
    # As pandas has it, True and False name no column.
    if parse_dates is not None and not isinstance(parse_dates, bool):
        names = [parse_dates] if isinstance(parse_dates, str) else parse_dates
        formats = parse_dates if isinstance(parse_dates, Mapping) else {}
        for name in names:
            if name not in frame.columns:
                raise errors.ProgrammingError(f"parse_dates: the result has no column {name!r}")
            frame[name] = _moments(frame[name], formats.get(name))
    return frame if index_col is None else frame.set_index(index_col)


def _moments(column: Any, form: Any) -> Any:
    to_datetime = importlib.import_module("pandas").to_datetime
    if form is None:
        return to_datetime(column)
    if isinstance(form, Mapping):
        return to_datetime(column, **form)
    return to_datetime(column, **{"unit" if form in _UNITS else "format": form})


def _frames_of(stream: Any, backend: str, size: int, finish: Callable[[Any], Any]) -> Iterator[Any]:
    """The frames of a stream, as they come."""
    with stream as rows:
        count = 0
        for part in rows.fetch_record_batches(size) if backend == "pyarrow" else rows._arrays(size):
            count += 1
            yield finish(_part(part, rows.cursor, backend))
        if not count:
            cursor = rows.cursor
            empty = _typed(cursor.fetch_df(dtype_backend=backend), cursor.description)
            yield finish(empty)


async def _aframes_of(stream: Any, backend: str, size: int, finish: Callable[[Any], Any]) -> AsyncIterator[Any]:
    async with stream as rows:
        count = 0
        async for part in rows.fetch_record_batches(size) if backend == "pyarrow" else rows._arrays(size):
            count += 1
            yield finish(_part(part, rows.cursor, backend))
        if not count:
            cursor = rows.cursor
            empty = _typed(await cursor.fetch_df(dtype_backend=backend), cursor.description)
            yield finish(empty)


def _part(part: Any, cursor: Any, backend: str) -> Any:
    if backend == "pyarrow":
        return _columns.of_arrow(part)
    return _typed(_columns.frame(part), cursor.description)


def to_sql(
    frame: Any,
    name: str,
    connection: Any,
    *,
    schema: Optional[str] = None,
    if_exists: str = "fail",
    index: bool = True,
    index_label: Union[str, Sequence[str], None] = None,
    chunksize: Optional[int] = None,
    dtype: Types = None,
    progress: Progress = None,
    timeout: Optional[float] = None,
) -> int:
    """Write a frame to a table, and return the number of its rows; all of it happens, or nothing.

    Args:
        frame: a `pandas.DataFrame`, or any frame that [`bulk_copy`][scratchbird.Connection.bulk_copy] takes.
        name: the table's name. It is quoted, never pasted.
        connection: a [`Connection`][scratchbird.Connection].
        schema: its schema; the current one if not given.
        if_exists: what to do where there is such a table: `"fail"`, `"replace"` it, or `"append"` to it.
        index: whether the index of a `pandas.DataFrame` becomes columns.
        index_label: the names of these; those of the index, or `index`, if not given.
        chunksize: rows between two calls of `progress`.
        dtype: types for the columns of a new table, one for all or by name, as SQL writes them: `"numeric(10, 2)"`.
        progress: as for [`bulk_copy`][scratchbird.Connection.bulk_copy].
        timeout: the most seconds that loading may take.

    Raises:
        ValueError: there is such a table, and `if_exists` is `"fail"`; or `if_exists` is none of the three.
        ProgrammingError: two columns have the same name; a `dtype` that is no type.
        DataError: a value or a type that does not fit; the message names the column and the row.

    Example:
        >>> import pandas, scratchbird.pandas
        >>> with connect(dsn) as connection:
        ...     scratchbird.pandas.to_sql(pandas.DataFrame({"n": [1, 2]}), "numbers", connection, if_exists="replace")
        2
    """
    stream, declared = _stream(frame, index, index_label, chunksize)
    _check(if_exists, schema, name)
    with connection.transaction(), telling(progress, stream.rows, name) as told:
        return blocking(_write(stream, declared, name, connection, schema, if_exists, dtype, told, timeout, False))


async def ato_sql(
    frame: Any,
    name: str,
    connection: Any,
    *,
    schema: Optional[str] = None,
    if_exists: str = "fail",
    index: bool = True,
    index_label: Union[str, Sequence[str], None] = None,
    chunksize: Optional[int] = None,
    dtype: Types = None,
    progress: Progress = None,
    timeout: Optional[float] = None,
) -> int:
    """`to_sql` for an [`AsyncConnection`][scratchbird.AsyncConnection]."""
    stream, declared = _stream(frame, index, index_label, chunksize)
    _check(if_exists, schema, name)
    async with connection.transaction():
        with telling(progress, stream.rows, name) as told:
            steps = _write(stream, declared, name, connection, schema, if_exists, dtype, told, timeout, True)
            return await awaiting(steps)


def _check(if_exists: str, schema: Optional[str], name: str) -> None:
    if if_exists not in ("fail", "replace", "append"):
        raise ValueError(f"if_exists is 'fail', 'replace' or 'append', not {if_exists!r}")
    for part in (name,) if schema is None else (schema, name):
        bulk.quoted(part)


def _stream(frame: Any, index: bool, label: Any, size: Optional[int]) -> Any:
    """The frame as a stream, and the columns whose decimals have a declared precision; None for all."""
    declared = None
    if _frames.is_pandas(frame):
        if index:
            frame = _with_index(frame, label)
        declared = [str(name) for name, dtype in frame.dtypes.items() if hasattr(dtype, "pyarrow_dtype")]
    if size is not None:
        _columns.check_size(size)
    return _frames.frame(frame, "to_sql()", size), declared


def _with_index(frame: Any, label: Any) -> Any:
    """The frame with its index as the first columns, named as pandas' `to_sql` does."""
    levels = frame.index.nlevels
    if frame.columns.nlevels > 1:
        # Their names are those of the tuples, as everywhere; the index would get names of several levels too.
        frame = frame.set_axis([str(name) for name in frame.columns], axis=1)
    names = [label] if isinstance(label, str) else list(label) if label is not None else None
    if names is not None and len(names) != levels:
        raise ValueError(f"{len(names)} index labels for an index of {levels} levels")
    if names is None:
        own = list(frame.index.names)
        names = [name if name is not None else "index" if levels == 1 else f"level_{at}" for at, name in enumerate(own)]
        if levels == 1 and own[0] is None and "index" in frame.columns:
            names = ["level_0"]
    taken = [name for name in names if name in frame.columns]
    if taken:
        raise errors.ProgrammingError(f"two columns have the name {taken[0]!r}: give index_label=, or index=False")
    return frame.set_axis(frame.index.set_names(names), axis=0).reset_index()


def _write(
    frame: _frames.Frame,
    declared: Optional[List[str]],
    name: str,
    connection: Any,
    schema: Optional[str],
    if_exists: str,
    dtype: Types,
    told: Any,
    timeout: Optional[float],
    is_async: bool,
) -> Steps[int]:
    path = bulk.quoted(name) if schema is None else f"{bulk.quoted(schema)}.{bulk.quoted(name)}"
    exists = yield from is_there(connection, name, schema)
    if exists and if_exists == "fail":
        raise ValueError(f"Table {name!r} already exists.")
    execute = connection.cursor().execute
    if exists and if_exists == "replace":
        yield partial(execute, f"DROP TABLE {path}")
    if not exists or if_exists == "replace":
        yield partial(execute, _creation(path, frame, declared, dtype))
    names = yield from _frame_loads.of_path(connection, path, frame, None)
    loaded: int = yield from _frame_loads.copy_steps(connection, path, names, frame, told, timeout, is_async)
    return loaded


def _creation(path: str, frame: _frames.Frame, declared: Optional[List[str]], dtype: Types) -> str:
    """The CREATE TABLE for a frame."""
    if not frame.source.names:
        raise errors.ProgrammingError("a frame without columns makes no table")
    given: Dict[str, str] = {}
    own = frame.source.types
    if isinstance(dtype, str):
        given = {name: dtype for name, *_ in own}
    elif dtype is not None:
        given = dict(dtype)
        unknown = [name for name in given if name not in {name for name, *_ in own}]
        if unknown:
            raise errors.ProgrammingError(f"dtype names the column {unknown[0]!r}, which the frame does not have")
    columns = []
    for name, _, type_name, precision, scale, length, _nullable in own:
        wanted = given.get(name)
        if wanted is None:
            wanted = _NAMES.get(type_name or "text", type_name or "text")
            if type_name and type_name.endswith("[]"):
                wanted = _NAMES.get(type_name[:-2], type_name[:-2]) + "[]"
            elif precision is not None and type_name == "numeric" and (declared is None or name in declared):
                wanted = f"numeric({precision}, {max(scale or 0, 0)})"
            elif type_name == "vector" and length is not None:
                wanted = f"vector({length})"
        elif not isinstance(wanted, str) or not _TYPE.fullmatch(wanted):
            raise errors.ProgrammingError(f"dtype {wanted!r} of column {name!r} is no type")
        columns.append(f"{bulk.quoted(name)} {wanted}")
    return f"CREATE TABLE {path} ({', '.join(columns)})"
