"""What the driver sends to a beta, message by message: none of it may meet a defect that changes or loses data."""

from __future__ import annotations

import datetime
import decimal
import struct
import uuid
from typing import Any, Callable, NamedTuple

import pytest

import scratchbird
from tests.conformance.replay import array_rows, bound, is_array, parsed
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer

COPY_IN_RESPONSE, COPY_DATA, COPY_DONE = 0x51, 0x0D, 0x0E
PING, PONG = 0x1B, 0x5D

VALUES = [
    (True, 16, b"true"),
    (7, 23, b"7"),
    (-(2**40), 20, b"-1099511627776"),
    (2**70, 1700, b"1180591620717411303424"),
    (0.1, 701, b"0.1"),
    (decimal.Decimal("12.50"), 1700, b"12.50"),
    ("it's", 25, b"it's"),
    (b"\0\xff", 17, b"\\x00ff"),
    (datetime.date(2024, 2, 29), 1082, b"2024-02-29"),
    (datetime.datetime(2024, 2, 29, 1, 2, 3), 1114, b"2024-02-29 01:02:03"),
    (uuid.UUID(int=5), 2950, b"00000000-0000-0000-0000-000000000005"),
]


class Message(NamedTuple):
    kind: int
    transaction: int
    payload: bytes


class Listener:
    """Answers everything with success, and keeps all messages. READY claims another transaction every time."""

    def __init__(self, count: Callable[[int], int] = lambda rows: rows) -> None:
        self.messages: list[Message] = []
        self.count = count

    def __call__(self, peer: Peer) -> None:
        peer.login()
        rows, executions = 1, 0
        while True:
            header = wire.HEADER.unpack(peer._exactly(wire.HEADER.size))
            message = Message(header[3], header[8], peer._exactly(header[5]))
            self.messages.append(message)
            if message.kind == wire.TERMINATE:
                return
            if message.kind == PING:
                peer.send(wire.frame(PONG, message.payload))
            if message.kind == wire.BIND:
                rows = len(array_rows(message.payload)) if is_array(message.payload) else 1
            if message.kind == wire.EXECUTE:
                executions += 1
            if message.kind == COPY_DATA:
                rows = struct.unpack_from("<I", message.payload, 8)[0]
            if message.kind == wire.QUERY and b"COPY" in message.payload:
                peer.send(wire.frame(COPY_IN_RESPONSE, struct.pack("<BI", 1, 1 << 20)))
                continue
            if message.kind == COPY_DONE:
                executions = 1
            if message.kind in (wire.QUERY, wire.TXN_COMMIT, wire.TXN_ROLLBACK):
                peer.send(wire.command_complete("OK"), wire.ready())
            elif message.kind in (wire.SYNC, COPY_DONE):
                stored = self.count(rows)
                peer.send(*[wire.command_complete(f"INSERT {stored}", stored)] * executions, wire.ready())
                executions = 0

    def of(self, kind: int) -> list[bytes]:
        return [message.payload for message in self.messages if message.kind == kind]


@pytest.fixture
def opened(connect: Callable[..., Any]) -> Callable[..., Any]:
    def open_to(server: ScriptedServer, **options: Any) -> Any:
        where = {"host": server.host, "port": server.port, "user": "u", "password": "p", "database": "d"}
        return connect(**where, sslmode="disable", server_profile="beta", **options)

    return open_to


def test_parameters_are_text_with_their_types(opened: Callable[..., Any]) -> None:
    listener = Listener()
    with ScriptedServer(listener) as server:
        conn = opened(server)
        for value, _, _ in VALUES:
            conn.execute("UPDATE t SET a = ?", (value,))
        conn.close()
    assert [parsed(payload)[2] for payload in listener.of(wire.PARSE)] == [[oid] for _, oid, _ in VALUES]
    for payload, (_, _, text) in zip(listener.of(wire.BIND), VALUES):
        _, _, formats, values = bound(payload)
        assert (formats, values) == ([0], [text])


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_no_bare_word(opened: Callable[..., Any], value: float) -> None:
    """The server pastes numbers into the statement; what is not written in digits must fail, and not change it."""
    listener = Listener()
    with ScriptedServer(listener) as server:
        conn = opened(server)
        conn.execute("UPDATE t SET a = ?", (value,))
        conn.close()
    ((_, _, _, [text]),) = [bound(payload) for payload in listener.of(wire.BIND)]
    assert text in (b"NaN", b"Infinity")


def test_the_transaction_of_a_header_is_always_zero(opened: Callable[..., Any]) -> None:
    listener = Listener()
    with ScriptedServer(listener) as server:
        conn = opened(server)
        conn.execute("INSERT INTO t (a) VALUES (1)")
        conn.execute("INSERT INTO t (a) VALUES (?)", (1,))
        conn.executemany("INSERT INTO t (a) VALUES (?)", [(1,), (2,)])
        conn.bulk_copy("t", [(1,)], columns=["a"])
        conn.commit()
        conn.rollback()
        conn.close()
    kinds = {message.kind for message in listener.messages}
    assert {wire.QUERY, wire.BIND, wire.EXECUTE, COPY_DATA, COPY_DONE, wire.TERMINATE} <= kinds
    assert {message.transaction for message in listener.messages} == {0}


def test_every_bind_has_a_portal_of_its_own(opened: Callable[..., Any]) -> None:
    listener = Listener()
    with ScriptedServer(listener) as server:
        conn = opened(server, prepare_threshold=0)
        for number in range(5):
            conn.execute("UPDATE t SET a = ?", (number,))
        conn.executemany("UPDATE t SET a = ? WHERE b = ?", [(number, 1) for number in range(5)])
        conn.close()
    portals = [bound(payload)[0] for payload in listener.of(wire.BIND)]
    assert len(portals) == 10
    assert "" not in portals
    assert len(set(portals)) == 10


@pytest.mark.parametrize("rows", [1, 1000, 1001, 3500])
def test_an_array_has_a_thousand_rows_at_most(opened: Callable[..., Any], rows: int) -> None:
    listener = Listener()
    with ScriptedServer(listener) as server:
        conn = opened(server)
        assert conn.executemany("INSERT INTO t (a) VALUES (?)", ((n,) for n in range(rows))).rowcount == rows
        conn.close()
    sent = [array_rows(payload) for payload in listener.of(wire.BIND)]
    assert all(len(array) <= 1000 for array in sent)
    assert [row for array in sent for row in array] == [[str(n).encode()] for n in range(rows)]


@pytest.mark.parametrize("road", ["array", "copy"])
@pytest.mark.parametrize("missing", [1, -1])
def test_the_reported_number_is_compared(opened: Callable[..., Any], road: str, missing: int) -> None:
    listener = Listener(lambda rows: rows - missing)
    with ScriptedServer(listener) as server:
        conn = opened(server, autocommit=True)
        with pytest.raises(scratchbird.DatabaseError, match="reports"):
            if road == "array":
                conn.executemany("INSERT INTO t (a) VALUES (?)", [(n,) for n in range(5)])
            else:
                conn.bulk_copy("t", [(n,) for n in range(5)], columns=["a"])
        conn.close()
    texts = [payload[12:].split(b"\0")[0].upper() for payload in listener.of(wire.QUERY)]
    assert listener.of(wire.TXN_ROLLBACK) or b"ROLLBACK" in texts
    assert not listener.of(wire.TXN_COMMIT)
    assert b"COMMIT" not in texts


@pytest.mark.parametrize("road", ["execute", "executemany", "bulk_copy"])
def test_autocommit_says_commit_where_the_flag_has_no_effect(opened: Callable[..., Any], road: str) -> None:
    listener = Listener()
    with ScriptedServer(listener) as server:
        conn = opened(server, autocommit=True)
        if road == "execute":
            conn.execute("INSERT INTO t (a) VALUES (?)", (1,))
        elif road == "executemany":
            conn.executemany("INSERT INTO t (a) VALUES (?)", [(1,), (2,)])
        else:
            conn.bulk_copy("t", [(1,)], columns=["a"])
        conn.close()
    kinds = [message.kind for message in listener.messages]
    texts = [payload[12:].split(b"\0")[0].upper() for payload in listener.of(wire.QUERY)]
    assert wire.TXN_COMMIT in kinds or b"COMMIT" in texts


def test_no_cancel_is_sent(opened: Callable[..., Any]) -> None:
    listener = Listener()
    with ScriptedServer(listener) as server:
        conn = opened(server)
        conn.execute("SELECT 1")
        conn.cancel()
        conn.close()
    assert listener.of(wire.CANCEL) == []
