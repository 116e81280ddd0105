"""Engines: URLs, connections that end, transactions, and what goes wrong, on both halves of the dialect."""

from __future__ import annotations

import asyncio
import gc
import warnings
from typing import Any, List

import pytest
import sqlalchemy as sa
import sqlalchemy.orm
from sqlalchemy.ext.asyncio import create_async_engine

import scratchbird
from scratchbird.sqlalchemy import AsyncDialect, Dialect, DriverPool


def test_entry_points(dsn: str) -> None:
    assert isinstance(sa.create_engine(dsn).dialect, Dialect)
    assert not sa.create_engine(dsn).dialect.is_async
    for url in (dsn, dsn.replace("scratchbird://", "scratchbird+asyncio://")):
        assert isinstance(create_async_engine(url).dialect, AsyncDialect)


def test_unknown_keys_of_a_url_are_named(dsn: str) -> None:
    engine = sa.create_engine(sa.engine.make_url(dsn).update_query_dict({"sslmoed": "require"}))
    with pytest.raises(sa.exc.InterfaceError, match="sslmoed"):
        engine.connect()


def test_keys_of_a_url_reach_the_driver(dsn: str) -> None:
    url = sa.engine.make_url(dsn).update_query_dict({"application_name": "bird watch", "connect_timeout": "7"})
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        assert connection.connection.driver_connection.info.parameters["application_name"] == "bird watch"
    engine.dispose()


def test_an_unreachable_host_is_an_operational_error() -> None:
    engine = sa.create_engine("scratchbird://u:p@127.0.0.1:1/d?connect_timeout=5")
    with pytest.raises(sa.exc.OperationalError):
        engine.connect()


def test_a_connection_that_was_lost_in_the_pool_is_replaced(dsn: str) -> None:
    engine = sa.create_engine(dsn, pool_pre_ping=True, pool_size=1)
    with engine.connect() as connection:
        first = connection.connection.driver_connection
    first.close()
    with engine.connect() as connection:
        assert connection.connection.driver_connection is not first
        assert connection.scalar(sa.text("select 1")) == 1
    engine.dispose()


def test_a_lost_connection_is_a_disconnect(gated_dsn: str, gate: Any) -> None:
    engine = sa.create_engine(gated_dsn)
    with engine.connect() as connection:
        connection.scalar(sa.text("select 1"))
        gate.cut()
        with pytest.raises(sa.exc.DBAPIError) as caught:
            connection.scalar(sa.text("select 1"))
        assert caught.value.connection_invalidated
    with engine.connect() as connection:
        assert connection.scalar(sa.text("select 1")) == 1
    engine.dispose()


def test_a_unique_violation_names_its_constraint(engine: Any, metadata: sa.MetaData) -> None:
    table = sa.Table("once", metadata, sa.Column("n", sa.Integer), sa.UniqueConstraint("n", name="only_once"))
    metadata.create_all(engine)
    with pytest.raises(sa.exc.IntegrityError) as caught, engine.begin() as connection:
        connection.execute(table.insert(), [{"n": 1}, {"n": 1}])
    assert caught.value.orig.constraint == "only_once"
    assert caught.value.orig.sqlstate == "23505"


def test_a_serialization_failure_says_that_it_may_be_tried_again(engine: Any, metadata: sa.MetaData) -> None:
    table = sa.Table("purse", metadata, sa.Column("n", sa.Integer))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert().values(n=1))
    options = {"isolation_level": "SERIALIZABLE"}
    with engine.connect().execution_options(**options) as one, engine.connect().execution_options(**options) as other:
        assert one.scalar(sa.select(table.c.n)) == other.scalar(sa.select(table.c.n)) == 1
        one.execute(table.update().values(n=2))
        one.commit()
        with pytest.raises(sa.exc.DatabaseError) as caught:
            other.execute(table.update().values(n=3))
        assert caught.value.orig.sqlstate == "40001"
        assert caught.value.orig.is_retryable
        assert not caught.value.connection_invalidated


def test_a_deadlock_ends_one_of_two(engine: Any, metadata: sa.MetaData) -> None:
    import threading

    table = sa.Table("forks", metadata, sa.Column("id", sa.Integer, primary_key=True, autoincrement=False))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), [{"id": 1}, {"id": 2}])
    both, states = threading.Barrier(2), []

    def eat(first: int, second: int) -> None:
        with engine.connect() as connection:
            connection.execute(table.update().where(table.c.id == first).values(id=first))
            both.wait(30)
            try:
                connection.execute(table.update().where(table.c.id == second).values(id=second))
            except sa.exc.DatabaseError as error:
                states.append(error.orig.sqlstate)

    threads = [threading.Thread(target=eat, args=pair) for pair in ((1, 2), (2, 1))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(50)
    assert states == ["40P01"]


def test_insertmanyvalues_can_be_switched_off(dsn: str) -> None:
    if sa.__version__ < "2":
        pytest.skip("SQLAlchemy 1.4 has no insertmanyvalues")
    engine = sa.create_engine(dsn, use_insertmanyvalues=False)
    with engine.connect() as connection:
        assert not connection.dialect.use_insertmanyvalues
        assert not connection.dialect.insert_executemany_returning
    engine.dispose()


def test_listeners_decide_whether_a_ping_has_found_a_lost_connection(dsn: str) -> None:
    engine = sa.create_engine(dsn, pool_pre_ping=True, pool_size=1)
    seen = []

    @sa.event.listens_for(engine, "handle_error")
    def judge(context: Any) -> None:
        seen.append((context.is_pre_ping, context.is_disconnect))
        context.is_disconnect = False

    with engine.connect() as connection:
        first = connection.connection.driver_connection
    first.close()
    with pytest.raises(sa.exc.DBAPIError):
        engine.connect()
    assert seen[0] == (True, True)
    engine.dispose()


def test_isolation_and_autocommit_of_connections(engine: Any) -> None:
    with engine.connect() as connection:
        assert connection.get_isolation_level() == "READ COMMITTED"
    with engine.connect().execution_options(isolation_level="SERIALIZABLE") as connection:
        assert connection.scalar(sa.text("select current_isolation_level()")) == "snapshot_table_stability"
    with engine.connect().execution_options(scratchbird_readonly=True) as connection:
        with pytest.raises(sa.exc.DBAPIError) as caught:
            connection.execute(sa.text("create table never (n int)"))
        assert caught.value.orig.sqlstate == "25006"
    with engine.connect() as connection:
        assert connection.connection.driver_connection.read_only is None
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        assert connection.connection.driver_connection.autocommit
    with engine.connect() as connection:
        assert not connection.connection.driver_connection.autocommit


def test_isolation_of_all_connections(dsn: str) -> None:
    engine = sa.create_engine(dsn, isolation_level="SERIALIZABLE")
    for _ in range(2):
        with engine.connect() as connection:
            assert connection.get_isolation_level() == "SERIALIZABLE"
            assert connection.scalar(sa.text("select current_isolation_level()")) == "snapshot_table_stability"
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            assert connection.get_isolation_level() == "AUTOCOMMIT"
    engine.dispose()
    with pytest.raises(
        sa.exc.ArgumentError, match=r"'SLOPPY' for isolation_level\. Valid .* AUTOCOMMIT, READ COMMITTED"
    ):
        sa.create_engine(dsn, isolation_level="SLOPPY").connect()


def test_two_phase_can_be_recovered(engine: Any, metadata: sa.MetaData) -> None:
    table = sa.Table("promise", metadata, sa.Column("n", sa.Integer))
    metadata.create_all(engine)
    with engine.connect() as connection:
        transaction = connection.begin_twophase()
        connection.execute(table.insert().values(n=1))
        transaction.prepare()
        xid = transaction.xid
        connection.invalidate()
    with engine.connect() as connection:
        assert xid in connection.recover_twophase()
        connection.commit_prepared(xid, recover=True)
    with engine.connect() as connection:
        assert xid not in connection.recover_twophase()
        assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 1


def test_two_phase(engine: Any, metadata: sa.MetaData) -> None:
    table = sa.Table("vow", metadata, sa.Column("n", sa.Integer))
    metadata.create_all(engine)
    with engine.connect() as connection:
        transaction = connection.begin_twophase()
        connection.execute(table.insert().values(n=1))
        transaction.prepare()
        transaction.commit()
        assert connection.scalar(sa.select(sa.func.count()).select_from(table)) == 1


def test_large_results_stay_in_the_server(engine: Any) -> None:
    with engine.connect() as connection:
        numbers = sa.text("select n from generate_series(1, 5000) as n")
        result = connection.execution_options(stream_results=True, yield_per=100).execute(numbers)
        assert isinstance(result.cursor, scratchbird.ServerCursor)
        assert sum(len(part) for part in result.partitions()) == 5000
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT", stream_results=True) as connection:
        assert len(connection.execute(numbers).all()) == 5000


def test_changes_are_made_where_results_are_streamed(engine: Any, metadata: sa.MetaData) -> None:
    table = sa.Table("stirred", metadata, sa.Column("n", sa.Integer))
    metadata.create_all(engine)
    with engine.connect().execution_options(stream_results=True) as connection:
        assert connection.execute(table.insert().returning(table.c.n), [{"n": 1}, {"n": 2}]).all() == [(1,), (2,)]
        assert connection.execute(table.update().values(n=3).where(table.c.n == 1)).rowcount == 1
        assert connection.execute(sa.text("\n update stirred set n = 4 where n = 2")).rowcount == 1
        assert connection.exec_driver_sql("DELETE from stirred where n = 4").rowcount == 1
        result = connection.execute(sa.select(table.c.n))
        assert isinstance(result.cursor, scratchbird.ServerCursor)
        assert result.all() == [(3,)]


async def _stream_changes(url: str) -> Any:
    engine = create_async_engine(url)
    table = sa.Table("stirred_too", sa.MetaData(), sa.Column("n", sa.Integer))
    async with engine.connect() as connection:
        await connection.run_sync(table.create)
        result = await connection.stream(table.insert().values(n=1).returning(table.c.n))
        rows = await result.all()
    await engine.dispose()
    return rows


def test_rows_of_changes_are_streamed_with_asyncio(dsn: str) -> None:
    assert asyncio.run(_stream_changes(dsn)) == [(1,)]


async def _stream(url: str) -> int:
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        result = await connection.stream(sa.text("select n from generate_series(1, 5000) as n"))
        count = sum([1 async for _ in result])
    await engine.dispose()
    return count


def test_large_results_with_asyncio(dsn: str) -> None:
    assert asyncio.run(_stream(dsn)) == 5000


async def _cancelled(url: str, **options: Any) -> None:
    engine = create_async_engine(url, pool_size=1, max_overflow=0, **options)
    used: List[Any] = []
    begun = asyncio.Event()

    async def long() -> None:
        async with engine.connect() as connection:
            used.append((await connection.get_raw_connection()).driver_connection)
            begun.set()
            await connection.execute(sa.text("select count(*) from generate_series(1, 1000000000)"))

    task = asyncio.ensure_future(long())
    await begun.wait()
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    # The only place of the pool is free again, for a connection that works.
    async with engine.connect() as connection:
        other = (await connection.get_raw_connection()).driver_connection
        assert await connection.scalar(sa.text("select 7")) == 7
        assert other is not used[0]
    assert used[0].closed
    await engine.dispose()
    assert other.closed
    assert asyncio.all_tasks() == {asyncio.current_task()}
    used.clear()


def test_a_cancelled_task_throws_its_connection_away(dsn: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        asyncio.run(_cancelled(dsn))
        gc.collect()


async def _forgotten(url: str) -> None:
    engine = create_async_engine(url, pool_size=1, max_overflow=0)
    connection: Any = await engine.connect()
    forgotten = (await connection.get_raw_connection()).driver_connection
    held = [connection]
    del connection

    def forget() -> None:
        held.clear()
        gc.collect()

    with pytest.warns(sa.exc.SAWarning, match="garbage collector"):
        forget()
    async with engine.connect() as connection:
        assert await connection.scalar(sa.text("select 7")) == 7
    for _ in range(200):
        if forgotten.closed:
            break
        await asyncio.sleep(0.01)
    assert forgotten.closed
    await engine.dispose()


def test_a_forgotten_connection_is_closed(dsn: str) -> None:
    asyncio.run(_forgotten(dsn))


def test_the_pool_of_the_driver(dsn: str) -> None:
    engine = sa.create_engine(dsn, poolclass=DriverPool, pool_size=1, max_overflow=0, pool_timeout=0.2)
    with engine.connect() as connection:
        first = connection.scalar(sa.text("select current_session_id()"))
        connection.execute(sa.text("create temporary table never_kept (n int)"))
        with pytest.raises(sa.exc.OperationalError) as caught:
            engine.connect()
        assert isinstance(caught.value.orig, scratchbird.PoolTimeout)
    with engine.connect() as connection:
        assert connection.scalar(sa.text("select current_session_id()")) == first
    lender = engine.pool.driver_pool
    engine.dispose()
    with pytest.raises(scratchbird.PoolClosed):
        lender.getconn()
    with engine.connect() as connection:
        assert connection.scalar(sa.text("select 1")) == 1
    engine.dispose()


async def _borrowed(url: str) -> Any:
    engine = create_async_engine(url, poolclass=DriverPool, pool_size=1, max_overflow=0)
    found = []
    for _ in range(2):
        async with engine.connect() as connection:
            found.append(await connection.scalar(sa.text("select current_session_id()")))
    await engine.dispose()
    return found


def test_the_pool_of_the_driver_with_asyncio(dsn: str) -> None:
    first, second = asyncio.run(_borrowed(dsn))
    assert first == second


def test_the_orm_keeps_to_what_the_beta_server_can(beta_dsn: str) -> None:
    registry = sa.orm.registry()

    @registry.mapped
    class Perch:
        __tablename__ = "perch"
        id = sa.Column(sa.Integer, sa.Sequence("perch_ids"), primary_key=True)
        name = sa.Column(sa.String(20), unique=True)

    engine = sa.create_engine(beta_dsn)
    registry.metadata.create_all(engine)
    try:
        with sa.orm.Session(engine) as session:
            session.add_all([Perch(name="low"), Perch(name="high")])
            session.commit()
            session.execute(sa.insert(Perch), [{"name": "left"}, {"name": "right"}])
            session.commit()
            found = session.scalars(sa.select(Perch).where(Perch.name == "high")).one()
            assert session.get(Perch, found.id).name == "high"
            assert session.scalar(sa.select(sa.func.count()).select_from(Perch)) == 4
            with pytest.raises(sa.exc.CompileError, match="RETURNING"):
                session.execute(sa.insert(Perch).values(name="x").returning(Perch.id))
    finally:
        registry.metadata.drop_all(engine)
        engine.dispose()
