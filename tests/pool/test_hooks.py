"""configure, check and reset, on both faces."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from scratchbird import OperationalError, PoolTimeout, ProgrammingError
from tests.fix_pool import eventually


def session(conn: Any) -> Any:
    return conn.info.session_id


def test_configure_sees_every_connection_once(make_pool: Any, hook: Callable[..., Any]) -> None:
    seen = []

    async def configure(conn: Any) -> None:
        seen.append(session(conn))
        await conn.execute("set lock_timeout = 4321")
        await conn.commit()

    pool = make_pool(min_size=1, max_size=2, configure=hook(configure))
    for _ in range(3):
        with pool.connection() as first:
            assert first.execute("select current_setting('lock_timeout')").fetchone() == ("4321ms",)
            with pool.connection() as second:
                assert session(first) != session(second)
    assert len(seen) == len(set(seen)) == 2


def test_configure_that_fails_costs_the_connection(make_pool: Any, hook: Callable[..., Any]) -> None:
    failures = [OSError("not yet")]

    async def configure(conn: Any) -> None:
        if failures:
            raise failures.pop()

    pool = make_pool(min_size=1, configure=hook(configure))
    with pytest.raises(OSError, match="not yet"):
        pool.getconn()
    with pool.connection() as conn:
        assert conn.execute("select 1").fetchone() == (1,)
    assert pool.get_stats()["returns_bad"] == 1


def test_configure_must_end_its_transaction(make_pool: Any, hook: Callable[..., Any]) -> None:
    async def configure(conn: Any) -> None:
        await conn.execute("select 1")

    pool = make_pool(min_size=1, configure=hook(configure))
    with pytest.raises(ProgrammingError, match="configure left"):
        pool.getconn()


def test_check_decides_which_connections_are_lent(make_pool: Any, hook: Callable[..., Any]) -> None:
    bad = set()

    async def check(conn: Any) -> None:
        await conn.execute("select 1")
        if session(conn) in bad:
            raise OperationalError("a replica")

    pool = make_pool(min_size=2, check=hook(check))
    pool.wait()
    for _ in range(2):
        with pool.connection() as conn:
            bad.add(session(conn))
    with pool.connection() as conn:
        assert session(conn) not in bad
        assert not pool.closed
    assert pool.get_stats()["returns_bad"] >= 1


def test_check_that_always_fails_ends_at_the_deadline(make_pool: Any, hook: Callable[..., Any]) -> None:
    calls = []

    async def check(conn: Any) -> None:
        calls.append(1)
        raise OperationalError("a replica")

    pool = make_pool(min_size=1, check=hook(check))
    with pytest.raises(PoolTimeout, match="a replica") as caught:
        pool.getconn(timeout=0.5)
    assert isinstance(caught.value.__cause__, OperationalError)
    assert 2 <= len(calls) < 20


def test_check_connection(make_pool: Any, hook: Callable[..., Any]) -> None:
    from scratchbird import AsyncConnectionPool, ConnectionPool

    check = (AsyncConnectionPool if make_pool.is_async else ConnectionPool).check_connection
    pool = make_pool(min_size=1, check=check)
    with pool.connection() as conn:
        first = session(conn)
    with pool.connection() as conn:
        assert session(conn) == first


def test_reset_follows_the_rollback(make_pool: Any, hook: Callable[..., Any]) -> None:
    found = []

    async def reset(conn: Any) -> None:
        cursor = await conn.execute("select to_regclass('pool_reset')")
        row = cursor.fetchone()
        found.append(row if isinstance(row, tuple) else await row)
        await conn.commit()

    pool = make_pool(min_size=1, reset=hook(reset))
    conn = pool.getconn()
    conn.execute("create table pool_reset (a int)")
    conn.close()
    assert found == [(None,)]
    with pool.connection():
        pass
    assert len(found) == 2
    assert pool.get_stats()["connections_num"] == 1


def test_reset_that_fails_costs_the_connection(
    make_pool: Any, hook: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    async def reset(conn: Any) -> None:
        raise ValueError("cannot")

    pool = make_pool(min_size=1, reset=hook(reset))
    with pool.connection() as conn:
        first = session(conn)
    assert any(record.levelname == "WARNING" and "cannot" in record.message for record in caplog.records)
    with pool.connection() as conn:
        assert session(conn) != first
    eventually(lambda: pool.get_stats()["returns_bad"] == 2)


def test_interrupts_in_hooks_pass(make_pool: Any, hook: Callable[..., Any]) -> None:
    class Stop(BaseException):
        pass

    stops = [Stop()]

    async def reset(conn: Any) -> None:
        if stops:
            raise stops.pop()

    pool = make_pool(min_size=1, reset=hook(reset))
    conn = pool.getconn()
    with pytest.raises(Stop):
        pool.putconn(conn)
    with pool.connection() as conn:
        assert conn.execute("select 1").fetchone() == (1,)
