"""Pools, against any server."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

import scratchbird
from scratchbird import AsyncConnectionPool, ConnectionPool


def test_connections_are_lent_and_reset(dsn: str, table: str) -> None:
    with ConnectionPool(dsn, min_size=1, max_size=2) as pool:
        with pool.connection() as connection:
            connection.execute(f"INSERT INTO {table} (id) VALUES (1)")
        with pool.connection() as connection:
            connection.execute(f"INSERT INTO {table} (id) VALUES (2)")
            connection.rollback()
        with pytest.raises(KeyError), pool.connection() as connection:
            connection.execute(f"INSERT INTO {table} (id) VALUES (3)")
            raise KeyError
        with pool.connection() as connection:
            assert connection.execute(f"SELECT * FROM {table}").fetchall() == [(1, None, None)]


def test_threads_share_a_pool(dsn: str, table: str) -> None:
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            with pool.connection() as connection:
                assert connection.execute("SELECT ?", (number,)).fetchone() == (number,)
                connection.execute(f"INSERT INTO {table} (id) VALUES (?)", (number,))
        except BaseException as error:
            failures.append(error)

    with ConnectionPool(dsn, min_size=1, max_size=3) as pool:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        with pool.connection() as connection:
            assert connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (12,)


def test_a_pool_that_is_used_up_says_so(dsn: str) -> None:
    with ConnectionPool(dsn, min_size=1, max_size=1) as pool, pool.connection():
        with pytest.raises(scratchbird.Error), pool.connection(timeout=0.1):
            pytest.fail("a second connection was lent")


@pytest.mark.anyio
async def test_tasks_share_a_pool(dsn: str) -> None:
    async def ask(pool: Any, number: int) -> Any:
        async with pool.connection() as connection:
            return await (await connection.execute("SELECT ?", (number,))).fetchone()

    async with AsyncConnectionPool(dsn, min_size=1, max_size=3) as pool:
        answers = await asyncio.gather(*(ask(pool, number) for number in range(12)))
    assert answers == [(number,) for number in range(12)]
