"""The metrics of pools."""

from __future__ import annotations

from typing import Any

import pytest

import scratchbird

NAME = "db.client.connection.pool.name"
STATE = "db.client.connection.state"


def values(collected: Any, name: str, pool: str) -> dict[Any, Any]:
    points = collected.points(f"db.client.connection.{name}")
    return {point.attributes.get(STATE): point for point in points if point.attributes[NAME] == pool}


def value(collected: Any, name: str, pool: str) -> Any:
    return values(collected, name, pool)[None].value


def test_levels(dsn: str, collected: Any) -> None:
    collected.instrument()
    with scratchbird.ConnectionPool(dsn, min_size=1, max_size=3, name="levels") as pool:
        with pool.connection():
            counts = values(collected, "count", "levels")
            assert (counts["used"].value, counts["idle"].value) == (1, 0)
        counts = values(collected, "count", "levels")
        assert (counts["used"].value, counts["idle"].value) == (0, 1)
        assert value(collected, "max", "levels") == 3
        assert value(collected, "idle.max", "levels") == 3
        assert value(collected, "idle.min", "levels") == 1
        assert value(collected, "pending_requests", "levels") == 0
    assert values(collected, "count", "levels") == {}, "it is closed"


def test_times(dsn: str, collected: Any) -> None:
    collected.instrument()
    with scratchbird.ConnectionPool(dsn, min_size=1, max_size=1, name="times") as pool:
        for _ in range(2):
            with pool.connection() as connection:
                connection.execute("select 1")
        with pool.connection():
            with pytest.raises(scratchbird.PoolTimeout):
                pool.getconn(timeout=0.01)
    waits, uses = (values(collected, name, "times")[None] for name in ("wait_time", "use_time"))
    assert (waits.count, uses.count) == (3, 3)
    assert uses.sum > 0
    assert values(collected, "create_time", "times")[None].count == 1
    assert value(collected, "timeouts", "times") == 1


@pytest.mark.anyio
async def test_the_asyncio_face(anyio_backend: Any, dsn: str, collected: Any) -> None:
    collected.instrument()
    async with scratchbird.AsyncConnectionPool(dsn, min_size=1, max_size=1, name="awaited") as pool:
        async with pool.connection() as connection:
            await connection.execute("select 1")
            assert values(collected, "count", "awaited")["used"].value == 1
            with pytest.raises(scratchbird.PoolTimeout):
                await pool.getconn(timeout=0.01)
    assert values(collected, "use_time", "awaited")[None].count == 1
    assert values(collected, "wait_time", "awaited")[None].count == 1
    assert value(collected, "timeouts", "awaited") == 1


def test_nothing_without_being_asked(dsn: str, collected: Any) -> None:
    with scratchbird.ConnectionPool(dsn, min_size=1, name="quiet") as pool:
        with pool.connection():
            pass
    collected.instrument()
    assert values(collected, "wait_time", "quiet") == {}
