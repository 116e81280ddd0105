"""Pools under many tasks and threads."""

from __future__ import annotations

from typing import List

from benchmarks.contest import Workload

TASKS, CONNECTIONS, EACH = 100, 10, 25
THREADS, PER_THREAD = 8, 250

SHARING: List[Workload] = [
    Workload(
        "tasks",
        "tasks",
        lambda: (TASKS, CONNECTIONS, EACH),
        TASKS * EACH,
        "requests/s",
        ("asyncio", "uvloop"),
        {"asyncio": (1.5, "asyncpg"), "uvloop": (1.5, "asyncpg")},
        rate=True,
    ),
    Workload(
        "threads",
        "threads",
        lambda: (THREADS, PER_THREAD),
        THREADS * PER_THREAD,
        "requests/s",
        ("sync",),
        rate=True,
    ),
]
