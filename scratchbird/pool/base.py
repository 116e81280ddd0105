"""What needs no waiting and is the same for both faces of a pool."""

from __future__ import annotations

import time
import warnings
from typing import Any, Dict, Mapping, Optional

from scratchbird import errors
from scratchbird._html import pool_html
from scratchbird.pool.engine import Engine

FIRST_PAUSE = 0.05
"""Seconds between two connections that failed their check; it doubles up to `LONGEST_PAUSE`."""

LONGEST_PAUSE = 1.0

UNLIMITED = 16_384
"""`max_size` where there is no limit; the core's own limit, and more than a server accepts."""

UNFINISHED = "{} left the connection in a transaction: it has to commit or roll back"


class PoolBase:
    """The properties and statistics of a pool."""

    _engine: Engine
    _owner = False
    _keeps_idle = True
    timeout: float
    """Seconds to wait for a connection, where a call does not say otherwise."""

    def _make(self, dsn: Optional[str], options: Mapping[str, Any], timeout: float, settings: Dict[str, Any]) -> None:
        # A pool without a connection to lend must not make its callers wait for ever.
        self.timeout = self._seconds(timeout)
        try:
            self._engine = Engine(dsn, options, settings)
        finally:
            # A traceback that shows variables shows no secrets of this frame.
            del dsn, options
        self._owner = True

    @staticmethod
    def _seconds(timeout: object) -> float:
        if isinstance(timeout, (int, float)) and not isinstance(timeout, bool) and timeout >= 0:
            return float(timeout)
        raise errors.InterfaceError(f"timeout is a number of seconds, 0 or more, not {timeout!r}")

    def _deadline(self, timeout: Optional[float]) -> float:
        return time.monotonic() + (self.timeout if timeout is None else self._seconds(timeout))

    def _rejected(self, deadline: float, waited: float, failure: Exception) -> None:
        """Raise where the time is up for another connection after one that failed its check."""
        if time.monotonic() + waited >= deadline:
            raise errors.PoolTimeout(
                f"the pool {self.name!r} had no connection that passed its check in time; the last failure: {failure}"
            ) from failure

    def _returned(self, connection: Any) -> None:
        """Measure the loan that has ended."""
        instruments = self._engine.instruments()
        if instruments is not None and connection._lent_at is not None:
            instruments.pools.used(self.name, time.perf_counter() - connection._lent_at)

    @property
    def name(self) -> str:
        """The pool's name, shown in its log and errors."""
        return self._engine.name

    @property
    def closed(self) -> bool:
        """True before the pool is open, after `close`, and in a forked child of the process that opened it."""
        return not self._engine.core.is_open

    @property
    def min_size(self) -> int:
        """The number of connections that the pool keeps."""
        return self._engine.core.statistics(False)["pool_min"]

    @property
    def max_size(self) -> int:
        """The most connections that the pool makes."""
        return self._engine.core.statistics(False)["pool_max"]

    def resize(self, min_size: int, max_size: Optional[int] = None) -> None:
        """Change the sizes of the pool.

        Connections above a smaller `max_size` are closed, those that are lent when they come back.

        Args:
            min_size: the number of connections to keep.
            max_size: the most connections to make; `min_size` if not given.

        Raises:
            InterfaceError: the sizes contradict each other.
        """
        self._engine.core.resize(min_size, min_size if max_size is None else max_size)

    def drain(self) -> None:
        """Replace all connections: unused ones at once, lent ones when they come back.

        Useful after a change that open sessions do not see, such as of a role's privileges.
        """
        self._engine.core.drain()

    def get_stats(self) -> Dict[str, int]:
        """Counters of what the pool has done, and its levels now. See [Pools](../pool.md#statistics)."""
        return self._engine.core.statistics(False)

    def pop_stats(self) -> Dict[str, int]:
        """As `get_stats`, and set the counters back to zero."""
        return self._engine.core.statistics(True)

    def __repr__(self) -> str:
        if "_engine" not in vars(self):
            # Refused while it was being made; a traceback may want to show it.
            return f"<{type(self).__name__} (refused)>"
        stats = self.get_stats()
        state = "closed" if self.closed else f"{stats['pool_available']} of {stats['pool_size']} available"
        return f"<{type(self).__name__} {self.name!r} ({state})>"

    def _repr_html_(self) -> str:
        return pool_html(self)

    def __del__(self) -> None:
        if self._owner and not self.closed:
            warnings.warn(f"unclosed scratchbird pool {self.name!r}", ResourceWarning, stacklevel=2, source=self)
