"""COPY and the pace of the other side, and other requests meanwhile."""

from __future__ import annotations

import struct
import threading
import time
from typing import Any, Callable, Iterator

import pytest

import scratchbird
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer
from tests.fix_connection import Driven

COPY_IN_RESPONSE, COPY_OUT_RESPONSE, COPY_DATA, COPY_DONE, COPY_FAIL = 0x51, 0x52, 0x0D, 0x0E, 0x0F
PING, PONG = 0x1B, 0x5D
ROW = ("x" * 1000,)
MOST = 64 * 1024 * 1024
"""Bytes that the sockets and the driver may hold together; what is sent would be many times as much."""


def opened(connect: Callable[..., Any], server: ScriptedServer) -> Any:
    where = {"host": server.host, "port": server.port, "user": "u", "password": "p", "database": "d"}
    return connect(**where, sslmode="disable")


def settled(count: Callable[[], int]) -> int:
    """The count when it has not changed for a while."""
    seen, since = count(), time.monotonic()
    while time.monotonic() - since < 0.5:
        time.sleep(0.05)
        if count() != seen:
            seen, since = count(), time.monotonic()
        if seen * len(ROW[0]) > MOST:
            break
    return seen


@pytest.mark.parametrize("road", ["write_rows", "write", "bulk of bytes"])
def test_a_server_that_does_not_read_stops_the_writer(connect: Callable[..., Any], road: str) -> None:
    reads = threading.Event()

    def script(peer: Peer) -> None:
        peer.login()
        peer.read_until(wire.QUERY)
        peer.send(wire.frame(COPY_IN_RESPONSE, struct.pack("<BI", 1 if road == "write_rows" else 0, 1 << 20)))
        reads.wait(30)
        peer.read_until(COPY_DONE, COPY_FAIL)
        peer.send(wire.error("57014", "given up"), wire.ready())
        peer.send(wire.frame(PONG, peer.read_until(PING).payload))
        peer.wait_for_close()

    made = 0
    stop = False

    def endless() -> Iterator[Any]:
        nonlocal made
        while not stop:
            made += 1
            yield ROW if road == "write_rows" else b"a=" + b"x" * 1000 + b"\n"
        raise KeyError("enough")

    def work() -> None:
        with pytest.raises(KeyError, match="enough"), conn.cursor().copy("COPY t (a) FROM STDIN") as copy:
            if road == "write_rows":
                copy.write_rows(endless())
            else:
                for block in endless():
                    copy.write(block)
        ended.append(True)

    ended: list[bool] = []
    with ScriptedServer(script) as server:
        conn = opened(connect, server)
        thread = threading.Thread(target=work)
        thread.start()
        held = settled(lambda: made) * len(ROW[0])
        stop = True
        reads.set()
        thread.join(30)
        assert not thread.is_alive()
        conn.close()
    assert 0 < held < MOST
    assert ended == [True]


def test_a_reader_that_waits_stops_the_server(connect: Callable[..., Any]) -> None:
    sent = 0

    def script(peer: Peer) -> None:
        nonlocal sent
        peer.login()
        peer.read_until(wire.QUERY)
        peer.send(wire.frame(COPY_OUT_RESPONSE, struct.pack("<BHI", 0, 1, 0)))
        block = wire.frame(COPY_DATA, (b"x" * 999 + b"\n") * 100)
        while True:
            peer.send(block)
            sent += 100

    with ScriptedServer(script) as server:
        conn = opened(connect, server)
        with pytest.raises(scratchbird.Error), conn.cursor().copy("COPY t TO STDOUT CSV") as copy:
            assert copy.read()
            assert 0 < settled(lambda: sent) * len(ROW[0]) < MOST
            conn.close()
            copy.read()


def test_other_requests_fail_and_do_the_copy_no_harm(connect: Callable[..., Any], dsn: str, ledger: str) -> None:
    conn = connect(dsn)
    failed: list[type] = []

    def others() -> None:
        for request in (
            lambda: conn.execute("select 1"),
            lambda: conn.cursor().execute("insert into ledger (n) values (?)", (0,)),
            lambda: conn.executemany("insert into ledger (n) values (?)", [(0,)]),
            lambda: conn.bulk_copy("ledger", [(0,)], columns=["n"]),
            lambda: conn.cursor().copy("COPY ledger (n) FROM STDIN").__enter__(),
            conn.commit,
            conn.rollback,
        ):
            with pytest.raises(scratchbird.InterfaceError, match="a COPY is going on"):
                request()
            failed.append(scratchbird.InterfaceError)

    with conn.cursor().copy("COPY ledger (n) FROM STDIN") as copy:
        copy.write_rows((n,) for n in range(1000))
        others()
        if not isinstance(conn, Driven):
            thread = threading.Thread(target=others)
            thread.start()
            thread.join(30)
        copy.write_rows((n,) for n in range(1000, 3000))
    assert len(failed) == (7 if isinstance(conn, Driven) else 14)
    assert copy.rowcount == 3000
    conn.commit()
    assert conn.execute("select count(*), sum(n) from ledger").fetchone() == (3000, sum(range(3000)))


def test_progress_feeds_a_bar(conn: Any) -> None:
    class Bar:
        """What matters of `tqdm`."""

        n = 0
        updates = 0

        def update(self, more: int) -> None:
            assert more > 0
            self.n += more
            self.updates += 1

    bar = Bar()
    conn.execute("create table many (n int)")
    conn.bulk_copy("many", ((n,) for n in range(25_000)), on_progress=lambda done: bar.update(done - bar.n))
    assert (bar.n, bar.updates) == (25_000, 3)
