"""`PoolConfig`: the settings of a pool in one object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Optional

from scratchbird.pool import AsyncConnectionPool, ConnectionPool


@dataclass
class PoolConfig:
    """The settings of a pool under their old names.

    Args:
        max_connections: now `max_size`.
        min_connections: now `min_size`.
        max_lifetime: seconds; as now.
        idle_timeout: seconds; now `max_idle`.
        acquire_timeout: seconds; now `timeout`.
        test_on_checkout: asks every connection for a sign of life before it is lent; now `ping_after=0`.

    Example:
        >>> PoolConfig(max_connections=5, test_on_checkout=False).options()["max_size"]
        5
    """

    max_connections: int = 10
    min_connections: int = 1
    max_lifetime: float = 3600.0
    idle_timeout: float = 600.0
    acquire_timeout: float = 30.0
    test_on_checkout: bool = True

    def options(self) -> Dict[str, Any]:
        """The settings as keyword arguments of `ConnectionPool` and `AsyncConnectionPool`."""
        options: Dict[str, Any] = {
            "min_size": self.min_connections,
            "max_size": self.max_connections,
            "max_lifetime": self.max_lifetime,
            "max_idle": self.idle_timeout,
            "timeout": self.acquire_timeout,
        }
        if self.test_on_checkout:
            options["ping_after"] = 0
        return options

    def open(self, dsn: Optional[str] = None, **options: Any) -> ConnectionPool:
        """A pool of these settings for threads. The arguments are those of `ConnectionPool`."""
        return ConnectionPool(dsn, **{**self.options(), **options})

    def open_async(self, dsn: Optional[str] = None, **options: Any) -> AsyncConnectionPool:
        """A pool of these settings for asyncio. The arguments are those of `AsyncConnectionPool`."""
        return AsyncConnectionPool(dsn, **{**self.options(), **options})
