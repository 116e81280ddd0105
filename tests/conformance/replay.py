"""A server that plays a recording back by what was asked, not frame by frame: a driver may ask in other words.

A recording becomes a list of exchanges, each a request with its answer. A statement of the client is answered by the
next exchange that has the same text and the same values, whatever names its portals have and however its frames are
grouped.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

from tests.conformance.transcript import Recorded
from tests.faults import wire
from tests.faults.scripted import Peer

PARSE_COMPLETE = 0x4A
BIND_COMPLETE = 0x4B
CLOSE_COMPLETE = 0x4C
COPY_IN_RESPONSE = 0x51
COPY_DATA, COPY_DONE, COPY_FAIL = 0x0D, 0x0E, 0x0F
PING, PONG = 0x1B, 0x5D

STATEMENTS = (wire.QUERY, wire.EXECUTE)
PLAINLY_COMPARED = (16, 20, 21, 23, 25, 1700, 2950)


class Exchange(NamedTuple):
    """A request and its answer.

    `values` are (OID, bytes or None) for statements with parameters; `rows` are many of them, of an array BIND; `form`
    says how they went. `copied` is what a COPY sent, with the code of what ended it: COPY_DATA where the server did.
    """

    kind: int
    sql: str
    values: list[tuple[int, bytes | None]] | None
    answer: list[Recorded]
    form: str = "text"
    rows: list[list[bytes | None]] | None = None
    copied: list[bytes] | None = None
    end: int = 0
    opening: bytes = b""


class Reader:
    """Reads the fields of a payload."""

    def __init__(self, payload: bytes) -> None:
        self.payload, self.at = payload, 0

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from("<" + form, self.payload, self.at)
        self.at += struct.calcsize(form)
        return int(value)

    def bytes(self, size: int) -> bytes:
        self.at += size
        return self.payload[self.at - size : self.at]

    def text(self) -> str:
        return self.bytes(self.number("I")).decode()


def parsed(payload: bytes) -> tuple[str, str, list[int]]:
    """The name, text and types of a PARSE."""
    fields = Reader(payload)
    name, sql, count = fields.text(), fields.text(), fields.number("H")
    fields.number("H")
    return name, sql, [fields.number("I") for _ in range(count)]


def bound(payload: bytes) -> tuple[str, str, list[int], list[bytes | None]]:
    """The portal, statement, formats and values of a BIND."""
    fields = Reader(payload)
    portal, statement = fields.text(), fields.text()
    formats = [fields.number("H") for _ in range(fields.number("H"))]
    count = fields.number("H")
    fields.number("H")
    values: list[bytes | None] = []
    for _ in range(count):
        size = fields.number("i")
        values.append(None if size < 0 else fields.bytes(size))
    return portal, statement, formats, values


def is_array(payload: bytes) -> bool:
    return payload[:4] == b"\x01\0\0\x01"


def array_rows(payload: bytes) -> list[list[bytes | None]]:
    """The rows of an array BIND (SBWP 3.3.5)."""
    width, count, slots = struct.unpack_from("<III", payload, 40)
    fields = Reader(payload)
    fields.at = 104 + slots
    rows: list[list[bytes | None]] = []
    for _ in range(count):
        fields.number("I")
        assert fields.number("I") == width
        row: list[bytes | None] = []
        for _ in range(width):
            fields.number("I")
            is_null, _, _ = fields.number("B"), fields.number("B"), fields.number("H")
            value = fields.bytes(fields.number("Q"))
            row.append(None if is_null else value)
        rows.append(row)
    return rows


def numbered(sql: str) -> str:
    """The text with `$n` for `?`, as the driver writes it."""
    for number in range(1, sql.count("?") + 1):
        sql = sql.replace("?", f"${number}", 1)
    return sql


def query_text(payload: bytes) -> str:
    return payload[12:].split(b"\0")[0].decode()


def login(frames: list[Recorded]) -> tuple[list[Recorded], list[Recorded]]:
    """The frames up to the first READY of the server, and those after it."""
    for index, frame in enumerate(frames):
        if not frame.client and frame.kind == wire.READY:
            return frames[: index + 1], frames[index + 1 :]
    return frames, []


def exchanges(frames: list[Recorded]) -> list[Exchange]:
    """What was asked after the login, in order."""
    answers = [frame for frame in frames if not frame.client]
    # How many answers had come when a frame of the client was sent, for what has no known end of its own.
    due: list[int] = []
    count = 0
    for frame in frames:
        if frame.client:
            due.append(count)
        else:
            count += 1
    due.append(count)
    found: list[Exchange] = []
    statements: dict[str, tuple[str, list[int]]] = {}
    portals: dict[str, Any] = {}
    at = 0

    def take(*ends: int) -> list[Recorded]:
        nonlocal at
        begin = at
        while at < len(answers):
            at += 1
            if answers[at - 1].kind in ends:
                break
        return answers[begin:at]

    requests = [frame for frame in frames if frame.client]
    copying = 0
    for index, frame in enumerate(requests):
        if index < copying:
            continue
        if frame.kind == wire.PARSE:
            name, sql, oids = parsed(frame.payload)
            statements[name] = (numbered(sql), oids)
            take(PARSE_COMPLETE, wire.ERROR)
        elif frame.kind == wire.BIND:
            [answer] = take(BIND_COMPLETE, wire.ERROR)
            if answer.kind == wire.ERROR:
                if is_array(frame.payload):
                    found.append(Exchange(frame.kind, "", None, [answer], "array"))
                continue
            if is_array(frame.payload):
                [(array_sql, _)] = [known for known in statements.values() if known[0].upper().startswith("INSERT")]
                try:
                    portals[""] = ("array", array_sql, array_rows(frame.payload))
                except (AssertionError, struct.error):
                    portals[""] = ("damaged", array_sql, [])
                continue
            portal, statement, formats, values = bound(frame.payload)
            sql, oids = statements.get(statement, ("", []))
            oids = oids + [0] * len(values)
            plain = formats and not any(formats)
            portals[portal] = ("text" if plain else "binary", sql, list(zip(oids, values)))
        elif frame.kind == wire.EXECUTE:
            answer_frames = take(wire.COMMAND_COMPLETE, wire.ERROR)
            # A missing value gives two errors for one EXECUTE.
            is_last = requests[index + 1].kind == wire.SYNC
            while is_last and answer_frames[-1].kind == answers[at].kind == wire.ERROR:
                answer_frames += take(wire.ERROR)
            if (bind := portals.get(Reader(frame.payload).text())) is not None:
                form, sql, given = bind
                if form == "array":
                    found.append(Exchange(frame.kind, sql, None, answer_frames, form, rows=given))
                else:
                    found.append(Exchange(frame.kind, sql, given, answer_frames, form))
        elif frame.kind == wire.SYNC:
            if at < len(answers) and answers[at].kind == wire.READY:
                take(wire.READY)
        elif frame.kind == wire.QUERY:
            answer_frames = take(wire.READY, COPY_IN_RESPONSE)
            if answer_frames[-1].kind != COPY_IN_RESPONSE:
                found.append(Exchange(frame.kind, query_text(frame.payload), None, answer_frames))
                continue
            copied: list[bytes] = []
            for copying, sent in enumerate(requests[index + 1 :], index + 1):
                begin, at = at, max(at, due[copying + 1])
                if sent.kind == COPY_DATA:
                    copied.append(sent.payload)
                if sent.kind != COPY_DATA or at > begin:
                    break
            copying += 1
            found.append(
                Exchange(
                    frame.kind,
                    query_text(frame.payload),
                    None,
                    answers[begin:at],
                    "copy",
                    copied=copied,
                    end=sent.kind,
                    opening=answer_frames[-1].raw,
                )
            )
        elif frame.kind in (wire.CLOSE, wire.DESCRIBE):
            at += at < len(answers)
        else:
            begin, at = at, max(at, due[index + 1])
            found.append(Exchange(frame.kind, "", None, answers[begin:at]))
    return found


class Player:
    """The server's part of a whole conversation."""

    def __init__(self, frames: list[Recorded]) -> None:
        self.login, rest = login(frames)
        self.left = exchanges(rest)
        copying = (COPY_DATA, COPY_DONE, COPY_FAIL)
        # How data of a COPY that the server has ended already are answered: they may be under way.
        self.late = next((exchange.answer for exchange in self.left if exchange.kind in copying), [])
        self.served = 0
        self.transactions: set[int] = set()

    def __call__(self, peer: Peer) -> None:
        for frame in self.login:
            if frame.client:
                got = self.read(peer)
                assert got.kind == frame.kind, f"0x{got.kind:02x} came, 0x{frame.kind:02x} is recorded"
            else:
                peer.send(frame.raw)
        statements: dict[str, str] = {}
        portals: dict[str, tuple[str, Any]] = {}
        while True:
            frame = self.read(peer)
            if frame.kind == wire.TERMINATE:
                return
            if frame.kind == wire.PARSE:
                name, text, _ = parsed(frame.payload)
                statements[name] = text
                peer.send(wire.frame(PARSE_COMPLETE))
            elif frame.kind == wire.BIND and is_array(frame.payload):
                portals[""] = (statements[""], array_rows(frame.payload))
                peer.send(wire.frame(BIND_COMPLETE))
            elif frame.kind == wire.BIND:
                portal, statement, formats, values = bound(frame.payload)
                assert formats == [0] or not values, "the parameters are not all text"
                portals[portal] = (statements[statement], values)
                peer.send(wire.frame(BIND_COMPLETE))
            elif frame.kind == wire.EXECUTE:
                sql, values = portals[Reader(frame.payload).text()]
                self.answer(peer, wire.EXECUTE, sql, values)
            elif frame.kind == wire.CLOSE:
                peer.send(wire.frame(CLOSE_COMPLETE))
            elif frame.kind == wire.SYNC:
                peer.send(wire.ready())
            elif frame.kind == wire.QUERY:
                self.answer(peer, wire.QUERY, query_text(frame.payload), None)
            elif frame.kind in (COPY_DATA, COPY_DONE, COPY_FAIL) and self.late:
                peer.send(*(late.raw for late in self.late))
            elif frame.kind == PING:
                peer.send(wire.frame(PONG, frame.payload))
            else:
                self.answer(peer, frame.kind, "", None)

    def read(self, peer: Peer) -> wire.Frame:
        header = wire.HEADER.unpack(peer._exactly(wire.HEADER.size))
        # A wrong id makes the real server carry a request out and answer it twice.
        self.transactions.add(header[8])
        return wire.Frame(header[3], peer._exactly(header[5]))

    def answer(self, peer: Peer, kind: int, sql: str, values: Any) -> None:
        for index, exchange in enumerate(self.left):
            if exchange.kind == kind and exchange.sql == sql and _fit(exchange, values):
                del self.left[: index + 1]
                self.served += 1
                if exchange.copied is not None:
                    self.copy(peer, exchange, exchange.copied)
                peer.send(*(frame.raw for frame in exchange.answer))
                return
        raise AssertionError(f"nothing like 0x{kind:02x} {sql!r} {values} is recorded from here on")

    def copy(self, peer: Peer, exchange: Exchange, copied: list[bytes]) -> None:
        """Takes what a COPY sends, which must be the recorded bytes, up to its end."""
        peer.send(exchange.opening)
        left = b"".join(copied)
        while left or exchange.end != COPY_DATA:
            frame = self.read(peer)
            if frame.kind != COPY_DATA:
                assert frame.kind == exchange.end, f"0x{frame.kind:02x} came"
                # What is given up need not have been sent.
                assert frame.kind == COPY_FAIL or not left, f"{left!r} is missing"
                return
            assert left.startswith(frame.payload), f"{frame.payload!r} came, {left!r} is recorded"
            left = left[len(frame.payload) :]


def _fit(exchange: Exchange, values: Any) -> bool:
    if exchange.rows is not None:
        return exchange.rows == values
    if exchange.values is None or values is None:
        return exchange.values is values
    if len(exchange.values) != len(values):
        return False
    return all(
        (recorded is None and value is None)
        or (
            recorded is not None
            and value is not None
            and (recorded.lower() == value.lower() or oid not in PLAINLY_COMPARED)
        )
        for (oid, recorded), value in zip(exchange.values, values)
    )
