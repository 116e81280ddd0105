"""Runs SQLAlchemy's own tests, those that need a database, on a development server of its own.

python -m tests.sqlalchemy.tree [--driver sync|asyncio] [--python PYTHON] [--cache FOLDER] [paths, arguments of pytest]

The tests are in the source distribution, which is fetched into the cache once a version, and never changed but for a
`test.cfg` that names our requirements. What fails for a reason that is none of ours is in `explained.txt`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import List, Optional

import scratchbird
from tests.fix_server import start

ROOT = Path(__file__).parents[3]
CACHE = ROOT / ".venv" / "sqlalchemy-tree"
PATHS = ["test/base", "test/dialect", "test/engine", "test/ext", "test/orm", "test/sql"]
"""What is run where nothing is named: all but profiles of memory and calls, and the checks of typing."""

_CONFIG = "[sqla_testing]\nrequirement_cls = tests.sqlalchemy.tree.requirements:Requirements\n"


def fetch(python: str, cache: Path) -> Path:
    """The unpacked source distribution of the SQLAlchemy that an interpreter has."""
    asked = [python, "-c", "import sqlalchemy; print(sqlalchemy.__version__)"]
    version = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    folder = cache / version
    if not (folder / "test.cfg").exists():
        folder.mkdir(parents=True, exist_ok=True)
        wanted = ["--no-deps", "--no-binary", "sqlalchemy", "--dest", str(folder), f"sqlalchemy=={version}"]
        subprocess.run([sys.executable, "-m", "pip", "download", "-q", *wanted], check=True)
        with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
            for member in archive.getmembers():
                # Without the name of the version, which is the folder's.
                _, _, member.name = member.name.partition("/")
                if member.name and not Path(member.name).is_absolute() and ".." not in Path(member.name).parts:
                    archive.extract(member, folder)
        (folder / "test.cfg").write_text(_CONFIG)
    return folder


def run(driver: str, arguments: List[str], python: str, cache: Path) -> int:
    """Run the tests in an interpreter that has some SQLAlchemy; its exit code."""
    folder = fetch(python, cache)
    given = [argument for argument in arguments if argument.startswith("test/")]
    with start() as server:
        with scratchbird.connect(server.dsn, autocommit=True) as connection:
            for schema in ("test_schema", "test_schema_2"):
                connection.execute(f"create schema {schema}")
        scheme = "scratchbird+asyncio://" if driver == "asyncio" else "scratchbird://"
        # With -s the tests take the SQLAlchemy that is installed, compiled, and not the one beside them.
        command = [python, "-s", "-m", "pytest", "-p", "tests.sqlalchemy.tree.plugin", "-p", "no:cacheprovider"]
        command += ["--backend-only", "--maxfail", "100000", "--dburi", server.dsn.replace("scratchbird://", scheme)]
        command += [*arguments, *([] if given else PATHS)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        # As the tests' own conftest.py of version 1.4 has it, which comes too late: our plug-in imports SQLAlchemy.
        environment["SQLALCHEMY_WARN_20"] = "true"
        return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


def main(arguments: Optional[List[str]] = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="SQLAlchemy's own tests, on a development server")
    parser.add_argument("--driver", choices=("sync", "asyncio"), default="sync")
    parser.add_argument("--python", default=sys.executable, help="an interpreter with the SQLAlchemy to test")
    parser.add_argument("--cache", default=CACHE, type=Path, help="where source distributions are kept")
    given, rest = parser.parse_known_args(arguments)
    return run(given.driver, rest, given.python, given.cache)


if __name__ == "__main__":
    sys.exit(main())
