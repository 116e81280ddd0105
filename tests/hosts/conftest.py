"""Servers for the tests of several hosts: one that refuses to write, and addresses where nobody listens."""

from __future__ import annotations

import socket
from typing import Any, Dict, Iterator

import pytest

from tests.fix_server import start


@pytest.fixture(scope="session")
def reader(server: Any) -> Iterator[Any]:
    """A server whose sessions are read-only."""
    with start(read_only=True) as running:
        yield running


@pytest.fixture
def nobody() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def login(server: Any) -> Dict[str, Any]:
    """What a login at any of the servers needs, apart from the address."""
    return {"user": server.user, "password": server.password, "database": server.database}
