"""The memory that a result takes which is read as it comes."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from typing import List

from benchmarks.contest import Contender, Workload

ROWS = 5_000_000
LIMIT = 32.0


def _measure(operation: str, contender: Contender) -> float:
    command = [sys.executable, "-m", "benchmarks.streamed"]
    command += [operation, contender.api, contender.endpoints.dsn, str(ROWS)]
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


MEMORY: List[Workload] = [
    Workload(
        name,
        operation,
        lambda: (ROWS,),
        1,
        "MiB over the idle process, 5 000 000 rows",
        ("sync", "asyncio"),
        dict.fromkeys(("sync", "asyncio"), (1.0, None)),
        measure=partial(_measure, operation),
        rounds=1,
        # In a process of its own, where nothing is warm.
        warm=False,
        limit=LIMIT,
    )
    for name, operation in (("streamed-memory", "streamed"), ("streamed-arrow-memory", "streamed_arrow"))
]
