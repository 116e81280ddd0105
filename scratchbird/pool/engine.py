"""What the two faces of a pool share: the core's pool, its settings, and its log.

It knows nothing of hooks, which differ between the faces.
"""

from __future__ import annotations

import atexit
import itertools
import logging
import os
import threading
import weakref
from typing import Any, Dict, List, Mapping, Optional, Tuple

from scratchbird import _core, _providers, _watching

logger = logging.getLogger("scratchbird.pool")

_LEVELS = {
    "created": logging.INFO,
    "reused": logging.DEBUG,
    "returned": logging.DEBUG,
    "pruned": logging.INFO,
    "failed": logging.WARNING,
}
_numbers = itertools.count(1)
_Writer = Tuple[_core.PoolEvents, threading.Thread]
_writers: List[_Writer] = []
_writers_lock = threading.Lock()
_engines: weakref.WeakSet[Engine] = weakref.WeakSet()


def log(event: str, pool: str, connection: Optional[int], detail: str = "") -> None:
    """Log what happened in a pool; the record has `pool`, `event` and `connection` as attributes."""
    level = _LEVELS[event]
    if not logger.isEnabledFor(level):
        return
    what = "connecting" if connection is None else f"connection {connection}"
    text = f"pool {pool}: {what} {event}"
    if detail:
        text += f" {detail}" if event == "created" else f": {detail}"
    logger.log(level, "%s", text, extra={"pool": pool, "event": event, "connection": connection})


def engines() -> List[Engine]:
    """Those of all pools of the process that are open."""
    with _writers_lock:
        known = list(_engines)
    return [engine for engine in known if engine.core.is_open]


def _write(events: _core.PoolEvents, own: Any) -> None:
    """The log's thread: what the pool does in the background has no caller to log it."""
    while True:
        batch = events.take(60.0)
        if batch is None:
            return
        for event, pool, connection, detail, took in batch:
            log(event, pool, connection, detail)
            instruments = _watching.instruments(own)
            if took is not None and instruments is not None:
                instruments.pools.created(pool, took)


class Engine:
    """A pool in the core and the thread that writes its log."""

    def __init__(self, dsn: Optional[str], options: Mapping[str, Any], settings: Dict[str, Any]) -> None:
        settings["name"] = settings.get("name") or f"pool-{next(_numbers)}"
        self.name: str = settings["name"]
        self.events = _core.PoolEvents()
        given = _providers.wrapped(options)
        self.providers = _providers.providers(given)
        try:
            self.core = _core.Pool(dsn, given, settings, self.events)
            self._own_instruments = _watching.global_instruments() if self.core.telemetry else None
        finally:
            # A traceback that shows variables shows no secrets of this frame.
            del dsn, options, given
        self._lock = threading.Lock()
        self._writer: Optional[_Writer] = None
        self._end = weakref.finalize(self, _end, os.getpid(), self.events)
        self._end.atexit = False
        with _writers_lock:
            _engines.add(self)

    def instruments(self) -> Any:
        """Those of OpenTelemetry that the pool's metrics go to; None where nobody asks for them."""
        return _watching.instruments(self._own_instruments)

    def open(self) -> None:
        """Start connecting and logging."""
        self.core.open()
        with self._lock:
            if self._writer is None:
                thread = threading.Thread(
                    target=_write,
                    args=(self.events, self._own_instruments),
                    name=f"scratchbird {self.name}",
                    daemon=True,
                )
                self._writer = (self.events, thread)
                with _writers_lock:
                    _writers.append(self._writer)
                thread.start()

    def closed(self) -> None:
        """The core's pool has been closed: write the rest of the log and end."""
        self._end()
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is not None and writer[1] is not threading.current_thread():
            writer[1].join(1.0)
            with _writers_lock:
                _writers[:] = [known for known in _writers if known is not writer]


def _end(process: int, events: _core.PoolEvents) -> None:
    # After a fork the queue's lock may be held by a thread that does not exist here.
    if process == os.getpid():
        events.close()


@atexit.register
def _end_writers() -> None:
    """No thread of a pool may want the interpreter once it is going down."""
    with _writers_lock:
        writers = list(_writers)
    for events, thread in writers:
        events.close()
        thread.join(1.0)


def _forked() -> None:
    global _writers_lock
    _writers_lock = threading.Lock()
    _writers.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
