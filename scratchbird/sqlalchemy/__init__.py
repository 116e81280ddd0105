"""The SQLAlchemy dialect: `create_engine("scratchbird://...")` and `create_async_engine("scratchbird+asyncio://...")`.

Needs the extra `sqlalchemy`, and is imported only where SQLAlchemy asks for it. One file for each thing that
SQLAlchemy asks a dialect for; the asyncio half adds nothing but waiting.
"""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING, Any

from scratchbird.sqlalchemy.arrays import ARRAY
from scratchbird.sqlalchemy.dialect import Dialect
from scratchbird.sqlalchemy.dml import Insert, Merge, Upsert, insert, merge, upsert
from scratchbird.sqlalchemy.documents import JSON, JSONB
from scratchbird.sqlalchemy.named import DOMAIN, CreateDomain, DropDomain
from scratchbird.sqlalchemy.numbers import (
    DECFLOAT,
    DOUBLE,
    INT8,
    INT128,
    MONEY,
    SMALLMONEY,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    UINT128,
)
from scratchbird.sqlalchemy.pool import DriverPool
from scratchbird.sqlalchemy.ranges import (
    DATEMULTIRANGE,
    DATERANGE,
    INT4MULTIRANGE,
    INT4RANGE,
    INT8MULTIRANGE,
    INT8RANGE,
    NUMMULTIRANGE,
    NUMRANGE,
    TSMULTIRANGE,
    TSRANGE,
    TSTZMULTIRANGE,
    TSTZRANGE,
    Range,
)
from scratchbird.sqlalchemy.simple import (
    BIT,
    CIDR,
    DOCUMENT,
    INET,
    INTERVAL,
    MACADDR,
    MACADDR8,
    SEARCH_QUERY,
    TIME,
    TIMESTAMP,
    TSVECTOR,
    XML,
    Geometry,
)
from scratchbird.sqlalchemy.vectors import BINARY_VECTOR, DENSE_VECTOR, HALFVEC, SPARSE_VECTOR, VECTOR, Vector

# Alembic knows a dialect once the module of its half has been imported.
with contextlib.suppress(ImportError):
    importlib.import_module("scratchbird.sqlalchemy.alembic")

if TYPE_CHECKING:
    from scratchbird.sqlalchemy.asyncio import AsyncDialect


def __getattr__(name: str) -> Any:
    # Waiting needs greenlet, which programs without asyncio need not have.
    if name == "AsyncDialect":
        from scratchbird.sqlalchemy.asyncio import AsyncDialect

        return AsyncDialect
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "ARRAY",
    "BINARY_VECTOR",
    "BIT",
    "CIDR",
    "DATEMULTIRANGE",
    "DATERANGE",
    "DECFLOAT",
    "DENSE_VECTOR",
    "DOCUMENT",
    "DOMAIN",
    "DOUBLE",
    "HALFVEC",
    "INET",
    "INT4MULTIRANGE",
    "INT4RANGE",
    "INT8",
    "INT8MULTIRANGE",
    "INT8RANGE",
    "INT128",
    "INTERVAL",
    "JSON",
    "JSONB",
    "MACADDR",
    "MACADDR8",
    "MONEY",
    "NUMMULTIRANGE",
    "NUMRANGE",
    "SEARCH_QUERY",
    "SMALLMONEY",
    "SPARSE_VECTOR",
    "TIME",
    "TIMESTAMP",
    "TSMULTIRANGE",
    "TSRANGE",
    "TSTZMULTIRANGE",
    "TSTZRANGE",
    "TSVECTOR",
    "UINT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "UINT128",
    "VECTOR",
    "XML",
    "AsyncDialect",
    "CreateDomain",
    "Dialect",
    "DriverPool",
    "DropDomain",
    "Geometry",
    "Insert",
    "Merge",
    "Range",
    "Upsert",
    "Vector",
    "insert",
    "merge",
    "upsert",
]
