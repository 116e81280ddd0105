"""Every kind of fault during every operation: the right error in time, the connection closed, nothing left open."""

from __future__ import annotations

import time
from typing import Any, Callable, Iterator

import pytest

import scratchbird
from tests.faults import operations
from tests.faults.operations import DELAYS, LOSSES, OPERATIONS
from tests.faults.proxy import DOWN, UP, Fault, Proxy

PATIENCE = 30.0
"""Seconds that no call may take, however busy the machine is; the limits in force are far below."""

pytestmark = pytest.mark.usefixtures("nothing_leaked")


def lost(error: BaseException) -> bool:
    """Whether it says that the connection is gone, as PEP 249 and SQL say it."""
    is_operational = isinstance(error, scratchbird.OperationalError)
    return is_operational and str(error.sqlstate).startswith("08") and error.is_disconnect


def positions(kind: str) -> Iterator[tuple[str, int]]:
    """Where a fault happens: past what an operation sends and receives it does not happen any more."""
    for lane in (UP, DOWN):
        for after in (23,) if kind == "black_hole" else (0, 23, 60):
            yield lane, after


@pytest.fixture(scope="module", autouse=True)
def struck(server: Any) -> Iterator[None]:
    """The table of the operations."""
    with scratchbird.connect(server.dsn, autocommit=True) as admin:
        admin.execute("create table struck (n int)")
        yield
        admin.execute("drop table struck")


@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("name", OPERATIONS)
def test_lost(connect: Callable[..., Any], through: str, proxy: Proxy, name: str, kind: str) -> None:
    for lane, after in positions(kind):
        conn = connect(through, socket_timeout=0.2 if kind == "black_hole" else 20)
        proxy.arm(Fault(kind, lane, after))
        started = time.monotonic()
        with pytest.raises(scratchbird.Error) as info:
            OPERATIONS[name](conn)
        assert time.monotonic() - started < PATIENCE
        assert lost(info.value), repr(info.value)
        assert not info.value.outcome_unknown
        assert conn.closed
        with pytest.raises(scratchbird.InterfaceError):
            conn.execute("select 1")
        conn.close()
        proxy.forget()


@pytest.mark.parametrize("kind", DELAYS)
@pytest.mark.parametrize("name", OPERATIONS)
def test_slow_is_not_lost(
    connect: Callable[..., Any],
    through: str,
    proxy: Proxy,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    kind: str,
) -> None:
    # Byte by byte 2000 rows take long.
    monkeypatch.setattr(operations, "ROWS", 100)
    conn = connect(through)
    for lane in (UP, DOWN):
        proxy.arm(Fault(kind, lane, 11, seconds=0.05))
        OPERATIONS[name](conn)
        proxy.arm(None)
        assert conn.execute("select 2").fetchone() == (2,)


@pytest.mark.parametrize("kind", LOSSES)
def test_lost_during_login(connect: Callable[..., Any], runtime: None, through: str, proxy: Proxy, kind: str) -> None:
    for lane, after in positions(kind):
        # The handshake alone has several hundred bytes.
        proxy.next = Fault(kind, lane, after * 10)
        started = time.monotonic()
        with pytest.raises(scratchbird.Error) as info:
            connect(through, connect_timeout=0.3 if kind == "black_hole" else 20)
        assert time.monotonic() - started < PATIENCE
        assert lost(info.value), repr(info.value)
        proxy.forget()


@pytest.mark.parametrize("kind", DELAYS)
def test_a_slow_login(connect: Callable[..., Any], runtime: None, through: str, proxy: Proxy, kind: str) -> None:
    for lane in (UP, DOWN):
        proxy.next = Fault(kind, lane, 230, seconds=0.05)
        assert connect(through, connect_timeout=PATIENCE).execute("select 1").fetchone() == (1,)
