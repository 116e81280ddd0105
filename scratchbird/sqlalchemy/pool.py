"""`poolclass=DriverPool`: connections of an engine come from the driver's own pool, in place of SQLAlchemy's."""

from __future__ import annotations

import contextlib
import contextvars
import threading
from typing import Any, Dict, Iterator, Optional

from sqlalchemy import pool

import scratchbird

_asking: contextvars.ContextVar[Optional[DriverPool]] = contextvars.ContextVar("asking", default=None)
"""The pool on whose behalf a connection is being made."""


class DriverPool(pool.NullPool):
    """A pool that keeps no connection itself: the driver's pool does, with its upkeep, limits and statistics.

    Args:
        creator: what SQLAlchemy makes connections by.
        pool_size: the number of connections that are kept.
        max_overflow: how many there may be beyond those.
        timeout: seconds to wait for a connection (`pool_timeout` of `create_engine`).
        **kw: what every pool takes.

    Example:
        >>> from sqlalchemy import create_engine, text
        >>> engine = create_engine(dsn, poolclass=DriverPool, pool_size=1, max_overflow=1)
        >>> with engine.connect() as connection:
        ...     connection.scalar(text("select 1"))
        1
        >>> engine.dispose()
    """

    def __init__(
        self, creator: Any, pool_size: int = 5, max_overflow: int = 10, timeout: float = 30.0, **kw: Any
    ) -> None:
        self._limits: Dict[str, Any] = {"pool_size": pool_size, "max_overflow": max_overflow, "timeout": timeout}
        self._lock = threading.Lock()
        self._driver_pool: Any = None
        super().__init__(creator, **kw)

    @property
    def driver_pool(self) -> Any:
        """The driver's pool, `None` before the first connection."""
        return self._driver_pool

    def _do_get(self) -> Any:
        with _on_behalf_of(self):
            return super()._do_get()

    def lender(self, is_async: bool, options: Dict[str, Any]) -> Any:
        """The driver's pool, made with the options of the first connection."""
        with self._lock:
            if self._driver_pool is None:
                kind = scratchbird.AsyncConnectionPool if is_async else scratchbird.ConnectionPool
                size = self._limits["pool_size"]
                self._driver_pool = kind(
                    min_size=size,
                    max_size=max(size + self._limits["max_overflow"], 1),
                    timeout=self._limits["timeout"],
                    **options,
                )
            return self._driver_pool

    def status(self) -> str:
        return "DriverPool" if self._driver_pool is None else f"DriverPool {self._driver_pool.get_stats()}"

    def recreate(self) -> DriverPool:
        return self.__class__(
            self._creator,
            **self._limits,
            recycle=self._recycle,
            echo=self.echo,
            logging_name=self._orig_logging_name,
            reset_on_return=self._reset_on_return,
            pre_ping=self._pre_ping,
            _dispatch=self.dispatch,
            dialect=self._dialect,
        )

    def dispose(self) -> None:
        with self._lock:
            lender, self._driver_pool = self._driver_pool, None
        if lender is None:
            return
        if self._dialect.is_async:
            from sqlalchemy.util.concurrency import await_only

            await_only(lender.close())
        else:
            lender.close()


@contextlib.contextmanager
def _on_behalf_of(asking: DriverPool) -> Iterator[None]:
    token = _asking.set(asking)
    try:
        yield
    finally:
        _asking.reset(token)


def asking_pool() -> Optional[DriverPool]:
    """The pool that asks for a connection here, if one does."""
    return _asking.get()
