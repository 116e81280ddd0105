"""executemany in autocommit on a connection that others use: all rows or none, whatever they do meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import Any, Callable, Iterator, List

import pytest

import scratchbird
from tests.statements.test_cache import KEPT, Scripted, scripted  # noqa: F401 - a fixture

ROWS = 21_000
"""Several requests, whatever the way they are sent."""
INSERT = "insert into ledger (n) values (?)"
COMPUTED = "insert into ledger (n) values (? + 0)"
PATIENCE = 30


def count(dsn: str) -> int:
    with scratchbird.connect(dsn, autocommit=True) as other:
        return int(other.fetchval("select count(*) from ledger"))


@pytest.mark.parametrize("statement", [INSERT, COMPUTED], ids=["array", "pipeline"])
@pytest.mark.parametrize("fails", [False, True])
def test_threads(dsn: str, ledger: str, statement: str, fails: bool) -> None:
    """What the others run commits at once, and comes before the first row or after the last."""
    with scratchbird.connect(dsn, autocommit=True) as conn:
        running, stop = threading.Event(), threading.Event()
        seen: List[int] = []
        errors: List[BaseException] = []

        def busy() -> None:
            try:
                while not stop.is_set():
                    seen.append(conn.fetchval("select count(*) from ledger"))
                    running.set()
                    if not fails:
                        conn.commit()
            except BaseException as error:
                errors.append(error)
                running.set()

        threads = [threading.Thread(target=busy) for _ in range(3)]

        def rows() -> Iterator[Any]:
            for n in range(ROWS):
                if n % 5000 == 4900:
                    # Somebody else has had a chance, if there is one.
                    running.clear()
                    running.wait(0.05)
                yield (n,)
            if fails:
                raise LookupError("no more")

        for thread in threads:
            thread.start()
        try:
            if fails:
                with pytest.raises(LookupError):
                    conn.executemany(statement, rows(), timeout=PATIENCE)
            else:
                assert conn.executemany(statement, rows(), timeout=PATIENCE).rowcount == ROWS
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        assert errors == []
        total = 0 if fails else ROWS
        assert set(seen) <= {0, total}
        assert count(dsn) == total


@pytest.mark.anyio
@pytest.mark.parametrize("statement", [INSERT, COMPUTED], ids=["array", "pipeline"])
async def test_tasks(anyio_backend: Any, dsn: str, ledger: str, statement: str) -> None:
    async with await scratchbird.connect_async(dsn, autocommit=True) as conn:

        async def rows() -> Any:
            for n in range(ROWS):
                if n % 5000 == 4900:
                    await asyncio.sleep(0.01)
                yield (n,)
            raise LookupError("no more")

        stop = False
        seen = []

        async def busy() -> None:
            while not stop:
                seen.append(await conn.fetchval("select count(*) from ledger"))
                await asyncio.sleep(0)

        others = [asyncio.ensure_future(busy()) for _ in range(3)]
        with pytest.raises(LookupError):
            await asyncio.wait_for(conn.executemany(statement, rows()), PATIENCE)
        stop = True
        await asyncio.wait_for(asyncio.gather(*others), PATIENCE)
        assert set(seen) == {0}
    assert count(dsn) == 0


def test_others_wait_no_longer_than_their_limit(dsn: str, ledger: str) -> None:
    with scratchbird.connect(dsn, autocommit=True) as conn:
        outcome: List[Any] = []

        def other() -> None:
            for call in (lambda: conn.execute("select 1", timeout=0.1), lambda: conn.commit(timeout=0.1)):
                try:
                    outcome.append(call())
                except scratchbird.OperationalError as error:
                    outcome.append(error.sqlstate)
            conn.ping(timeout=PATIENCE)

        def rows() -> Iterator[Any]:
            for n in range(ROWS):
                if n == ROWS - 1:
                    thread = threading.Thread(target=other)
                    thread.start()
                    thread.join(PATIENCE)
                yield (n,)

        conn.executemany(INSERT, rows())
        assert outcome == ["57014", "57014"]
    assert count(dsn) == ROWS


REFUSED: List[Callable[[Any], Any]] = [
    lambda conn: conn.commit(),
    lambda conn: conn.rollback(),
    lambda conn: conn.executemany(INSERT, [(1,)]),
    lambda conn: conn.execute("commit"),
    lambda conn: conn.cursor().copy_to("copy ledger to stdout", []),
    lambda conn: conn.prepare("select 1"),
    lambda conn: conn.transaction(),
    lambda conn: conn.savepoint("a"),
]


@pytest.mark.parametrize("fails", [False, True])
def test_rows_that_come_from_the_connection_itself(dsn: str, ledger: str, fails: bool) -> None:
    """Its statements are part of the executemany; what would end that is refused."""

    def rows() -> Iterator[Any]:
        for n in range(ROWS):
            if n % 10_000 == 500:
                conn.execute("insert into ledger values (-1)")
            yield (n,)
        for call in REFUSED:
            with pytest.raises(scratchbird.ProgrammingError):
                with contextlib.ExitStack() as stack:
                    opened = call(conn)
                    if hasattr(opened, "__enter__"):
                        stack.enter_context(opened)
        with pytest.raises(scratchbird.ProgrammingError, match="under way"):
            list(conn.cursor().stream("select 1"))
        if fails:
            raise LookupError("no more")

    with scratchbird.connect(dsn, autocommit=True) as conn:
        if fails:
            with pytest.raises(LookupError):
                conn.executemany(INSERT, rows())
        else:
            conn.executemany(INSERT, rows())
        # The statement before the first request has committed by itself.
        assert count(dsn) == (1 if fails else ROWS + 3)
        assert conn.fetchval("select 5", timeout=PATIENCE) == 5


@pytest.mark.anyio
@pytest.mark.parametrize("fails", [False, True])
async def test_rows_that_come_from_the_task_itself(anyio_backend: Any, dsn: str, ledger: str, fails: bool) -> None:
    async with await scratchbird.connect_async(dsn, autocommit=True) as conn:

        async def rows() -> Any:
            for n in range(ROWS):
                if n % 10_000 == 500:
                    await conn.execute("insert into ledger values (-1)")
                yield (n,)
            with pytest.raises(scratchbird.ProgrammingError, match="under way"):
                await conn.commit()
            with pytest.raises(scratchbird.ProgrammingError, match="under way"):
                await conn.executemany(INSERT, [(1,)])
            if fails:
                raise LookupError("no more")

        if fails:
            with pytest.raises(LookupError):
                await asyncio.wait_for(conn.executemany(INSERT, rows()), PATIENCE)
        else:
            await asyncio.wait_for(conn.executemany(INSERT, rows()), PATIENCE)
        assert count(dsn) == (1 if fails else ROWS + 3)


def test_the_connection_is_free_after_every_end(dsn: str, ledger: str) -> None:
    with scratchbird.connect(dsn, autocommit=True) as conn:
        with pytest.raises(scratchbird.OperationalError):
            conn.executemany(
                "insert into ledger select ? from pg_sleep(?)",
                [(n, 30 if n == 1500 else 0) for n in range(2500)],
                timeout=1,
            )
        for _ in range(2):
            thread = threading.Thread(target=lambda: conn.execute("select 1", timeout=PATIENCE))
            thread.start()
            thread.join()
        assert conn.fetchval("select count(*) from ledger", timeout=PATIENCE) == 0


def test_the_statement_is_prepared_once(scripted: Scripted) -> None:  # noqa: F811
    conn = scripted.open()
    conn.executemany("update t set a = ?", [(n,) for n in range(3500)])
    requests = [request for request in scripted.recorder.requests if request[0].what not in ("QUERY", "COMMIT")]
    assert [sum(sent.what == "PARSE" for sent in request) for request in requests] == [1, 0, 0, 0]
    assert len({sent.name for request in requests for sent in request if sent.what == "BIND"}) == 1
    for _ in range(2):
        conn.execute("select ?", (1,))
    assert [sent.what for sent in scripted.recorder.requests[-1]] == ["CLOSE", "PARSE", "BIND", "EXECUTE", "SYNC"]


def test_null_does_not_prepare_it_again(scripted: Scripted) -> None:  # noqa: F811
    conn = scripted.open()
    conn.executemany("update t set a = ?", [(None if n % 1000 == 0 and n else n,) for n in range(2500)])
    requests = [request for request in scripted.recorder.requests if request[0].what not in ("QUERY", "COMMIT")]
    assert [sum(sent.what == "PARSE" for sent in request) for request in requests] == [1, 0, 0]


def test_a_prepared_statement_stays_prepared(scripted: Scripted) -> None:  # noqa: F811
    conn = scripted.open(statement_cache_size=0)
    statement = conn.prepare("update t set a = ?")
    statement.executemany([(n,) for n in range(2500)])
    statement.execute((1,))
    assert scripted.recorder.kinds()[-1] == KEPT
