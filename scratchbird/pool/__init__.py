"""Pools of connections: `ConnectionPool` for threads, `AsyncConnectionPool` for asyncio, over one pool of the core.

The core keeps the connections and the queue of those who wait. The faces are in `sync` and `aio`;
`pooling` lets `connect` itself take connections from pools.
"""

from __future__ import annotations

from scratchbird._pool_switch import pooling
from scratchbird.errors import CircuitOpen, PoolClosed, PoolTimeout, TooManyRequests
from scratchbird.pool.aio import AsyncConnectionPool, AsyncNullConnectionPool
from scratchbird.pool.sync import ConnectionPool, NullConnectionPool

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
