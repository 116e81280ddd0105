"""Progress of long loads: a function of the rows so far, or a bar of tqdm's."""

from __future__ import annotations

import contextlib
import importlib
from typing import Any, Callable, Iterator, Optional

from scratchbird import errors

Progress = Any
"""A function of the rows so far, a bar (anything with `update(n)`), True for a bar of its own, or None."""

Told = Optional[Callable[[int], Any]]


@contextlib.contextmanager
def telling(progress: Progress, total: Optional[int], name: str, also: Told = None) -> Iterator[Told]:
    """What is to be called with the number of rows so far, None where nobody listens.

    Args:
        progress: as `bulk_copy` takes it.
        total: how many rows there will be, where that is known.
        name: what is loaded, for a bar of its own.
        also: another function to call.
    """
    if progress is None or progress is False:
        yield also
        return
    bar = progress
    if progress is True:
        bar = _tqdm()(total=total, desc=name, unit=" rows", unit_scale=True)
    if hasattr(bar, "update"):
        if getattr(bar, "total", 0) is None:
            bar.total = total
        tell = _moves(bar)
    elif callable(bar):
        tell = bar
    else:
        raise errors.ProgrammingError("progress is a function of the rows so far, a bar with update(), or True")

    def both(rows: int) -> None:
        tell(rows)
        if also is not None:
            also(rows)

    try:
        yield both
    finally:
        if progress is True:
            bar.close()


def _tqdm() -> Any:
    try:
        return importlib.import_module("tqdm.auto").tqdm
    except ModuleNotFoundError as error:
        if error.name not in ("tqdm", "tqdm.auto"):
            raise
        raise ModuleNotFoundError("progress=True needs tqdm: pip install tqdm", name="tqdm") from None


def _moves(bar: Any) -> Callable[[int], None]:
    told = 0

    def move(rows: int) -> None:
        nonlocal told
        bar.update(rows - told)
        told = rows

    return move
