"""Runs SQLAlchemy's dialect suite on a development server of its own, with SQLAlchemy's own pytest plug-in.

python -m tests.sqlalchemy.run [--driver sync|asyncio] [--python PYTHON] [arguments of pytest]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import List, Optional

import scratchbird
from tests.fix_server import start

SUITE = Path(__file__).parent / "suite"
ROOT = Path(__file__).parents[2]


def run(driver: str, arguments: List[str], python: str = sys.executable) -> int:
    """Run the suite in an interpreter that has some SQLAlchemy; its exit code."""
    with start() as server:
        with scratchbird.connect(server.dsn, autocommit=True) as connection:
            for schema in ("test_schema", "test_schema_2"):
                connection.execute(f"create schema {schema}")
        scheme = "scratchbird+asyncio://" if driver == "asyncio" else "scratchbird://"
        command = [python, "-m", "pytest", "-c", "setup.cfg", "--rootdir", str(SUITE), "--confcutdir", str(SUITE)]
        command += ["-p", "no:cacheprovider", "--dburi", server.dsn.replace("scratchbird://", scheme), *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        return subprocess.run(command, cwd=SUITE, env=environment, check=False).returncode


def main(arguments: Optional[List[str]] = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="SQLAlchemy's suite for dialects, on a development server")
    parser.add_argument("--driver", choices=("sync", "asyncio"), default="sync")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with the SQLAlchemy to test")
    given, rest = parser.parse_known_args(arguments)
    return run(given.driver, rest, given.python)


if __name__ == "__main__":
    sys.exit(main())
