"""Runs the workloads, prints a table and writes `benchmarks/results.json`.

`python -m benchmarks --only select-1` runs one of them, `--rounds 3` fewer rounds.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, Dict, List

from benchmarks.contest import Result, contest, machine
from benchmarks.drivers import (
    adbc_driver,
    asyncpg_driver,
    psqlpy_driver,
    psycopg2_driver,
    psycopg3_driver,
    scratchbird_driver,
    sqlalchemy_driver,
)
from benchmarks.endpoints import canned, end_to_end
from benchmarks.workloads import CANNED, END_TO_END, OBJECTS, OBJECTS_END_TO_END
from benchmarks.workloads.end_to_end import ROWS

HERE = Path(__file__).parent

BLOCKING = [
    scratchbird_driver.Blocking,
    psycopg2_driver.Blocking,
    psycopg3_driver.Blocking,
    psycopg3_driver.BlockingBinary,
    adbc_driver.Blocking,
]
AWAITED = [scratchbird_driver.Asyncio, asyncpg_driver.Asyncio, psycopg3_driver.Asyncio, psqlpy_driver.Asyncio]
DRIVERS: Dict[str, List[Any]] = {"sync": BLOCKING, "asyncio": AWAITED, "uvloop": AWAITED}
DIALECTS: Dict[str, List[Any]] = {
    "sync": [sqlalchemy_driver.Scratchbird, sqlalchemy_driver.Psycopg],
    "asyncio": [sqlalchemy_driver.ScratchbirdAsyncio, sqlalchemy_driver.Asyncpg],
}


def line(result: Result) -> str:
    """A line of the table."""
    verdict = "" if result.met is None else ("met" if result.met else "NOT MET")
    target = "" if result.target is None else f"{result.target:.2f}"
    others = ", ".join(f"{name} {value:.4g}" for name, value in sorted(result.all.items(), key=lambda item: item[1]))
    return (
        f"{result.workload:18} {result.api:8} {result.ours:11.4g} {result.peer:11.4g} {result.peer_name:15}"
        f"{result.ratio:7.2f} {target:>6} {verdict:8} {result.unit}: {others}"
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--servers", type=Path, required=True, help="the binary of benchmarks/servers")
    parser.add_argument("--only", help="the name of a workload, or its beginning")
    parser.add_argument("--rounds", type=int, help="rounds of every workload")
    parser.add_argument("--output", type=Path, default=HERE / "results.json")
    options = parser.parse_args()

    in_memory, with_database = partial(canned, options.servers), partial(end_to_end, ROWS)
    groups = (
        (in_memory, CANNED, DRIVERS),
        (with_database, END_TO_END, DRIVERS),
        (in_memory, OBJECTS, DIALECTS),
        (with_database, OBJECTS_END_TO_END, DIALECTS),
    )
    workloads = [workload for _, group, _ in groups for workload in group]
    names = [[each.name for each in (workload, *workload.more)] for workload in workloads]
    wanted = [any(name.startswith(options.only or "") for name in each) for each in names]
    chosen = [workload for workload, each in zip(workloads, wanted) if each]
    if not chosen:
        parser.error(f"no workload {options.only!r}: {', '.join(name for each in names for name in each)}")
    # What has been imported is not gone through again before each measurement.
    gc.collect()
    gc.freeze()
    print(machine())
    print(f"{'workload':18} {'api':8} {'ours':>11} {'peer':>11} {'':15}{'ratio':>7} {'target':>6}")
    results: List[Result] = []
    began = time.monotonic()
    for start, group, drivers in groups:
        here = [workload for workload in group if workload in chosen]
        if not here:
            continue
        with start() as endpoints:
            for workload, api in [(each, api) for each in here for api in each.apis]:
                for result in contest(workload, api, drivers[api], endpoints, options.rounds or workload.rounds):
                    results.append(result)
                    print(line(result), flush=True)
                    # After each, so that a run which is cut off leaves what it has.
                    options.output.write_text(json.dumps([each._asdict() for each in results], indent=1) + "\n")
    print(f"{time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
