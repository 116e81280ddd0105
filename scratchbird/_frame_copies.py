"""Frames into a COPY that is open, as steps for both faces."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Optional

from scratchbird import _core, _frames, errors
from scratchbird._progress import Told
from scratchbird._steps import Steps


def tell(told: Told, rows: int) -> None:
    """Says how many rows there are so far, where somebody listens."""
    if told is not None:
        told(rows)


NAME = r'(?:"(?:[^"]|"")+"|[^\W\d][\w$]*)'
_INTO = re.compile(
    rf"\s*COPY\s+(?P<path>{NAME}(?:\s*\.\s*{NAME})*)\s*"
    rf"(?:\((?P<columns>\s*{NAME}\s*(?:,\s*{NAME}\s*)*)\)\s*)?FROM\s+STDIN\b",
    re.IGNORECASE,
)


def described(cursor: Any, statement: str) -> Steps[Optional[Any]]:
    """What the server says of the columns that a COPY fills; None where it is not asked.

    To be run before the COPY: while that is open the connection answers nothing else.
    """
    found = _INTO.match(statement)
    if found is None or not cursor.connection._describes_tables:
        return None
    asked = yield partial(
        cursor.connection.cursor().execute, f"SELECT {found['columns'] or '*'} FROM {found['path']} LIMIT 0"
    )
    return asked.description


def prepared(copy: Any, rows: Any, description: Optional[Any] = None) -> _core.ArrowSource:
    """The source of a frame, whose columns go where the COPY says; with `description` of the columns there."""
    frame = _frames.frame(rows, "write_rows()")
    names, types = copy._named()
    if description is not None and not names and not frame.is_named:
        names = [column[0] for column in description]
    targets = _frames.into_unknown(frame, names or None)
    if description is not None:
        if len(description) != len(targets):
            raise errors.ProgrammingError(f"{len(targets)} columns of the frame for {len(description)} of the COPY")
        targets = [
            (target[0], column[0], column[1], column[4], column[5], column[3])
            for target, column in zip(targets, description)
        ]
    elif types:
        if len(types) != len(targets):
            raise errors.ProgrammingError(f"{len(types)} types for {len(targets)} columns")
        targets = [(*target[:2], oid, *target[3:]) for target, oid in zip(targets, types)]
    frame.source.prepare(targets, not copy._is_typed)
    return frame.source


def written(copy: Any, source: _core.ArrowSource, told: Told) -> Steps[None]:
    """Writes all rows of a source into a COPY that is open."""
    while not (yield partial(copy._write_source, source)):
        tell(told, source.rows)
