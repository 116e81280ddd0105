"""Starts one development server and runs the examples on it: `make demo`."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from scratchbird import devserver

EXAMPLES = ("basic_usage.py", "async_operations.py", "vector_search.py")

if __name__ == "__main__":
    started = time.perf_counter()
    with devserver.start() as server:
        print(f"development server on port {server.port}, ready in {time.perf_counter() - started:.2f} s", flush=True)
        for name in EXAMPLES:
            print(f"\n== {name}", flush=True)
            subprocess.run([sys.executable, str(Path(__file__).with_name(name)), server.dsn], check=True)
    print(f"\nthe demo took {time.perf_counter() - started:.1f} s")
