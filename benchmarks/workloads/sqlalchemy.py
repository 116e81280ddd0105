"""SQLAlchemy's Core and ORM on our dialect, and on those of SQLAlchemy for psycopg 3 and asyncpg."""

from __future__ import annotations

from typing import Any, List, Tuple

from benchmarks.contest import Workload
from benchmarks.rows import sevens

ROWS = list(sevens(10_000))
OPERATIONS = {"orm_insert": 10_000, "core_insert": 10_000, "orm_read": 10_000, "core_read": 10_000}
"""With how many rows."""

ONE_BY_ONE = {"orm_get": 1_000, "core_get": 1_000}
"""A statement for each row."""


def _workload(prefix: str, operation: str, count: int, api: str, target: float, peer: str) -> Workload:
    def rows() -> Tuple[Any, ...]:
        return (ROWS[:count],)

    name = f"{prefix}{operation.replace('_', '-')}-{count}"
    return Workload(name, operation, rows, 1, "ms", (api,), {api: (target, peer)}, scale=1e3, rounds=5)


_ALL = {**OPERATIONS, **ONE_BY_ONE}.items()
CANNED: List[Workload] = [_workload("sqlalchemy-", *each, "asyncio", 0.9, "asyncpg") for each in _ALL]
END_TO_END: List[Workload] = [_workload("end-to-end-sqlalchemy-", *each, "sync", 1.0, "psycopg") for each in _ALL]
