"""`bulk_copy` and `executemany` of frames, as steps for both faces.

A piece of the stream is made into values in Rust and sent, until there are no more. What a column cannot be is found
out before the first row goes.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Callable, List, Optional, Sequence

from scratchbird import _core, _frames, bulk
from scratchbird._frame_copies import NAME, tell, written
from scratchbird._frames import Frame, Target
from scratchbird._progress import Progress, Told, telling
from scratchbird._steps import Steps, awaiting, blocking


def bulk_copy(
    connection: Any,
    table: str,
    rows: Any,
    columns: Optional[Sequence[str]],
    on_progress: Told,
    timeout: Optional[float],
    progress: Progress,
) -> int:
    path = bulk.quoted_path(table)
    frame = _frames.frame(rows, "bulk_copy()")
    names = blocking(of_path(connection, path, frame, columns))
    with telling(progress, frame.rows, table, on_progress) as told:
        if bulk.commits_alone(connection):
            with connection.transaction():
                return blocking(copy_steps(connection, path, names, frame, told, timeout, False))
        return blocking(copy_steps(connection, path, names, frame, told, timeout, False))


async def bulk_copy_async(
    connection: Any,
    table: str,
    rows: Any,
    columns: Optional[Sequence[str]],
    on_progress: Told,
    timeout: Optional[float],
    progress: Progress,
) -> int:
    path = bulk.quoted_path(table)
    frame = _frames.frame(rows, "bulk_copy()")
    names = await awaiting(of_path(connection, path, frame, columns))
    with telling(progress, frame.rows, table, on_progress) as told:
        if bulk.commits_alone(connection):
            async with connection.transaction():
                return await awaiting(copy_steps(connection, path, names, frame, told, timeout, True))
        return await awaiting(copy_steps(connection, path, names, frame, told, timeout, True))


def of_path(connection: Any, path: str, frame: Frame, columns: Optional[Sequence[str]]) -> Steps[List[str]]:
    """Tells the frame where its columns go in a table, whose name is quoted; gives their names there."""
    for name in columns or ():
        bulk.quoted(name)
    if connection._describes_tables:
        cursor = yield partial(connection.cursor().execute, f"SELECT * FROM {path} LIMIT 0")
        targets = _frames.into_table(frame, cursor.description, columns, path)
    else:
        targets = _frames.into_unknown(frame, columns)
    # Rows that go by `executemany` are text.
    frame.source.prepare(targets, not bulk.copies(connection))
    return [target[1] for target in targets]


def copy_steps(
    connection: Any, path: str, names: List[str], frame: Frame, told: Told, timeout: Optional[float], is_async: bool
) -> Steps[int]:
    """Loads a frame that knows where its columns go."""
    source = frame.source
    if (yield source.ais_empty if is_async else source.is_empty):
        tell(told, 0)
        return 0
    cursor = connection.cursor()
    if bulk.copies(connection):
        listed = ", ".join(bulk.quoted(name) for name in names)
        copy = cursor.copy(f"COPY {path} ({listed}) FROM STDIN", timeout=timeout)
        yield from _copied(copy, source, told)
        return bulk.checked_count(copy.rowcount, source.rows)
    many = _core.Executions(cursor, bulk.insertion_into(path, names), False, timeout)
    yield from _executed(many, source, told, is_async)
    return bulk.checked_count(cursor.rowcount, source.rows)


def _copied(copy: Any, source: _core.ArrowSource, told: Told) -> Steps[None]:
    yield copy._open
    try:
        yield from written(copy, source, told)
        yield copy._finish
    except GeneratorExit:
        # Nothing can be awaited any more; a COPY that is dropped is given up.
        raise
    except BaseException as error:
        yield partial(copy._fail, f"the client raised {type(error).__name__}")
        raise
    tell(told, source.rows)


def _executed(many: _core.Executions, source: _core.ArrowSource, told: Told, is_async: bool) -> Steps[None]:
    fill: Callable[[_core.ArrowSource], Any] = many.afill_from if is_async else many.fill_from
    send: Callable[[], Any] = many.asend if is_async else many.send
    finish: Callable[[], Any] = many.afinish if is_async else many.finish
    abort: Callable[[], Any] = many.aabort if is_async else many.abort
    try:
        while (yield partial(fill, source)):
            yield send
            tell(told, source.rows)
        yield finish
    except GeneratorExit:
        # As for rows: the core closes a connection that holds a part of them.
        raise
    except BaseException:
        yield abort
        raise
    tell(told, source.rows)


def many_steps(
    cursor: Any, query: str, frame: Frame, returning: bool, timeout: Optional[float], told: Told, is_async: bool
) -> Steps[None]:
    """Runs a statement once for every row of a frame."""
    many = _core.Executions(cursor, query, returning, timeout)
    names, count, of_columns, places = many.parameters()
    # What a server infers of an expression says nothing of the values: of `? + 1` that it is an integer.
    types = (yield from _types(cursor.connection, query, timeout, is_async)) if of_columns else []
    targets = _frames.into_parameters(frame, names, count, types)
    if NUMERIC in types:
        targets = yield from _measured(cursor.connection, query, targets, places or list(range(count)))
    frame.source.prepare(targets, True)
    yield from _executed(many, frame.source, told, is_async)


NUMERIC = 1700

_INTO = re.compile(
    rf"\s*INSERT\s+(?:INTO\s+)?(?P<path>{NAME}(?:\s*\.\s*{NAME})*)\s*"
    rf"(?:\((?P<columns>\s*{NAME}\s*(?:,\s*{NAME}\s*)*)\)\s*)?VALUES\b",
    re.IGNORECASE,
)


def _measured(connection: Any, query: str, targets: List[Target], places: List[int]) -> Steps[List[Target]]:
    """The targets with the digits that the columns of a table take: of parameters the server says the type alone, and
    would round what has more.
    """
    found = _INTO.match(query)
    if found is None or not connection._describes_tables:
        return targets
    asked = yield partial(connection.cursor().execute, f"SELECT {found['columns'] or '*'} FROM {found['path']} LIMIT 0")
    made = list(targets)
    for place, column in zip(places, asked.description or ()):
        if made[place][2] == column[1] == NUMERIC:
            made[place] = (*made[place][:3], column[4], column[5], None)
    return made


def _types(connection: Any, query: str, timeout: Optional[float], is_async: bool) -> Steps[List[int]]:
    """The types of the parameters, as far as the server says them."""
    statement = _core.Preparation(connection, query, None, timeout)
    try:
        yield statement.aprepare if is_async else statement.prepare
        return [oid or 0 for _, oid, *_ in statement.parameters]
    finally:
        statement.release()
