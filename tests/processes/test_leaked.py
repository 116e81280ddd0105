"""Connections that nobody closes: a ResourceWarning says where they were made, and their socket is closed."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import Any, Callable

import pytest

import scratchbird

pytestmark = pytest.mark.usefixtures("nothing_leaked")


def warned(leak: Callable[[], Any]) -> str:
    def collect() -> None:
        leak()
        gc.collect()

    with pytest.warns(ResourceWarning) as record:
        collect()
    (warning,) = [one for one in record if "scratchbird" in str(one.message)]
    return str(warning.message)


def here(function: Callable[..., Any], offset: int) -> str:
    code = function.__code__
    return f"made at {code.co_filename}:{code.co_firstlineno + offset} in {code.co_name}"


def test_sync(dsn: str) -> None:
    def leak() -> None:
        scratchbird.connect(dsn)

    assert warned(leak) == f"unclosed scratchbird Connection, {here(leak, 1)}"


def test_async(dsn: str) -> None:
    async def leak() -> None:
        await scratchbird.connect_async(dsn)

    assert warned(lambda: asyncio.run(leak())) == f"unclosed scratchbird AsyncConnection, {here(leak, 1)}"


def test_loan(dsn: str) -> None:
    with scratchbird.ConnectionPool(dsn, min_size=1) as pool:

        def leak() -> None:
            pool.getconn(20)

        assert here(leak, 1) in warned(leak)
        # The pool does not wait for it.
        with pool.connection(20) as conn:
            assert conn.execute("select 1").fetchone() == (1,)


def test_closed_connections_end_in_silence(connect: Callable[..., Any], dsn: str) -> None:
    connect(dsn).close()
    gc.collect()


def test_at_the_end_of_the_program(dsn: str) -> None:
    import subprocess

    source = "import scratchbird, sys\nconn = scratchbird.connect(sys.argv[1])\n"
    command = [sys.executable, "-X", "dev", "-c", source, dsn]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
    assert "unclosed scratchbird Connection, made at <string>:2 in <module>" in done.stderr
