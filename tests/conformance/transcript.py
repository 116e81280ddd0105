"""Recorded conversations with the real server: reading them, and a server that plays one back.

The format is described in the `README.md` beside the recordings.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, Iterator, NamedTuple

from tests.faults import wire
from tests.faults.scripted import Peer

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "protocol" / "transcripts"


class Recorded(NamedTuple):
    """One frame: who sent it, its code, its payload, and its bytes on the wire."""

    client: bool
    kind: int
    payload: bytes
    raw: bytes


class Result(NamedTuple):
    """One result of a statement, as the recording has it."""

    columns: list[str] | None
    rows: int
    tag: str


def read(path: Path) -> list[Recorded]:
    """The frames of a recording, without its events."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()][1:]
    return [
        Recorded(
            line["dir"] == "C",
            line["type"],
            bytes.fromhex(line["payload"]),
            bytes.fromhex(line["header"]) + bytes.fromhex(line["payload"]),
        )
        for line in lines
        if "type" in line
    ]


def queries(frames: list[Recorded]) -> Iterator[tuple[str, list[Recorded]]]:
    """Each QUERY's text, with the frames of the server's answer."""
    for index, frame in enumerate(frames):
        if frame.client and frame.kind == wire.QUERY:
            answer = []
            for following in frames[index + 1 :]:
                if following.client:
                    break
                answer.append(following)
            yield frame.payload[12:].split(b"\0")[0].decode(), answer


def is_plain(frames: list[Recorded]) -> bool:
    """Whether a driver that only runs statements can follow: login, QUERYs answered up to READY, TERMINATE."""
    kinds = [frame.kind for frame in frames if frame.client]
    ordinary = [wire.STARTUP, wire.AUTH_RESPONSE] + [wire.QUERY] * (len(kinds) - 3) + [wire.TERMINATE]
    answers = [answer for _, answer in queries(frames)]
    return kinds == ordinary and all(
        [frame.kind for frame in answer].count(wire.READY) == 1 and answer[-1].kind == wire.READY for answer in answers
    )


def results(answer: list[Recorded]) -> list[Result]:
    """The results of an answer, in order."""
    found: list[Result] = []
    columns: list[str] | None = None
    rows = 0
    for frame in answer:
        if frame.kind == wire.ROW_DESCRIPTION:
            columns = _names(frame.payload)
        elif frame.kind == wire.DATA_ROW:
            rows += 1
        elif frame.kind == wire.COMMAND_COMPLETE:
            found.append(Result(columns, rows, frame.payload[20:].split(b"\0")[0].decode()))
            columns, rows = None, 0
    return found


def _names(payload: bytes) -> list[str]:
    (count,) = struct.unpack_from("<I", payload, 4)
    offset, names = 72, []
    for _ in range(count):
        (size,) = struct.unpack_from("<I", payload, offset + 217)
        names.append(payload[offset + 221 : offset + 221 + size].decode())
        offset += 221 + size
    return names


def error(answer: list[Recorded]) -> dict[str, str] | None:
    """The fields of the ERROR in an answer, by their codes."""
    for frame in answer:
        if frame.kind == wire.ERROR:
            texts = [text.decode() for text in frame.payload.split(b"\0") if text]
            return {text[0]: text[1:] for text in texts}
    return None


class Replay:
    """Plays the server's part: checks each of the client's frames by its code, QUERYs by their text too."""

    def __init__(self, frames: list[Recorded]) -> None:
        self.frames = frames

    def __call__(self, peer: Peer) -> None:
        for frame in self.frames:
            if not frame.client:
                peer.send(frame.raw)
                continue
            got: Any = peer.read()
            assert got.kind == frame.kind, f"0x{got.kind:02x} came, 0x{frame.kind:02x} is recorded"
            if frame.kind == wire.QUERY:
                assert got.payload[12:].split(b"\0")[0] == frame.payload[12:].split(b"\0")[0]
