"""Runs a statement while a notebook shows how far it is; the stop button cancels it in the server.

The statement has a thread of its own. The thread of the notebook waits, and is the one that is interrupted.
"""

from __future__ import annotations

import contextvars
import threading
import time
from typing import Any, Callable, List, Optional

from scratchbird._html import counted, took
from scratchbird.notification import Progress

PATIENCE = 1.0
"""Seconds after which a statement is long."""

TICK = 0.25
"""Seconds between two looks at how far it is."""


class Bar:
    """A bar below the cell, which goes when the statement has ended. How long it will be nobody knows."""

    def __init__(self, show: Callable[..., Any]) -> None:
        self.show = show
        self.handle: Any = None

    def tell(self, seconds: float, progress: Optional[Progress]) -> None:
        rows = "" if progress is None else f", {counted(progress.rows)}"
        page = {
            "text/html": f"<progress></progress> <small>running, {took(seconds)}{rows}</small>",
            "text/plain": f"running, {took(seconds)}{rows}",
        }
        if self.handle is None:
            self.handle = self.show(page, raw=True, display_id=True)
        else:
            self.handle.update(page, raw=True)

    def end(self) -> None:
        if self.handle is not None:
            self.handle.update({"text/plain": "", "text/html": ""}, raw=True)


def run(connection: Any, call: Callable[[], Any], bar: Optional[Bar]) -> Any:
    """What `call` gives, which is a statement on the connection."""
    found: List[Any] = []
    failed: List[BaseException] = []
    done = threading.Event()
    latest: List[Progress] = []

    def work() -> None:
        try:
            found.append(call())
        except BaseException as error:
            failed.append(error)
        finally:
            done.set()

    heard, watching = connection.on_progress, bar is not None and connection.on_progress is None
    if watching:
        connection.on_progress = lambda progress: latest.__setitem__(slice(None), [progress])
    began = time.monotonic()
    thread = threading.Thread(target=contextvars.copy_context().run, args=(work,), name="scratchbird-sql", daemon=True)
    thread.start()
    try:
        while not done.wait(TICK):
            seconds = time.monotonic() - began
            if bar is not None and seconds >= PATIENCE:
                bar.tell(seconds, latest[0] if latest else None)
    except BaseException:
        # Nothing is known of the statement until it has ended: it may not have begun when the first cancel came.
        while not done.is_set():
            if not connection.closed:
                connection.cancel()
            done.wait(TICK)
        raise
    finally:
        thread.join()
        if bar is not None:
            bar.end()
        if watching and not connection.closed:
            connection.on_progress = heard
    if failed:
        raise failed[0]
    return found[0]
