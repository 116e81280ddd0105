"""`executemany`: few round trips, all rows or none, exact counts, and errors that name the row."""

from __future__ import annotations

import asyncio
import tracemalloc
from typing import Any, AsyncIterator, Callable, Iterator

import pytest

import scratchbird
from scratchbird import devserver
from tests.statements.recorder import Sent
from tests.statements.test_cache import Scripted, scripted  # noqa: F401 - a fixture

INSERT = "insert into many (id, name) values (?, ?)"


@pytest.fixture(params=[False, True], ids=["transaction", "autocommit"])
def table(request: pytest.FixtureRequest, connect: Callable[..., Any], dsn: str) -> Iterator[Any]:
    """A connection with a table `many` that others see too."""
    with scratchbird.connect(dsn, autocommit=True) as admin:
        admin.execute("create table many (id int primary key, name text)")
    connection = connect(dsn, autocommit=request.param)
    yield connection
    connection.close()
    with scratchbird.connect(dsn, autocommit=True) as admin:
        admin.execute("drop table many")


def ids(connection: Any) -> list[int]:
    return [row[0] for row in connection.execute("select id from many order by id").fetchall()]


@pytest.mark.parametrize("count", [0, 1, 2, 999, 1000, 1001, 25_000])
def test_all_rows_arrive_and_are_counted(table: Any, count: int) -> None:
    cursor = table.executemany(INSERT, ((n, f"name {n}") for n in range(count)))
    assert cursor.rowcount == count
    assert cursor.rowcounts == ([1] * count or [])
    assert ids(table) == list(range(count))


def test_counts_of_other_statements(table: Any) -> None:
    table.executemany(INSERT, [(n, "a") for n in range(10)])
    cursor = table.executemany("update many set name = ? where id < ?", [("b", 3), ("c", 0), ("d", 100), ("e", 1)])
    assert cursor.rowcount == 14
    assert cursor.rowcounts == [3, 0, 10, 1]
    assert cursor.description is None
    cursor.execute("select 1")
    assert cursor.rowcounts is None
    assert cursor.rowcount == 1


def test_mappings_and_iterables_of_them(table: Any) -> None:
    rows = ({"name": f"n{n}", "id": n} for n in range(1500))
    assert table.executemany("insert into many (id, name) values (:id, :name)", rows).rowcount == 1500
    assert table.execute("select name from many where id = 1499").fetchone() == ("n1499",)


@pytest.mark.parametrize("statement", [INSERT, "insert into many (id, name) values (?, upper(?))"])
@pytest.mark.parametrize("bad", [0, 7, 1499])
def test_an_error_names_the_row_and_undoes_them_all(table: Any, statement: str, bad: int) -> None:
    table.execute(INSERT, (-1, "before"))
    rows = [(n, "x") for n in range(2500)]
    rows[bad] = (-1, "twice")
    with pytest.raises(scratchbird.IntegrityError) as caught:
        table.executemany(statement, rows)
    assert caught.value.row_index == bad
    assert f"(row {bad} of executemany)" in str(caught.value)
    assert caught.value.sqlstate == "23505"
    assert ids(table) == [-1]
    table.commit()
    assert ids(table) == [-1]


@pytest.mark.parametrize("bad", [0, 3, 12_000])
def test_a_value_that_cannot_be_sent_names_its_row(table: Any, bad: int) -> None:
    def rows() -> Iterator[Any]:
        for n in range(20_000):
            yield (n, object() if n == bad else "x")

    with pytest.raises(scratchbird.Error) as caught:
        table.executemany(INSERT, rows())
    assert caught.value.row_index == bad
    assert ids(table) == []


@pytest.mark.parametrize("after", [0, 15_000])
def test_an_error_of_the_generator_undoes_the_rows(table: Any, after: int) -> None:
    def rows() -> Iterator[Any]:
        for n in range(after):
            yield (n, "x")
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        table.executemany(INSERT, rows())
    assert ids(table) == []
    assert table.executemany(INSERT, [(1, "y")]).rowcount == 1


def test_rows_of_different_types(table: Any) -> None:
    rows = [(1, None), (2, "x"), (3_000_000_000 - 2_999_999_997 + 0, None), (4, 5), (5, 1.5), (6, None)]
    assert table.executemany(INSERT, rows).rowcount == 6
    found = table.execute("select name from many order by id").fetchall()
    assert [name for (name,) in found] == [None, "x", None, "5", "1.5", None]


def test_returning_gives_the_result_of_every_row(table: Any) -> None:
    sql = "insert into many (id, name) values (?, ?) returning id * 10, name"
    cursor = table.executemany(sql, [(n, f"n{n}") for n in range(3)], returning=True)
    assert cursor.rowcount == 3
    assert cursor.rowcounts == [1, 1, 1]
    rows = [cursor.fetchall()]
    while cursor.nextset():
        rows.append(cursor.fetchall())
    assert rows == [[(0, "n0")], [(10, "n1")], [(20, "n2")]]


def test_returning_from_selects(table: Any) -> None:
    cursor = table.executemany("select generate_series(1, ?)", [(2,), (0,), (3,)], returning=True)
    rows = [cursor.fetchall()]
    while cursor.nextset():
        rows.append(cursor.fetchall())
    assert rows == [[(1,), (2,)], [], [(1,), (2,), (3,)]]
    assert cursor.rowcount == 5


def test_without_returning_the_rows_are_dropped(table: Any) -> None:
    cursor = table.executemany("insert into many (id, name) values (?, ?) returning id", [(1, "a"), (2, "b")])
    assert cursor.description is None
    assert cursor.rowcount == 2


def test_a_generator_may_use_the_connection_in_a_transaction(
    connect: Callable[..., Any], dsn: str, ledger: str
) -> None:
    with scratchbird.connect(dsn) as conn:
        conn.execute("insert into ledger values (1)")

        def rows() -> Iterator[Any]:
            for _ in range(3):
                yield conn.execute("select max(n) + 1 from ledger").fetchone()

        assert conn.executemany("insert into ledger values (?)", rows()).rowcount == 3
        conn.rollback()


def test_a_million_rows_take_little_memory(dsn: str, ledger: str) -> None:
    with scratchbird.connect(dsn) as conn:
        tracemalloc.start()
        try:
            cursor = conn.executemany("insert into ledger (n) values (?)", ((n,) for n in range(1_000_000)))
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert cursor.rowcount == 1_000_000
        assert peak < 8_000_000
        assert conn.execute("select count(*), sum(n) from ledger").fetchone() == (1_000_000, 499_999_500_000)


def test_rows_are_taken_as_they_are_sent(scripted: Scripted) -> None:  # noqa: F811
    conn = scripted.open()
    taken = 0
    most = 0

    def rows() -> Iterator[Any]:
        nonlocal taken, most
        for n in range(10_000):
            taken += 1
            most = max(most, taken - 1000 * sum("EXECUTE" in kind for kind in scripted.recorder.kinds()))
            yield (n,)

    assert conn.executemany("update t set a = ?", rows()).rowcount == 10_000
    assert most <= 2001
    requests = [request for request in scripted.recorder.requests if any(sent.what == "EXECUTE" for sent in request)]
    assert [sum(sent.what == "EXECUTE" for sent in request) for request in requests] == [1000] * 10
    assert [sum(sent.what == "PARSE" for sent in request) for request in requests] == [1] + [0] * 9


def stored(request: list[Sent]) -> list[bytes]:
    """The answer of a server that stores 1000 rows at a time, whatever it was sent."""
    from tests.faults import wire

    return [wire.command_complete("INSERT 1000", 1000)]


def test_an_insert_is_one_message(scripted: Scripted) -> None:  # noqa: F811
    conn = scripted.open(lambda request: stored(request) if any(s.what == "BIND" for s in request) else None)
    rows = [(n, "x") for n in range(1000)]
    conn.execute(INSERT, rows[0])
    conn.execute(INSERT, rows[0])
    scripted.recorder.requests.clear()
    assert conn.executemany(INSERT, rows).rowcount == 1000
    # The prepared INSERT of as many parameters would make it ambiguous which one is meant.
    assert scripted.recorder.kinds() == ["CLOSE PARSE BIND EXECUTE SYNC"]


def test_a_count_that_differs_is_an_error(scripted: Scripted) -> None:  # noqa: F811
    conn = scripted.open(lambda request: stored(request) if any(s.what == "BIND" for s in request) else None)
    with pytest.raises(scratchbird.DatabaseError, match="reports 1000 instead of 1001"):
        conn.executemany(INSERT, [(n, "x") for n in range(1001)])


def test_a_time_limit_holds_for_all_rows(table: Any) -> None:
    with pytest.raises(scratchbird.OperationalError) as caught:
        table.executemany("select pg_sleep(?)", ((0.001,) for _ in range(100_000)), timeout=0.3)
    assert caught.value.sqlstate == "57014"
    assert table.execute("select 1").fetchone() == (1,)


@pytest.mark.anyio
async def test_an_asynchronous_iterable(aconn: Any) -> None:
    async def rows(count: int) -> AsyncIterator[Any]:
        for n in range(count):
            if n % 700 == 0:
                await asyncio.sleep(0)
            yield (n, "x")

    await aconn.execute("create temporary table many (id int primary key, name text)")
    for count in (0, 1, 1000, 2500):
        cursor = await aconn.executemany(INSERT, rows(count))
        assert cursor.rowcount == count
        assert await (await aconn.execute("delete from many")).fetchall() if False else True
        await aconn.execute("delete from many")
    await aconn.rollback()


@pytest.mark.anyio
async def test_a_cancelled_task_leaves_no_row(aconn: Any, dsn: str, ledger: str) -> None:
    started = asyncio.Event()

    async def rows() -> AsyncIterator[Any]:
        for n in range(10_000_000):
            if n == 30_000:
                started.set()
                await asyncio.sleep(30)
            yield (n,)

    await aconn.execute("insert into ledger values (-1)")
    task = asyncio.ensure_future(aconn.executemany("insert into ledger (n) values (?)", rows()))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await (await aconn.execute("select n from ledger")).fetchall() == [(-1,)]
    await aconn.rollback()


class Stuck:
    """20 000 rows, and then nothing for ever."""

    def __init__(self) -> None:
        self.count = 0

    def __aiter__(self) -> Any:
        return self

    async def __anext__(self) -> Any:
        self.count += 1
        if self.count > 20_000:
            await Forever()
        return (self.count,)


class Forever:
    def __await__(self) -> Any:
        while True:
            yield


@pytest.mark.anyio
async def test_a_coroutine_thrown_away_closes_the_connection(aconn: Any, ledger: str) -> None:
    rows = Stuck()
    running = aconn.cursor().executemany("insert into ledger (n) values (?)", rows)

    class UntilStuck:
        def __await__(self) -> Any:
            while rows.count <= 20_000:
                yield running.send(None)

    await UntilStuck()
    assert not aconn.closed
    running.close()
    assert aconn.closed


def test_a_blocking_cursor_takes_no_asynchronous_iterable(dsn: str) -> None:
    async def rows() -> AsyncIterator[Any]:
        yield (1,)

    with scratchbird.connect(dsn) as conn, pytest.raises(TypeError):
        conn.executemany("select ?", rows())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def beta() -> Iterator[Any]:
    with devserver.start(profile="beta") as running:
        yield running


def test_the_beta_server_loses_no_row(connect: Callable[..., Any], beta: Any) -> None:
    conn = connect(beta.dsn, autocommit=True, server_defects="ignore")
    conn.execute("create table lost (a int, b text)")
    try:
        pair = "insert into lost (a, b) values (?, ?), (?, ?)"
        with pytest.raises(scratchbird.NotSupportedError, match="first row"):
            conn.execute(pair, (1, "x", 2, "y"))
        with pytest.raises(scratchbird.NotSupportedError, match="first row"):
            conn.executemany(pair, [(1, "x", 2, "y")])
        assert conn.execute("select count(*) from lost").fetchone() == (0,)
        cursor = conn.executemany("insert into lost (a, b) values (?, ?)", [(n, f"t{n}") for n in range(2500)])
        assert cursor.rowcount == 2500
        assert cursor.rowcounts == [1] * 2500
        assert conn.execute("select count(*) from lost").fetchone() == (2500,)
        assert conn.executemany("insert into lost values (?, ?), (?, ?)", [(1, "x", 2, "y")] * 3).rowcount == 6
        assert conn.execute("select count(*) from lost").fetchone() == (2506,)
    finally:
        conn.execute("drop table lost")


def test_the_beta_server_names_a_range(connect: Callable[..., Any], beta: Any) -> None:
    conn = connect(beta.dsn, autocommit=True, server_defects="ignore")
    conn.execute("create table unique_ones (a int primary key)")
    try:
        with pytest.raises(scratchbird.IntegrityError, match="one of the rows 1000 to 1999 of executemany") as caught:
            conn.executemany("insert into unique_ones (a) values (?)", [(n % 1500,) for n in range(2500)])
        assert caught.value.row_index is None
        assert conn.execute("select count(*) from unique_ones").fetchone() == (0,)
    finally:
        conn.execute("drop table unique_ones")


def test_prepared_inserts_of_several_rows_are_not_in_the_way(conn: Any) -> None:
    conn.execute("create temporary table crowd (n int)")
    for _ in range(3):
        conn.execute("insert into crowd (n) values (?), (?), (?)", (1, 2, 3))
    conn.executemany("insert into crowd (n) values (?)", [(4,), (5,)])
    assert conn.execute("select count(*) from crowd").fetchone() == (11,)
