"""Recorded conversations with the real server: reading them, and a server that plays one back.

The format is described in the `README.md` beside the recordings.
"""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import NamedTuple

from tests.faults import wire

FOLDER = Path(
    os.environ.get("SCRATCHBIRD_TRANSCRIPTS") or Path(__file__).resolve().parents[3] / "shared/protocol/transcripts"
)


class Recorded(NamedTuple):
    """One frame: who sent it, its code, its payload, and its bytes on the wire."""

    client: bool
    kind: int
    payload: bytes
    raw: bytes


class Result(NamedTuple):
    """One result of a statement, as the recording has it: columns as (name, (family, code)), cells as bytes or None."""

    columns: list[tuple[str, tuple[int, int]]] | None
    rows: list[list[bytes | None]]
    tag: str
    count: int


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


def results(answer: list[Recorded]) -> list[Result]:
    """The results of an answer, in order."""
    found: list[Result] = []
    columns: list[tuple[str, tuple[int, int]]] | None = None
    rows: list[list[bytes | None]] = []
    for frame in answer:
        if frame.kind == wire.ROW_DESCRIPTION:
            columns = _columns(frame.payload)
        elif frame.kind == wire.DATA_ROW:
            rows.append(_cells(frame.payload))
        elif frame.kind == wire.COMMAND_COMPLETE:
            (count,) = struct.unpack_from("<Q", frame.payload, 4)
            found.append(Result(columns, rows, frame.payload[20:].split(b"\0")[0].decode(), count))
            columns, rows = None, []
    return found


def _columns(payload: bytes) -> list[tuple[str, tuple[int, int]]]:
    (count,) = struct.unpack_from("<I", payload, 4)
    offset, found = 72, []
    for _ in range(count):
        kind = struct.unpack_from("<HH", payload, offset + 16)
        (size,) = struct.unpack_from("<I", payload, offset + 217)
        found.append((payload[offset + 221 : offset + 221 + size].decode(), kind))
        offset += 221 + size
    return found


def _cells(payload: bytes) -> list[bytes | None]:
    count, size = struct.unpack_from("<HH", payload)
    bitmap = int.from_bytes(payload[4 : 4 + size], "little")
    offset = 4 + size
    cells: list[bytes | None] = []
    for index in range(count):
        if bitmap >> index & 1:
            cells.append(None)
            continue
        (length,) = struct.unpack_from("<i", payload, offset)
        cells.append(payload[offset + 4 : offset + 4 + length])
        offset += 4 + length
    return cells


def error(answer: list[Recorded]) -> dict[str, str] | None:
    """The fields of the ERROR in an answer, by their codes."""
    for frame in answer:
        if frame.kind == wire.ERROR:
            texts = [text.decode() for text in frame.payload.split(b"\0") if text]
            return {text[0]: text[1:] for text in texts}
    return None
