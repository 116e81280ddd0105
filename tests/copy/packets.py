"""COPY packets and lines, written by hand from the specification, apart from the code under test (SBWP 3.4.2)."""

from __future__ import annotations

import struct
from typing import Any, Sequence

TEXT, INT64, BOOLEAN, INT32, UINT64, REAL64, BINARY = range(1, 8)
FIXED = {INT64: "<q", BOOLEAN: "<?", INT32: "<i", UINT64: "<Q", REAL64: "<d"}


def lpstr(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def rowset(columns: Sequence[tuple[str, int]], rows: Sequence[Sequence[Any]]) -> bytes:
    """An SBNR packet of version 2."""
    head = b"SBNR" + struct.pack("<HHQI", 2, 0, len(rows), len(columns))
    out = [head, bytes(kind for _, kind in columns), *(lpstr(name.encode()) for name, _ in columns)]
    for row in rows:
        bitmap = sum(1 << index for index, value in enumerate(row) if value is None)
        out.append(bitmap.to_bytes((len(columns) + 7) // 8, "little"))
        for value, (_, kind) in zip(row, columns):
            if value is None:
                continue
            if kind in FIXED:
                out.append(struct.pack(FIXED[kind], value))
            else:
                out.append(lpstr(value.encode() if isinstance(value, str) else value))
    return b"".join(out)


def named(rows: Sequence[dict[str, Any]]) -> bytes:
    """An SBCP packet of version 1."""
    out = [b"SBCP\x01\0\0\0" + struct.pack("<I", len(rows))]
    for row in rows:
        out.append(struct.pack("<I", len(row)))
        for name, value in row.items():
            out.append(lpstr(name.encode()) + struct.pack("<?", value is None) + lpstr((value or "").encode()))
    return b"".join(out)


def read_rowset(packet: bytes) -> tuple[list[tuple[str, int]], list[list[Any]]]:
    """The columns and rows of an SBNR packet, which must end exactly."""
    magic, version, flags, count, width = struct.unpack_from("<4sHHQI", packet)
    assert (magic, version, flags) == (b"SBNR", 2, 0)
    at = 20
    kinds = packet[at : at + width]
    at += width

    def take() -> bytes:
        nonlocal at
        (length,) = struct.unpack_from("<I", packet, at)
        at += 4 + length
        return packet[at - length : at]

    names = [take().decode() for _ in range(width)]
    rows = []
    for _ in range(count):
        bitmap = int.from_bytes(packet[at : at + (width + 7) // 8], "little")
        at += (width + 7) // 8
        row: list[Any] = []
        for index, kind in enumerate(kinds):
            if bitmap >> index & 1:
                row.append(None)
            elif kind in FIXED:
                row.append(struct.unpack_from(FIXED[kind], packet, at)[0])
                at += struct.calcsize(FIXED[kind])
            else:
                value = take()
                row.append(value.decode() if kind == TEXT else value)
        rows.append(row)
    assert at == len(packet), "bytes behind the packet"
    return list(zip(names, kinds)), rows
