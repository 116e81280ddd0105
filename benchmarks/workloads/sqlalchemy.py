"""SQLAlchemy's Core and ORM on our dialect, and on those of SQLAlchemy for psycopg 3 and asyncpg."""

from __future__ import annotations

from typing import Any, List, Tuple

from benchmarks.contest import Workload
from benchmarks.rows import sevens

ROWS = list(sevens(10_000))
OPERATIONS = ("orm_insert", "core_insert", "orm_read", "core_read", "orm_get", "core_get")


def _rows() -> Tuple[Any, ...]:
    return (ROWS,)


def _workload(prefix: str, operation: str, api: str, target: float, peer: str) -> Workload:
    name = f"{prefix}{operation.replace('_', '-')}-{len(ROWS)}"
    return Workload(name, operation, _rows, 1, "ms", (api,), {api: (target, peer)}, scale=1e3, rounds=5)


CANNED: List[Workload] = [_workload("sqlalchemy-", each, "asyncio", 0.9, "asyncpg") for each in OPERATIONS]
END_TO_END: List[Workload] = [_workload("end-to-end-sqlalchemy-", each, "sync", 1.0, "psycopg") for each in OPERATIONS]
