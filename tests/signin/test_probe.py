"""`probe_auth_surface`: how a server wants clients to sign in, without signing in."""

from __future__ import annotations

import asyncio
import inspect
import socket
from typing import Any, Callable, List

import pytest

import scratchbird
from scratchbird import AuthSurface
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer
from tests.fix_server import start
from tests.signin.conftest import PASSWORD, TOKEN, address
from tests.signin.manager import HELLO, Manager

Probe = Callable[..., AuthSurface]


@pytest.fixture(params=["sync", "async"])
def probe(request: pytest.FixtureRequest) -> Probe:
    if request.param == "sync":
        return scratchbird.probe_auth_surface

    def run(*args: Any, **options: Any) -> AuthSurface:
        return asyncio.run(scratchbird.probe_auth_surface_async(*args, **options))

    return run


@pytest.mark.parametrize(
    ("auth", "method", "code"),
    [
        ("password", "password_compat", 1),
        ("scram-sha-256", "scram_sha_256", 3),
        ("scram-sha-512", "scram_sha_512", 4),
        ("token", "authkey_token", 5),
    ],
)
def test_the_methods_of_the_development_server(probe: Probe, auth: str, method: str, code: int) -> None:
    with start(auth=auth, user="alice", password="x") as server:
        found = probe(**address(server))
    assert (found.method, found.code, found.is_supported, found.is_permitted) == (method, code, True, True)
    assert found.method_id == f"scratchbird.auth.{method}"
    assert found.address == f"{server.host}:{server.port}"
    assert (found.tls_version, found.is_manager, found.details) == ("TLSv1.3", False, {})


def test_nothing_secret_is_sent(probe: Probe, nothing_leaked: None) -> None:
    received: List[bytes] = []

    def script(peer: Peer) -> None:
        received.append(peer.read_until(wire.STARTUP).payload)
        peer.send(wire.auth_request(1))
        try:
            while True:
                frame = peer.read()
                received.append(bytes([frame.kind]) + frame.payload)
        except EOFError:
            return

    secrets = {
        key: f"5ecret-{key}"
        for key in ("password", "token", "workload_identity_token", "proxy_principal_assertion", "auth_method_payload")
    }
    with ScriptedServer(script) as server:
        probe(host=server.host, port=server.port, user="alice", sslmode="disable", **secrets)
    assert len(received) == 1
    assert b"alice" in received[0]
    assert b"5ecret" not in received[0]


@pytest.mark.parametrize(("code", "method"), [(2, "md5_legacy"), (9, "gssapi"), (13, "oidc"), (200, "unknown")])
def test_methods_that_the_driver_has_not(probe: Probe, code: int, method: str) -> None:
    def script(peer: Peer) -> None:
        peer.read_until(wire.STARTUP)
        peer.send(wire.auth_request(code))
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        found = probe(host=server.host, port=server.port, user="u", sslmode="disable")
    assert (found.method, found.code, found.is_supported, found.tls_version) == (method, code, False, None)


def test_excluded_methods(probe: Probe, token_server: Any) -> None:
    assert not probe(**address(token_server), auth_forbidden_methods="token").is_permitted
    assert probe(**address(token_server), auth_required_methods="token").is_permitted


def test_a_manager_says_what_it_is(probe: Probe, password_server: Any) -> None:
    manager = Manager((password_server.host, password_server.port), TOKEN)
    try:
        found = probe(
            host=manager.host,
            port=manager.port,
            user="alice",
            sslmode="disable",
            front_door_mode="manager_proxy",
            manager_auth_token=TOKEN,
        )
    finally:
        manager.close()
    assert found.is_manager
    assert found.method == "authkey_token"
    assert found.details["product"] == "sbmn_manager"
    assert [kind for kind, _ in manager.seen] == [HELLO]


def test_the_next_host_is_asked(probe: Probe, token_server: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = listener.getsockname()[1]
    given = {**address(token_server), "host": ["127.0.0.1"] * 2, "port": [nobody, token_server.port]}
    assert probe(**given).address == f"127.0.0.1:{token_server.port}"
    with pytest.raises(scratchbird.OperationalError) as caught:
        probe(**{**given, "port": nobody})
    assert len(caught.value.host_errors) == 2


def test_refusals(probe: Probe) -> None:
    def script(peer: Peer) -> None:
        peer.read_until(wire.STARTUP)
        peer.send(wire.error("08P01", "no"))

    def stub(peer: Peer) -> None:
        peer.read_until(wire.STARTUP)
        peer.send(wire.auth_ok())

    with ScriptedServer(script, stub) as server:
        given = {"host": server.host, "port": server.port, "user": "u", "sslmode": "disable"}
        with pytest.raises(scratchbird.OperationalError):
            probe(**given)
        with pytest.raises(scratchbird.NotSupportedError, match="stub worker"):
            probe(**given)
    with pytest.raises(scratchbird.InterfaceError, match="usre"):
        probe(usre="u")


def test_a_silent_server(probe: Probe) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(scratchbird.OperationalError, match="connect_timeout"):
            probe(host="127.0.0.1", port=port, user="u", sslmode="disable", connect_timeout=0.3)


def test_both_faces_take_the_same(password_server: Any) -> None:
    blocking = inspect.signature(scratchbird.probe_auth_surface)
    awaited = inspect.signature(scratchbird.probe_auth_surface_async)
    assert list(blocking.parameters) == list(awaited.parameters)
    assert PASSWORD not in repr(scratchbird.probe_auth_surface(**address(password_server), password=PASSWORD))
