"""A pool whose connections fail: each failure costs the call that met it, and the pool is whole again afterwards."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import scratchbird
from tests.faults.operations import DELAYS, LOSSES
from tests.faults.proxy import DOWN, UP, Fault, Proxy
from tests.faults.test_matrix import lost
from tests.fix_pool import eventually

pytestmark = pytest.mark.usefixtures("nothing_leaked")


@pytest.fixture
def pool(make_pool: Callable[..., Any], through: str) -> Any:
    """Two connections through the proxy."""
    pool = make_pool(through, min_size=2, max_size=2, timeout=20, socket_timeout=0.3, connect_timeout=20)
    pool.wait(20)
    return pool


def is_whole(pool: Any) -> bool:
    """Both connections can be lent at once, and answer."""
    one, other = pool.getconn(), pool.getconn()
    for conn in (one, other):
        assert conn.execute("select 1").fetchone() == (1,)
        pool.putconn(conn)
    stats = pool.get_stats()
    return bool(stats["pool_size"] == 2 and stats["pool_available"] == 2)


@pytest.mark.parametrize("lane", [UP, DOWN])
@pytest.mark.parametrize("kind", LOSSES)
def test_a_lent_connection(pool: Any, proxy: Proxy, kind: str, lane: str) -> None:
    conn = pool.getconn()
    proxy.arm(Fault(kind, lane, 30))
    with pytest.raises(scratchbird.Error) as info:
        conn.execute("select 1")
    assert lost(info.value), repr(info.value)
    pool.putconn(conn)
    proxy.forget()
    eventually(lambda: is_whole(pool))


@pytest.mark.parametrize("lane", [UP, DOWN])
@pytest.mark.parametrize("kind", LOSSES)
def test_when_it_comes_back(pool: Any, proxy: Proxy, kind: str, lane: str) -> None:
    """What its user left behind has to be rolled back, and that fails."""
    conn = pool.getconn()
    conn.execute("select 1")
    proxy.arm(Fault(kind, lane, 10))
    pool.putconn(conn)
    proxy.forget()
    eventually(lambda: is_whole(pool))


def test_unused_connections(pool: Any, proxy: Proxy) -> None:
    """Their end is seen before they are lent: nobody meets it."""
    assert is_whole(pool)
    proxy.forget()
    for _ in range(4):
        with pool.connection() as conn:
            assert conn.execute("select 1").fetchone() == (1,)
    eventually(lambda: is_whole(pool))


@pytest.mark.parametrize("lane", [UP, DOWN])
@pytest.mark.parametrize("kind", DELAYS)
def test_a_slow_network(pool: Any, proxy: Proxy, kind: str, lane: str) -> None:
    conn = pool.getconn()
    proxy.arm(Fault(kind, lane, 30, seconds=0.05))
    assert conn.execute("select 1").fetchone() == (1,)
    pool.putconn(conn)
    proxy.arm(None)
    eventually(lambda: is_whole(pool))


@pytest.mark.parametrize("kind", LOSSES)
def test_while_connecting(make_pool: Callable[..., Any], through: str, proxy: Proxy, kind: str) -> None:
    """The pool tries again, and who waits for a connection gets one once the fault is gone."""
    proxy.next = Fault(kind, DOWN, 300)
    pool = make_pool(through, min_size=2, max_size=2, connect_timeout=1)
    with pytest.raises(scratchbird.PoolTimeout):
        pool.getconn(0.3)
    proxy.forget()
    conn = pool.getconn(20)
    assert conn.execute("select 1").fetchone() == (1,)
    pool.putconn(conn)
    eventually(lambda: is_whole(pool))
