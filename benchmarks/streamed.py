"""Reads a streamed result in a process of its own, and prints by how many MiB its memory grew at the most.

Run as `python -m benchmarks.streamed API DSN ROWS`.
"""

from __future__ import annotations

import os
import resource
import sys
from pathlib import Path

from benchmarks.contest import Contender
from benchmarks.drivers import scratchbird_driver
from benchmarks.endpoints import Endpoints


def _resident() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> None:
    api, dsn, rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
    driver = scratchbird_driver.Blocking() if api == "sync" else scratchbird_driver.Asyncio()
    contender = Contender(driver, api, Endpoints(dsn, ""))
    contender.call(driver.select_one, 1)
    idle = _resident()
    read = contender.call(driver.streamed, rows)
    # Kibibytes on Linux, where this runs.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    contender.close()
    if read != rows:
        raise SystemExit(f"{read} rows came instead of {rows}")
    print(peak - idle)


if __name__ == "__main__":
    main()
