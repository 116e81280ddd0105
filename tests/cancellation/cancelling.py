"""Cancels a coroutine at its n-th suspension: every await in it is one, whoever it belongs to."""

from __future__ import annotations

import asyncio
from typing import Any, Awaitable, Callable, Generator, Optional


class Steps:
    """Awaits a coroutine and counts its suspensions; at number `stop` it lets `interrupt` happen instead."""

    def __init__(self, coroutine: Awaitable[Any], stop: Optional[int], interrupt: Callable[[], Any]) -> None:
        self.coroutine, self.stop, self.interrupt = coroutine, stop, interrupt
        self.count = 0

    def __await__(self) -> Generator[Any, Any, Any]:
        inner = self.coroutine.__await__()
        send: Any = None
        error: Optional[BaseException] = None
        while True:
            try:
                waits_for = inner.send(send) if error is None else inner.throw(error)
            except StopIteration as end:
                return end.value
            error = None
            self.count += 1
            if self.count - 1 == self.stop:
                # Before the loop has had a turn: nothing of what is waited for has come.
                self.interrupt()
            try:
                send = yield waits_for
            except BaseException as thrown:
                error = thrown


async def cancelled_at(work: Callable[[], Awaitable[Any]], stop: int) -> bool:
    """Run `work` and cancel its task at suspension `stop`; False where it ended before."""
    steps = Steps(work(), stop, lambda: task.cancel())

    async def run() -> None:
        await steps

    task = asyncio.ensure_future(run())
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False
