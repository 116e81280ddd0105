"""What the tests of `scratchbird.langchain` share."""

from __future__ import annotations

import importlib.util
import itertools
from typing import Any, Iterator

import pytest

import scratchbird
from scratchbird import ConnectionPool
from scratchbird.bulk import quoted_path

_numbers = itertools.count(1)

collect_ignore_glob: list[str] = []
if importlib.util.find_spec("langchain_tests") is None:  # LangChain is for Python 3.10 and newer
    collect_ignore_glob.append("test_*")


def pytest_configure(config: pytest.Config) -> None:
    """The modules of langchain-tests mark tests of theirs that are not run here."""
    config.addinivalue_line("markers", "benchmark: of pytest-benchmark")
    config.addinivalue_line("markers", "vcr: of pytest-recording")


@pytest.fixture
def pool(dsn: str) -> Iterator[ConnectionPool[Any]]:
    """A pool for both faces."""
    with ConnectionPool(dsn, min_size=1, max_size=4) as pool:
        yield pool


@pytest.fixture
def table(dsn: str) -> Iterator[str]:
    """A name that no table has. What has it after the test is dropped."""
    name = f"langchain_{next(_numbers)}"
    yield name
    drop(dsn, name)


def drop(dsn: str, name: str) -> None:
    with scratchbird.connect(dsn, autocommit=True) as admin:
        admin.execute(f"drop table if exists {quoted_path(name)}")
