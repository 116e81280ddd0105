"""Commits whose answer is lost, and the order of what opens a transaction, against scripted servers."""

from __future__ import annotations

import struct
from typing import Any, Callable

import pytest

import scratchbird
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer

Connect = Callable[..., Any]

TXN_COMMIT = 0x16
TXN_ROLLBACK = 0x17

pytestmark = pytest.mark.usefixtures("nothing_leaked")


def options(server: ScriptedServer) -> dict[str, Any]:
    return {"host": server.host, "port": server.port, "user": "u", "password": "p", "sslmode": "disable"}


def ready(transaction: int) -> bytes:
    """READY in a transaction of this id."""
    payload = wire.SESSION * 2 + bytes(16) + struct.pack("<QcBHQII", transaction, b"T", 2, 0x0101, 0x12303D6, 0, 0)
    return wire.frame(wire.READY, payload)


def text(frame: wire.Frame) -> str:
    """The SQL of a QUERY."""
    return frame.payload[12:].rstrip(b"\0").decode()


def done(peer: Peer, tag: str, transaction: int) -> None:
    peer.send(wire.command_complete(tag), ready(transaction))


def one_insert(peer: Peer) -> None:
    peer.login()
    peer.read_until(wire.QUERY)
    done(peer, "INSERT 1", 42)


def hang_up(peer: Peer) -> None:
    one_insert(peer)
    peer.read_until(TXN_COMMIT)


def hang_up_in_the_middle(peer: Peer) -> None:
    one_insert(peer)
    peer.read_until(TXN_COMMIT)
    peer.send(wire.command_complete("COMMIT")[:50])


def shut_down(peer: Peer) -> None:
    one_insert(peer)
    peer.read_until(TXN_COMMIT)
    peer.send(wire.error("57P01", "the server is going down", S="FATAL"))


def garbage(peer: Peer) -> None:
    one_insert(peer)
    peer.read_until(TXN_COMMIT)
    peer.send(b"HTTP/1.1 400 Bad Request\r\n" + bytes(40))


def silence(peer: Peer) -> None:
    one_insert(peer)
    peer.read_until(TXN_COMMIT)
    peer.wait_for_close()


LOSSES = [hang_up, hang_up_in_the_middle, shut_down, garbage, silence]


@pytest.mark.parametrize("block", [False, True], ids=["commit", "block"])
@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_the_outcome_is_unknown(connect: Connect, loss: Callable[[Peer], None], block: bool) -> None:
    with ScriptedServer(loss) as server:
        conn = connect(**options(server), socket_timeout=1)
        with pytest.raises(scratchbird.OperationalError) as info:
            if block:
                with conn.transaction() as transaction:
                    conn.execute("insert into t values (1)")
            else:
                conn.execute("insert into t values (1)")
                conn.commit()
        error = info.value
        assert error.sqlstate == "08007"
        assert error.outcome_unknown
        assert "unknown" in str(error)
        assert error.is_disconnect
        assert not error.is_retryable
        assert conn.closed
        if block:
            assert transaction.status == "unknown"
        conn.close()


def test_sql_commit_is_a_commit(connect: Connect) -> None:
    def script(peer: Peer) -> None:
        one_insert(peer)
        peer.read_until(wire.QUERY)

    with ScriptedServer(script) as server:
        conn = connect(**options(server))
        conn.execute("insert into t values (1)")
        with pytest.raises(scratchbird.OperationalError) as info:
            conn.execute("COMMIT")
        assert info.value.outcome_unknown
        conn.close()


@pytest.mark.parametrize("parameters", [None, (1,)], ids=["query", "extended"])
def test_autocommit_is_a_commit(connect: Connect, parameters: Any) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()

    with ScriptedServer(script) as server:
        conn = connect(**options(server), autocommit=True)
        with pytest.raises(scratchbird.OperationalError) as info:
            conn.execute("update t set a = " + ("%s" if parameters else "1"), parameters)
        assert info.value.outcome_unknown
        conn.close()


def test_what_does_not_commit_has_an_outcome(connect: Connect) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read()

    calls: list[tuple[bool, Callable[[Any], Any]]] = [
        (False, lambda conn: conn.execute("update t set a = 1")),
        (True, lambda conn: conn.execute("select 1")),
        (False, lambda conn: conn.rollback()),
    ]
    for autocommit, call in calls:
        with ScriptedServer(script) as server:
            conn = connect(**options(server), autocommit=autocommit)
            with pytest.raises(scratchbird.OperationalError) as info:
                call(conn)
            assert info.value.sqlstate == "08006"
            assert not info.value.outcome_unknown
            conn.close()


def test_a_commit_on_a_connection_lost_before_did_not_happen(connect: Connect) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_until(wire.QUERY)

    with ScriptedServer(script) as server:
        conn = connect(**options(server))
        with pytest.raises(scratchbird.OperationalError) as info:
            conn.execute("insert into t values (1)")
        assert not info.value.outcome_unknown
        with pytest.raises(scratchbird.InterfaceError):
            conn.commit()
        conn.close()


def test_an_answer_is_an_answer_even_if_it_is_the_last(connect: Connect) -> None:
    def script(peer: Peer) -> None:
        one_insert(peer)
        peer.read_until(TXN_COMMIT)
        peer.send(wire.command_complete("COMMIT"))

    with ScriptedServer(script) as server:
        conn = connect(**options(server))
        conn.execute("insert into t values (1)")
        conn.commit()
        assert conn.closed
        conn.close()


def test_a_refused_commit_is_rolled_back(connect: Connect) -> None:
    seen = []

    def script(peer: Peer) -> None:
        one_insert(peer)
        peer.read_until(TXN_COMMIT)
        peer.send(wire.error("40001", "could not serialize"), ready(42))
        seen.append(peer.read().kind)
        done(peer, "ROLLBACK", 43)
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect(**options(server))
        with pytest.raises(scratchbird.DatabaseError) as info, conn.transaction():
            conn.execute("insert into t values (1)")
        assert info.value.is_retryable
        assert not conn.in_transaction
        assert not conn.closed
        conn.close()
    assert seen == [TXN_ROLLBACK]


def test_a_rollback_that_fails_closes_the_connection(connect: Connect) -> None:
    """Or the next commit would keep what was to be undone."""

    def script(peer: Peer) -> None:
        one_insert(peer)
        peer.read_until(TXN_ROLLBACK)
        peer.send(wire.error("XX000", "no"), ready(42))
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect(**options(server))
        with pytest.raises(ZeroDivisionError), conn.transaction() as block:
            conn.execute("insert into t values (1)")
            raise ZeroDivisionError
        assert conn.closed
        assert block.status == "unknown"


def test_what_opens_a_transaction_travels_with_its_first_statement(connect: Connect) -> None:
    said: list[str] = []

    def script(peer: Peer) -> None:
        peer.login()
        # Whether the server knows the statement is not known yet.
        said.append(text(peer.read()))
        peer.send(wire.row_description([("x", (3, 1))]), wire.data_row([b"ignored"]))
        done(peer, "SET", 42)
        said.append(text(peer.read()))
        done(peer, "INSERT 1", 42)
        said.append(text(peer.read()))
        done(peer, "INSERT 2", 42)
        assert peer.read().kind == TXN_COMMIT
        done(peer, "COMMIT", 43)
        # Now it is: both come before an answer.
        said.extend(text(peer.read()) for _ in range(2))
        peer.send(wire.row_description([("x", (3, 1))]), wire.data_row([b"ignored"]))
        done(peer, "SET", 43)
        done(peer, "INSERT 3", 43)
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect(**options(server))
        conn.isolation_level = "snapshot"
        assert conn.execute("first").statusmessage == "INSERT 1"
        conn.execute("second")
        conn.commit()
        cursor = conn.execute("third")
        assert (cursor.statusmessage, cursor.description, cursor.nextset()) == ("INSERT 3", None, None)
        conn.close()
    opening = "SET TRANSACTION ISOLATION LEVEL SNAPSHOT"
    assert said == [opening, "first", "second", opening, "third"]


def test_a_refused_opening_runs_nothing(connect: Connect) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_until(wire.QUERY)
        peer.send(wire.error("0A000", "no such level"), ready(42))
        assert text(peer.read()) == "SET TRANSACTION ISOLATION LEVEL SNAPSHOT"
        peer.send(wire.error("0A000", "no such level"), ready(42))
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect(**options(server))
        conn.isolation_level = "snapshot"
        for _ in range(2):
            with pytest.raises(scratchbird.NotSupportedError):
                conn.execute("insert into t values (1)")
            assert not conn.in_transaction
        conn.close()


def test_an_opening_refused_later_ends_the_connection(connect: Connect) -> None:
    """What came behind it has run otherwise than it was to."""

    def script(peer: Peer) -> None:
        peer.login()
        peer.read_until(wire.QUERY)
        done(peer, "SET", 42)
        peer.read_until(wire.QUERY)
        done(peer, "INSERT 1", 43)
        peer.read_until(wire.QUERY)
        peer.read_until(wire.QUERY)
        peer.send(wire.error("0A000", "not now"), ready(43))
        done(peer, "INSERT 1", 43)
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect(**options(server), autocommit=True)
        conn.read_only = True
        conn.execute("insert into t values (1)")
        with pytest.raises(scratchbird.OperationalError) as info:
            conn.execute("insert into t values (1)")
        assert info.value.outcome_unknown
        assert conn.closed
        conn.close()


@pytest.mark.parametrize(("state", "status"), [(b"T", "active"), (b"E", "failed"), (b"I", "idle"), (b"R", "idle")])
def test_the_status_is_what_the_server_says(connect: Connect, state: bytes, status: str) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_until(wire.QUERY)
        peer.send(wire.command_complete("SELECT 0"), wire.ready(state))
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect(**options(server))
        assert conn.info.transaction_status == "active"
        conn.execute("select 1")
        assert conn.info.transaction_status == status
        conn.close()
