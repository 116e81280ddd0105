"""The development server the tests run on: one for the whole session.

`SCRATCHBIRD_TEST_BACKEND` names a PostgreSQL to use instead of the embedded one, for Pythons that it is not made for.
"""

from __future__ import annotations

import os
from typing import Any, Iterator

import pytest

from scratchbird import devserver


def start(**options: Any) -> devserver.DevServer:
    """A development server on the engine of the tests."""
    return devserver.start(backend=os.environ.get("SCRATCHBIRD_TEST_BACKEND"), **options)


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    with start() as running:
        yield running


@pytest.fixture
def dsn(server: Any) -> str:
    return str(server.dsn)
