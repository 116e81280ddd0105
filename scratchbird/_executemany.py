"""`executemany` of both faces, as steps: rows are taken from the caller as they are sent, never all at once."""

from __future__ import annotations

from functools import partial
from typing import Any, AsyncIterator, Callable, Iterator, List

from scratchbird import _core
from scratchbird._steps import Steps

_TAKEN = 1000
"""Rows that are taken from an asynchronous iterable before the core looks at them."""


async def _take(rows: AsyncIterator[Any]) -> List[Any]:
    taken: List[Any] = []
    while len(taken) < _TAKEN:
        try:
            taken.append(await rows.__anext__())
        except StopAsyncIteration:
            break
    return taken


def _send(many: _core.Executions, rows: Iterator[Any], send: Callable[[], Any]) -> Steps[None]:
    while many.fill(rows):
        yield send


def blocking_steps(many: _core.Executions, rows: Any) -> Steps[None]:
    """Send the rows of an iterable."""
    return _steps(_send(many, iter(rows), many.send), many.finish, many.abort)


def awaited_steps(many: _core.Executions, rows: Any) -> Steps[None]:
    """Send the rows of an iterable or of an asynchronous iterable."""
    sending = _send_async(many, rows.__aiter__()) if hasattr(rows, "__aiter__") else _send(many, iter(rows), many.asend)
    return _steps(sending, many.afinish, many.aabort)


def _send_async(many: _core.Executions, rows: AsyncIterator[Any]) -> Steps[None]:
    more = True
    while more:
        taken = yield partial(_take, rows)
        yield from _send(many, iter(taken), many.asend)
        more = len(taken) == _TAKEN


def _steps(sending: Steps[None], finish: Callable[[], Any], abort: Callable[[], Any]) -> Steps[None]:
    try:
        yield from sending
        yield finish
    except GeneratorExit:
        # Nothing can be awaited any more; the core closes a connection that holds a part of the rows.
        raise
    except BaseException:
        yield abort
        raise
