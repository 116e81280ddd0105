"""The SQLAlchemy dialect: `create_engine("scratchbird://...")` and `create_async_engine("scratchbird+asyncio://...")`.

Needs the extra `sqlalchemy`, and is imported only where SQLAlchemy asks for it. One file for each thing that
SQLAlchemy asks a dialect for; the asyncio half adds nothing but waiting.
"""

from __future__ import annotations

import contextlib
import importlib
from typing import TYPE_CHECKING, Any

from scratchbird.sqlalchemy import _needs, types  # noqa: F401
from scratchbird.sqlalchemy.dialect import Dialect
from scratchbird.sqlalchemy.dml import Insert, Merge, Upsert, insert, merge, upsert
from scratchbird.sqlalchemy.named import CreateDomain, DropDomain
from scratchbird.sqlalchemy.pool import DriverPool
from scratchbird.sqlalchemy.types import *  # noqa: F403

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
    "AsyncDialect",
    "CreateDomain",
    "Dialect",
    "DriverPool",
    "DropDomain",
    "Insert",
    "Merge",
    "Upsert",
    "insert",
    "merge",
    "upsert",
]
__all__ += types.__all__
