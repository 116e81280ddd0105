"""`transactional`: whole transactions, begun again after a conflict, on connections and pools of both faces."""

from __future__ import annotations

import asyncio
from typing import Any, Callable, Iterator, List, Tuple

import pytest

import scratchbird
from scratchbird import AsyncConnectionPool, ConnectionPool, InterfaceError
from scratchbird.errors import from_fields
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer

Face = Tuple[str, Callable[..., Any]]


@pytest.fixture
def counter(dsn: str) -> Iterator[str]:
    with scratchbird.connect(dsn, autocommit=True) as admin:
        admin.execute("create table counter (n int)")
        admin.execute("insert into counter (n) values (0)")
    yield "counter"
    with scratchbird.connect(dsn, autocommit=True) as admin:
        admin.execute("drop table counter")


def value(dsn: str) -> Any:
    with scratchbird.connect(dsn) as conn:
        return conn.execute("select n from counter").fetchone()[0]


class Spoilers:
    """Commits from elsewhere: each makes one transaction of the other side fail to serialize."""

    def __init__(self, dsn: str, times: int) -> None:
        self.dsn = dsn
        self.times = times
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        if self.times:
            self.times -= 1
            with scratchbird.connect(self.dsn) as other:
                other.execute("update counter set n = n + 100")


def increment_through(source: Any, spoil: Callable[[], None], **options: Any) -> Any:
    """Adds 1 in a transaction that the spoiler comes in between of; on the face of the source."""
    options = {"first_pause": 0.001, "isolation": "SNAPSHOT", **options}
    if isinstance(source, (scratchbird.Connection, ConnectionPool)):

        @scratchbird.transactional(**options)
        def increment(connection: Any, by: int) -> Any:
            (n,) = connection.execute("select n from counter").fetchone()
            spoil()
            connection.execute("update counter set n = %s", (n + by,))
            return n + by

        return increment(source, 1)

    @scratchbird.transactional(**options)
    async def increment_async(connection: Any, *, by: int) -> Any:
        (n,) = await (await connection.execute("select n from counter")).fetchone()
        spoil()
        await connection.execute("update counter set n = %s", (n + by,))
        return n + by

    return increment_async(source, by=1)


@pytest.fixture(params=["connection", "pool", "async connection", "async pool"])
def increment(request: pytest.FixtureRequest, dsn: str) -> Callable[..., Any]:
    def run(spoil: Callable[[], None], **options: Any) -> Any:
        if request.param == "connection":
            with scratchbird.connect(dsn) as conn:
                return increment_through(conn, spoil, **options)
        if request.param == "pool":
            with ConnectionPool(dsn, min_size=1) as pool:
                return increment_through(pool, spoil, **options)

        async def main() -> Any:
            if request.param == "async connection":
                async with await scratchbird.connect_async(dsn) as conn:
                    return await increment_through(conn, spoil, **options)
            async with AsyncConnectionPool(dsn, min_size=1) as pool:
                return await increment_through(pool, spoil, **options)

        return asyncio.run(main())

    return run


def test_it_commits(counter: str, dsn: str, increment: Any) -> None:
    assert increment(Spoilers(dsn, 0)) == 1
    assert value(dsn) == 1


def test_conflicts_are_overcome_and_nothing_is_done_twice(counter: str, dsn: str, increment: Any) -> None:
    spoilers = Spoilers(dsn, 2)
    assert increment(spoilers) == 201
    assert value(dsn) == 201
    assert spoilers.calls == 3


def test_a_conflict_too_many(counter: str, dsn: str, increment: Any) -> None:
    spoilers = Spoilers(dsn, 9)
    with pytest.raises(scratchbird.DatabaseError) as caught:
        increment(spoilers, retries=2)
    assert caught.value.sqlstate == "40001"
    assert caught.value.is_retryable
    assert spoilers.calls == 3
    assert value(dsn) == 300


def test_an_error_rolls_back(counter: str, dsn: str, increment: Any) -> None:
    def spoil() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        increment(spoil)
    assert value(dsn) == 0


def test_inside_a_transaction_nothing_is_repeated(counter: str, dsn: str) -> None:
    calls: List[int] = []

    @scratchbird.transactional
    def fails(connection: Any) -> None:
        calls.append(1)
        connection.execute("update counter set n = 5")
        raise from_fields("DatabaseError", "x", {"sqlstate": "40001", "is_retryable": 1})

    with scratchbird.connect(dsn) as conn, conn.transaction():
        conn.execute("update counter set n = 3")
        with pytest.raises(scratchbird.DatabaseError):
            fails(conn)
    assert calls == [1]
    assert value(dsn) == 3


def test_a_pool_in_the_decorator(counter: str, dsn: str) -> None:
    with ConnectionPool(dsn, min_size=1) as pool:

        @scratchbird.transactional(pool, retries=1)
        def set_to(connection: Any, number: int) -> int:
            connection.execute("update counter set n = %s", (number,))
            return number

        assert set_to(7) == 7
    assert value(dsn) == 7


def test_a_lost_connection_is_replaced_before_the_commit(counter: str, gate: Any, gated_dsn: str, dsn: str) -> None:
    calls: List[int] = []

    def body() -> None:
        calls.append(1)
        if len(calls) == 1:
            gate.cut()

    with ConnectionPool(gated_dsn, min_size=1) as pool:
        assert increment_through(pool, body, isolation=None) == 1
    assert len(calls) == 2
    assert value(dsn) == 1


@pytest.mark.parametrize("face", ["sync", "async"])
def test_a_commit_of_unknown_outcome_is_not_repeated(face: str) -> None:
    commits: List[int] = []

    def script(peer: Peer) -> None:
        peer.login()
        while True:
            frame = peer.read()
            if frame.kind == wire.QUERY:
                peer.send(wire.command_complete("UPDATE", 1), wire.ready())
            elif frame.kind in (0x16, 0x17):
                commits.append(frame.kind)
                return

    with ScriptedServer(script, script, script) as server:
        options: Any = {"host": server.host, "port": server.port, "user": "u", "password": "p", "sslmode": "disable"}
        calls: List[int] = []

        @scratchbird.transactional(first_pause=0.001)
        def work(connection: Any) -> None:
            calls.append(1)
            connection.execute("update t set a = 1")

        @scratchbird.transactional(first_pause=0.001)
        async def work_async(connection: Any) -> None:
            calls.append(1)
            await connection.execute("update t set a = 1")

        async def main() -> None:
            async with AsyncConnectionPool(min_size=0, max_size=1, **options) as pool:
                await work_async(pool)

        with pytest.raises(scratchbird.OperationalError) as caught:
            if face == "async":
                asyncio.run(main())
            else:
                with ConnectionPool(min_size=0, max_size=1, **options) as pool:
                    work(pool)
        assert caught.value.outcome_unknown
        assert len(calls) == 1
    assert commits == [0x16]


def test_mistakes(dsn: str) -> None:
    @scratchbird.transactional
    def work(connection: Any) -> None: ...

    @scratchbird.transactional
    async def work_async(connection: Any) -> None: ...

    with pytest.raises(InterfaceError, match="first argument"):
        work()  # type: ignore[call-arg]
    with pytest.raises(InterfaceError, match="needs a Connection or a ConnectionPool, not str"):
        work(dsn)
    with scratchbird.connect(dsn) as conn:
        with pytest.raises(InterfaceError, match="needs an AsyncConnection"):
            asyncio.run(work_async(conn))
