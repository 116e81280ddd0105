"""The server of the examples."""

from __future__ import annotations

from typing import Any, Iterator

import pytest

from tests.fix_server import start


@pytest.fixture(scope="package")
def server() -> Iterator[Any]:
    """A server of their own: they leave behind what their readers would."""
    with start() as running:
        yield running
