"""The trace of a request on the wire (SBWP 3.8 TRACE_CONTEXT)."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer

TRACE_CONTEXT = 0x23
ROW = wire.row_description([("a", (4, 2))]) + wire.data_row([b"1"]) + wire.command_complete("SELECT", 1) + wire.ready()


def told(frame: wire.Frame) -> tuple[str, str]:
    """The two texts of a TRACE_CONTEXT."""
    payload = frame.payload
    assert payload[:16] == bytes(16)
    texts = []
    at = 16
    for _ in range(2):
        (length,) = struct.unpack_from("<I", payload, at)
        texts.append(payload[at + 4 : at + 4 + length].decode())
        at += 4 + length
    assert payload[at:] == bytes(2)
    return texts[0], texts[1]


def parent_of(span: Any) -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"


@pytest.fixture
def options(scripted_options: dict[str, Any]) -> dict[str, Any]:
    return scripted_options


@pytest.fixture
def scripted_options() -> dict[str, Any]:
    return {"host": "127.0.0.1", "user": "u", "password": "p", "sslmode": "disable"}


def test_statements_are_part_of_their_spans(connect: Any, collected: Any, options: dict[str, Any]) -> None:
    seen: list[Any] = []

    def script(peer: Peer) -> None:
        startup = peer.read_until(wire.STARTUP)
        seen.append(startup.payload)
        peer.send(wire.auth_request())
        peer.read_until(wire.AUTH_RESPONSE)
        peer.send(wire.auth_ok(), wire.server_info(), wire.parameter_status({"client_encoding": "UTF8"}), wire.ready())
        for _ in range(2):
            seen.append(told(peer.read_until(TRACE_CONTEXT)))
            assert peer.read().kind == wire.QUERY, "the trace costs no round trip"
            peer.send(wire.parameter_status({"traceparent": "present"}), wire.ready(reason=7), ROW)
        seen.append(told(peer.read_until(TRACE_CONTEXT)))
        assert peer.read().kind == wire.TXN_COMMIT
        peer.send(
            wire.parameter_status({"traceparent": "present"}),
            wire.ready(reason=7),
            wire.command_complete("COMMIT"),
            wire.ready(),
        )
        # Nobody watches any more: the session is told once.
        seen.append(told(peer.read_until(TRACE_CONTEXT)))
        assert peer.read().kind == wire.QUERY
        peer.send(wire.parameter_status({"traceparent": "absent"}), wire.ready(reason=7), ROW)
        assert peer.read().kind == wire.QUERY
        peer.send(ROW)
        peer.wait_for_close()

    from scratchbird import telemetry

    collected.instrument()
    with ScriptedServer(script) as server:
        connection = connect(**{**options, "port": server.port})
        for _ in range(2):
            assert connection.execute("select 1").fetchone() == (1,)
        connection.commit()
        spans = collected.spans()
        telemetry.uninstrument()
        for _ in range(2):
            assert connection.execute("select 1").fetchone() == (1,)
        connection.close()
    startup, first, second, commit, none = seen
    assert [span.name.split()[0] for span in spans] == ["CONNECT", "SELECT", "SELECT", "COMMIT"]
    assert parent_of(spans[0]).encode() in startup
    assert b"traceparent" in startup
    assert [first[0], second[0], commit[0]] == [parent_of(span) for span in spans[1:]]
    assert none == ("", "")


def test_a_server_that_refuses_the_trace(connect: Any, collected: Any, options: dict[str, Any]) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_until(TRACE_CONTEXT)
        peer.send(wire.error("08P01", "NATIVE_WIRE.TRACE_CONTEXT_INVALID"), wire.ready(reason=3))
        peer.wait_for_close()

    collected.instrument()
    with ScriptedServer(script) as server:
        connection = connect(**{**options, "port": server.port})
        import scratchbird

        with pytest.raises(scratchbird.Error) as caught:
            connection.execute("select 1")
        assert caught.value.sqlstate == "08P01"
        assert connection.closed, "a statement that runs without what it was sent with is not to be trusted"


@pytest.mark.parametrize("keys", [{"trace_context": False}, {}])
def test_servers_and_users_that_want_none(
    connect: Any, collected: Any, options: dict[str, Any], keys: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that has not the feature, and a user who switched it off, see no trace."""
    if not keys:
        monkeypatch.setattr(wire, "ready", lambda *args, **kw: featureless(*args, **kw))
    kinds: list[int] = []

    def script(peer: Peer) -> None:
        peer.read_until(wire.STARTUP)
        peer.send(wire.auth_request())
        peer.read_until(wire.AUTH_RESPONSE)
        peer.send(wire.auth_ok(), wire.server_info(), wire.parameter_status({"client_encoding": "UTF8"}), wire.ready())
        kinds.append(peer.read().kind)
        peer.send(
            wire.row_description([("a", (4, 2))]),
            wire.data_row([b"1"]),
            wire.command_complete("SELECT", 1),
            wire.ready(),
        )
        peer.wait_for_close()

    collected.instrument(**keys)
    with ScriptedServer(script) as server:
        connection = connect(**{**options, "port": server.port})
        assert connection.execute("select 1").fetchone() == (1,)
        connection.close()
    assert kinds == [wire.QUERY]


def featureless(state: bytes = b"T", reason: int = 2) -> bytes:
    """READY of a session that has no TRACE_CONTEXT."""
    mask = 0x12303D6 & ~(1 << 24)
    return wire.frame(
        wire.READY, wire.SESSION * 2 + bytes(16) + struct.pack("<QcBHQII", 42, state, reason, 0x0101, mask, 0, 0)
    )


def test_the_development_server_takes_it(ledger: str, conn: Any, collected: Any) -> None:
    """Every kind of request, with a trace before it."""
    collected.instrument()
    conn.execute("insert into ledger (n) values (?)", (1,))
    conn.executemany("insert into ledger (n) values (?)", [(2,), (3,)])
    with conn.cursor() as cursor:
        with cursor.copy("COPY ledger (n) FROM STDIN") as copy:
            copy.write_row((4,))
        assert sorted(cursor.stream("select n from ledger")) == [(1,), (2,), (3,), (4,)]
    with conn.pipeline():
        cursors = [conn.execute("select ?", (n,)) for n in range(3)]
    assert [cursor.fetchone() for cursor in cursors] == [(0,), (1,), (2,)]
    with conn.transaction(read_only=True) if not conn.in_transaction else conn.transaction():
        assert conn.execute("select count(*) from ledger").fetchone() == (4,)
    conn.rollback()
    assert conn.info.parameters["traceparent"] == "present"
    with conn.transaction(read_only=True):
        assert conn.execute("select count(*) from ledger").fetchone() == (0,)
