"""close() while a statement is running elsewhere: it ends the statement and does not wait for the server."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

import scratchbird
from tests.faults.proxy import UP, Fault, Proxy

PATIENCE = 20


@pytest.mark.usefixtures("nothing_leaked")
@pytest.mark.parametrize("silent", [False, True], ids=["answering", "silent"])
def test_another_thread(proxy: Proxy, through: str, silent: bool) -> None:
    conn = scratchbird.connect(through)
    errors: list[scratchbird.OperationalError] = []

    def work() -> None:
        with pytest.raises(scratchbird.OperationalError) as info:
            conn.execute("select pg_sleep(30)")
        errors.append(info.value)

    thread = threading.Thread(target=work)
    if silent:
        proxy.arm(Fault("black_hole", UP, 10))
    thread.start()
    time.sleep(0.2)
    started = time.monotonic()
    conn.close()
    thread.join(PATIENCE)
    assert time.monotonic() - started < PATIENCE
    assert errors[0].sqlstate == "57014"
    assert errors[0].is_disconnect
    assert conn.closed


@pytest.mark.anyio
@pytest.mark.parametrize("silent", [False, True], ids=["answering", "silent"])
async def test_another_task(anyio_backend: Any, proxy: Proxy, through: str, silent: bool) -> None:
    conn = await scratchbird.connect_async(through)
    if silent:
        proxy.arm(Fault("black_hole", UP, 10))
    tasks = [asyncio.ensure_future(conn.execute("select pg_sleep(30)")) for _ in range(3)]
    await asyncio.sleep(0.2)
    await asyncio.wait_for(conn.close(), PATIENCE)
    first, *others = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), PATIENCE)
    assert isinstance(first, scratchbird.OperationalError)
    assert first.sqlstate == "57014"
    # They had not begun.
    assert [type(other) for other in others] == [scratchbird.InterfaceError] * 2


def test_ping_with_a_limit(connect: Any, proxy: Proxy, through: str) -> None:
    conn = connect(through)
    conn.ping(timeout=PATIENCE)
    proxy.arm(Fault("black_hole", UP, 0))
    with pytest.raises(scratchbird.OperationalError) as info:
        conn.ping(timeout=0.1)
    assert info.value.sqlstate == "57014"
    with pytest.raises(scratchbird.ProgrammingError):
        conn.ping(timeout=-1)
    conn.close()
