"""Connections through a manager, from the preamble to rows of the database behind it."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest

import scratchbird
from scratchbird import InterfaceError, OperationalError
from tests.fix_server import start
from tests.signin.conftest import PASSWORD
from tests.signin.manager import AUTH_CONTINUE, AUTH_START, DB_CONNECT, HELLO, Manager, read_lpstr

Connect = Callable[..., Any]
TOKEN = "manager-5ecret"


@pytest.fixture(scope="module")
def plain_server() -> Iterator[Any]:
    """A listener without TLS, as the one behind a manager may be."""
    with start(auth="password", user="alice", password=PASSWORD, tls=False) as running:
        yield running


@pytest.fixture
def manager(plain_server: Any) -> Iterator[Manager]:
    manager = Manager((plain_server.host, plain_server.port), TOKEN)
    yield manager
    manager.close()


def through(manager: Manager, **options: Any) -> dict[str, Any]:
    return {
        "host": manager.host,
        "port": manager.port,
        "user": "alice",
        "password": PASSWORD,
        "database": "default",
        "sslmode": "disable",
        "front_door_mode": "manager_proxy",
        "manager_auth_token": TOKEN,
        **options,
    }


def test_through_a_manager(connect: Connect, manager: Manager) -> None:
    conn = connect(**through(manager))
    assert conn.execute("select 1").fetchone() == (1,)
    assert [kind for kind, _ in manager.seen] == [HELLO, AUTH_START, DB_CONNECT]
    user, _ = read_lpstr(manager.seen[1][1])
    database, rest = read_lpstr(manager.seen[2][1][4:])
    profile, rest = read_lpstr(rest)
    intent, rest = read_lpstr(rest)
    assert (user, database, profile, intent) == ("alice", "default", "SBsql", "SBsql")
    assert len(rest) == 18, "a nonce of 16 bytes"


def test_the_slow_path(connect: Connect, manager: Manager) -> None:
    conn = connect(**through(manager, manager_auth_fast_path=False, manager_username="carol", manager_client_flags=3))
    assert conn.execute("select 1").fetchone() == (1,)
    assert [kind for kind, _ in manager.seen] == [HELLO, AUTH_START, AUTH_CONTINUE, DB_CONNECT]
    assert read_lpstr(manager.seen[1][1])[0] == "carol"
    assert manager.seen[0][1] == b"\x00\x01\x03\x00"


def test_a_token_that_is_asked_for(connect: Connect, manager: Manager) -> None:
    asked = []

    async def token() -> str:
        asked.append(1)
        return TOKEN

    for _ in range(2):
        assert connect(**through(manager, manager_auth_token=token)).execute("select 1").fetchone() == (1,)
    assert len(asked) == 2


def test_a_pool_through_a_manager(make_pool: Any, manager: Manager) -> None:
    pool = make_pool(None, min_size=2, **through(manager))
    pool.wait()
    with pool.connection() as conn:
        assert conn.execute("select 1").fetchone() == (1,)


def test_tls_behind_the_preamble(connect: Connect, password_server: Any) -> None:
    manager = Manager((password_server.host, password_server.port), TOKEN)
    try:
        options = {"sslmode": "verify-full", "sslrootcert": password_server.ca_file}
        conn = connect(**through(manager, manager_tls_after_preamble=True, **options))
        assert conn.info.tls_version == "TLSv1.3"
        assert conn.execute("select 1").fetchone() == (1,)
    finally:
        manager.close()


def test_a_wrong_token(connect: Connect, manager: Manager) -> None:
    with pytest.raises(OperationalError, match="TOKEN_REFUSED") as caught:
        connect(**through(manager, manager_auth_token="wrong-5ecret"))
    assert caught.value.sqlstate == "28000"
    assert "5ecret" not in str(caught.value)


@pytest.mark.parametrize(
    ("failure", "sqlstate"),
    [
        ("MCP.DB_NOT_BOUND", "28000"),
        ("MANAGER.BACKEND_UNAVAILABLE", "08004"),
        ("hang up", "08001"),
        ("protocol", "08P01"),
    ],
)
def test_a_manager_that_does_not_hand_over(connect: Connect, manager: Manager, failure: str, sqlstate: str) -> None:
    manager.failure = failure
    with pytest.raises(OperationalError) as caught:
        connect(**through(manager))
    assert caught.value.sqlstate == sqlstate
    if "." in failure:
        assert failure in str(caught.value)
    manager.failure = ""
    assert connect(**through(manager)).execute("select 1").fetchone() == (1,)


def test_the_next_manager_is_tried(connect: Connect, manager: Manager, plain_server: Any) -> None:
    other = Manager((plain_server.host, plain_server.port), TOKEN)
    other.failure = "MANAGER.BACKEND_UNAVAILABLE"
    try:
        ports = [other.port, manager.port]
        conn = connect(**through(manager, host=[other.host, manager.host], port=ports))
        assert conn.execute("select 1").fetchone() == (1,)
    finally:
        other.close()


def test_what_has_to_be_given(connect: Connect, manager: Manager) -> None:
    with pytest.raises(InterfaceError, match="manager_auth_token: missing"):
        connect(**through(manager, manager_auth_token=None))
    with pytest.raises(InterfaceError, match="a manager speaks plain text"):
        connect(**through(manager, sslmode="require"))
    assert manager.seen == []


def test_dormant_sessions_do_not_exist(connect: Connect, manager: Manager) -> None:
    conn = connect(**through(manager))
    with pytest.raises(scratchbird.NotSupportedError, match="dormant") as caught:
        conn.detach()
    assert caught.value.sqlstate == "0A000"
    assert conn.execute("select 1").fetchone() == (1,)
    for key in ("dormant_id", "dormant_reattach_token"):
        with pytest.raises(scratchbird.NotSupportedError, match="dormant"):
            connect(**through(manager, **{key: "x"}))
