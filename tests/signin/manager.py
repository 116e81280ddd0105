"""A manager for tests: the plain-text preamble, written by hand from SBWP 1.3, and then a relay to a listener."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from typing import Any, List, Tuple

HEADER = struct.Struct("<4sHBBI")
HELLO, AUTH_START, AUTH_CONTINUE, DB_CONNECT = 0x65, 0x66, 0x67, 0x69
STATUS_RESPONSE, AUTH_CHALLENGE, AUTH_RESPONSE, CONNECT_RESPONSE, PROTOCOL_ERROR = 0x64, 0x12, 0x11, 0x02, 0xFF


def lpstr(text: str) -> bytes:
    return struct.pack("<I", len(text.encode())) + text.encode()


def read_lpstr(data: bytes) -> Tuple[str, bytes]:
    (length,) = struct.unpack_from("<I", data)
    return data[4 : 4 + length].decode(), data[4 + length :]


class Manager:
    """Listens on a free port of 127.0.0.1 and hands clients with the right token over to `target`.

    Attributes:
        seen: the preamble's requests of all clients, as pairs of code and payload.
        failure: a code to refuse the hand-over with; "" hands over. "hang up" closes instead, "protocol" says that the
            preamble is wrong.
    """

    def __init__(self, target: Tuple[str, int], token: str) -> None:
        self.target = target
        self.token = token
        self.failure = ""
        self.seen: List[Tuple[int, bytes]] = []
        self._threads: List[threading.Thread] = []
        self._sockets: List[socket.socket] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self.listener.getsockname()[:2]
        self._start(self._accept)

    def close(self) -> None:
        for end in [self.listener, *self._sockets]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def _start(self, target: Any, *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            if self._preamble(client):
                server = socket.create_connection(self.target)
                self._sockets.append(server)
                self._start(self._pass, client, server)
                self._pass(server, client)
        client.close()

    def _pass(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(65536)
                if not data:
                    break
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _exactly(self, client: socket.socket, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = client.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def _read(self, client: socket.socket, *kinds: int) -> Tuple[int, bytes]:
        magic, version, kind, flags, length = HEADER.unpack(self._exactly(client, HEADER.size))
        assert (magic, version, flags) == (b"SBDB", 0x0101, 0)
        payload = self._exactly(client, length)
        self.seen.append((kind, payload))
        assert kind in kinds
        return kind, payload

    def _send(self, client: socket.socket, kind: int, payload: bytes) -> None:
        client.sendall(HEADER.pack(b"SBDB", 0x0101, kind, 0, len(payload)) + payload)

    def _preamble(self, client: socket.socket) -> bool:
        _, hello = self._read(client, HELLO)
        assert len(hello) == 4
        entries = {"product": "sbmn_manager", "ready": "true", "auth_flow": "token_auth_start_auth_continue"}
        status = b"".join(lpstr(key) + lpstr(value) for key, value in entries.items())
        self._send(client, STATUS_RESPONSE, struct.pack("<BI", 1, len(entries)) + status)
        _, start = self._read(client, AUTH_START)
        user, rest = read_lpstr(start)
        method, length = struct.unpack_from("<BI", rest)
        token = rest[5 : 5 + length]
        assert method == 4
        if not token:
            name = user.encode().ljust(64, b"\0")
            challenge = bytes(16) + name + bytes([1, 1, 4, 1, 4, 1, 0]) + struct.pack("<H", 16) + bytes(16)
            self._send(client, AUTH_CHALLENGE, challenge)
            _, answer = self._read(client, AUTH_CONTINUE)
            token = answer[4:]
        good = token.decode() == self.token
        reason = b"" if good else b"MANAGER.TOKEN_REFUSED"
        blob = b"" if good else struct.pack("<I", 0)
        self._send(client, AUTH_RESPONSE, struct.pack("<BI", not good, 0) + reason.ljust(256, b"\0") + blob)
        self._read(client, DB_CONNECT)
        if self.failure == "hang up":
            return False
        if self.failure == "protocol":
            self._send(client, PROTOCOL_ERROR, lpstr("MCP.BAD") + struct.pack("<I", 0))
            return False
        body = struct.pack("<BHH", bool(self.failure), 0x0101, 65) + bytes(16)
        body += b"ScratchBird".ljust(64, b"\0") + b"1.0".ljust(32, b"\0")
        if self.failure:
            body += lpstr(self.failure) + struct.pack("<I", 0)
        self._send(client, CONNECT_RESPONSE, body)
        return not self.failure
