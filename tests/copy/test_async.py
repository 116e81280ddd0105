"""COPY where only an event loop makes sense: cancelled tasks, asynchronous iterables and files."""

from __future__ import annotations

import asyncio
import io
from typing import Any, AsyncIterator

import pytest

import scratchbird

pytestmark = pytest.mark.anyio


class AsyncFile:
    """A file whose methods are coroutines."""

    def __init__(self, data: bytes = b"") -> None:
        self.file = io.BytesIO(data)

    async def read(self, size: int) -> bytes:
        await asyncio.sleep(0)
        return self.file.read(size)

    async def write(self, data: bytes) -> int:
        await asyncio.sleep(0)
        return self.file.write(data)


async def count(aconn: Any) -> int:
    row = await (await aconn.execute("select count(*) from spot")).fetchone()
    return int(row[0])


@pytest.fixture
async def acur(aconn: Any) -> Any:
    cursor = aconn.cursor()
    await cursor.execute("create table spot (id int, label varchar(100))")
    return cursor


async def numbers(last: int) -> AsyncIterator[tuple[int, str]]:
    for n in range(last):
        if n % 1000 == 0:
            await asyncio.sleep(0)
        yield n, "x"


async def test_asynchronous_iterables(aconn: Any, acur: Any) -> None:
    async with acur.copy("COPY spot (id, label) FROM STDIN") as copy:
        await copy.write_rows(numbers(2500))
    assert await aconn.bulk_copy("spot", numbers(2500), batch_size=1000) == 2500
    assert await acur.copy_from("COPY spot (id, label) FROM STDIN", numbers(10)) == 10
    assert await count(aconn) == 5010


async def test_asynchronous_files(acur: Any) -> None:
    assert await acur.copy_from("COPY spot FROM STDIN CSV", AsyncFile(b"1,a\n2,b\n")) == 2
    target = AsyncFile()
    assert await acur.copy_to("COPY (select * from spot order by id) TO STDOUT CSV", target) == 2
    assert target.file.getvalue() == b"1,a\n2,b\n"


@pytest.mark.parametrize("delay", [0, 0.001, 0.01, 0.05, 0.2])
async def test_a_cancelled_copy_leaves_the_connection_usable(aconn: Any, acur: Any, delay: float) -> None:
    async def endless() -> None:
        async with acur.copy("COPY spot (id, label) FROM STDIN") as copy:
            await copy.write_rows((n, "x" * 90) for n in range(2**31))

    task = asyncio.ensure_future(endless())
    await asyncio.sleep(delay)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(aconn) == 0


async def test_a_cancelled_copy_out_leaves_the_connection_usable(aconn: Any) -> None:
    cursor = aconn.cursor()

    async def endless() -> None:
        async with cursor.copy("COPY (select n from generate_series(1, 50000000) as g(n)) TO STDOUT CSV") as copy:
            async for _ in copy:
                await asyncio.sleep(0)

    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(endless(), 0.2)
    await aconn.rollback()
    assert await (await aconn.execute("select 1")).fetchone() == (1,)


async def test_a_copy_that_is_forgotten_is_given_up(aconn: Any, acur: Any) -> None:
    copy = acur.copy("COPY spot (id) FROM STDIN")
    await copy.__aenter__()
    await copy.write_row((1,))
    del copy
    assert await count(aconn) == 0


async def test_the_loop_runs_while_rows_are_written(acur: Any) -> None:
    turns = 0

    async def tick() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    ticking = asyncio.ensure_future(tick())
    async with acur.copy("COPY spot (id, label) FROM STDIN") as copy:
        await copy.write_rows((n, "x") for n in range(100_000))
    ticking.cancel()
    assert turns > 10


async def test_cancel_ends_a_copy(aconn: Any, acur: Any) -> None:
    with pytest.raises(scratchbird.OperationalError) as caught:
        async with acur.copy("COPY spot (id, label) FROM STDIN") as copy:
            await copy.write_row((1, "x"))
            await aconn.cancel()
            await copy.write_rows((n, "x" * 90) for n in range(2**31))
    assert caught.value.sqlstate == "57014"
    assert await count(aconn) == 0
