"""Logins: every method of the development server, right and wrong."""

from __future__ import annotations

import time
from typing import Any, Callable, Iterator

import pytest

import scratchbird
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer
from tests.fix_server import start

Connect = Callable[..., Any]

METHODS = ["password", "scram-sha-256", "scram-sha-512"]


@pytest.fixture(scope="module", params=METHODS)
def server_with_login(request: pytest.FixtureRequest) -> Iterator[Any]:
    with start(auth=request.param, user="alice", password="päss wörd/'\\") as running:
        yield running


def test_the_right_password(connect: Connect, server_with_login: Any) -> None:
    conn = connect(server_with_login.dsn, user="alice", password="päss wörd/'\\")
    assert conn.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize("password", ["wrong", "", "päss wörd/'"])
def test_a_wrong_password(connect: Connect, server_with_login: Any, password: str) -> None:
    with pytest.raises(scratchbird.OperationalError) as caught:
        connect(server_with_login.dsn, user="alice", password=password)
    assert caught.value.sqlstate == "28000"
    assert str(caught.value).startswith("[28000] ")
    assert "päss" not in str(caught.value)


def test_an_unknown_user_is_refused_like_a_wrong_password(connect: Connect, server_with_login: Any) -> None:
    messages = []
    for user in ("alice", "nobody"):
        with pytest.raises(scratchbird.OperationalError) as caught:
            connect(server_with_login.dsn, user=user, password="wrong")
        messages.append(str(caught.value).replace(user, "U"))
    assert messages[0] == messages[1]


@pytest.mark.parametrize("method", [2, 6, 7, 9, 200])
def test_a_method_the_driver_has_not_is_not_supported(connect: Connect, method: int, nothing_leaked: None) -> None:
    def script(peer: Peer) -> None:
        peer.read_until(wire.STARTUP)
        peer.send(wire.auth_request(method))
        peer.wait_for_close()

    with ScriptedServer(script) as server, pytest.raises(scratchbird.NotSupportedError) as caught:
        connect(host=server.host, port=server.port, user="u", password="p", database="d", sslmode="disable")
    assert caught.value.sqlstate == "0A000"


def test_a_scram_server_that_cannot_prove_itself_is_refused(connect: Connect, nothing_leaked: None) -> None:
    """The server accepts everything, without knowing the password."""

    def script(peer: Peer) -> None:
        peer.read_until(wire.STARTUP)
        peer.send(wire.auth_request(3))
        first = peer.read_until(wire.AUTH_RESPONSE).payload.decode()
        nonce = first.split("r=", 1)[1].split(",")[0]
        challenge = f"r={nonce}server,s=c2FsdHNhbHQ=,i=4096".encode()
        header = b"\x03\x00\x00\x00" + len(challenge).to_bytes(4, "little")
        peer.send(wire.frame(0x42, header + challenge))
        peer.read_until(wire.AUTH_RESPONSE)
        peer.send(wire.auth_ok(b"v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="), wire.ready())
        peer.wait_for_close()

    with ScriptedServer(script) as server, pytest.raises(scratchbird.OperationalError) as caught:
        connect(host=server.host, port=server.port, user="u", password="p", database="d", sslmode="disable")
    assert caught.value.sqlstate == "28000"


def test_a_login_that_never_ends_times_out(connect: Connect, nothing_leaked: None) -> None:
    def script(peer: Peer) -> None:
        peer.read_until(wire.STARTUP)
        peer.wait_for_close()

    started = time.monotonic()
    with ScriptedServer(script) as server, pytest.raises(scratchbird.OperationalError, match=r"(?i)time"):
        connect(
            host=server.host,
            port=server.port,
            user="u",
            password="p",
            database="d",
            sslmode="disable",
            connect_timeout=0.5,
        )
    assert time.monotonic() - started < 3
