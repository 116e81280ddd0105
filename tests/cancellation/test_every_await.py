"""Cancellation at every suspension of every waiting call: the connection is in step or closed, data all or nothing."""

from __future__ import annotations

import asyncio
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, Iterator

import pytest

import scratchbird
from scratchbird import AsyncConnection
from tests.cancellation.cancelling import cancelled_at

PATIENCE = 30
"""Seconds that no call may take afterwards."""
ROWS = 2500
MOST = 400
"""Suspensions; an operation that has more never ends."""

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("awaits")]


@pytest.fixture(scope="module")
def awaits(server: Any) -> Iterator[None]:
    """The table of the operations."""
    with scratchbird.connect(server.dsn, autocommit=True) as admin:
        admin.execute("create table awaits (n int)")
        yield
        admin.execute("drop table awaits")


async def execute(conn: AsyncConnection) -> None:
    await conn.execute("select pg_sleep(0.001)")


async def fetch(conn: AsyncConnection) -> None:
    cursor = await conn.execute("select n, repeat('x', 30) from generate_series(1, %s) n", (ROWS,))
    assert len(await cursor.fetchall()) == ROWS


async def block(conn: AsyncConnection) -> None:
    async with conn.transaction():
        for n in range(3):
            await conn.execute("insert into awaits values (%s)", (n,))


async def nested(conn: AsyncConnection) -> None:
    async with conn.transaction():
        await conn.execute("insert into awaits values (0)")
        async with conn.transaction():
            await conn.execute("insert into awaits values (1)")


async def insert_and_commit(conn: AsyncConnection) -> None:
    await conn.execute("insert into awaits values (1)")
    await conn.commit()


async def copy_in(conn: AsyncConnection) -> None:
    async with conn.cursor().copy("copy awaits (n) from stdin") as copy:
        for n in range(ROWS):
            await copy.write_row((n,))


async def copy_out(conn: AsyncConnection) -> None:
    async with conn.cursor().copy(f"copy (select n from generate_series(1, {ROWS}) n) to stdout") as copy:
        assert len([row async for row in copy.rows()]) == ROWS


async def pipeline(conn: AsyncConnection) -> None:
    async with conn.pipeline():
        for n in range(50):
            await conn.execute("insert into awaits values (%s)", (n,))
        cursor = await conn.execute("select count(*) from awaits")
        assert await cursor.fetchone() == (50,)
        await conn.execute("insert into awaits values (50)")


async def pipelined_rows(conn: AsyncConnection) -> None:
    """More than one batch."""
    async with conn.pipeline():
        await conn.executemany("insert into awaits values (%s)", ((n,) for n in range(ROWS)))
        for n in range(ROWS):
            await conn.execute("select %s", (n,))


async def stream(conn: AsyncConnection) -> None:
    rows = conn.cursor().stream("select n, repeat('x', 100) from generate_series(1, %s) n", (ROWS,))
    assert len([row async for row in rows]) == ROWS


async def server_cursor(conn: AsyncConnection) -> None:
    async with conn.transaction(), conn.cursor("awaited") as cursor:
        await cursor.execute("select n from generate_series(1, %s) n", (ROWS,))
        assert len([row async for row in cursor]) == ROWS


async def many(conn: AsyncConnection) -> None:
    """In several requests."""
    await conn.executemany("insert into awaits values (%s + 0)", [(n,) for n in range(ROWS)])


async def many_at_once(conn: AsyncConnection) -> None:
    """As array BIND."""

    async def rows() -> AsyncIterator[Any]:
        for n in range(ROWS):
            yield (n,)

    await conn.executemany("insert into awaits (n) values (%s)", rows())


async def prepared(conn: AsyncConnection) -> None:
    async with await conn.prepare("select %s::int") as statement:
        assert await statement.fetchval((1,)) == 1


async def ping(conn: AsyncConnection) -> None:
    await conn.ping()


OPERATIONS: Dict[str, Callable[[AsyncConnection], Awaitable[None]]] = {
    work.__name__: work
    for work in (
        execute,
        fetch,
        block,
        nested,
        insert_and_commit,
        pipeline,
        pipelined_rows,
        stream,
        server_cursor,
        copy_in,
        copy_out,
        many,
        many_at_once,
        prepared,
        ping,
    )
}
SIZES = {
    "block": 3,
    "nested": 2,
    "insert_and_commit": 1,
    "pipeline": 51,
    "pipelined_rows": ROWS,
    "copy_in": ROWS,
    "many": ROWS,
    "many_at_once": ROWS,
}


@pytest.mark.parametrize("autocommit", [False, True], ids=["manual", "autocommit"])
@pytest.mark.parametrize("name", OPERATIONS)
async def test_cancelled(anyio_backend: Any, dsn: str, name: str, autocommit: bool) -> None:
    work = OPERATIONS[name]
    conn = await scratchbird.connect_async(dsn, autocommit=autocommit)
    for stop in range(MOST):
        cancelled = await cancelled_at(lambda: work(conn), stop)  # noqa: B023
        if conn.closed:
            conn = await scratchbird.connect_async(dsn, autocommit=autocommit)
        cursor = await asyncio.wait_for(conn.execute("select %s", (stop,)), PATIENCE)
        assert await cursor.fetchall() == [(stop,)]
        if name in SIZES:
            await asyncio.wait_for(conn.commit(), PATIENCE)
            cursor = await conn.execute("select count(*) from awaits")
            assert await cursor.fetchone() in [(0,), (SIZES[name],)]
            await conn.execute("delete from awaits")
            await conn.commit()
        if not cancelled:
            break
    else:
        pytest.fail("it never ended")
    await conn.close()
