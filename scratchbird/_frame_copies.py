"""Frames into a COPY that is open, as steps for both faces."""

from __future__ import annotations

from functools import partial
from typing import Any

from scratchbird import _core, _frames, errors
from scratchbird._progress import Told
from scratchbird._steps import Steps


def tell(told: Told, rows: int) -> None:
    """Says how many rows there are so far, where somebody listens."""
    if told is not None:
        told(rows)


def prepared(copy: Any, rows: Any) -> _core.ArrowSource:
    """The source of a frame, whose columns go where the COPY says."""
    frame = _frames.frame(rows, "write_rows()")
    names, types = copy._named()
    targets = _frames.into_unknown(frame, names or None)
    if types:
        if len(types) != len(targets):
            raise errors.ProgrammingError(f"{len(types)} types for {len(targets)} columns")
        targets = [(*target[:2], oid, *target[3:]) for target, oid in zip(targets, types)]
    frame.source.prepare(targets, not copy._is_typed)
    return frame.source


def written(copy: Any, source: _core.ArrowSource, told: Told) -> Steps[None]:
    """Writes all rows of a source into a COPY that is open."""
    while not (yield partial(copy._write_source, source)):
        tell(told, source.rows)
