"""Pools of connections: `ConnectionPool` for threads, `AsyncConnectionPool` for asyncio, over one pool of the core.

The core keeps the connections and the queue of those who wait. The faces are in `_pool_sync` and `_pool_async`;
`pooling` lets `connect` itself take connections from pools.
"""

from __future__ import annotations

from scratchbird._pool_async import AsyncConnectionPool, AsyncNullConnectionPool
from scratchbird._pool_switch import pooling
from scratchbird._pool_sync import ConnectionPool, NullConnectionPool
from scratchbird.errors import CircuitOpen, PoolClosed, PoolTimeout, TooManyRequests

__all__ = [
    "AsyncConnectionPool",
    "AsyncNullConnectionPool",
    "CircuitOpen",
    "ConnectionPool",
    "NullConnectionPool",
    "PoolClosed",
    "PoolTimeout",
    "TooManyRequests",
    "pooling",
]
