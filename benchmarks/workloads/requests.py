"""One request and its answer: what an application does most."""

from __future__ import annotations

import time

from benchmarks.contest import Workload
from benchmarks.rows import sevens

ALL = ("sync", "asyncio", "uvloop")
COUNT = 1000
AGAINST_ASYNCPG = {"asyncio": (0.7, "asyncpg"), "uvloop": (0.95, "asyncpg")}
AGAINST_PSYCOPG2 = {"sync": (1.0, "psycopg2")}
AGAINST_BOTH = {**AGAINST_PSYCOPG2, **AGAINST_ASYNCPG}

REQUESTS = [
    Workload(
        "connect",
        "connect",
        lambda: (20,),
        20,
        "µs",
        ALL,
        AGAINST_PSYCOPG2,
    ),
    Workload("select-1", "select_one", lambda: (COUNT,), COUNT, "µs", ALL, AGAINST_BOTH),
    Workload(
        "select-1-cpu",
        "select_one",
        lambda: (COUNT,),
        COUNT,
        "µs of CPU time, all threads",
        ALL,
        {"asyncio": (1.3, "asyncpg"), "uvloop": (1.3, "asyncpg")},
        clock=time.process_time,
    ),
    Workload("point-select", "point_select", lambda: (COUNT,), COUNT, "µs", ALL, AGAINST_BOTH),
    Workload("insert", "insert", lambda: (list(sevens(COUNT)),), COUNT, "µs", ALL, AGAINST_PSYCOPG2),
    Workload("commit", "commit", lambda: (list(sevens(COUNT)),), COUNT, "µs", ("sync",), AGAINST_PSYCOPG2),
    Workload("pipeline", "pipeline", lambda: (1000,), 1000, "µs", ALL),
]
