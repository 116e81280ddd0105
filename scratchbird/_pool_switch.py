"""`pooling`: lets `connect` and `connect_async` take connections from pools, one for every connection string.

`scratchbird.dbapi` and `scratchbird.aio` ask `active` for every connection.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from scratchbird import _providers

if TYPE_CHECKING:
    from scratchbird.pool.aio import AsyncConnectionPool
    from scratchbird.pool.sync import ConnectionPool

_Key = Tuple[Any, ...]


def _identity(item: Tuple[str, Any]) -> Tuple[str, Any]:
    name, value = item
    return (name, value.identity if isinstance(value, _providers.Provider) else str(value))


def _name(item: Tuple[str, Any]) -> str:
    return item[0]


class _Pools(NamedTuple):
    """Both faces of one pool."""

    sync: ConnectionPool
    asynchronous: AsyncConnectionPool


class Switch:
    """The pools of one call of `pooling`."""

    def __init__(self, max_size: int, idle_timeout: float, timeout: float) -> None:
        self._max_size, self._idle_timeout, self._timeout = max_size, idle_timeout, timeout
        self._lock = threading.Lock()
        self._process = os.getpid()
        self._pools: Dict[_Key, _Pools] = {}

    def pools(self, dsn: Optional[str], options: Mapping[str, Any]) -> _Pools:
        """The pool of this connection string, made on first use."""
        given = {name: value for name, value in options.items() if value is not None}
        # Environment variables are part of a configuration, too.
        variables = [item for item in os.environ.items() if item[0].startswith("SCRATCHBIRD_")]
        options = _providers.wrapped(given)
        key = (dsn, *sorted(map(_identity, options.items()), key=_name), *sorted(variables))
        try:
            with self._lock:
                pools = self._pools.get(key)
                if pools is None:
                    pools = self._pools[key] = self._open(dsn, options)
                return pools
        finally:
            # A traceback that shows variables shows no secrets of this frame.
            del dsn, options, given, key, variables

    def _open(self, dsn: Optional[str], options: Mapping[str, Any]) -> _Pools:
        from scratchbird.pool.aio import AsyncConnectionPool
        from scratchbird.pool.base import PoolBase
        from scratchbird.pool.sync import ConnectionPool

        pool = PoolBase()
        settings: Dict[str, Any] = {
            "min_size": 0,
            "max_size": self._max_size,
            "max_idle": self._idle_timeout,
            # A connect() that fails says so at once, as without a pool.
            "reconnect_timeout": 0.0,
        }
        try:
            pool._make(dsn, options, self._timeout, settings)
        finally:
            del dsn, options
        pool._engine.open()
        # It lives until the switch is turned, or as long as the process.
        pool._owner = False
        return _Pools(ConnectionPool.sharing(pool), AsyncConnectionPool.sharing(pool))

    def in_this_process(self) -> Switch:
        """This switch, or a new one like it in a forked child, whose parent keeps the pools."""
        if self._process == os.getpid():
            return self
        return Switch(self._max_size, self._idle_timeout, self._timeout)

    def close(self) -> None:
        """Close the pools; connections that are in use are closed when they come back."""
        with self._lock:
            pools: List[_Pools] = list(self._pools.values())
            self._pools.clear()
        for pool in pools:
            pool.sync.close()


_switch: Optional[Switch] = None
_lock = threading.Lock()


def active() -> Optional[Switch]:
    """The switch, where pooling is on."""
    global _switch
    if _switch is not None:
        _switch = _switch.in_this_process()
    return _switch


def pooling(enabled: bool = True, *, max_size: int = 100, idle_timeout: float = 600.0, timeout: float = 30.0) -> None:
    """Let every `connect` and `connect_async` take its connection from a pool, and `close` give it back.

    There is a pool for every connection string: calls with the same string, keyword arguments and environment share
    one, on both faces and in all threads. A call replaces the settings of the one before and closes its pools.

    Args:
        enabled: False ends pooling. Connections that are in use then are closed by their `close`.
        max_size: the most connections of each pool.
        idle_timeout: seconds after which a connection that was not needed is closed.
        timeout: seconds for which `connect` waits where `max_size` connections are in use.

    Raises:
        InterfaceError: an argument is out of its range; for `max_size` and `idle_timeout` the first `connect` says so.

    Example:
        >>> import scratchbird
        >>> scratchbird.pooling(max_size=20)
        >>> with scratchbird.connect(dsn) as conn:
        ...     first = conn.info.session_id
        >>> with scratchbird.connect(dsn) as conn:
        ...     conn.info.session_id == first
        True
        >>> scratchbird.pooling(enabled=False)
    """
    global _switch
    from scratchbird.pool.base import PoolBase

    switch = Switch(max_size, idle_timeout, PoolBase._seconds(timeout)) if enabled else None
    with _lock:
        _switch, old = switch, _switch
    if old is not None and old.in_this_process() is old:
        old.close()
