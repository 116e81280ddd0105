"""What an error of the server says of another try, for every SQLSTATE of SBWP 6.1 and those that drivers know."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import scratchbird
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer

Connect = Callable[..., Any]

SERVER_STATES = [
    # SQLSTATE, is_retryable, is_disconnect, outcome_unknown
    ("40001", True, False, False),
    ("40P01", True, False, False),
    ("08006", False, True, False),
    ("57P01", False, True, False),
    ("08007", False, False, True),
    ("08P01", False, False, False),
    ("0A000", False, False, False),
    ("22000", False, False, False),
    ("23505", False, False, False),
    ("25000", False, False, False),
    ("25001", False, False, False),
    ("28000", False, False, False),
    ("34000", False, False, False),
    ("40003", False, False, False),
    ("42000", False, False, False),
    ("54000", False, False, False),
    ("57014", False, False, False),
    ("XX000", False, False, False),
]


@pytest.mark.parametrize(("sqlstate", "retryable", "disconnect", "unknown"), SERVER_STATES)
def test_a_report_of_the_server(
    connect: Connect, sqlstate: str, retryable: bool, disconnect: bool, unknown: bool
) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(wire.error(sqlstate, "no"), wire.ready())
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect(host=server.host, port=server.port, user="u", password="p", sslmode="disable")
        with pytest.raises(scratchbird.Error) as caught:
            conn.execute("select 1")
        conn.close()
    error = caught.value
    assert (error.is_retryable, error.is_disconnect, error.outcome_unknown) == (retryable, disconnect, unknown)
    tries = []

    @scratchbird.retry(retries=1, first_pause=0, reconnect=True)
    def work() -> None:
        tries.append(1)
        raise error

    with pytest.raises(scratchbird.Error):
        work()
    assert len(tries) == (2 if retryable or disconnect else 1)
