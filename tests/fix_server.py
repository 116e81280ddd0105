"""The development server the tests run on: one for the whole session."""

from __future__ import annotations

from typing import Any, Iterator

import pytest

from scratchbird import devserver


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    with devserver.start() as running:
        yield running


@pytest.fixture
def dsn(server: Any) -> str:
    return str(server.dsn)
