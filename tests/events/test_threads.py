"""Notifications of a blocking connection that threads share, and signals."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import scratchbird
from tests.events.test_notifications import LONG
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer


def collect(connection: Any, count: int) -> list[str]:
    return [n.payload for n in connection.notifications(timeout=LONG, stop_after=count)]


def test_other_threads_send_statements_meanwhile(dsn: str) -> None:
    with scratchbird.connect(dsn, autocommit=True) as connection, ThreadPoolExecutor() as threads:
        connection.listen("threads")
        waiting = threads.submit(collect, connection, 30)

        def work(begin: int) -> None:
            for number in range(begin, begin + 10):
                rows = connection.execute("select n from generate_series(1, 2000) as g(n)").fetchall()
                assert len(rows) == 2000
                connection.notify("threads", str(number))

        for future in [threads.submit(work, begin) for begin in (0, 10, 20)]:
            future.result(LONG)
        assert sorted(map(int, waiting.result(LONG))) == list(range(30))


def test_closing_ends_the_wait_of_another_thread(dsn: str) -> None:
    connection = scratchbird.connect(dsn)
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(collect, connection, 1)
        time.sleep(0.05)
        connection.close()
        with pytest.raises(scratchbird.InterfaceError, match="closed"):
            waiting.result(LONG)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals for threads")
def test_ctrl_c_interrupts_the_wait(dsn: str) -> None:
    with scratchbird.connect(dsn) as connection:
        connection.listen("interrupted")
        timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        begin = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            list(connection.notifications(timeout=LONG))
        assert time.monotonic() - begin < LONG / 2
        timer.join()
        assert connection.execute("select 1").fetchone() == (1,)


def options(server: ScriptedServer) -> dict[str, Any]:
    return {"host": server.host, "port": server.port, "user": "u", "password": "p", "sslmode": "disable"}


@pytest.mark.usefixtures("nothing_leaked")
def test_a_lost_connection() -> None:
    with ScriptedServer(lambda peer: peer.login()) as server:
        connection = scratchbird.connect(**options(server))
        with pytest.raises(scratchbird.OperationalError, match="closed the connection"):
            list(connection.notifications(timeout=LONG))
        assert connection.closed
        with pytest.raises(scratchbird.InterfaceError):
            connection.notifications()


@pytest.mark.usefixtures("nothing_leaked")
def test_the_servers_farewell() -> None:
    def farewell(peer: Peer) -> None:
        peer.login()
        peer.send(wire.error("57P01", "the server shuts down"))

    with ScriptedServer(farewell) as server:
        connection = scratchbird.connect(**options(server))
        with pytest.raises(scratchbird.OperationalError, match="shuts down"):
            list(connection.notifications(timeout=LONG))
        assert connection.closed


def notification(number: int) -> bytes:
    channel, data = b"flood", str(number).encode()
    payload = (7).to_bytes(4, "little") + len(channel).to_bytes(4, "little") + channel
    return wire.frame(0x54, payload + len(data).to_bytes(4, "little") + data)


def test_what_nobody_takes_is_dropped_and_told() -> None:
    def flood(peer: Peer) -> None:
        peer.login()
        peer.read_until(wire.QUERY)
        peer.send(*(notification(number) for number in range(10_050)))
        peer.send(wire.command_complete("SELECT 0"), wire.ready())
        peer.wait_for_close()

    with ScriptedServer(flood) as server, scratchbird.connect(**options(server), autocommit=True) as connection:
        told: list[Exception] = []
        connection.add_notice_handler(told.append)
        connection.execute("select 1")
        kept = [int(n.payload) for n in connection.notifications(timeout=0)]
        assert kept == list(range(50, 10_050))
        ((_, notice),) = connection.messages
        assert "50 notifications were dropped" in str(notice)
        connection.close()


def test_frames_cut_anywhere() -> None:
    def drip(peer: Peer) -> None:
        peer.login()
        stream = b"".join(notification(number) for number in range(3))
        for at in range(len(stream)):
            peer.send(stream[at : at + 1])
        peer.wait_for_close()

    with ScriptedServer(drip) as server, scratchbird.connect(**options(server), autocommit=True) as connection:
        found = list(connection.notifications(timeout=LONG, stop_after=3))
        assert [(n.channel, n.payload, n.process_id) for n in found] == [("flood", str(n), 7) for n in range(3)]
        connection.close()
