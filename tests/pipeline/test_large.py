"""Much in flight in bounded memory. `SCRATCHBIRD_TEST_LONG=1` takes 1 GiB in each direction; the figures are logged."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from pathlib import Path

import pytest

import scratchbird

LONG = bool(os.environ.get("SCRATCHBIRD_TEST_LONG"))
MEBIBYTE = 1024 * 1024
TEXTS = 1024 if LONG else 96
"""Texts of a mebibyte."""
STATEMENTS = 1_000_000 if LONG else 100_000
ROWS = 1_000_000 if LONG else 30_000
ALLOWED = 24 * MEBIBYTE
"""Bytes that the process may take beyond what it had: batches on their way, a text or two of Python's, allocators."""

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.timeout(3600 if LONG else 60),
]


class Peak:
    """The most memory that the process has inside of the block."""

    def __init__(self, name: str, size: int) -> None:
        self.name, self.size = name, size

    def __enter__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self.before = memory("VmRSS")
        self.started = time.perf_counter()

    def __exit__(self, kind: object, *exc: object) -> None:
        grown = memory("VmHWM") - self.before
        took = time.perf_counter() - self.started
        logging.getLogger(__name__).info("%s, %d: %.1f s, peak +%.1f MiB", self.name, self.size, took, grown / MEBIBYTE)
        if kind is None:
            assert grown < ALLOWED, f"{grown / MEBIBYTE:.1f} MiB"


def memory(name: str) -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise AssertionError(name)


def test_statements(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        cursor = conn.cursor()
        with Peak("statements", STATEMENTS), conn.pipeline():
            for n in range(STATEMENTS):
                cursor.execute("select $1", (n,))
        assert cursor.fetchone() == (STATEMENTS - 1,)


def test_statements_async(dsn: str) -> None:
    async def main() -> None:
        async with await scratchbird.connect_async(dsn) as conn:
            cursor = conn.cursor()
            with Peak("async statements", STATEMENTS):
                async with conn.pipeline():
                    for n in range(STATEMENTS):
                        await cursor.execute("select $1", (n,))
            assert await cursor.fetchone() == (STATEMENTS - 1,)

    asyncio.run(main())


def test_up(dsn: str) -> None:
    text = "x" * MEBIBYTE
    with scratchbird.connect(dsn) as conn:
        cursor = conn.cursor()
        with Peak("MiB up", TEXTS), conn.pipeline():
            for _ in range(TEXTS):
                cursor.execute("select length($1)", (text,))
        assert cursor.fetchone() == (MEBIBYTE,)


def test_down(dsn: str) -> None:
    """Small statements with large answers: those that nobody holds are thrown away one by one."""
    with scratchbird.connect(dsn) as conn:
        cursor = conn.cursor()
        with Peak("MiB down", TEXTS), conn.pipeline():
            for _ in range(TEXTS):
                cursor.execute("select repeat('x', $1)", (MEBIBYTE,))
        assert len(cursor.fetchone()[0]) == MEBIBYTE


def test_both_ways_async(dsn: str) -> None:
    text = "x" * MEBIBYTE

    async def main() -> None:
        async with await scratchbird.connect_async(dsn) as conn:
            cursor = conn.cursor()
            with Peak("MiB both ways, async", TEXTS):
                async with conn.pipeline():
                    for _ in range(TEXTS):
                        await cursor.execute("select $1", (text,))
            assert await cursor.fetchone() == (text,)

    asyncio.run(main())


def test_rows_of_executemany(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        conn.execute("create temporary table much (n int)")
        cursor = conn.cursor()
        with Peak("rows", ROWS), conn.pipeline():
            cursor.executemany("insert into much values (?)", ((n,) for n in range(ROWS)))
        assert cursor.rowcount == ROWS
