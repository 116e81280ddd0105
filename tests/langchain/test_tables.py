"""How the tables of the components are made, by many at once, under any name, over any kind of connection."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import threading
from typing import Any, List

import pytest
from langchain_core.outputs import Generation

import scratchbird
import scratchbird.metadata
from scratchbird import (
    AsyncConnectionPool,
    ConnectionPool,
    DatabaseError,
    InterfaceError,
    NotSupportedError,
    ProgrammingError,
)
from scratchbird.langchain import (
    ScratchBirdByteStore,
    ScratchBirdCache,
    ScratchBirdChatMessageHistory,
    ScratchBirdLoader,
    ScratchBirdRecordManager,
)
from scratchbird.rows import dict_row
from tests.fix_server import start

MANY = 8
PROCESSES = 5


def components(connection: Any, table: str) -> List[Any]:
    return [
        ScratchBirdByteStore(connection, table=f"{table}_bytes"),
        ScratchBirdCache(connection, table=f"{table}_cache"),
        ScratchBirdChatMessageHistory(connection, "s", table=f"{table}_chat"),
        ScratchBirdRecordManager(connection, "n", table=f"{table}_records"),
    ]


def make_all(dsn: str, table: str, start: Any, results: Any) -> None:
    """What each process does: wait for the others, and make every table."""
    try:
        with scratchbird.connect(dsn) as connection:
            start.wait(200)
            for component in components(connection, table):
                component.create_table()
        results.put(None)
    except BaseException as error:
        results.put(repr(error))


@pytest.mark.timeout(240)
def test_many_processes_make_the_tables_at_once(dsn: str, table: str) -> None:
    spawn = multiprocessing.get_context("spawn")
    start, results = spawn.Barrier(PROCESSES), spawn.Queue()
    processes = [spawn.Process(target=make_all, args=(dsn, table, start, results)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    try:
        assert [results.get(timeout=200) for _ in processes] == [None] * PROCESSES
    finally:
        for process in processes:
            process.join(10)
    with scratchbird.connect(dsn) as connection:
        for component in components(connection, table):
            component.drop_table()


def test_many_threads_make_a_table_at_its_first_use(dsn: str, table: str) -> None:
    failures: List[BaseException] = []
    start = threading.Barrier(MANY)

    def use(number: int) -> None:
        try:
            with ScratchBirdByteStore(dsn, table=table) as store:
                start.wait(30)
                store.mset([(str(number), b"x"), ("all", b"y")])
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(MANY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50)
    assert not failures
    with ScratchBirdByteStore(dsn, table=table) as store:
        assert len(list(store.yield_keys())) == MANY + 1


def test_many_tasks_make_a_table_at_its_first_use(dsn: str, table: str) -> None:
    async def main() -> None:
        async with AsyncConnectionPool(dsn, min_size=MANY) as pool:
            stores = [ScratchBirdByteStore(pool, table=table) for _ in range(MANY)]
            await asyncio.gather(*(store.amset([("a", b"x")]) for store in stores))
            assert await stores[0].amget(["a"]) == [b"x"]

    asyncio.run(main())


@pytest.mark.parametrize(
    "name",
    [
        'a "quoted" table',
        "it's; drop table x; --",
        "what? $1 :name %s %(x)s {} {0}",
        "Größe 测试",
        "users.public.langchain_in_a_schema",
        "CamelCase",
    ],
)
def test_a_name_means_exactly_itself(dsn: str, name: str) -> None:
    name = name if name.startswith("users.") else name.replace(".", "_")
    with ScratchBirdByteStore(dsn, table=name) as store:
        store.mset([("k", b"v")])
        try:
            with scratchbird.connect(dsn) as connection:
                rows = connection.metadata.get("tables", {"table": scratchbird.metadata.escape(name.split(".")[-1])})
                assert [row["table_name"] for row in rows] == [name.split(".")[-1]]
            with ScratchBirdChatMessageHistory(dsn, name, table=f"{name} 2") as history:
                history.add_user_message(name)
                assert [message.content for message in history.messages] == [name]
                history.drop_table()
            assert store.mget(["k", "l"]) == [b"v", None]
        finally:
            store.drop_table()


@pytest.mark.parametrize("name", ["", "a\0b", "a..b", None])
def test_a_name_that_cannot_be_one(dsn: str, name: Any) -> None:
    with pytest.raises(ProgrammingError, match="cannot be the name"):
        ScratchBirdByteStore(dsn, table=name)


def test_a_table_that_must_be_there(pool: Any, table: str) -> None:
    store = ScratchBirdByteStore(pool, table=table, create_table=False)
    with pytest.raises(ProgrammingError) as info:
        store.mget(["a"])
    assert info.value.sqlstate == "42P01"
    store.create_table()
    assert store.mget(["a"]) == [None]
    assert store.table == table


def test_a_failure_to_make_a_table_is_told(pool: Any) -> None:
    with pytest.raises(DatabaseError) as info:
        ScratchBirdByteStore(pool, table="no_such_schema.t").mget(["a"])
    assert info.value.sqlstate == "3F000"


def test_a_dropped_table_is_made_again(pool: Any, table: str) -> None:
    store = ScratchBirdByteStore(pool, table=table)
    store.mset([("a", b"x")])
    store.drop_table()
    assert store.mget(["a"]) == [None]


def test_either_pool_serves_both_faces(dsn: str, table: str) -> None:
    async def use(pool: Any) -> None:
        store = ScratchBirdByteStore(pool, table=table)
        await store.amset([("a", b"x")])
        assert await asyncio.to_thread(store.mget, ["a"]) == [b"x"]
        assert [key async for key in store.ayield_keys()] == ["a"]
        await store.amdelete(["a"])

    async def with_async_pool() -> None:
        async with AsyncConnectionPool(dsn, min_size=1, row_factory=dict_row) as pool:
            await use(pool)

    with ConnectionPool(dsn, min_size=1, row_factory=dict_row) as pool:
        asyncio.run(use(pool))
    asyncio.run(with_async_pool())


def test_a_string(dsn: str, table: str) -> None:
    async def use() -> None:
        async with ScratchBirdCache(dsn, table=table) as cache:
            await cache.aupdate("p", "m", [Generation(text="t")])
            assert await cache.alookup("p", "m") == [Generation(text="t")]

    asyncio.run(use())


def test_a_connection_keeps_its_transaction_and_its_rows(dsn: str, table: str) -> None:
    """Within a transaction that holds work, what a component does is a part of it."""
    with scratchbird.connect(dsn, row_factory=dict_row) as connection:
        store = ScratchBirdByteStore(connection, table=table)
        store.create_table()
        connection.execute("select 1")
        connection.execute(f"insert into {table} values ('mine', ?)", [b"1"])
        store.mset([("theirs", b"2")])
        assert connection.in_transaction
        connection.rollback()
        assert store.mget(["mine", "theirs"]) == [None, None]
        assert connection.execute("select 1 as one").fetchone() == {"one": 1}
        # A failure undoes the component's part alone.
        connection.execute(f"insert into {table} values ('mine', ?)", [b"1"])
        with pytest.raises(scratchbird.Error):
            store.mset([("a", b"1"), ("b", None)])  # type: ignore[list-item]
        connection.commit()
        assert store.mget(["mine", "a"]) == [b"1", None]


def test_a_table_whose_making_is_undone_is_made_again(dsn: str, table: str) -> None:
    with scratchbird.connect(dsn) as connection:
        connection.execute("create temporary table work (n int)")
        store = ScratchBirdByteStore(connection, table=table)
        store.mset([("a", b"1")])
        connection.rollback()
        assert store.mget(["a"]) == [None]


def test_a_component_that_is_not_used(dsn: str) -> None:
    with ScratchBirdByteStore(dsn):
        pass
    store = ScratchBirdByteStore(dsn)
    del store
    gc.collect()


def test_a_connection_of_one_face(dsn: str, table: str) -> None:
    async def use() -> None:
        async with await scratchbird.connect_async(dsn) as connection:
            store = ScratchBirdByteStore(connection, table=table)
            await asyncio.gather(*(store.amset([(str(n), b"x")]) for n in range(5)))
            assert await store.amget(["4"]) == [b"x"]
            with pytest.raises(InterfaceError, match="asynchronous methods only"):
                store.mget(["4"])

    asyncio.run(use())

    async def use_blocking(connection: Any) -> None:
        store = ScratchBirdByteStore(connection, table=table)
        assert await store.amget(["4"]) == [b"x"]
        documents = [one async for one in ScratchBirdLoader(connection, table=table).alazy_load()]
        assert sorted(document.page_content for document in documents) == list("01234")

    with scratchbird.connect(dsn) as connection:
        asyncio.run(use_blocking(connection))


@pytest.mark.filterwarnings("ignore::scratchbird.ServerDefectWarning")
def test_the_beta_server_refuses(table: str) -> None:
    """Nothing is lost, and nothing is returned that is not so."""
    with start(profile="beta") as server, ConnectionPool(server.dsn, min_size=1) as pool:
        store, cache, history, records = components(pool, table)
        for component in (store, cache, history, records):
            component.create_table()
            component.create_table()
        history.add_user_message("a")
        for use in (
            lambda: store.mset([("a", b"x")]),
            lambda: cache.update("p", "m", [Generation(text="t")]),
            lambda: history.messages,
            lambda: records.update(["a"]),
        ):
            with pytest.raises(NotSupportedError):
                use()


@pytest.mark.parametrize("given", [None, 5, object()])
def test_what_is_no_connection(given: Any) -> None:
    with pytest.raises(InterfaceError, match="connection is a connection string, a pool or a connection"):
        ScratchBirdByteStore(given)
