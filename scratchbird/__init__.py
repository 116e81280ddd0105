"""The Python driver for the ScratchBird database: asyncio-first, with a Rust core, and PEP 249.

Example:
    >>> import scratchbird
    >>> with scratchbird.connect("scratchbird://alice:secret@localhost/demo") as connection:  # doctest: +SKIP
    ...     print(connection.execute("select 1").fetchone())
    (1,)
"""

from __future__ import annotations

from typing import Any

from scratchbird import rows, types
from scratchbird._core import ArrowTable, AsyncRowStream, RowStream, __version__
from scratchbird.adapt import register_adapter, register_loader, set_json_dumps, set_json_loads
from scratchbird.aio import AsyncConnection, AsyncCursor, AsyncPreparedStatement, AsyncServerCursor, connect_async
from scratchbird.callable import Var
from scratchbird.compat import (
    COPY_FORMAT_BINARY,
    COPY_FORMAT_TEXT,
    PoolConfig,
    extract_sqlstate,
    is_retryable_sqlstate,
    retry_scope_for_sqlstate,
)
from scratchbird.copy import AsyncCopy, Copy
from scratchbird.dbapi import (
    Connection,
    Cursor,
    PreparedStatement,
    ServerCursor,
    apilevel,
    connect,
    paramstyle,
    threadsafety,
)
from scratchbird.errors import (
    CircuitOpen,
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    PipelineAborted,
    PoolClosed,
    PoolTimeout,
    ProgrammingError,
    ServerDefectWarning,
    TooManyRequests,
    Warning,  # noqa: A004 - PEP 249 names it so
)
from scratchbird.info import ConnectionInfo
from scratchbird.isolation import IsolationLevel
from scratchbird.notification import Notification, Progress
from scratchbird.partitions import (
    Partition,
    plan_partitions,
    plan_partitions_async,
    read_partitioned,
    read_partitioned_async,
)
from scratchbird.pipeline import AsyncPipeline, Pipeline
from scratchbird.pool import (
    AsyncConnectionPool,
    AsyncNullConnectionPool,
    ConnectionPool,
    NullConnectionPool,
    pooling,
)
from scratchbird.prepared import Parameter
from scratchbird.retries import retry, transactional
from scratchbird.signin import AuthSurface, probe_auth_surface, probe_auth_surface_async
from scratchbird.transaction import (
    AsyncTransaction,
    OutOfOrderTransactionNesting,
    Rollback,
    Transaction,
)
from scratchbird.twophase import Xid
from scratchbird.typeinfo import CompositeInfo, EnumInfo
from scratchbird.types import (
    BINARY,
    DATETIME,
    NUMBER,
    ROWID,
    STRING,
    Binary,
    Date,
    DateFromTicks,
    Time,
    TimeFromTicks,
    Timestamp,
    TimestampFromTicks,
)


def load_ipython_extension(ipython: Any) -> None:
    """`%load_ext scratchbird`: `%sql` and `%%sql` in Jupyter and IPython. See [Jupyter](../jupyter.md)."""
    from scratchbird import jupyter

    jupyter.load_ipython_extension(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """`%unload_ext scratchbird`: takes the magics away, and closes the connections that they have opened."""
    from scratchbird import jupyter

    jupyter.unload_ipython_extension(ipython)


__all__ = [
    "BINARY",
    "COPY_FORMAT_BINARY",
    "COPY_FORMAT_TEXT",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "ArrowTable",
    "AsyncConnection",
    "AsyncConnectionPool",
    "AsyncCopy",
    "AsyncCursor",
    "AsyncNullConnectionPool",
    "AsyncPipeline",
    "AsyncPreparedStatement",
    "AsyncRowStream",
    "AsyncServerCursor",
    "AsyncTransaction",
    "AuthSurface",
    "Binary",
    "CircuitOpen",
    "CompositeInfo",
    "Connection",
    "ConnectionInfo",
    "ConnectionPool",
    "Copy",
    "Cursor",
    "DataError",
    "DatabaseError",
    "Date",
    "DateFromTicks",
    "EnumInfo",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "IsolationLevel",
    "NotSupportedError",
    "Notification",
    "NullConnectionPool",
    "OperationalError",
    "OutOfOrderTransactionNesting",
    "Parameter",
    "Partition",
    "Pipeline",
    "PipelineAborted",
    "PoolClosed",
    "PoolConfig",
    "PoolTimeout",
    "PreparedStatement",
    "ProgrammingError",
    "Progress",
    "Rollback",
    "RowStream",
    "ServerCursor",
    "ServerDefectWarning",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "TooManyRequests",
    "Transaction",
    "Var",
    "Warning",
    "Xid",
    "__version__",
    "apilevel",
    "connect",
    "connect_async",
    "extract_sqlstate",
    "is_retryable_sqlstate",
    "load_ipython_extension",
    "paramstyle",
    "plan_partitions",
    "plan_partitions_async",
    "pooling",
    "probe_auth_surface",
    "probe_auth_surface_async",
    "read_partitioned",
    "read_partitioned_async",
    "register_adapter",
    "register_loader",
    "retry",
    "retry_scope_for_sqlstate",
    "rows",
    "set_json_dumps",
    "set_json_loads",
    "threadsafety",
    "transactional",
    "types",
    "unload_ipython_extension",
]
