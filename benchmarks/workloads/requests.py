"""One request and its answer: what an application does most."""

from __future__ import annotations

import time
from typing import List, Tuple

from benchmarks.contest import Workload
from benchmarks.rows import Row, sevens

ALL = ("sync", "asyncio", "uvloop")
# Short rounds and many of them: how fast a machine wakes its processes changes from second to second.
COUNT, ROUNDS = 100, 31
AGAINST_ASYNCPG = {"asyncio": (0.7, "asyncpg"), "uvloop": (0.95, "asyncpg")}
AGAINST_PSYCOPG2 = {"sync": (1.0, "psycopg2")}
AGAINST_BOTH = {**AGAINST_PSYCOPG2, **AGAINST_ASYNCPG}


def _rows() -> Tuple[List[Row]]:
    return (list(sevens(COUNT)),)


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
    Workload("select-1", "select_one", lambda: (COUNT,), COUNT, "µs", ALL, AGAINST_BOTH, rounds=ROUNDS),
    Workload(
        "select-1-cpu",
        "select_one",
        lambda: (COUNT,),
        COUNT,
        "µs of CPU time, all threads",
        ALL,
        {"asyncio": (1.3, "asyncpg"), "uvloop": (1.3, "asyncpg")},
        clock=time.process_time,
        rounds=ROUNDS,
    ),
    Workload("point-select", "point_select", lambda: (COUNT,), COUNT, "µs", ALL, AGAINST_BOTH, rounds=ROUNDS),
    Workload("insert", "insert", _rows, COUNT, "µs", ALL, AGAINST_PSYCOPG2, rounds=ROUNDS),
    Workload("commit", "commit", _rows, COUNT, "µs", ("sync",), AGAINST_PSYCOPG2, rounds=ROUNDS),
    Workload("pipeline", "pipeline", lambda: (1000,), 1000, "µs", ALL),
]
