"""A time limit that passes while a statement commits: the outcome is known, or said to be unknown."""

from __future__ import annotations

import threading
from typing import Any, Callable

import pytest

import scratchbird
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer
from tests.faults.test_commit import done, options, ready

Connect = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("nothing_leaked")


def limited(connect: Connect, script: Callable[[Peer], None], expect: str | None) -> None:
    """Runs a statement that commits by itself, with a time limit; None expects that it returns."""
    with ScriptedServer(script) as server:
        conn = connect(**options(server), autocommit=True)
        if expect is None:
            assert conn.execute("insert into t values (1)", timeout=0.1).statusmessage == "INSERT 1"
        else:
            with pytest.raises(scratchbird.OperationalError) as info:
                conn.execute("insert into t values (1)", timeout=0.1)
            assert info.value.sqlstate == expect
            assert info.value.outcome_unknown == (expect == "08007")
            assert info.value.is_disconnect == conn.closed == (expect == "08007")
        conn.close()


def test_cancelled(connect: Connect) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_until(wire.QUERY)
        peer.read_until(wire.CANCEL)
        peer.send(wire.error("57014", "cancelled"), ready(42), ready(42))
        peer.wait_for_close()

    limited(connect, script, "57014")


def test_it_had_succeeded(connect: Connect) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_until(wire.QUERY)
        peer.read_until(wire.CANCEL)
        done(peer, "INSERT 1", 43)
        peer.send(ready(43))
        peer.wait_for_close()

    limited(connect, script, None)


def test_lost_meanwhile(connect: Connect) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_until(wire.QUERY)
        peer.read_until(wire.CANCEL)

    limited(connect, script, "08007")


def test_what_only_waits_for_the_connection_has_an_outcome() -> None:
    """The limit of a call covers the wait for other users of the connection; what was never sent is not in doubt."""
    asked, answer = threading.Event(), threading.Event()

    def script(peer: Peer) -> None:
        peer.login()
        peer.read_until(wire.QUERY)
        asked.set()
        answer.wait(10)
        done(peer, "SELECT 0", 42)
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = scratchbird.connect(**options(server), autocommit=True, server_profile="beta")
        other = threading.Thread(target=conn.execute, args=("select 1",))
        other.start()
        asked.wait(10)
        with pytest.raises(scratchbird.OperationalError) as info:
            conn.execute("insert into t (n) values (1)", timeout=0.1)
        answer.set()
        other.join()
        assert info.value.sqlstate == "57014"
        assert not conn.closed
        conn.close()
