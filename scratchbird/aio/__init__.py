"""The asyncio face: `connect_async`, `AsyncConnection` and `AsyncCursor`.

The same files, names and meanings as `scratchbird.dbapi`, awaited.
"""

from __future__ import annotations

from scratchbird.aio.connect import connect_async
from scratchbird.aio.connection import AsyncConnection
from scratchbird.aio.cursor import AsyncCursor
from scratchbird.aio.preparing import AsyncPreparedStatement
from scratchbird.aio.server_cursor import AsyncServerCursor

__all__ = ["AsyncConnection", "AsyncCursor", "AsyncPreparedStatement", "AsyncServerCursor", "connect_async"]
