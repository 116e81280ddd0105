"""Runs pandas' `tests/io/test_sql.py` on a development server of its own.

python -m tests.frames.pandas_suite.run [--python PYTHON] [arguments of pytest]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import List, Optional

from tests.fix_server import start

ROOT = Path(__file__).parents[3]


def run(arguments: List[str], python: str = sys.executable) -> int:
    """Run the tests in an interpreter that has some pandas; pytest's exit code."""
    with start() as server:
        command = [python, "-m", "pytest", "--pyargs", "pandas.tests.io.test_sql", "-p", "no:cacheprovider"]
        # pandas marks some as failing with psycopg2 that succeed here.
        command += ["-p", "tests.frames.pandas_suite.plugin", "-o", "xfail_strict=false", "-q", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "SCRATCHBIRD_PANDAS_DSN": server.dsn}
        return subprocess.run(command, cwd=Path(__file__).parent, env=environment, check=False).returncode


def main(arguments: Optional[List[str]] = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="pandas' tests of SQL, on a development server")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with the pandas to test")
    given, rest = parser.parse_known_args(arguments)
    return run(rest, given.python)


if __name__ == "__main__":
    sys.exit(main())
