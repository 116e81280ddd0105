"""`scratchbird.pooling`: connect() from pools."""

from __future__ import annotations

import asyncio
import os
from typing import Any, Iterator

import pytest

import scratchbird
from scratchbird import InterfaceError, OperationalError, PoolTimeout
from tests.fix_connection import Driven


@pytest.fixture(autouse=True)
def off_again() -> Iterator[None]:
    yield
    scratchbird.pooling(enabled=False)


@pytest.fixture(params=["sync", "async"])
def connect(request: pytest.FixtureRequest) -> Iterator[Any]:
    """`connect` of either face, whose connections the test closes."""
    if request.param == "sync":
        yield scratchbird.connect
        return
    loop = asyncio.new_event_loop()

    def driven(*args: Any, **kwargs: Any) -> Any:
        return Driven(loop.run_until_complete(scratchbird.connect_async(*args, **kwargs)), loop)

    yield driven
    loop.close()


def session_of(connect: Any, *args: Any, **kwargs: Any) -> Any:
    conn = connect(*args, **kwargs)
    try:
        return conn.info.session_id
    finally:
        conn.close()


def test_connections_are_used_again(connect: Any, dsn: str) -> None:
    apart = session_of(connect, dsn)
    assert session_of(connect, dsn) != apart
    scratchbird.pooling(max_size=5)
    first = session_of(connect, dsn)
    assert first != apart
    assert session_of(connect, dsn) == first
    assert session_of(connect, dsn, user=None) == first
    scratchbird.pooling(enabled=False)
    assert session_of(connect, dsn) != first


def test_every_string_has_its_pool(connect: Any, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scratchbird.pooling()
    first = session_of(connect, dsn)
    named = session_of(connect, dsn, application_name="another")
    assert named != first
    assert session_of(connect, dsn, timeout=12) not in {first, named}, "also with the other name of connect_timeout"
    monkeypatch.setenv("SCRATCHBIRD_APP_NAME", "by environment")
    assert session_of(connect, dsn) not in {first, named}
    monkeypatch.delenv("SCRATCHBIRD_APP_NAME")
    assert (session_of(connect, dsn), session_of(connect, dsn, application_name="another")) == (first, named)


def test_the_block_of_a_connection(connect: Any, dsn: str) -> None:
    scratchbird.pooling()
    with connect(dsn) as conn:
        first = conn.info.session_id
        conn.execute("create table switch_block (a int)")
    with connect(dsn) as conn:
        assert conn.info.session_id == first
        conn.execute("drop table switch_block")


def test_max_size(connect: Any, dsn: str) -> None:
    scratchbird.pooling(max_size=1, timeout=0.2)
    conn = connect(dsn)
    with pytest.raises(PoolTimeout):
        connect(dsn)
    conn.close()
    connect(dsn).close()


def test_both_faces_share(dsn: str) -> None:
    scratchbird.pooling()
    first = session_of(scratchbird.connect, dsn)

    async def main() -> Any:
        async with await scratchbird.connect_async(dsn) as conn:
            return conn.info.session_id

    assert asyncio.run(main()) == first


def test_failures_are_those_of_connect(connect: Any, dsn: str, gate: Any, gated_dsn: str) -> None:
    scratchbird.pooling()
    with pytest.raises(InterfaceError, match="sslmoed"):
        connect(dsn, sslmoed="x")
    gate.shut()
    with pytest.raises(OperationalError, match="refused") as caught:
        connect(gated_dsn)
    assert caught.value.sqlstate == "08001"
    gate.open()
    connect(gated_dsn).close()


def test_a_connection_in_use_outlives_the_switch(connect: Any, dsn: str) -> None:
    scratchbird.pooling()
    conn = connect(dsn)
    first = conn.info.session_id
    scratchbird.pooling(max_size=3)
    assert conn.execute("select 1").fetchone() == (1,)
    conn.close()
    assert session_of(connect, dsn) != first


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork exists on POSIX only")
def test_a_forked_child_has_pools_of_its_own(dsn: str) -> None:
    scratchbird.pooling()
    first = session_of(scratchbird.connect, dsn)
    child = os.fork()
    if child == 0:
        status = 1
        try:
            own = session_of(scratchbird.connect, dsn)
            if own != first and own == session_of(scratchbird.connect, dsn):
                status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    assert session_of(scratchbird.connect, dsn) == first
