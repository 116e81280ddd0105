"""A proxy that fails on purpose, between the driver and the development server."""

from __future__ import annotations

from typing import Any, Iterator

import pytest

from tests.faults.proxy import Proxy
from tests.fix_server import start


@pytest.fixture(scope="session")
def plain_server() -> Iterator[Any]:
    """A development server without TLS, whose bytes are the same in every run."""
    with start(tls=False, auth="password") as running:
        yield running


@pytest.fixture
def proxy(server: Any) -> Iterator[Proxy]:
    """A proxy before the development server, with TLS in between."""
    with Proxy(server.host, server.port) as proxy:
        yield proxy


@pytest.fixture
def plain_proxy(plain_server: Any) -> Iterator[Proxy]:
    """A proxy before the development server without TLS."""
    with Proxy(plain_server.host, plain_server.port) as proxy:
        yield proxy


@pytest.fixture
def through(proxy: Proxy, server: Any, dsn: str) -> str:
    """The connection string of the development server, through the proxy."""
    return dsn.replace(f":{server.port}/", f":{proxy.port}/")


@pytest.fixture
def plain_through(plain_proxy: Proxy, plain_server: Any) -> str:
    """The connection string of the development server without TLS, through the proxy."""
    return str(plain_server.dsn).replace(f":{plain_server.port}/", f":{plain_proxy.port}/")
