"""Batches that do not wait for each other: how far a pipeline may be ahead, and what uses the connection meanwhile."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable

import pytest

import scratchbird
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer

BATCH = 1000
"""Statements that are sent together."""


def to(server: ScriptedServer) -> dict[str, Any]:
    return {"host": server.host, "port": server.port, "user": "u", "password": "p", "sslmode": "disable"}


def test_several_batches_are_on_their_way(connect: Callable[..., Any]) -> None:
    """The server has three of them before it has answered anything."""
    count = 3 * BATCH

    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(wire.command_complete("SAVEPOINT"), wire.ready())
        for _ in range(count):
            peer.read_request()
        for n in range(count):
            peer.send(wire.command_complete("UPDATE", n), wire.ready())
        peer.read_request()
        peer.send(wire.command_complete("RELEASE"), wire.ready())
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect(**to(server), socket_timeout=30)
        with conn.pipeline():
            cursors = [conn.execute("update t set n = ?", (n,)) for n in range(count)]
        assert [cursor.rowcount for cursor in cursors] == list(range(count))
        conn.close()


def test_a_server_that_stops_reading_stops_the_queueing(connect: Callable[..., Any]) -> None:
    """Not one after the other, and not without a bound."""
    resume = threading.Event()
    text, most = "x" * 100_000, 2000

    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(wire.command_complete("SAVEPOINT"), wire.ready())
        assert resume.wait(30)
        while True:
            peer.read_request()
            peer.send(wire.command_complete("UPDATE", 1), wire.ready())

    with ScriptedServer(script) as server:
        conn = connect(**to(server))
        queued = 0
        # Once the server reads again, the rest goes through.
        timer = threading.Timer(1.0, resume.set)
        with conn.pipeline():
            cursor = conn.cursor()
            timer.start()
            while not resume.is_set() and queued < most:
                cursor.execute("update t set n = ?", (text,))
                queued += 1
            # What the sockets hold is some megabytes, on any system.
            assert 10 <= queued < most / 2
            for _ in range(300):
                cursor.execute("update t set n = ?", (text,))
        assert cursor.rowcount == 1
        timer.join()
        conn.close()


def test_a_server_that_never_reads_again(connect: Callable[..., Any]) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(wire.command_complete("SAVEPOINT"), wire.ready())
        ended.wait(30)

    ended = threading.Event()
    with ScriptedServer(script) as server:
        conn = connect(**to(server), socket_timeout=0.3)
        try:
            with pytest.raises(scratchbird.OperationalError) as caught:
                with conn.pipeline():
                    for _ in range(2000):
                        conn.execute("update t set n = ?", ("x" * 100_000,)).close()
        finally:
            ended.set()
        assert caught.value.is_disconnect
        assert conn.closed


def test_a_fetch_waits_for_its_own_answer(connect: Callable[..., Any]) -> None:
    """Those behind it need not have come."""
    go_on = threading.Event()

    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(wire.command_complete("SAVEPOINT"), wire.ready())
        peer.read_request()
        answer = (wire.row_description([("c", (5, 1))]), wire.data_row([b"first"]), wire.command_complete("SELECT", 1))
        peer.send(*answer, wire.ready())
        peer.read_request()
        assert go_on.wait(30)
        for tag in ("UPDATE", "RELEASE"):
            peer.send(wire.command_complete(tag, 8), wire.ready())
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect(**to(server), socket_timeout=30)
        with conn.pipeline():
            first = conn.execute("select c from t")
            second = conn.execute("update t set n = 2")
            assert first.fetchone() == ("first",)
            assert second.rowcount == -1
            go_on.set()
        assert second.rowcount == 8
        conn.close()


def test_what_else_uses_the_connection(conn: Any) -> None:
    with conn.pipeline():
        cursors = [conn.execute("select $1", (n,)) for n in range(2 * BATCH + 10)]
        conn.ping()
        assert cursors[3].fetchone() == (3,)
        conn.ping()
        assert cursors[BATCH + 3].fetchone() == (BATCH + 3,)
        conn.execute("create temporary table beside (n int)")
        assert cursors[-1].fetchone() == (2 * BATCH + 9,)
        conn.execute("select 4")
        assert list(conn.cursor().stream("select 5")) == [(5,)]
    assert cursors[5].fetchone() == (5,)


def test_pings_of_another_thread(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        over = threading.Event()
        failures: list[BaseException] = []

        def ping() -> None:
            try:
                while not over.is_set():
                    conn.ping()
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=ping)
        thread.start()
        with conn.pipeline():
            cursors = [conn.execute("select $1", (n,)) for n in range(10 * BATCH)]
        over.set()
        thread.join()
        assert failures == []
        assert [cursor.fetchone() for cursor in cursors] == [(n,) for n in range(10 * BATCH)]


def test_an_error_far_ahead(conn: Any) -> None:
    """Batches behind it are on their way already: they run for nothing."""
    conn.execute("create temporary table far (n int primary key)")
    conn.execute("insert into far values (-1)")
    cursors = []
    with pytest.raises(scratchbird.IntegrityError):
        with conn.pipeline():
            for n in range(3 * BATCH):
                cursors.append(conn.execute("insert into far values (?)", (n if n != 500 else -1,)))
    assert conn.execute("select n from far").fetchall() == [(-1,)]
    with pytest.raises(scratchbird.IntegrityError):
        cursors[500].fetchone()
    for after in (501, 2 * BATCH, 3 * BATCH - 1):
        with pytest.raises(scratchbird.PipelineAborted):
            cursors[after].fetchone()


def test_a_connection_of_a_pool(make_pool: Callable[..., Any]) -> None:
    pool = make_pool(min_size=1, max_size=1)
    with pool.connection() as conn:
        with conn.pipeline():
            cursors = [conn.execute("select $1", (n,)) for n in range(2 * BATCH)]
        assert cursors[-1].fetchone() == (2 * BATCH - 1,)
    with pool.connection() as conn:
        assert conn.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize("autocommit", [False, True])
def test_a_loan_that_ends_inside_a_pipeline(make_pool: Callable[..., Any], ledger: str, autocommit: bool) -> None:
    """The pool gets it back whole: what was not synced is undone, and nobody gets the answers of another."""
    pool = make_pool(min_size=1, max_size=1)
    conn = pool.getconn()
    conn.autocommit = autocommit
    number = conn.execute("select pg_backend_pid()").fetchone()
    conn.commit()
    pipeline = conn.pipeline()
    pipeline.__enter__()
    cursors = [conn.execute("insert into ledger values (?)", (n,)) for n in range(BATCH + 10)]
    slow = conn.execute("select pg_sleep(30)")
    for n in range(BATCH):
        conn.execute("insert into ledger values (?)", (n,))
    pool.putconn(conn)
    with pytest.raises(scratchbird.Error):
        pipeline.__exit__(None, None, None)
    for cursor in (cursors[-1], slow):
        with pytest.raises(scratchbird.Error):
            cursor.fetchone()
    with pool.connection(timeout=20) as conn:
        assert conn.execute("select pg_backend_pid()").fetchone() == number
        assert conn.execute("select count(*) from ledger").fetchone() == (0,)
        with conn.pipeline():
            assert conn.execute("select 'mine'").fetchone() == ("mine",)


def test_transactions_around_pipelines(connect: Callable[..., Any], dsn: str, ledger: str) -> None:
    conn, other = connect(dsn, autocommit=True), connect(dsn, autocommit=True)
    count = "select count(*) from ledger"
    with conn.transaction():
        with conn.pipeline():
            conn.execute("insert into ledger values (1)")
        with pytest.raises(scratchbird.DataError):
            with conn.pipeline():
                conn.execute("insert into ledger values (2)")
                conn.execute("select 1 / 0")
        with conn.transaction(), conn.pipeline():
            conn.execute("insert into ledger values (3)")
    assert other.execute(count).fetchone() == (2,)
    with pytest.raises(ZeroDivisionError):
        with conn.transaction(), conn.pipeline():
            conn.execute("insert into ledger values (4)")
            raise ZeroDivisionError
    with conn.transaction(force_rollback=True), conn.pipeline():
        conn.execute("insert into ledger values (5)")
    assert other.execute(count).fetchone() == (2,)


def test_all_that_is_on_its_way_is_cancelled(dsn: str) -> None:
    """The server cancels one statement at a time."""
    with scratchbird.connect(dsn) as conn:
        conn.execute("create temporary table way (n int)")
        timer = threading.Timer(0.3, conn.cancel)
        timer.start()
        started = time.monotonic()
        with pytest.raises(scratchbird.OperationalError) as caught:
            with conn.pipeline():
                conn.execute("insert into way values (1)")
                for _ in range(4):
                    conn.execute("select pg_sleep(15)")
        timer.join()
        assert caught.value.sqlstate == "57014"
        assert time.monotonic() - started < 15
        assert conn.execute("select count(*) from way").fetchone() == (0,)
