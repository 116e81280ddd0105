"""SBWP frames for scripted servers: written by hand from the specification, apart from the code under test.

Only what the scripts send; the layouts are of SBWP sections 2 and 3.
"""

from __future__ import annotations

import struct
from typing import NamedTuple, Sequence

STARTUP = 0x01
AUTH_RESPONSE = 0x02
QUERY = 0x03
PARSE = 0x04
BIND = 0x05
DESCRIBE = 0x06
EXECUTE = 0x07
CLOSE = 0x08
SYNC = 0x09
CANCEL = 0x0B
TERMINATE = 0x0C
TXN_COMMIT = 0x16
TXN_ROLLBACK = 0x17
AUTH_REQUEST = 0x40
AUTH_OK = 0x41
READY = 0x43
ROW_DESCRIPTION = 0x44
DATA_ROW = 0x45
COMMAND_COMPLETE = 0x46
ERROR = 0x48
NOTICE = 0x49
PARAMETER_STATUS = 0x4F
SERVER_INFO = 0x61

FEATURES = 0x12303D6
"""What a scripted server agrees to use: the features of SBWP C.1."""

ARRAY_BIND, BINARY_COPY = 1 << 16, 1 << 8

SESSION = bytes.fromhex("019a1b2c3d4e7f60a1b2c3d4e5f60718")
HEADER = struct.Struct("<4sBBBBII16sQ")


class Frame(NamedTuple):
    """One message: its code and its payload."""

    kind: int
    payload: bytes


def frame(kind: int, payload: bytes = b"", *, magic: bytes = b"SBWP", length: int | None = None) -> bytes:
    """The bytes of a frame; `length` lies about the payload's."""
    return HEADER.pack(magic, 1, 1, kind, 0, len(payload) if length is None else length, 0, SESSION, 0) + payload


def lpstr(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<I", len(data)) + data


def auth_request(method: int = 1) -> bytes:
    return frame(AUTH_REQUEST, struct.pack("<B3x", method))


def auth_ok(info: bytes = b"") -> bytes:
    return frame(AUTH_OK, SESSION + struct.pack("<I", len(info)) + info)


def server_info(product: str = "a scripted server", version: str = "1.0") -> bytes:
    texts = lpstr(product) + lpstr(version) + lpstr("sbsql")
    return frame(SERVER_INFO, SESSION + bytes(32) + texts + struct.pack("<QQQ", 1, FEATURES, 1))


def parameter_status(values: dict[str, str]) -> bytes:
    entries = (lpstr(key) + b"\x01\x00\x00" + lpstr(value) for key, value in values.items())
    return frame(PARAMETER_STATUS, struct.pack("<I", len(values)) + b"".join(entries))


def ready(state: bytes = b"T", reason: int = 2, features: int = FEATURES) -> bytes:
    return frame(READY, SESSION * 2 + bytes(16) + struct.pack("<QcBHQII", 42, state, reason, 0x0101, features, 0, 0))


def row_description(columns: Sequence[tuple[str, tuple[int, int]]]) -> bytes:
    """Columns by name and (family, code), all values as UTF-8 text."""
    payload = struct.pack("<HBBI", 1, 0, 1, len(columns)) + bytes(64)
    for ordinal, (name, (family, code)) in enumerate(columns, 1):
        payload += struct.pack("<IBBBBQ", ordinal, 0, 1, 1, 0, 0x401)
        payload += struct.pack("<HHH", family, code, 1) + bytes(50) + struct.pack("<I", 1) + bytes(84)
        payload += bytes(56)
        payload += b"\x03" + lpstr(name)
    return frame(ROW_DESCRIPTION, payload)


def data_row(values: Sequence[bytes | None]) -> bytes:
    size = (len(values) + 7) // 8
    bitmap = sum(1 << index for index, value in enumerate(values) if value is None).to_bytes(size, "little")
    cells = b"".join(struct.pack("<i", len(value)) + value for value in values if value is not None)
    return frame(DATA_ROW, struct.pack("<HH", len(values), size) + bitmap + cells)


def command_complete(tag: str, rows: int = 0) -> bytes:
    return frame(COMMAND_COMPLETE, struct.pack("<B3xQQ", 1, rows, 0) + tag.encode() + b"\0")


def error(sqlstate: str, message: str, **fields: str) -> bytes:
    """An ERROR; `fields` by their one-letter codes."""
    entries = {"S": "ERROR", "C": sqlstate, "M": message, **fields}
    return frame(ERROR, b"".join(key.encode() + value.encode() + b"\0" for key, value in entries.items()) + b"\0")


def notice(message: str) -> bytes:
    return frame(NOTICE, b"SNOTICE\0C01000\0M" + message.encode() + b"\0\0")
