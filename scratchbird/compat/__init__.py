"""Names of the pure-Python driver (0.1.0) that have another form now: thin, over the driver's own.

Connections have its methods as methods; what was on the module is here, and on `scratchbird` itself.
"""

from __future__ import annotations

from scratchbird._compat import COPY_FORMAT_BINARY, COPY_FORMAT_TEXT, MetadataResult
from scratchbird._schema_tree import build_ddl_editor_schema_payload
from scratchbird.compat.pooling import PoolConfig
from scratchbird.compat.retrying import (
    RETRY_SCOPE_NONE,
    RETRY_SCOPE_RECONNECT,
    RETRY_SCOPE_STATEMENT,
    RETRY_SCOPE_TRANSACTION,
    extract_sqlstate,
    is_retryable_sqlstate,
    retry_scope_for_sqlstate,
)

__all__ = [
    "COPY_FORMAT_BINARY",
    "COPY_FORMAT_TEXT",
    "RETRY_SCOPE_NONE",
    "RETRY_SCOPE_RECONNECT",
    "RETRY_SCOPE_STATEMENT",
    "RETRY_SCOPE_TRANSACTION",
    "MetadataResult",
    "PoolConfig",
    "build_ddl_editor_schema_payload",
    "extract_sqlstate",
    "is_retryable_sqlstate",
    "retry_scope_for_sqlstate",
]
