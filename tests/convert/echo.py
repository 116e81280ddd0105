"""A scripted server that repeats: parameters come back as a row of their own types; a QUERY says the row itself.

So a test sees exactly what the driver sent, and can send it any bytes, without a database in between.
"""

from __future__ import annotations

import json
import socket
import struct
from typing import Dict, List, NamedTuple, Optional, Tuple

from tests.faults import wire
from tests.faults.scripted import Peer

TEXT, BINARY = 0, 1

CELL = Tuple[int, int, Optional[bytes]]


class Sent(NamedTuple):
    """A parameter as it arrived: its OID, and its text or None for NULL."""

    oid: int
    text: bytes | None


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def take(self, size: int) -> bytes:
        part, self.data = self.data[:size], self.data[size:]
        assert len(part) == size
        return part

    def numbers(self, layout: str) -> Tuple[int, ...]:
        return struct.unpack("<" + layout, self.take(struct.calcsize("<" + layout)))

    def lpstr(self) -> bytes:
        return self.take(self.numbers("I")[0])


class Echo:
    """The script; `sent` has the parameters of every execution."""

    def __init__(self) -> None:
        self.sent: List[List[Sent]] = []

    def __call__(self, peer: Peer) -> None:
        # Answers go out message by message: without waiting for acknowledgements in between.
        peer.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.login()
        # The types of the parameters, by the name of the statement.
        oids: Dict[bytes, Tuple[int, ...]] = {}
        cells: List[CELL] = []
        while True:
            kind, payload = peer.read()
            reader = _Reader(payload)
            if kind == wire.PARSE:
                name, _ = reader.lpstr(), reader.lpstr()
                count, _ = reader.numbers("HH")
                oids[name] = reader.numbers(f"{count}I")
                peer.send(wire.frame(0x4A))
            elif kind == wire.BIND:
                _, name = reader.lpstr(), reader.lpstr()
                (formats,) = reader.numbers("H")
                assert reader.numbers(f"{formats}H") == (TEXT,)
                count, _ = reader.numbers("HH")
                values = []
                for _ in range(count):
                    (length,) = reader.numbers("i")
                    values.append(None if length == -1 else reader.take(length))
                self.sent.append([Sent(oid, value) for oid, value in zip(oids[name], values)])
                cells = [(oid, TEXT, value) for oid, value in zip(oids[name], values)]
                peer.send(wire.frame(0x4B))
            elif kind == wire.EXECUTE:
                peer.send(*result(cells))
            elif kind == 0x08:
                peer.send(wire.frame(0x4C))
            elif kind == wire.SYNC:
                peer.send(wire.ready())
            elif kind == wire.QUERY:
                sql = payload[12:].rstrip(b"\0")
                row = json.loads(sql[sql.index(b"[") : sql.rindex(b"]") + 1])
                peer.send(*result([(o, f, None if h is None else bytes.fromhex(h)) for o, f, h in row]), wire.ready())
            elif kind == wire.TERMINATE:
                return
            else:
                peer.send(wire.ready())


def result(cells: List[CELL]) -> Tuple[bytes, bytes, bytes]:
    """Description, one row and completion."""
    return row_description(cells), wire.data_row([value for _, _, value in cells]), wire.command_complete("SELECT 1", 1)


def row_description(cells: List[CELL]) -> bytes:
    """The legacy form, which has OIDs and formats."""
    payload = struct.pack("<HH", len(cells), 0)
    for index, (oid, form, _) in enumerate(cells):
        payload += wire.lpstr(f"c{index}") + struct.pack("<IHIhiBBH", 0, index, oid, -1, -1, form, 1, 0)
    return wire.frame(wire.ROW_DESCRIPTION, payload)


def query(*cells: CELL) -> str:
    """The statement that answers with these cells."""
    return "select " + json.dumps([(oid, form, None if value is None else value.hex()) for oid, form, value in cells])
