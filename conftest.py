"""What the tests share. Fixtures live in the modules `tests/fix_*.py`."""

from __future__ import annotations

import asyncio
import importlib.util
import signal

import pytest

import scratchbird

# LangChain is for Python 3.10 and newer; elsewhere there is nothing to import these modules for.
collect_ignore_glob = [] if importlib.util.find_spec("langchain_core") else ["scratchbird/langchain/*"]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background by a shell, which switches Ctrl-C off. Tests are about it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.fix_connection", "tests.fix_faults", "tests.fix_pool", "tests.fix_server", "tests.fix_proxy"]


@pytest.fixture(autouse=True)
def names_of_doctests(request: pytest.FixtureRequest) -> None:
    """Gives the examples of docstrings that speak of `dsn` a development server."""
    if isinstance(request.node, pytest.DoctestItem) and any(
        "dsn" in part.source for part in request.node.dtest.examples
    ):
        namespace = request.getfixturevalue("doctest_namespace")
        namespace["dsn"] = request.getfixturevalue("dsn")
        namespace.update(
            asyncio=asyncio,
            connect=scratchbird.connect,
            connect_async=scratchbird.connect_async,
            NUMBER=scratchbird.NUMBER,
        )
