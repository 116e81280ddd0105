"""Lending and taking back, on both faces."""

from __future__ import annotations

import gc
import threading
import time
from typing import Any

import pytest

import scratchbird
from scratchbird import InterfaceError, OperationalError, PoolClosed, PoolTimeout, TooManyRequests
from tests.fix_pool import eventually


def one(conn: Any, sql: str) -> Any:
    return conn.execute(sql).fetchone()[0]


def drop(holder: Any) -> None:
    holder.clear()
    gc.collect()


def session(conn: Any) -> Any:
    return conn.info.session_id


def test_a_block_commits_or_rolls_back(make_pool: Any) -> None:
    pool = make_pool(min_size=1)
    with pool.connection() as conn:
        conn.execute("create table pool_block (a int)")
    try:
        with pool.connection() as conn:
            conn.execute("insert into pool_block values (1)")
        with pytest.raises(ZeroDivisionError):
            with pool.connection() as conn:
                conn.execute("insert into pool_block values (2)")
                raise ZeroDivisionError
        with pool.connection() as conn:
            assert conn.execute("select a from pool_block").fetchall() == [(1,)]
    finally:
        with pool.connection() as conn:
            conn.execute("drop table pool_block")
    assert pool.get_stats()["connections_num"] == 1


def test_close_gives_back_and_undoes(make_pool: Any) -> None:
    pool = make_pool(min_size=1)
    conn = pool.getconn()
    first = session(conn)
    conn.execute("create table pool_undone (a int)")
    conn.close()
    conn.close()
    assert conn.closed
    with pool.connection() as conn:
        assert session(conn) == first
        with pytest.raises(scratchbird.ProgrammingError):
            conn.execute("select * from pool_undone")


def test_what_was_given_back_cannot_be_used(make_pool: Any) -> None:
    pool = make_pool(min_size=1)
    conn = pool.getconn()
    cursor = conn.cursor()
    cursor.execute("select 1")
    pool.putconn(conn)
    for use in (
        lambda: conn.execute("select 1"),
        conn.cursor,
        conn.commit,
        conn.rollback,
        conn.ping,
        lambda: cursor.execute("select 1"),
    ):
        with pytest.raises(InterfaceError, match="closed"):
            use()
    with pool.connection() as other:
        assert one(other, "select 2") == 2
        assert conn.closed
        assert not other.closed


def test_autocommit_is_as_configured_in_every_loan(make_pool: Any) -> None:
    pool = make_pool(min_size=1)
    with pool.connection() as conn:
        assert not conn.autocommit
        conn.set_autocommit(True)
    with pool.connection() as conn:
        assert not conn.autocommit
    with make_pool(min_size=1, autocommit=True).connection() as conn:
        assert conn.autocommit


def test_settings_are_restored(make_pool: Any) -> None:
    pool = make_pool(min_size=1)
    with pool.connection() as conn:
        first = session(conn)
        path = one(conn, "select current_schema()")
        zone = one(conn, "select current_setting('TimeZone')")
        conn.commit()
        conn.execute("create schema pool_elsewhere")
        conn.execute("set schema pool_elsewhere")
        conn.execute("set time zone 'Asia/Tokyo'")
        assert one(conn, "select current_setting('TimeZone')") == "Asia/Tokyo"
    with pool.connection() as conn:
        assert session(conn) == first
        assert one(conn, "select current_schema()") == path
        assert one(conn, "select current_setting('TimeZone')") == zone
        conn.execute("drop schema pool_elsewhere")


def test_a_setting_that_cannot_be_restored_costs_the_connection(make_pool: Any) -> None:
    pool = make_pool(min_size=1)
    with pool.connection() as conn:
        first = session(conn)
        conn.execute("set lock_timeout = 1234")
    with pool.connection() as conn:
        assert session(conn) != first
        assert one(conn, "select current_setting('lock_timeout')") == "0"


def test_a_setting_of_the_transaction_does_not(make_pool: Any) -> None:
    pool = make_pool(min_size=1)
    with pool.connection() as conn:
        first = session(conn)
        conn.execute("set local lock_timeout = 1234")
    with pool.connection() as conn:
        assert session(conn) == first
        assert one(conn, "select current_setting('lock_timeout')") == "0"


def test_no_connection_in_time(make_pool: Any) -> None:
    pool = make_pool(min_size=1, timeout=0.2)
    with pool.connection():
        began = time.monotonic()
        with pytest.raises(PoolTimeout, match=r"within 0\.2"):
            pool.getconn()
        assert 0.15 < time.monotonic() - began < 5
        with pytest.raises(PoolTimeout):
            pool.getconn(timeout=0)
    stats = pool.get_stats()
    assert stats["requests_errors"] == 2
    assert stats["requests_waiting"] == 0
    with pool.connection() as conn:
        assert one(conn, "select 1") == 1


@pytest.mark.parametrize("timeout", [None, -1, "soon", float("nan")])
def test_a_pool_without_a_deadline_does_not_exist(make_pool: Any, timeout: Any) -> None:
    with pytest.raises(InterfaceError, match="timeout"):
        make_pool(min_size=1, timeout=timeout)


def test_a_broken_connection_is_replaced(make_pool: Any, gate: Any, gated_dsn: str) -> None:
    pool = make_pool(gated_dsn, min_size=1)
    with pytest.raises(OperationalError):
        with pool.connection() as conn:
            first = session(conn)
            gate.cut()
            conn.execute("select 1")
    with pool.connection() as conn:
        assert session(conn) != first
    assert pool.get_stats()["returns_bad"] == 1


def test_a_connection_lost_while_unused_is_not_lent(make_pool: Any, gate: Any, gated_dsn: str) -> None:
    pool = make_pool(gated_dsn, min_size=3)
    pool.wait()
    gate.cut()
    for _ in range(5):
        with pool.connection() as conn:
            assert one(conn, "select 1") == 1
    eventually(lambda: pool.get_stats()["connections_lost"] == 3)


def test_lost_connections_are_replaced_in_the_background(make_pool: Any, gate: Any, gated_dsn: str) -> None:
    pool = make_pool(gated_dsn, min_size=2, ping_after=0.4)
    pool.wait()
    gate.cut()
    eventually(lambda: pool.get_stats()["connections_lost"] == 2)
    eventually(lambda: pool.get_stats()["pool_available"] == 2)
    assert pool.get_stats()["requests_num"] == 0


def test_an_abandoned_connection_warns_and_frees_its_place(make_pool: Any) -> None:
    pool = make_pool(min_size=1)
    conn = pool.getconn()
    first = session(conn)
    holder = [conn]
    del conn
    with pytest.warns(ResourceWarning, match="unclosed scratchbird"):
        drop(holder)
    with pool.connection() as conn:
        assert session(conn) != first
    assert pool.get_stats()["returns_bad"] == 1


def test_a_connection_of_another_pool_is_refused(make_pool: Any) -> None:
    first, second = make_pool(min_size=1), make_pool(min_size=1)
    conn = first.getconn()
    with pytest.raises(InterfaceError, match="this pool"):
        second.putconn(conn)
    first.putconn(conn)
    first.putconn(conn)
    assert first.get_stats()["pool_available"] == 1


def test_open_and_close(make_pool: Any) -> None:
    pool = make_pool(min_size=2, open=False)
    assert pool.closed
    with pytest.raises(PoolClosed, match="not open yet"):
        pool.getconn()
    pool.open(wait=True)
    assert not pool.closed
    assert pool.get_stats()["pool_size"] == 2
    lent = pool.getconn()
    pool.close()
    assert pool.closed
    pool.close()
    with pytest.raises(PoolClosed, match="is closed"):
        pool.getconn()
    with pytest.raises(PoolClosed):
        pool.open()
    assert one(lent, "select 1") == 1, "a connection that is lent stays usable"
    lent.close()
    eventually(lambda: pool.get_stats()["pool_size"] == 0)


def test_the_sizes_are_checked(make_pool: Any) -> None:
    for sizes in ({"min_size": 2, "max_size": 1}, {"min_size": 0}, {"min_size": 0, "max_size": 10**6}):
        with pytest.raises(InterfaceError, match="_size"):
            make_pool(**sizes)
    with pytest.raises(InterfaceError, match="sslmoed"):
        make_pool(sslmoed="disable")


def test_a_login_that_is_refused_is_not_waited_for(make_pool: Any) -> None:
    pool = make_pool(min_size=0, max_size=1, password="wrong")
    began = time.monotonic()
    with pytest.raises(OperationalError) as caught:
        pool.getconn()
    assert not isinstance(caught.value, PoolTimeout)
    assert caught.value.sqlstate in {"28000", "28P01"}
    assert time.monotonic() - began < 10


def test_max_waiting(dsn: str) -> None:
    pool = scratchbird.ConnectionPool(dsn, min_size=1, max_waiting=1)
    with pool:
        with pool.connection():
            thread = threading.Thread(target=lambda: pool.getconn().close())
            thread.start()
            eventually(lambda: pool.get_stats()["requests_waiting"] == 1)
            with pytest.raises(TooManyRequests, match="max_waiting"):
                pool.getconn()
        thread.join()


def test_a_null_pool_keeps_nothing(make_pool: Any) -> None:
    pool = make_pool(null=True, max_size=2)
    with pool.connection() as conn:
        first = session(conn)
        with pool.connection() as conn:
            assert session(conn) != first
            with pytest.raises(PoolTimeout):
                pool.getconn(timeout=0.1)
    eventually(lambda: pool.get_stats()["pool_size"] == 0)
    with pool.connection() as conn:
        assert session(conn) != first


def test_statistics(make_pool: Any) -> None:
    pool = make_pool(min_size=1, max_size=2, name="counted")
    pool.wait()
    for _ in range(3):
        with pool.connection() as conn:
            conn.execute("select pg_sleep(0.01)")
    stats = pool.pop_stats()
    assert list(stats) == [
        "pool_min",
        "pool_max",
        "pool_size",
        "pool_available",
        "requests_waiting",
        "requests_num",
        "requests_queued",
        "requests_wait_ms",
        "requests_errors",
        "usage_ms",
        "returns_bad",
        "connections_num",
        "connections_ms",
        "connections_errors",
        "connections_lost",
    ]
    assert (stats["pool_min"], stats["pool_max"], stats["pool_size"], stats["pool_available"]) == (1, 2, 1, 1)
    assert (stats["requests_num"], stats["connections_num"]) == (3, 1)
    assert stats["usage_ms"] >= 30
    after = pool.get_stats()
    assert (after["requests_num"], after["usage_ms"], after["pool_size"]) == (0, 0, 1)
    assert "counted" in repr(getattr(pool, "_target", pool))


def test_transaction_modes_and_open_transactions_end_with_the_loan(make_pool: Any) -> None:
    pool = make_pool(min_size=1)
    conn = pool.getconn()
    first = session(conn)
    conn.set_session(read_only=True)
    assert one(conn, "select current_setting('transaction_read_only')") == "on"
    conn.close()
    conn = pool.getconn()
    conn.set_autocommit(True)
    conn.begin()
    conn.execute("create table pool_begun (a int)")
    conn.close()
    with pool.connection() as conn:
        assert session(conn) == first
        assert one(conn, "select current_setting('transaction_read_only')") == "off"
        assert one(conn, "select to_regclass('pool_begun')") is None
