"""Several hosts: the order of trying, what is tried next, and an error that says what each host failed with."""

from __future__ import annotations

import logging
import socket
import threading
import time
from typing import Any, Callable, List

import pytest

import scratchbird
from scratchbird import InterfaceError, NotSupportedError, OperationalError
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer
from tests.fix_pool import eventually

Connect = Callable[..., Any]
HERE = "127.0.0.1"


def refused(sqlstate: str) -> Callable[[Peer], None]:
    """A server that is there and takes nobody."""

    def script(peer: Peer) -> None:
        peer.read_until(wire.STARTUP)
        peer.send(wire.error(sqlstate, "not now"))

    return script


def welcome(peer: Peer) -> None:
    peer.login()
    peer.wait_for_close()


def reporting(**parameters: str) -> Callable[[Peer], None]:
    """A server that reports these parameters."""

    def script(peer: Peer) -> None:
        peer.read_until(wire.STARTUP)
        peer.send(wire.auth_request())
        peer.read_until(wire.AUTH_RESPONSE)
        peer.send(wire.auth_ok(), wire.parameter_status(parameters), wire.ready())
        peer.wait_for_close()

    return script


PLAIN = {"user": "u", "password": "p", "database": "d", "sslmode": "disable"}


@pytest.mark.parametrize("form", ["list", "commas", "ports in the hosts", "dsn", "one port"])
def test_the_next_host_is_tried(connect: Connect, server: Any, login: Any, nobody: int, form: str) -> None:
    options = {
        "list": {"host": [HERE, HERE], "port": [nobody, server.port]},
        "commas": {"host": f"{HERE},{HERE}", "port": f"{nobody},{server.port}"},
        "ports in the hosts": {"host": f"{HERE}:{nobody},{HERE}:{server.port}"},
        "dsn": {"dsn": f"scratchbird://{HERE}:{nobody},{HERE}:{server.port}/"},
        "one port": {"host": f"/nowhere/sb.sock,{HERE}", "port": server.port},
    }[form]
    assert connect(**{**login, **options}).execute("select 1").fetchone() == (1,)


def test_every_host_is_named_with_its_own_failure(connect: Connect, nobody: int, nothing_leaked: None) -> None:
    with ScriptedServer(refused("53300")) as full, ScriptedServer(refused("57P03")) as starting:
        ports = [nobody, full.port, starting.port]
        with pytest.raises(OperationalError) as caught:
            connect(**PLAIN, host=[HERE] * 3, port=ports)
    error = caught.value
    assert error.sqlstate == "08001"
    assert error.is_disconnect
    assert [address for address, _ in error.host_errors] == [f"{HERE}:{port}" for port in ports]
    assert [failure.sqlstate for _, failure in error.host_errors] == ["08001", "53300", "57P03"]  # type: ignore[attr-defined]
    for port in ports:
        assert f"{HERE}:{port}: " in str(error)
    assert "not now" in str(error)


def test_one_host_fails_with_its_own_error(connect: Connect) -> None:
    with ScriptedServer(refused("53300")) as full, pytest.raises(OperationalError) as caught:
        connect(**PLAIN, host=HERE, port=full.port)
    assert caught.value.sqlstate == "53300"
    assert caught.value.host_errors == ()


def test_a_refused_login_is_final(connect: Connect, server: Any, login: Any) -> None:
    with ScriptedServer(welcome) as never:
        with pytest.raises(OperationalError) as caught:
            connect(
                host=[HERE, HERE], port=[server.port, never.port], **{**login, "password": "wrong"}, sslmode="require"
            )
    assert caught.value.sqlstate == "28000"


def test_the_time_limit_is_each_hosts_own(connect: Connect, nothing_leaked: None) -> None:
    with socket.create_server((HERE, 0)) as silent, ScriptedServer(welcome) as there:
        ports = [silent.getsockname()[1], there.port]
        began = time.monotonic()
        connect(**PLAIN, host=[HERE, HERE], port=ports, connect_timeout=0.4).close()
        assert time.monotonic() - began >= 0.4


def test_ports_and_hosts_must_match(connect: Connect) -> None:
    with pytest.raises(InterfaceError, match="2 ports for 3 hosts"):
        connect(**PLAIN, host="a,b,c", port="1,2")
    with pytest.raises(InterfaceError, match="port: not a number"):
        connect(**PLAIN, host=["a", "b"], port=[1, 99999])


def test_random_order_reaches_every_host(connect: Connect) -> None:
    reached: List[int] = []

    def script(number: int) -> Callable[[Peer], None]:
        def run(peer: Peer) -> None:
            reached.append(number)
            welcome(peer)

        return run

    with ScriptedServer(*[script(1)] * 60) as one, ScriptedServer(*[script(2)] * 60) as two:
        for _ in range(60):
            connect(**PLAIN, host=[HERE, HERE], port=[one.port, two.port], load_balance_hosts="random").close()
            if set(reached) == {1, 2}:
                break
    assert set(reached) == {1, 2}


def test_hosts_are_tried_again(connect: Connect, nothing_leaked: None) -> None:
    with ScriptedServer(refused("57P03"), refused("57P03"), welcome) as server:
        connect(**PLAIN, host=HERE, port=server.port, connect_retries=2, connect_backoff=0.01).close()
    with ScriptedServer(refused("57P03"), refused("57P03"), welcome) as server:
        with pytest.raises(OperationalError) as caught:
            connect(**PLAIN, host=HERE, port=server.port, connect_retries=1, connect_backoff=0.01)
        assert caught.value.sqlstate == "57P03"
    with ScriptedServer(refused("28000"), welcome) as server:
        with pytest.raises(OperationalError) as caught:
            connect(**PLAIN, host=HERE, port=server.port, connect_retries=1, connect_backoff=0.01)
        assert caught.value.sqlstate == "28000"


# ---- target_session_attrs -------------------------------------------------------------------------------------------


def is_read_only(conn: Any) -> bool:
    return bool(conn.execute("select tx_read_only()").fetchone()[0])


@pytest.mark.parametrize("first", ["reader", "writer"])
def test_read_write_and_read_only_hosts(connect: Connect, server: Any, reader: Any, login: Any, first: str) -> None:
    ports = [reader.port, server.port]
    if first == "writer":
        ports.reverse()
    address = {"host": [HERE, HERE], "port": ports, **login}
    assert not is_read_only(connect(**address, target_session_attrs="read-write"))
    assert is_read_only(connect(**address, target_session_attrs="read-only"))
    assert is_read_only(connect(**address, target_session_attrs="any")) == (first == "reader")


def test_the_check_leaves_no_transaction(connect: Connect, server: Any, login: Any) -> None:
    conn = connect(host=HERE, port=server.port, **login, target_session_attrs="read-write")
    assert not conn.in_transaction
    with conn.transaction(isolation="SNAPSHOT"):
        assert conn.execute("select 1").fetchone() == (1,)


def test_no_host_is_what_is_asked_for(connect: Connect, server: Any, reader: Any, login: Any) -> None:
    with pytest.raises(OperationalError, match="the session is read-only") as caught:
        connect(host=HERE, port=reader.port, **login, target_session_attrs="read-write")
    assert caught.value.sqlstate == "08001"
    with pytest.raises(OperationalError, match="not read-only") as caught:
        connect(host=[HERE, "127.0.0.2"], port=server.port, **login, target_session_attrs="read-only")
    assert [address for address, _ in caught.value.host_errors] == [f"{HERE}:{server.port}", f"127.0.0.2:{server.port}"]


STANDBY = {"in_hot_standby": "on", "which": "standby"}
PRIMARY = {"in_hot_standby": "off", "default_transaction_read_only": "off", "which": "primary"}
SILENT = {"which": "silent"}


@pytest.mark.parametrize(
    ("hosts", "attrs", "found"),
    [
        ([STANDBY, PRIMARY], "primary", "primary"),
        ([PRIMARY, STANDBY], "standby", "standby"),
        ([STANDBY, PRIMARY], "read-write", "primary"),
        ([PRIMARY, STANDBY], "read-only", "standby"),
        ([PRIMARY, STANDBY], "prefer-standby", "standby"),
        ([PRIMARY, SILENT], "prefer-standby", "primary"),
        ([SILENT, PRIMARY], "primary", "primary"),
    ],
)
def test_what_servers_report_decides(
    connect: Connect, hosts: Any, attrs: str, found: str, nothing_leaked: None
) -> None:
    with ScriptedServer(reporting(**hosts[0])) as one, ScriptedServer(reporting(**hosts[1])) as two:
        conn = connect(**PLAIN, host=[HERE, HERE], port=[one.port, two.port], target_session_attrs=attrs)
        assert conn.info.parameters["which"] == found
        conn.close()


def test_prefer_standby_takes_what_it_has(connect: Connect, nobody: int) -> None:
    with ScriptedServer(reporting(**PRIMARY)) as one:
        conn = connect(**PLAIN, host=[HERE, HERE], port=[one.port, nobody], target_session_attrs="prefer-standby")
        assert conn.info.parameters["which"] == "primary"
        conn.close()


@pytest.mark.parametrize("hosts", [1, 2])
def test_a_server_that_does_not_tell_is_not_supported(connect: Connect, server: Any, login: Any, hosts: int) -> None:
    with pytest.raises(NotSupportedError, match="does not tell whether it is a primary") as caught:
        connect(host=[HERE, "localhost"][:hosts], port=server.port, **login, target_session_attrs="primary")
    assert caught.value.sqlstate == "0A000"


def test_the_beta_server_stands_alone(connect: Connect) -> None:
    with ScriptedServer(*[welcome] * 3) as server:
        address = {**PLAIN, "host": HERE, "port": server.port, "server_profile": "beta"}
        for attrs in ("primary", "read-write", "prefer-standby"):
            connect(**address, target_session_attrs=attrs).close()


# ---- pools ----------------------------------------------------------------------------------------------------------


def test_a_pool_replaces_connections_from_the_next_host(
    make_pool: Any, server: Any, login: Any, gate: Any, reader: Any
) -> None:
    pool = make_pool(None, min_size=2, max_size=2, host=[HERE, HERE], port=[gate.port, reader.port], **login)
    pool.wait()
    with pool.connection() as conn:
        assert not is_read_only(conn)
    gate.shut()
    gate.cut()

    def moved() -> bool:
        with pool.connection(timeout=20) as conn:
            return is_read_only(conn)

    eventually(moved, within=20)


# ---- failover hints -------------------------------------------------------------------------------------------------


TXN_COMMIT, TXN_ROLLBACK, PING, PONG = 0x16, 0x17, 0x1B, 0x5D


def hinting(payload: bytes) -> Callable[[Peer], None]:
    """A server that announces a failover with its first answer."""

    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(wire.frame(0x73, payload), wire.command_complete("SELECT", 0), wire.ready())
        while peer.read_until(TXN_COMMIT, TXN_ROLLBACK):
            peer.send(wire.command_complete("COMMIT", 0), wire.ready())

    return script


def test_a_hint_is_told_and_other_hosts_are_tried_first(connect: Connect, nothing_leaked: None) -> None:
    with ScriptedServer(hinting(b"go elsewhere"), welcome) as leaving:
        with ScriptedServer(reporting(which="other")) as other:
            address = {**PLAIN, "host": [HERE, HERE], "port": [leaving.port, other.port], "autocommit": True}
            conn = connect(**address)
            assert conn.info.failover_hint is None
            conn.execute("select 1 where false")
            assert conn.info.failover_hint == b"go elsewhere"
            ((category, notice),) = conn.messages
            assert issubclass(category, scratchbird.Warning)
            assert "announced a failover" in str(notice)
            conn.close()
            second = connect(**address)
            assert second.info.parameters["which"] == "other"
            second.close()
        # Nobody else is there any more: the host that goes is better than none.
        third = connect(**address)
        third.close()


def test_a_long_hint_is_cut(connect: Connect) -> None:
    with ScriptedServer(hinting(b"x" * 100_000)) as server:
        conn = connect(**PLAIN, host=HERE, port=server.port, autocommit=True)
        conn.execute("select 1 where false")
        assert len(conn.info.failover_hint) == 4096
        conn.close()


def test_a_pool_leaves_a_host_that_goes(make_pool: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="scratchbird.pool")
    with ScriptedServer(hinting(b"")) as leaving, ScriptedServer(reporting(which="other")) as other:
        ports = [leaving.port, other.port]
        pool = make_pool(None, min_size=0, max_size=1, **PLAIN, host=[HERE, HERE], port=ports)
        with pool.connection() as conn:
            conn.execute("select 1 where false")
        with pool.connection() as conn:
            assert conn.info.parameters["which"] == "other"
            conn.close()
        pool.close()
    assert "its server announced a failover" in caplog.text


def test_a_hint_that_comes_unasked_is_read_before_the_next_loan(make_pool: Any) -> None:
    told = threading.Event()

    def script(peer: Peer) -> None:
        peer.login()
        peer.read_until(TXN_ROLLBACK)
        peer.send(wire.command_complete("ROLLBACK", 0), wire.ready(), wire.frame(0x73, b"soon"))
        told.set()
        peer.read_until(PING)
        peer.send(wire.frame(PONG))
        peer.wait_for_close()

    with ScriptedServer(script) as leaving, ScriptedServer(reporting(which="other")) as other:
        ports = [leaving.port, other.port]
        pool = make_pool(None, min_size=0, max_size=1, **PLAIN, host=[HERE, HERE], port=ports)
        conn = pool.getconn()
        conn.rollback()
        conn.close()
        assert told.wait(10)
        with pool.connection() as conn:
            assert conn.info.parameters["which"] == "other"
            conn.close()
        pool.close()
