"""A scripted server that answers every request and writes down what it was sent."""

from __future__ import annotations

import struct
from typing import Callable, List, NamedTuple, Optional

from tests.faults import wire
from tests.faults.scripted import Peer

NAMES = {
    wire.QUERY: "QUERY",
    wire.PARSE: "PARSE",
    wire.BIND: "BIND",
    wire.EXECUTE: "EXECUTE",
    wire.CLOSE: "CLOSE",
    wire.SYNC: "SYNC",
    wire.DESCRIBE: "DESCRIBE",
}


class Sent(NamedTuple):
    """A message of the client: what it is, the statement it names, and its SQL."""

    what: str
    name: str = ""
    text: str = ""


def _lpstr(payload: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<I", payload, at)
    return payload[at + 4 : at + 4 + length].decode(), at + 4 + length


def read(frame: wire.Frame) -> Sent:
    """What a message says of statements."""
    what = NAMES.get(frame.kind, hex(frame.kind))
    if frame.kind == wire.QUERY:
        return Sent(what, text=frame.payload[12:-1].decode())
    if frame.kind == wire.PARSE:
        name, at = _lpstr(frame.payload, 0)
        return Sent(what, name, _lpstr(frame.payload, at)[0])
    if frame.kind == wire.BIND and frame.payload[:4] == b"\1\0\0\1":
        return Sent(what, text="array")
    if frame.kind == wire.BIND:
        _, at = _lpstr(frame.payload, 0)
        return Sent(what, _lpstr(frame.payload, at)[0])
    if frame.kind == wire.CLOSE:
        return Sent(what, _lpstr(frame.payload, 4)[0], chr(frame.payload[0]))
    return Sent(what)


Answer = Callable[[List[Sent]], Optional[List[bytes]]]


class Recorder:
    """Keeps the requests, each a list of messages. `answer` may answer one otherwise, with everything but READY."""

    def __init__(self, answer: Answer = lambda request: None) -> None:
        self.requests: List[List[Sent]] = []
        self.answer = answer
        self.features = wire.FEATURES
        self.reason = 2
        """Why the next READY is sent (SBWP 3.1.8)."""

    def __call__(self, peer: Peer) -> None:
        peer.login(self.features)
        request: List[Sent] = []
        while True:
            frame = peer.read()
            if frame.kind == wire.TERMINATE:
                return
            if frame.kind in (wire.TXN_COMMIT, wire.TXN_ROLLBACK):
                self.requests.append([Sent("COMMIT" if frame.kind == wire.TXN_COMMIT else "ROLLBACK")])
                peer.send(wire.command_complete("COMMIT"), wire.ready())
                continue
            request.append(read(frame))
            if frame.kind not in (wire.QUERY, wire.SYNC):
                continue
            self.requests.append(request)
            answers = self.answer(request)
            if answers is None:
                count = sum(sent.what in ("QUERY", "EXECUTE") for sent in request)
                answers = [wire.command_complete("INSERT 1", 1)] * count
            # Taken before the answer goes out: with it the test goes on, and may set the next one.
            reason, self.reason = self.reason, 2
            peer.send(*answers, wire.ready(reason=reason))
            request = []

    def kinds(self) -> List[str]:
        """The requests as words."""
        return [" ".join(sent.what for sent in request) for request in self.requests]
