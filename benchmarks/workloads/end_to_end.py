"""The same with a database: the peers on a PostgreSQL, scratchbird on the development server in front of it."""

from __future__ import annotations

from typing import List

from benchmarks.contest import Workload
from benchmarks.workloads.fetching import FETCHING
from benchmarks.workloads.frames import FRAMES, FRAMES_END_TO_END
from benchmarks.workloads.loading import LOADING
from benchmarks.workloads.requests import REQUESTS

ROWS = 100_000
"""Rows of the table that is read."""

_NAMES = ("select-1", "point-select", "insert", "commit", "fetch-100", "fetch-10000", "executemany-1000")

END_TO_END: List[Workload] = [
    workload._replace(name=f"end-to-end-{workload.name}", targets={}, apis=("sync", "asyncio"), rounds=5)
    for workload in [*REQUESTS, *FETCHING, *LOADING]
    if workload.name in _NAMES
] + [*FRAMES_END_TO_END, *(workload._replace(name=f"end-to-end-{workload.name}", rounds=5) for workload in FRAMES)]
