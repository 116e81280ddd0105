"""What a pool does by itself: sizes, lifetimes, idle limits, a server that goes and comes back, the log."""

from __future__ import annotations

import logging
import time
from typing import Any

import pytest

from scratchbird import CircuitOpen, InterfaceError, OperationalError, PoolTimeout
from tests.fix_pool import eventually


def session(conn: Any) -> Any:
    return conn.info.session_id


def size(pool: Any) -> int:
    return int(pool.get_stats()["pool_size"])


def burst(pool: Any, count: int) -> None:
    """Uses so many connections at once."""
    lent = [pool.getconn() for _ in range(count)]
    for conn in lent:
        pool.putconn(conn)


def test_it_grows_on_demand_and_shrinks_when_idle(make_pool: Any) -> None:
    pool = make_pool(min_size=1, max_size=4, max_idle=0.4)
    pool.wait()
    burst(pool, 4)
    assert size(pool) == 4
    eventually(lambda: size(pool) == 1)
    with pool.connection() as conn:
        assert conn.execute("select 1").fetchone() == (1,)


def test_what_is_not_needed_goes_although_used_in_turns(make_pool: Any) -> None:
    pool = make_pool(min_size=1, max_size=4, max_idle=0.6)
    burst(pool, 4)

    def used_a_little() -> bool:
        with pool.connection():
            pass
        return size(pool) <= 2

    eventually(used_a_little)


def test_a_lifetime_ends(make_pool: Any) -> None:
    pool = make_pool(min_size=2, max_lifetime=0.5)
    pool.wait()
    with pool.connection() as conn:
        first = session(conn)
    eventually(lambda: pool.get_stats()["connections_num"] >= 4)
    pool.wait()
    for _ in range(4):
        with pool.connection() as conn:
            assert session(conn) != first


def test_a_lifetime_does_not_end_a_loan(make_pool: Any) -> None:
    pool = make_pool(min_size=1, max_lifetime=0.2)
    with pool.connection() as conn:
        first = session(conn)
        time.sleep(0.5)
        assert conn.execute("select 1").fetchone() == (1,)
    with pool.connection() as conn:
        assert session(conn) != first


def test_resize(make_pool: Any) -> None:
    pool = make_pool(min_size=1, max_size=1)
    pool.resize(2, 4)
    assert (pool.min_size, pool.max_size) == (2, 4)
    pool.wait()
    lent = [pool.getconn() for _ in range(4)]
    with pytest.raises(PoolTimeout):
        pool.getconn(timeout=0.1)
    pool.resize(1, 2)
    with pytest.raises(PoolTimeout):
        pool.getconn(timeout=0.1)
    for conn in lent:
        pool.putconn(conn)
    eventually(lambda: size(pool) == 2)
    burst(pool, 2)
    with pool.connection(), pool.connection(), pytest.raises(PoolTimeout):
        pool.getconn(timeout=0.1)
    pool.resize(3)
    assert (pool.min_size, pool.max_size) == (3, 3)
    with pool.connection(), pool.connection(), pool.connection() as conn:
        assert conn.execute("select 1").fetchone() == (1,)
    with pytest.raises(InterfaceError):
        pool.resize(3, 2)


def test_drain(make_pool: Any) -> None:
    pool = make_pool(min_size=3)
    pool.wait()
    with pool.connection() as conn, pool.connection() as other:
        old = {session(conn), session(other)}
        pool.drain()
        assert conn.execute("select 1").fetchone() == (1,)
    pool.wait()
    lent = [pool.getconn() for _ in range(3)]
    assert not old & {session(conn) for conn in lent}
    for conn in lent:
        conn.close()
    assert pool.get_stats()["connections_num"] >= 5


def test_a_server_that_is_down_and_comes_back(make_pool: Any, gate: Any, gated_dsn: str) -> None:
    pool = make_pool(gated_dsn, min_size=2)
    pool.wait()
    gate.shut()
    gate.cut()
    with pytest.raises(PoolTimeout) as caught:
        pool.getconn(timeout=0.5)
    assert isinstance(caught.value.__cause__, OperationalError)
    assert caught.value.__cause__.sqlstate == "08001"
    assert "refused" in str(caught.value)
    gate.open()
    with pool.connection() as conn:
        assert conn.execute("select 1").fetchone() == (1,)
    pool.wait()
    assert size(pool) == 2


def test_wait_says_why_there_is_no_connection(make_pool: Any, gate: Any, gated_dsn: str) -> None:
    gate.shut()
    pool = make_pool(gated_dsn, min_size=1)
    with pytest.raises(PoolTimeout, match="refused"):
        pool.wait(0.3)
    gate.open()
    pool.wait()


def test_reconnect_timeout(make_pool: Any, gate: Any, gated_dsn: str) -> None:
    gate.shut()
    pool = make_pool(gated_dsn, min_size=0, max_size=1, reconnect_timeout=0.3)
    began = time.monotonic()
    with pytest.raises(OperationalError, match="refused") as caught:
        pool.getconn()
    assert not isinstance(caught.value, PoolTimeout)
    assert 0.2 < time.monotonic() - began < 10
    gate.open()
    with pool.connection() as conn:
        assert conn.execute("select 1").fetchone() == (1,)


def test_the_circuit_breaker(make_pool: Any, gate: Any, gated_dsn: str) -> None:
    gate.shut()
    pool = make_pool(gated_dsn, min_size=0, max_size=2, breaker_failures=2, breaker_pause=0.5)
    with pytest.raises(CircuitOpen, match="refused"):
        pool.getconn()
    failures = pool.get_stats()["connections_errors"]
    assert failures == 2
    began = time.monotonic()
    with pytest.raises(CircuitOpen) as caught:
        pool.getconn()
    assert time.monotonic() - began < 0.3
    assert caught.value.__cause__.sqlstate == "08001"
    assert pool.get_stats()["connections_errors"] == failures, "nothing was tried"
    gate.open()

    def lent() -> bool:
        try:
            with pool.connection():
                return True
        except CircuitOpen:
            return False

    eventually(lent)
    with pool.connection(), pool.connection() as conn:
        assert conn.execute("select 1").fetchone() == (1,)


def test_the_log(make_pool: Any, gate: Any, gated_dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="scratchbird.pool")

    def events() -> Any:
        return [(record.event, record.connection) for record in caplog.records if record.name == "scratchbird.pool"]

    pool = make_pool(gated_dsn, min_size=1, name="watched", max_lifetime=60)
    pool.wait()
    for _ in range(2):
        with pool.connection():
            pass
    eventually(lambda: ("created", 1) in events())
    assert ("reused", 1) in events()
    assert events().count(("returned", 1)) == 2
    gate.shut()
    gate.cut()
    with pytest.raises(PoolTimeout):
        pool.getconn(timeout=0.3)
    eventually(lambda: ("pruned", 1) in events() and ("failed", None) in events())
    pool.close()
    text = "\n".join(record.getMessage() for record in caplog.records)
    assert "pool watched: connection 1 created in" in text
    assert "pool watched: connection 1 pruned: the connection is lost" in text
    assert "pool watched: connecting failed: [08001]" in text
    assert "scratchbird:scratchbird@" not in text
