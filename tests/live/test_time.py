"""Time limits and cancellation, against any server.

No statement takes a known time everywhere, so that one may also have finished before its cancellation. What holds
either way is looked at: the right error or the whole answer, and a connection that is usable, or closed where the
server cannot be interrupted.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Callable, Optional

import pytest

import scratchbird
from tests.fix_connection import Driven
from tests.live.conftest import Target

ROWS = 6000


@pytest.fixture
def large(dsn: str, table: str) -> str:
    """A table whose rows take a moment."""
    with scratchbird.connect(dsn, autocommit=True) as admin:
        admin.bulk_copy(table, ((n, "x" * 200, n) for n in range(ROWS)), columns=["id", "label", "n"])
    return table


def interrupted(conn: Any, table: str, limit: Optional[float]) -> bool:
    """Reads the table: whether that was interrupted, by the right error. Otherwise all rows came."""
    try:
        rows = conn.execute(f"SELECT * FROM {table} WHERE label LIKE 'x%'", timeout=limit).fetchall()
    except scratchbird.OperationalError as error:
        return says_so(error)
    assert len(rows) == ROWS
    return False


def says_so(error: scratchbird.OperationalError) -> bool:
    assert error.sqlstate == "57014"
    return True


def afterwards(conn: Any, target: Target, failed: bool) -> None:
    """The connection answers, or is closed where that is the only way to end a statement."""
    if conn.closed:
        assert target.is_beta
        assert failed
    else:
        conn.rollback()
        assert conn.execute("SELECT 41").fetchone() == (41,)


async def _cancel_later(conn: Any, delay: float) -> None:
    await asyncio.sleep(delay)
    await conn.cancel()


@pytest.mark.parametrize("delay", [0, 0.005, 0.05])
def test_cancel(connect: Callable[..., Any], target: Target, large: str, delay: float) -> None:
    conn = connect(target.dsn)
    waiting: Any
    if isinstance(conn, Driven):
        waiting = conn._loop.create_task(_cancel_later(conn._target, delay))
    else:
        waiting = threading.Timer(delay, conn.cancel)
        waiting.start()
    try:
        failed = interrupted(conn, large, None)
    finally:
        if isinstance(conn, Driven):
            conn._loop.run_until_complete(waiting)
        else:
            waiting.join()
    afterwards(conn, target, failed)


def test_cancel_of_nothing(connect: Callable[..., Any], target: Target) -> None:
    conn = connect(target.dsn)
    conn.cancel()
    afterwards(conn, target, True)


@pytest.mark.parametrize("limit", [0.0005, 0.01])
def test_a_time_limit(connect: Callable[..., Any], target: Target, large: str, limit: float) -> None:
    conn = connect(target.dsn)
    failed = interrupted(conn, large, limit)
    afterwards(conn, target, failed)


def test_a_long_limit_is_no_hindrance(connect: Callable[..., Any], dsn: str, large: str) -> None:
    conn = connect(dsn, statement_timeout=60)
    assert conn.execute(f"SELECT count(*) FROM {large}", timeout=60).fetchone() == (ROWS,)
