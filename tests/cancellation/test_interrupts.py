"""Ctrl-C in blocking calls: KeyboardInterrupt at once, and a connection in step afterwards."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from typing import Any, Callable, Iterator

import pytest

import scratchbird
from tests.faults.proxy import UP, Fault

PATIENCE = 20

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals between processes")


@pytest.fixture
def handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupted(work: Callable[[], Any], after: float = 0.15) -> None:
    """Runs `work`, which would take far longer, and presses Ctrl-C."""
    timer = threading.Timer(after, os.kill, [os.getpid(), signal.SIGINT])
    started = time.monotonic()
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        timer.cancel()
        timer.join()
    assert time.monotonic() - started < PATIENCE


def in_step(conn: scratchbird.Connection) -> None:
    assert not conn.closed
    conn.rollback()
    assert conn.execute("select 'own answer'").fetchall() == [("own answer",)]


def endless() -> Iterator[tuple[int]]:
    number = 0
    while True:
        yield (number,)
        number += 1


def test_execute(handler: None, dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        interrupted(lambda: conn.execute("select pg_sleep(30)"))
        in_step(conn)


def test_a_signal_that_another_thread_takes(handler: None, dsn: str) -> None:
    """It interrupts no system call of the thread that waits, which has to look for it."""
    with scratchbird.connect(dsn) as conn:
        seen: list[float] = []
        signal.signal(signal.SIGINT, lambda *_: seen.append(time.monotonic()))
        timer = threading.Timer(0.15, lambda: signal.pthread_kill(threading.get_ident(), signal.SIGINT))
        timer.start()
        conn.execute("select pg_sleep(4)")
        ended = time.monotonic()
        timer.join()
        assert len(seen) == 1
        assert ended - seen[0] > 1, "it was noticed when the answer came"
        in_step(conn)


def test_block(handler: None, dsn: str, ledger: str) -> None:
    with scratchbird.connect(dsn) as conn:

        def work() -> None:
            with conn.transaction():
                conn.execute("insert into ledger values (1)")
                conn.execute("select pg_sleep(30)")

        interrupted(work)
        assert not conn.in_transaction
        in_step(conn)
        assert conn.execute("select count(*) from ledger").fetchone() == (0,)


def test_copy_in(handler: None, dsn: str, ledger: str) -> None:
    with scratchbird.connect(dsn) as conn:

        def work() -> None:
            with conn.cursor().copy("copy ledger (n) from stdin") as copy:
                copy.write_rows(endless())

        interrupted(work)
        in_step(conn)
        assert conn.execute("select count(*) from ledger").fetchone() == (0,)


def test_copy_out(handler: None, dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:

        def work() -> None:
            with conn.cursor().copy("copy (select pg_sleep(30)) to stdout") as copy:
                list(copy)

        interrupted(work)
        in_step(conn)


def test_fetch(handler: None, dsn: str) -> None:
    """While the rest of the rows is on its way: of a stream, and of a cursor in the server."""
    slow = "select n, case when n > 3 then pg_sleep(30) end from generate_series(1, 9) n"
    with scratchbird.connect(dsn) as conn:
        rows = conn.cursor().stream(slow)
        interrupted(lambda: list(rows))
        rows.close()
        in_step(conn)
        cursor = conn.cursor("slow").execute(slow)
        assert len(cursor.fetchmany(3)) == 3
        interrupted(cursor.fetchall)
        conn.rollback()
        in_step(conn)


def test_executemany(handler: None, dsn: str, ledger: str) -> None:
    with scratchbird.connect(dsn, autocommit=True) as conn:
        interrupted(lambda: conn.executemany("insert into ledger values (%s)", endless()), 0.5)
        assert conn.fetchval("select count(*) from ledger") == 0
        slow = "insert into ledger select %s from pg_sleep(%s)"
        interrupted(lambda: conn.executemany(slow, [(1, 0), (2, 30), (3, 0)]))
        assert conn.fetchval("select count(*) from ledger") == 0


def test_notifications(handler: None, dsn: str) -> None:
    with scratchbird.connect(dsn, autocommit=True) as conn:
        conn.listen("nothing")
        interrupted(lambda: list(conn.notifications(timeout=60)))
        assert conn.fetchval("select 1") == 1


def test_commit(handler: None, proxy: Any, through: str) -> None:
    """Nobody knows its outcome then: the connection is closed."""
    conn = scratchbird.connect(through)
    conn.execute("select 1")
    proxy.arm(Fault("black_hole", UP, 10))
    interrupted(conn.commit)
    conn.close()


def test_wait_for_another_thread(handler: None, dsn: str) -> None:
    """The statement of the other thread goes on."""
    with scratchbird.connect(dsn) as conn:
        answers = []
        other = threading.Thread(target=lambda: answers.append(conn.execute("select 1 from pg_sleep(1)").fetchone()))
        other.start()
        time.sleep(0.1)
        interrupted(lambda: conn.execute("select 2"))
        other.join()
        assert answers == [(1,)]
        in_step(conn)


def test_wait_for_a_pool(handler: None, dsn: str) -> None:
    with scratchbird.ConnectionPool(dsn, min_size=1, max_size=1) as pool:
        with pool.connection() as conn:
            interrupted(pool.getconn)
            in_step(conn)
        with pool.connection(PATIENCE) as conn:
            in_step(conn)


def test_connect(handler: None) -> None:
    """To a server that accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        interrupted(lambda: scratchbird.connect("scratchbird://u:p@127.0.0.1/d", port=port, connect_timeout=60))


def test_pipeline(handler: None, dsn: str, ledger: str) -> None:
    with scratchbird.connect(dsn) as conn:

        def work() -> None:
            with conn.pipeline():
                conn.execute("insert into ledger values (1)")
                conn.execute("select pg_sleep(30)").fetchone()

        interrupted(work)
        in_step(conn)
        assert conn.execute("select count(*) from ledger").fetchone() == (0,)


def test_end_of_a_pipeline(handler: None, dsn: str, ledger: str) -> None:
    """Nobody could say what holds: the connection is closed, and its transaction rolled back."""
    with scratchbird.connect(dsn) as conn:

        def work() -> None:
            with conn.pipeline():
                conn.execute("insert into ledger values (1)")
                conn.execute("select pg_sleep(30)")

        interrupted(work)
        assert conn.closed


def test_stream(handler: None, dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        interrupted(lambda: list(conn.cursor().stream("select pg_sleep(10) from generate_series(1, 3)")))
        in_step(conn)


def test_server_cursor(handler: None, dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        cursor = conn.cursor("interrupted")

        def work() -> None:
            cursor.execute("select n from generate_series(1, 3) n, pg_sleep(10 * n)")
            cursor.fetchall()

        interrupted(work)
        in_step(conn)
