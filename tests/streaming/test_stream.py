"""`cursor.stream()`, on both faces: rows as they arrive, and a connection that is free when a stream ends early."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any, Callable, Iterator

import pytest

import scratchbird
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer

NUMBERS = "select n, 'row ' || n from generate_series(1, %s) as n"
# More rows than anybody waits for; the engine makes them as they are read.
ENDLESS = "select a from generate_series(1, 50000) as a, generate_series(1, 100000) as b"
# More than one part, so that the server still has rows to send.
SEVERAL_PARTS = 20_000


def assert_free(conn: Any) -> None:
    started = time.monotonic()
    assert conn.execute("select 'free'").fetchone() == ("free",)
    assert time.monotonic() - started < 20
    assert not conn.closed


def test_rows_come_in_order(cur: Any) -> None:
    rows = list(cur.stream(NUMBERS, (SEVERAL_PARTS,)))
    assert rows == [(n, f"row {n}") for n in range(1, SEVERAL_PARTS + 1)]
    assert cur.rowcount == cur.rownumber == SEVERAL_PARTS
    assert cur.statusmessage == f"SELECT {SEVERAL_PARTS}"
    assert cur.fetchone() is None
    assert_free(cur.connection)


def test_named_parameters(cur: Any) -> None:
    assert list(cur.stream("select :a + 1", {"a": 41})) == [(42,)]


def test_the_cursor_describes_the_stream(cur: Any) -> None:
    stream = cur.stream("select n as number from generate_series(1, 3) as n")
    assert cur.description is None
    assert next(stream) == (1,)
    assert cur.description[0][0] == "number"
    assert (cur.rownumber, cur.rowcount) == (1, -1)
    assert list(stream) == [(2,), (3,)]
    assert next(stream, "over") == "over"


def test_nothing_is_sent_before_the_first_row_is_asked_for(conn: Any) -> None:
    stream = conn.cursor().stream("select 1 / 0")
    assert_free(conn)
    with pytest.raises(scratchbird.DataError):
        next(stream)
    assert_free(conn)


def test_a_million_rows(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        assert sum(row[0] for row in conn.cursor().stream(NUMBERS, (1_000_000,))) == 500_000_500_000


MEASURE = """
import resource, sys
import scratchbird

def peak():
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes // 1024 if sys.platform != "darwin" else kilobytes // 1024**2

with scratchbird.connect(sys.argv[1]) as connection:
    query = "select n, repeat('x', 200) from generate_series(1, %s) as n"
    for row in connection.cursor().stream(query, (20_000,)):
        pass
    before = peak()
    rows = sum(1 for row in connection.cursor().stream(query, (500_000,)))
    print(rows, peak() - before)
"""


def test_memory_does_not_grow_with_the_result(dsn: str) -> None:
    pytest.importorskip("resource", reason="no peak of the memory on this platform")
    done = subprocess.run([sys.executable, "-c", MEASURE, dsn], check=True, capture_output=True, text=True, timeout=120)
    rows, megabytes = map(int, done.stdout.split())
    assert rows == 500_000
    # All of it would be more than 100.
    assert megabytes < 16


def test_lists_of_rows(cur: Any) -> None:
    lists = list(cur.stream(NUMBERS, (SEVERAL_PARTS,), batch=7000))
    assert [len(rows) for rows in lists] == [7000, 7000, 6000]
    assert [row[0] for rows in lists for row in rows] == list(range(1, SEVERAL_PARTS + 1))
    assert list(cur.stream(NUMBERS, (0,), batch=10)) == []
    assert [len(rows) for rows in cur.stream(NUMBERS, (20,), batch=10)] == [10, 10]
    with pytest.raises(scratchbird.ProgrammingError):
        cur.stream(NUMBERS, (1,), batch=0)


def test_row_factories(conn: Any) -> None:
    cur = conn.cursor(row_factory=scratchbird.rows.dict_row)
    stream = cur.stream("select n, n * 2 as double from generate_series(1, 30000) as n")
    assert next(stream) == {"n": 1, "double": 2}
    assert sum(row["double"] for row in stream) == 900_030_000 - 2
    lists = list(conn.cursor(row_factory=scratchbird.rows.scalar_row).stream(NUMBERS, (5,), batch=3))
    assert lists == [[1, 2, 3], [4, 5]]


def test_a_row_that_cannot_be_built_is_not_lost(conn: Any) -> None:
    bad = {500}

    def factory(cursor: Any) -> Any:
        def make(values: Any) -> Any:
            if values[0] in bad:
                bad.clear()
                raise ZeroDivisionError
            return values[0]

        return make

    stream = conn.cursor(row_factory=factory).stream("select n from generate_series(1, 1000) as n")
    seen = []
    with pytest.raises(ZeroDivisionError):
        for n in stream:
            seen.append(n)
    assert seen + list(stream) == list(range(1, 1001))


def leave_by_break(cur: Any) -> None:
    for _ in cur.stream(ENDLESS):
        break


def leave_by_an_exception(cur: Any) -> None:
    with pytest.raises(ZeroDivisionError):
        for (n,) in cur.stream(ENDLESS):
            n / 0


def leave_by_close(cur: Any) -> None:
    stream = cur.stream(ENDLESS)
    assert next(stream) == (1,)
    stream.close()
    stream.close()
    assert list(stream) == []


def leave_by_closing(cur: Any) -> None:
    with contextlib.closing(cur.stream(ENDLESS)) as stream:
        assert next(stream) == (1,)


def leave_by_a_block(cur: Any) -> None:
    with cur.stream(ENDLESS) as stream:
        assert next(stream) == (1,)


def leave_by_closing_the_cursor(cur: Any) -> None:
    stream = cur.stream(ENDLESS)
    next(stream)
    cur.close()
    with pytest.raises(scratchbird.InterfaceError):
        next(stream)


def leave_by_another_statement(cur: Any) -> None:
    stream = cur.stream(ENDLESS)
    next(stream)
    assert cur.execute("select 'another'").fetchall() == [("another",)]
    with pytest.raises(scratchbird.InterfaceError):
        next(stream)


def leave_by_rollback(cur: Any) -> None:
    stream = cur.stream(ENDLESS)
    next(stream)
    cur.connection.rollback()
    with pytest.raises(scratchbird.InterfaceError):
        list(stream)


@pytest.mark.parametrize(
    "leave",
    [
        leave_by_break,
        leave_by_an_exception,
        leave_by_close,
        leave_by_closing,
        leave_by_a_block,
        leave_by_closing_the_cursor,
        leave_by_another_statement,
        leave_by_rollback,
    ],
)
def test_a_stream_that_ends_early_frees_the_connection(conn: Any, leave: Callable[[Any], None]) -> None:
    leave(conn.cursor())
    assert_free(conn)


def test_work_before_a_stream_that_ends_early_is_kept(conn: Any) -> None:
    conn.execute("create temporary table kept (n int)")
    conn.execute("insert into kept values (1)")
    leave_by_break(conn.cursor())
    conn.commit()
    assert conn.execute("select n from kept").fetchall() == [(1,)]


def test_the_connection_belongs_to_the_stream(conn: Any) -> None:
    stream = conn.cursor().stream("select 1")
    other = conn.cursor()
    next(stream)
    for use in (lambda: other.execute("select 2"), conn.commit, conn.ping):
        with pytest.raises(scratchbird.InterfaceError, match="stream"):
            use()
    assert list(stream) == []
    assert other.execute("select 2").fetchone() == (2,)


def test_rows_are_not_to_be_had_past_the_stream(cur: Any) -> None:
    stream = cur.stream(NUMBERS, (SEVERAL_PARTS,))
    next(stream)
    for fetch in (cur.fetchone, cur.fetchmany, cur.fetchall, lambda: cur.scroll(1)):
        with pytest.raises(scratchbird.ProgrammingError, match="stream"):
            fetch()
    assert cur.nextset() is None
    assert sum(1 for _ in stream) == SEVERAL_PARTS - 1


def test_an_error_after_some_rows(cur: Any) -> None:
    seen = []
    with pytest.raises(scratchbird.DataError) as caught:
        for (n,) in cur.stream("select 100000 / (n - 30000) from generate_series(1, 40000) as n"):
            seen.append(n)
    assert caught.value.sqlstate == "22012"
    assert 0 < len(seen) < 30000
    assert_free(cur.connection)


def test_a_time_limit(cur: Any) -> None:
    with pytest.raises(scratchbird.OperationalError) as caught:
        next(cur.stream("select pg_sleep(30)", timeout=0.2))
    assert caught.value.sqlstate == "57014"
    assert_free(cur.connection)


def test_a_time_limit_is_not_the_readers(cur: Any) -> None:
    stream = cur.stream(NUMBERS, (SEVERAL_PARTS,), timeout=1)
    next(stream)
    time.sleep(1.1)
    assert sum(1 for _ in stream) == SEVERAL_PARTS - 1


def test_cancel_from_another_thread(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        stream = conn.cursor().stream("select n, pg_sleep(0.01) from generate_series(1, 100000) as n")
        timer = threading.Timer(0.3, conn.cancel)
        timer.start()
        with pytest.raises(scratchbird.OperationalError) as caught:
            list(stream)
        timer.join()
        assert caught.value.sqlstate == "57014"
        assert_free(conn)


def test_a_connection_lost_in_the_middle(connect: Callable[..., Any]) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        rows = [wire.data_row([b"x" * 1000])] * 1000
        peer.send(wire.row_description([("text", (5, 1))]), *rows)

    with ScriptedServer(script) as server:
        conn = connect(host=server.host, port=server.port, user="u", password="p", sslmode="disable")
        stream = conn.cursor().stream("select everything")
        seen = 0
        with pytest.raises(scratchbird.OperationalError):
            for _ in stream:
                seen += 1
        assert 0 < seen <= 1000
        assert conn.closed


def test_statements_that_are_not_one_query(cur: Any) -> None:
    for query in ("select 1; select 2", "commit", "begin"):
        with pytest.raises(scratchbird.ProgrammingError):
            cur.stream(query)


def test_statements_without_rows(cur: Any) -> None:
    cur.execute("create temporary table streamed (n int)")
    assert list(cur.stream("insert into streamed values (1), (2)")) == []
    assert cur.rowcount == 2
    assert cur.description is None
    assert list(cur.stream("insert into streamed values (3), (4) returning n")) == [(3,), (4,)]
    assert list(cur.stream("select n from streamed where n > 9")) == []
    assert cur.description is not None


def test_a_closed_connection_ends_its_stream(conn: Any) -> None:
    stream = conn.cursor().stream(ENDLESS)
    next(stream)
    conn.close()
    with pytest.raises(scratchbird.InterfaceError):
        list(stream)


def test_a_block_cannot_commit_beside_a_stream(connect: Callable[..., Any], dsn: str) -> None:
    with pytest.raises(scratchbird.InterfaceError, match="stream"):
        with connect(dsn) as conn:
            stream = conn.cursor().stream(ENDLESS)
            next(stream)
    assert conn.closed


def test_a_block_that_fails_beside_a_stream(connect: Callable[..., Any], dsn: str) -> None:
    with pytest.raises(ZeroDivisionError):
        with connect(dsn) as conn:
            stream = conn.cursor().stream(ENDLESS)
            next(stream)
            raise ZeroDivisionError
    with pytest.raises(scratchbird.InterfaceError):
        list(stream)


def test_under_autocommit(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn, autocommit=True)
    assert sum(1 for _ in conn.cursor().stream(NUMBERS, (SEVERAL_PARTS,))) == SEVERAL_PARTS
    leave_by_break(conn.cursor())
    assert_free(conn)
    assert not conn.in_transaction


def test_a_pooled_connection_comes_back_with_a_stream(dsn: str) -> None:
    with scratchbird.ConnectionPool(dsn, min_size=1, max_size=1) as pool:
        with pool.connection() as conn:
            stream = conn.cursor().stream(ENDLESS)
            next(stream)
            conn.rollback()
        with pool.connection() as conn:
            assert_free(conn)
        with pytest.raises(scratchbird.InterfaceError):
            list(stream)


class Interrupt(Exception):
    """What the signal handler raises, as the one of Ctrl-C raises KeyboardInterrupt."""


@pytest.fixture
def interrupt_soon() -> Iterator[None]:
    if not hasattr(signal, "SIGUSR1"):
        pytest.skip("this platform has no signals between processes")

    def handler(*_: Any) -> None:
        raise Interrupt

    before = signal.signal(signal.SIGUSR1, handler)
    thread = threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGUSR1])
    thread.start()
    yield
    thread.join()
    signal.signal(signal.SIGUSR1, before)


def test_a_signal_interrupts_a_stream(dsn: str, interrupt_soon: None) -> None:
    with scratchbird.connect(dsn) as conn:
        stream = conn.cursor().stream("select pg_sleep(30)")
        with pytest.raises(Interrupt):
            next(stream)
        # What has come is not the whole result: that must not look like an end.
        with pytest.raises(scratchbird.InterfaceError):
            next(stream)
        assert_free(conn)


def test_under_the_beta_profile(connect: Callable[..., Any], dsn: str) -> None:
    cur = connect(dsn, server_profile="beta").cursor()
    assert list(cur.stream("select 1")) == [(1,)]
    cur.execute("create table beta_stream (n int)")
    assert list(cur.stream("insert into beta_stream (n) values (1)")) == []
    assert cur.description is None
