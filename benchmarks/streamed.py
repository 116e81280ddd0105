"""Reads a streamed result in a process of its own, and prints by how many MiB its memory grew at the most.

Run as `python -m benchmarks.streamed OPERATION API DSN ROWS`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from benchmarks.contest import Contender
from benchmarks.drivers import scratchbird_driver
from benchmarks.endpoints import Endpoints


def _resident(which: str) -> float:
    # Not ru_maxrss, in which the process that started this one counts.
    found = re.search(rf"^{which}:\s*(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        raise SystemExit(f"this system does not tell {which}")
    return int(found.group(1)) / 2**10


def main() -> None:
    operation, api, dsn, rows = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    driver = scratchbird_driver.Blocking() if api == "sync" else scratchbird_driver.Asyncio()
    contender = Contender(driver, api, Endpoints(dsn, ""))
    # What is imported and made once, pyarrow among it, is not the result's.
    contender.call(getattr(driver, operation), 1)
    idle = _resident("VmRSS")
    read = contender.call(getattr(driver, operation), rows)
    peak = _resident("VmHWM")
    contender.close()
    if read != rows:
        raise SystemExit(f"{read} rows came instead of {rows}")
    print(peak - idle)


if __name__ == "__main__":
    main()
