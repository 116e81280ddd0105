"""Counts the instructions that decoding a row takes, with callgrind: a regression shows in it without noise.

`python -m benchmarks.instructions --servers BINARY` fetches rows once and then makes tuples of them, or an Arrow table,
once in one process and many times in another. The difference is the decode loop, without connecting, reading and
decrypting. The counts stand in `instructions.json` beside this file, with the compiler and the Python that they hold
for; `--write` renews them. Needs valgrind.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Dict

from benchmarks.endpoints import canned
from benchmarks.rows import MIXED

KEPT = Path(__file__).with_suffix(".json")
ROWS, ONCE, OFTEN = 2_000, 1, 21
TOLERANCE = 0.05
"""Counts differ a little from run to run, by where objects lie."""

FETCHES = ("fetchall", "fetch_arrow_table")


def fetch(dsn: str, what: str, times: int) -> None:
    """What is counted."""
    import scratchbird

    gc.disable()
    with scratchbird.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(f"{MIXED} limit {ROWS}")
        # Once more for what is made only once, such as the modules that are imported.
        for _ in range(1 + times):
            cursor.scroll(0, "absolute")
            result = getattr(cursor, what)()
            if len(result) != ROWS:
                raise SystemExit(f"{len(result)} rows came instead of {ROWS}")


def count(dsn: str, what: str, times: int) -> int:
    """The instructions of a process that fetches so."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable]
    run = subprocess.run(
        [*command, "-m", "benchmarks.instructions", "--fetch", what, "--dsn", dsn, "--times", str(times)],
        check=True,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    found = re.search(r"Collected\s*:\s*(\d+)", run.stderr)
    if found is None:
        raise RuntimeError(f"callgrind counted nothing: {run.stderr[-500:]}")
    return int(found.group(1))


def compiler() -> str:
    """The release of the Rust compiler."""
    return subprocess.run(["rustc", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.split()[1]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.instructions", description=__doc__)
    parser.add_argument("--servers", type=Path, help="the binary of benchmarks/servers")
    parser.add_argument("--write", action="store_true", help="keep the counts in instructions.json")
    parser.add_argument("--fetch", choices=FETCHES, help=argparse.SUPPRESS)
    parser.add_argument("--dsn", help=argparse.SUPPRESS)
    parser.add_argument("--times", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.fetch:
        fetch(options.dsn, options.fetch, options.times)
        return 0
    with canned(options.servers) as endpoints:
        dsn = endpoints.dsn
        a_row = {what: (count(dsn, what, OFTEN) - count(dsn, what, ONCE)) / (OFTEN - ONCE) / ROWS for what in FETCHES}
    found: Dict[str, object] = {
        "compiler": compiler(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "instructions a row of ten columns": {what: round(figure) for what, figure in a_row.items()},
    }
    if options.write:
        KEPT.write_text(json.dumps(found, indent=1) + "\n")
    return compare(found, json.loads(KEPT.read_text()))


def compare(found: Dict[str, object], kept: Dict[str, object]) -> int:
    """Prints the counts; 1 where one is higher than what is kept for the same tools."""
    same = all(found[tool] == kept[tool] for tool in ("compiler", "python", "machine"))
    status = 0
    key = "instructions a row of ten columns"
    counts, before = found[key], kept[key]
    assert isinstance(counts, dict)
    assert isinstance(before, dict)
    for what, figure in counts.items():
        change = figure / before[what] - 1
        verdict = "" if same else " (of another compiler or Python)"
        print(f"{what:20} {figure:8} instructions a row, kept {before[what]:8}: {change:+.1%}{verdict}")
        if same and change > TOLERANCE:
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
