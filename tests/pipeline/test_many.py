"""`executemany` in a pipeline: queued like everything else."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest

import scratchbird
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer


@pytest.fixture
def table(conn: Any) -> str:
    conn.execute("create temporary table piped (n int primary key)")
    return "piped"


def numbers(conn: Any) -> list[int]:
    return [n for (n,) in conn.execute("select n from piped order by n").fetchall()]


def test_it_does_not_wait(connect: Callable[..., Any]) -> None:
    """Everything is there before anything is answered; the rows have one answer."""

    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(wire.command_complete("SAVEPOINT"), wire.ready())
        for _ in range(3):
            peer.read_request()
        peer.send(wire.command_complete("UPDATE", 1), wire.ready())
        peer.send(*(wire.command_complete("UPDATE", n) for n in range(5)), wire.ready())
        peer.send(wire.command_complete("UPDATE", 1), wire.ready())
        peer.read_request()
        peer.send(wire.command_complete("RELEASE"), wire.ready())
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect(host=server.host, port=server.port, user="u", password="p", sslmode="disable")
        with conn.pipeline():
            conn.execute("update t set n = 1")
            many = conn.cursor()
            many.executemany("update t set n = ?", [(n,) for n in range(5)])
            assert many.rowcount == -1
            conn.execute("update t set n = 2")
        assert many.rowcount == 10
        assert many.rowcounts == [0, 1, 2, 3, 4]
        conn.close()


def test_in_order_with_the_others(conn: Any, table: str) -> None:
    with conn.pipeline():
        conn.execute("insert into piped values (?)", (0,))
        many = conn.cursor()
        many.executemany("insert into piped values (?)", ((n,) for n in range(1, 3501)))
        count = conn.execute("select count(*) from piped")
        again = conn.cursor()
        again.executemany("update piped set n = -n where n <= ?", [(3,), (2,)])
        assert count.fetchone() == (3501,)
    assert many.rowcount == 3500
    assert many.rowcounts == [1] * 3500
    assert again.rowcounts == [4, 4]


def test_returning(conn: Any, table: str) -> None:
    cursor = conn.cursor()
    with conn.pipeline():
        cursor.executemany("insert into piped values (?) returning n * 2", [(n,) for n in range(1200)], returning=True)
        found = [cursor.fetchone()]
        while cursor.nextset():
            found.append(cursor.fetchone())
    assert found == [(2 * n,) for n in range(1200)]


@pytest.mark.parametrize("bad", [3, 2500])
def test_an_error_names_its_row(conn: Any, table: str, bad: int) -> None:
    conn.execute("insert into piped values (-1)")
    cursor = conn.cursor()
    with pytest.raises(scratchbird.IntegrityError) as caught:
        with conn.pipeline():
            conn.execute("insert into piped values (-2)")
            cursor.executemany("insert into piped values (?)", [(n if n != bad else -1,) for n in range(4000)])
            after = conn.execute("select 1")
    assert caught.value.row_index == bad
    with pytest.raises(scratchbird.IntegrityError) as caught:
        cursor.fetchone()
    assert caught.value.row_index == bad
    with pytest.raises(scratchbird.PipelineAborted):
        after.fetchone()
    assert numbers(conn) == [-1]


@pytest.mark.parametrize("count", [10, 5000])
def test_rows_that_fail_on_their_way(conn: Any, table: str, count: int) -> None:
    """A part of them is never kept, whether some had been sent or not."""

    def values() -> Iterator[tuple[int]]:
        for n in range(count):
            yield (n,)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        with conn.pipeline():
            conn.cursor().executemany("insert into piped values (?)", values())
    assert numbers(conn) == []
    if count == 5000:
        with pytest.raises(scratchbird.InterfaceError, match="last row"):
            with conn.pipeline():
                with pytest.raises(ZeroDivisionError):
                    conn.cursor().executemany("insert into piped values (?)", values())
        assert numbers(conn) == []


def test_a_value_that_cannot_be_sent(conn: Any, table: str) -> None:
    with conn.pipeline():
        conn.execute("insert into piped values (7)")
        with pytest.raises(scratchbird.ProgrammingError) as caught:
            conn.cursor().executemany("insert into piped values (?)", [(1,), (object(),)])
        assert caught.value.row_index == 1
    assert numbers(conn) == [7]


def test_no_row_at_all(conn: Any, table: str) -> None:
    with conn.pipeline():
        cursor = conn.cursor()
        cursor.executemany("insert into piped values (?)", [])
        assert cursor.rowcount == 0
    assert numbers(conn) == []


def test_autocommit(connect: Callable[..., Any], dsn: str, ledger: str) -> None:
    conn, other = connect(dsn, autocommit=True), connect(dsn, autocommit=True)
    with conn.pipeline() as pipeline:
        conn.executemany("insert into ledger values (?)", [(n,) for n in range(2500)])
        assert conn.execute("select count(*) from ledger").fetchone() == (2500,)
        assert other.execute("select count(*) from ledger").fetchone() == (0,)
        pipeline.sync()
    assert other.execute("select count(*) from ledger").fetchone() == (2500,)


def test_what_cannot_be_queued_runs_by_itself(conn: Any, table: str) -> None:
    with conn.pipeline():
        conn.execute("insert into piped values (1)")
        conn.executemany("call pg_catalog.no_such_procedure(?)", [])
        assert conn.execute("select count(*) from piped").fetchone() == (1,)
