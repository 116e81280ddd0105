"""Pipelines, on both faces: results in order, what an error undoes, bounded buffers."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable

import pytest

import scratchbird
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer


def assert_usable(conn: Any) -> None:
    assert conn.execute("select 'usable'").fetchone() == ("usable",)


def test_results_come_in_order(conn: Any) -> None:
    with conn.pipeline():
        cursors = [conn.execute("select $1 + 1", (n,)) for n in range(2500)]
        plain = conn.execute("select 'plain'")
        assert cursors[7].fetchone() == (8,)
    assert [cursor.fetchall() for cursor in cursors if cursor is not cursors[7]] == [
        [(n + 1,)] for n in range(2500) if n != 7
    ]
    assert plain.fetchone() == ("plain",)
    assert_usable(conn)


def test_nothing_is_sent_before_it_is_needed(connect: Callable[..., Any]) -> None:
    """All of it is one write: the server has everything before it has answered anything."""

    def script(peer: Peer) -> None:
        peer.login()
        # The savepoint of the work, three statements, the release.
        peer.read_request()
        peer.send(wire.command_complete("SAVEPOINT"), wire.ready())
        for _ in range(3):
            peer.read_request()
        for _ in range(3):
            peer.send(wire.command_complete("UPDATE", 1), wire.ready())
        peer.read_request()
        peer.send(wire.command_complete("RELEASE"), wire.ready())
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect(host=server.host, port=server.port, user="u", password="p", sslmode="disable")
        with conn.pipeline():
            cursors = [conn.execute("update t set n = ?", (n,)) for n in range(3)]
        assert [cursor.rowcount for cursor in cursors] == [1, 1, 1]
        conn.close()


def test_attributes_are_there_after_a_sync(conn: Any) -> None:
    with conn.pipeline() as pipeline:
        cursor = conn.execute("select 1 as one")
        assert cursor.description is None
        assert cursor.rowcount == -1
        pipeline.sync()
        assert cursor.description[0][0] == "one"
        assert cursor.rowcount == 1
        assert cursor.fetchall() == [(1,)]


def test_fetching_in_all_ways(conn: Any) -> None:
    query = "select n from generate_series(1, 5) as n"
    with conn.pipeline():
        assert conn.execute(query).fetchmany(2) == [(1,), (2,)]
        assert conn.execute(query).fetchall() == [(n,) for n in range(1, 6)]
        assert list(conn.execute(query)) == [(n,) for n in range(1, 6)]
        cursor = conn.execute(query)
        cursor.scroll(3)
        assert cursor.fetchone() == (4,)
        assert conn.execute(query).nextset() is None
    assert_usable(conn)


def test_a_cursor_that_is_used_again_has_the_last_result(conn: Any) -> None:
    cursor = conn.cursor()
    with conn.pipeline():
        cursor.execute("select 1")
        cursor.execute("select 2")
    assert cursor.fetchall() == [(2,)]
    with pytest.raises(scratchbird.DataError):
        with conn.pipeline():
            # The error is not lost with the cursor that would have shown it.
            cursor.execute("select 1 / 0")
            cursor.execute("select 2")
    assert_usable(conn)


@pytest.fixture
def table(conn: Any) -> str:
    conn.execute("create temporary table piped (n int primary key)")
    return "piped"


def rows(conn: Any) -> list[int]:
    return [n for (n,) in conn.execute("select n from piped order by n").fetchall()]


def test_an_error_undoes_the_work_since_the_last_sync(conn: Any, table: str) -> None:
    conn.execute("insert into piped values (?)", (1,))
    with pytest.raises(scratchbird.IntegrityError) as caught:
        with conn.pipeline() as pipeline:
            conn.execute("insert into piped values (?)", (2,))
            pipeline.sync()
            conn.execute("insert into piped values (?)", (3,))
            bad = conn.execute("insert into piped values (?)", (1,))
            after = conn.execute("insert into piped values (?) returning n", (4,))
    assert "insert into piped" in caught.value.statement
    with pytest.raises(scratchbird.IntegrityError):
        bad.fetchone()
    with pytest.raises(scratchbird.PipelineAborted):
        after.fetchone()
    assert rows(conn) == [1, 2]


def test_statements_after_an_error_that_was_seen(conn: Any, table: str) -> None:
    with pytest.raises(scratchbird.DataError):
        with conn.pipeline() as pipeline:
            with pytest.raises(scratchbird.DataError):
                conn.execute("select 1 / ?", (0,)).fetchone()
            with pytest.raises(scratchbird.PipelineAborted):
                conn.execute("select 1").fetchone()
            with pytest.raises(scratchbird.DataError):
                pipeline.sync()
            # After a sync the pipeline is as new.
            conn.execute("insert into piped values (?)", (5,))
            assert conn.execute("select n from piped").fetchone() == (5,)
            conn.execute("select 1 / ?", (0,))
    assert rows(conn) == []
    assert issubclass(scratchbird.PipelineAborted, scratchbird.OperationalError)


def test_an_exception_of_the_block_is_the_one_that_is_raised(conn: Any, table: str) -> None:
    with pytest.raises(ZeroDivisionError):
        with conn.pipeline():
            conn.execute("insert into piped values (?)", (1,))
            raise ZeroDivisionError
    # What was queued before it is carried out, as without a pipeline.
    assert rows(conn) == [1]
    with pytest.raises(ZeroDivisionError):
        with conn.pipeline():
            conn.execute("insert into piped values (?)", (1,))
            raise ZeroDivisionError
    assert rows(conn) == [1]


def test_autocommit(connect: Callable[..., Any], dsn: str, ledger: str) -> None:
    conn, other = connect(dsn, autocommit=True), connect(dsn, autocommit=True)
    count = "select count(*) from ledger"
    with conn.pipeline() as pipeline:
        conn.execute("insert into ledger values (?)", (1,))
        conn.execute("insert into ledger values (?)", (2,))
        assert conn.execute(count).fetchone() == (2,)
        assert other.execute(count).fetchone() == (0,)
        pipeline.sync()
        assert other.execute(count).fetchone() == (2,)
    with pytest.raises(scratchbird.DataError):
        with conn.pipeline():
            conn.execute("insert into ledger values (?)", (3,))
            conn.execute("select 1 / ?", (0,))
            conn.execute("insert into ledger values (?)", (4,))
    assert other.execute(count).fetchone() == (2,)
    assert not conn.in_transaction


def test_commit_and_rollback_sync_first(connect: Callable[..., Any], dsn: str, ledger: str) -> None:
    conn, other = connect(dsn), connect(dsn, autocommit=True)
    count = "select count(*) from ledger"
    with conn.pipeline():
        conn.execute("insert into ledger values (?)", (1,))
        conn.commit()
        assert other.execute(count).fetchone() == (1,)
        conn.execute("insert into ledger values (?)", (2,))
        conn.rollback()
        assert conn.execute(count).fetchone() == (1,)
        conn.execute("select 1 / ?", (0,))
        with pytest.raises(scratchbird.DataError):
            conn.commit()
        conn.execute("select 1 / ?", (0,))
        conn.rollback()
    assert other.execute(count).fetchone() == (1,)


def test_in_a_transaction_block(connect: Callable[..., Any], dsn: str, ledger: str) -> None:
    conn, other = connect(dsn, autocommit=True), connect(dsn, autocommit=True)
    with conn.transaction(), conn.pipeline():
        conn.execute("insert into ledger values (?)", (1,))
    assert other.execute("select count(*) from ledger").fetchone() == (1,)
    with conn.pipeline() as pipeline:
        with conn.transaction():
            conn.execute("insert into ledger values (?)", (2,))
        assert other.execute("select count(*) from ledger").fetchone() == (2,)
        conn.execute("select 1")
        with pytest.raises(scratchbird.ProgrammingError, match="sync"):
            with conn.transaction():
                pytest.fail("the block was entered")
        pipeline.sync()


def test_what_runs_by_itself_comes_after_what_is_queued(conn: Any) -> None:
    with conn.pipeline():
        conn.execute("create temporary table alone (n int)")
        conn.execute("insert into alone values (?)", (1,))
        conn.executemany("insert into alone values (?)", [(2,), (3,)])
        conn.execute("insert into alone values (?)", (4,))
        assert sum(n for (n,) in conn.cursor().stream("select n from alone")) == 10
        conn.execute("insert into alone values (5); insert into alone values (6)")
        assert conn.execute("select count(*) from alone").fetchone() == (6,)


def test_blocks_nest(conn: Any) -> None:
    with conn.pipeline():
        first = conn.execute("select 1")
        with conn.pipeline():
            second = conn.execute("select 2")
        assert second.rowcount == 1
        third = conn.execute("select 3")
    assert [c.fetchone() for c in (first, second, third)] == [(1,), (2,), (3,)]


def test_a_statement_that_cannot_be_sent_is_not_queued(conn: Any) -> None:
    with conn.pipeline():
        first = conn.execute("select $1", (1,))
        with pytest.raises(scratchbird.ProgrammingError):
            conn.execute("select $1, $2", (1,))
        with pytest.raises(scratchbird.ProgrammingError):
            conn.execute("select 'a\0b'")
        second = conn.execute("select $1", (2,))
    assert (first.fetchone(), second.fetchone()) == ((1,), (2,))


def test_a_time_limit(conn: Any) -> None:
    started = time.monotonic()
    with pytest.raises(scratchbird.OperationalError) as caught:
        with conn.pipeline():
            conn.execute("select 1", timeout=0.1)
            conn.execute("select pg_sleep(30)", timeout=0.2)
    assert caught.value.sqlstate == "57014"
    assert time.monotonic() - started < 20
    assert_usable(conn)


def test_cancel_from_another_thread(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        conn.execute("create temporary table cancelled (n int)")
        timer = threading.Timer(0.3, conn.cancel)
        timer.start()
        with pytest.raises(scratchbird.OperationalError) as caught:
            with conn.pipeline():
                conn.execute("insert into cancelled values (?)", (1,))
                conn.execute("select pg_sleep(30)")
                conn.execute("insert into cancelled values (?)", (2,))
        timer.join()
        assert caught.value.sqlstate == "57014"
        assert conn.execute("select count(*) from cancelled").fetchone() == (0,)


def test_a_lost_connection(connect: Callable[..., Any]) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(wire.command_complete("SAVEPOINT"), wire.ready())
        peer.read_request()
        peer.send(wire.command_complete("UPDATE", 1), wire.ready())

    with ScriptedServer(script) as server:
        conn = connect(host=server.host, port=server.port, user="u", password="p", sslmode="disable")
        with pytest.raises(scratchbird.OperationalError) as caught:
            with conn.pipeline():
                cursors = [conn.execute("update t set n = ?", (n,)) for n in range(3)]
        assert caught.value.is_disconnect
        assert conn.closed
        with pytest.raises(scratchbird.OperationalError):
            cursors[2].fetchone()


def test_threads_share_the_pipeline(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        found: list[tuple[int, Any]] = []

        def use(number: int) -> None:
            for n in range(200):
                value = number * 1000 + n
                found.append((value, conn.execute("select $1", (value,)).fetchone()))

        with conn.pipeline():
            threads = [threading.Thread(target=use, args=(number,)) for number in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(found) == 1600
        assert all(row == (value,) for value, row in found)


def test_the_beta_server_cannot_undo(connect: Callable[..., Any], dsn: str) -> None:
    """There each statement's own outcome stands."""
    conn = connect(dsn, server_profile="beta")
    conn.execute("create table beta_piped (n int)")
    with pytest.raises(scratchbird.DatabaseError):
        with conn.pipeline():
            conn.execute("insert into beta_piped (n) values (?)", (1,))
            conn.execute("select 1 / 0")
            last = conn.execute("insert into beta_piped (n) values (?)", (2,))
    assert last.rowcount == 1
    assert conn.execute("select * from beta_piped order by n").fetchall() == [(1,), (2,)]
