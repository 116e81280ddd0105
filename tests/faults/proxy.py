"""A TCP proxy that fails on purpose, at an exact byte.

It stands between the driver and a server and passes bytes on until a lane (`UP` to the server, `DOWN` to the client)
has carried so many of them; then its fault happens. Counted in bytes, never in time, it is the same in every run.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from dataclasses import dataclass
from typing import Any, Dict, List, Optional

UP, DOWN = "up", "down"
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Fault:
    """What happens to a lane after it has passed `after` bytes on, counted from when the fault is set.

    Kinds: `cut` ends both directions in order; `half_close` ends this lane's direction only; `reset` resets both
    connections; `black_hole` swallows everything in both directions from there on; `corrupt` flips a bit of the next
    byte, once; `dribble` passes single bytes on from there; `delay` holds the next bytes back for `seconds`, once.
    """

    kind: str
    lane: str = DOWN
    after: int = 0
    seconds: float = 0.0


class Proxy:
    """Listens on a free port of 127.0.0.1. `next` is the fault of the connections to come, `arm` sets one on those that
    are there."""

    def __init__(self, host: str, port: int) -> None:
        self.target = (host, port)
        self.next: Optional[Fault] = None
        self.passages: List[Passage] = []
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, name="fault proxy", daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.target)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                passage = Passage(client, server, self.next)
                self.passages.append(passage)
                passage.start()

    def arm(self, fault: Optional[Fault]) -> None:
        """Set a fault on every connection that is open, counting from now; None lets the rest pass."""
        with self._lock:
            passages = list(self.passages)
        for passage in passages:
            passage.arm(fault)

    def carried(self) -> Dict[str, int]:
        """The bytes of each lane of the last connection, since the last `arm`."""
        with self._lock:
            return dict(self.passages[-1].carried)

    def forget(self) -> None:
        """End what is open, and let everything pass again."""
        with self._lock:
            self.next = None
            passages, self.passages = self.passages, []
        for passage in passages:
            passage.end()

    def close(self) -> None:
        # Wakes a pending accept, which closing alone does not do on Linux.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)
        assert not self._thread.is_alive()
        self.forget()

    def __enter__(self) -> Proxy:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()


class Passage:
    """One connection through the proxy: two sockets and a thread for each lane."""

    def __init__(self, client: socket.socket, server: socket.socket, fault: Optional[Fault]) -> None:
        self.carried = {UP: 0, DOWN: 0}
        self.fault = fault
        self._swallow = False
        self._reset = False
        self._running = 2
        self._lock = threading.Lock()
        self._ends = {UP: (client, server), DOWN: (server, client)}
        self._threads = [threading.Thread(target=self._run, args=(lane,), daemon=True) for lane in (UP, DOWN)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def arm(self, fault: Optional[Fault]) -> None:
        # What the client has seen has been counted: a lane counts and sends under the lock.
        with self._lock:
            self.fault = fault
            self.carried = {UP: 0, DOWN: 0}

    def end(self) -> None:
        self._shut(*self._ends[UP])
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()
        for end in self._ends[UP]:
            end.close()

    def _run(self, lane: str) -> None:
        self._carry(lane)
        with self._lock:
            self._running -= 1
            if self._reset and self._running == 0:
                for end in self._ends[UP]:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                    end.close()

    def _carry(self, lane: str) -> None:
        source, sink = self._ends[lane]
        with contextlib.suppress(OSError):
            while True:
                data = source.recv(65536)
                if not data:
                    break
                if not self._pass(lane, data):
                    return
        # In order: the other direction may go on.
        if not self._swallow:
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)

    def _pass(self, lane: str, data: bytes) -> bool:
        """Passes on what comes before the fault, and lets it happen; False where this lane has ended."""
        sink = self._ends[lane][1]
        with self._lock:
            if self._swallow:
                return True
            fault = self.fault
            left = None if fault is None or fault.lane != lane else fault.after - self.carried[lane]
            if fault is None or left is None or left >= len(data):
                self._send(lane, sink, data)
                # A fault at this very byte happens now, not with the next.
                if left is None or left > len(data) or fault is None or fault.kind in ("corrupt", "delay", "dribble"):
                    return True
                data, left = b"", 0
            left = max(left, 0)
            self._send(lane, sink, data[:left])
            return self._happen(fault, sink, data[left:])

    def _send(self, lane: str, sink: socket.socket, data: bytes) -> None:
        self.carried[lane] += len(data)
        if data:
            sink.sendall(data)

    def _happen(self, fault: Fault, sink: socket.socket, rest: bytes) -> bool:
        client, server = self._ends[UP]
        if fault.kind == "cut":
            self._shut(client, server)
        elif fault.kind == "reset":
            self._reset = self._swallow = True
            for end in (client, server):
                # Wakes the other lane and tells nobody; closing then resets.
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RD)
        elif fault.kind == "half_close":
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)
        elif fault.kind == "black_hole":
            self._swallow = True
            return True
        elif fault.kind == "corrupt":
            self.fault = None
            self._send(fault.lane, sink, bytes([rest[0] ^ 0x10]) + rest[1:])
            return True
        elif fault.kind == "delay":
            self.fault = None
            time.sleep(fault.seconds)
            self._send(fault.lane, sink, rest)
            return True
        elif fault.kind == "dribble":
            for position in range(len(rest)):
                self._send(fault.lane, sink, rest[position : position + 1])
            return True
        return False

    @staticmethod
    def _shut(*ends: socket.socket) -> None:
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
