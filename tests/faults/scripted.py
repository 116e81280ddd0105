"""A server that follows a script: one function over one connection, in a thread."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from types import TracebackType
from typing import Callable, Iterable

from tests.faults import wire


class Peer:
    """The server's end of one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def read(self) -> wire.Frame:
        """The next message of the client; EOFError when it has closed."""
        header = self._exactly(wire.HEADER.size)
        _, _, _, kind, _, length, _, _, _ = wire.HEADER.unpack(header)
        return wire.Frame(kind, self._exactly(length))

    def read_until(self, *kinds: int) -> wire.Frame:
        """The first message of one of these codes; earlier ones are dropped."""
        while True:
            frame = self.read()
            if frame.kind in kinds:
                return frame

    def read_request(self) -> wire.Frame:
        """The end of a request for rows: QUERY, or the SYNC of an extended query."""
        return self.read_until(wire.QUERY, wire.SYNC)

    def send(self, *frames: bytes) -> None:
        self.connection.sendall(b"".join(frames))

    def login(self, features: int = wire.FEATURES) -> None:
        """A password login that accepts any password, up to READY, which says what features are used."""
        self.read_until(wire.STARTUP)
        self.send(wire.auth_request())
        self.read_until(wire.AUTH_RESPONSE)
        self.send(wire.auth_ok(), wire.server_info(), wire.parameter_status({"client_encoding": "UTF8"}))
        self.send(wire.ready(features=features))

    def wait_for_close(self) -> None:
        """Read on until the client closes."""
        try:
            while self.connection.recv(65536):
                continue
        except ConnectionError:
            return

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size:
            part = self.connection.recv(min(size, 1 << 20))
            if not part:
                raise EOFError("the client closed the connection")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


Script = Callable[[Peer], None]


class ScriptedServer:
    """Listens on a free port of 127.0.0.1 and runs one script a connection, in order.

    Leaving the `with` block closes everything and raises what a script raised; that the client hung up is no failure.
    """

    def __init__(self, *scripts: Script, context: ssl.SSLContext | None = None, patience: float = 10) -> None:
        self.scripts: Iterable[Script] = scripts
        self.patience = patience
        self.context = context
        self.failure: BaseException | None = None
        self.current: socket.socket | None = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(patience)
        self.host, self.port = self.listener.getsockname()[:2]
        self.thread = threading.Thread(target=self._serve, name="scripted server", daemon=True)

    def _serve(self) -> None:
        for script in self.scripts:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.settimeout(self.patience)
            self.current = connection
            try:
                if self.context is not None:
                    connection = self.context.wrap_socket(connection, server_side=True)
                script(Peer(connection))
            except (EOFError, ConnectionError, ssl.SSLError):
                # The client refused or left; that is what most scripts are about.
                continue
            except BaseException as error:
                self.failure = error
            finally:
                connection.close()

    def __enter__(self) -> ScriptedServer:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Wakes a pending accept, which closing alone does not do on Linux.
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        if error is not None and self.current is not None:
            # The test has failed; the script need not wait for a client that will not come.
            with contextlib.suppress(OSError):
                self.current.shutdown(socket.SHUT_RDWR)
        self.thread.join(15)
        assert not self.thread.is_alive(), "the script did not end"
        if self.failure is not None and error is None:
            raise self.failure
