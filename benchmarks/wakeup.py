"""How much a request and its answer cost on top of the socket: the driver's wake-up against asyncio and a plain socket.

One server process answers PING frames with PONG frames. The same 40 bytes go there and back through

- a plain blocking socket, and `Connection.ping()`;
- an asyncio Protocol with one Future a request (what asyncpg does), and `await AsyncConnection.ping()`,
  on asyncio and on uvloop.

Rounds alternate; medians and ratios are printed, and written to `benchmarks/wakeup.json`. Exits with 1 when a ratio is
above its target. Run it with `python benchmarks/wakeup.py` on an otherwise idle machine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import multiprocessing
import platform
import socket
import statistics
import struct
import sys
import time
from pathlib import Path
from typing import Any, Awaitable, Callable, Dict, Iterator, List, Optional

import scratchbird

TARGET = 1.2
HEADER = struct.Struct("<4sBBBBII16sQ")
PING, PONG = 0x1B, 0x5D


def frame(kind: int, payload: bytes = b"", sequence: int = 0) -> bytes:
    return HEADER.pack(b"SBWP", 1, 1, kind, 0, len(payload), sequence, bytes(16), 0) + payload


PING_FRAME = frame(PING)
PONG_FRAME = frame(PONG)


def read_frame(connection: socket.socket) -> int:
    header = b""
    while len(header) < HEADER.size:
        header += connection.recv(HEADER.size - len(header))
    length = HEADER.unpack(header)[5]
    while length:
        length -= len(connection.recv(length))
    return int(header[6])


def serve(listener: socket.socket) -> None:
    """Logs every client in, then answers PING for ever; one client at a time."""
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with connection, contextlib.suppress(ConnectionError):
            read_frame(connection)
            connection.sendall(frame(0x40, bytes([1, 0, 0, 0])))
            read_frame(connection)
            ready = bytes(48) + struct.pack("<QcBHQII", 1, b"T", 1, 0x0101, 0, 0, 0)
            connection.sendall(frame(0x41, bytes(16) + bytes(4)) + frame(0x43, ready))
            while connection.recv(4096):
                connection.sendall(PONG_FRAME)


@contextlib.contextmanager
def server() -> Iterator[int]:
    listener = socket.create_server(("127.0.0.1", 0))
    process = multiprocessing.get_context("fork").Process(target=serve, args=(listener,), daemon=True)
    process.start()
    try:
        yield listener.getsockname()[1]
    finally:
        process.kill()
        process.join()
        listener.close()


def options(port: int) -> Dict[str, Any]:
    return {"host": "127.0.0.1", "port": port, "user": "bench", "password": "bench", "sslmode": "disable"}


def log_in(connection: socket.socket) -> None:
    """Takes a bare socket past the server's login."""
    connection.sendall(frame(1))
    read_frame(connection)
    connection.sendall(frame(2))
    read_frame(connection)
    read_frame(connection)


def time_blocking_socket(port: int, count: int) -> float:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        log_in(connection)
        send, receive = connection.sendall, connection.recv
        started = time.perf_counter()
        for _ in range(count):
            send(PING_FRAME)
            receive(4096)
        return time.perf_counter() - started


def time_connection(port: int, count: int) -> float:
    connection = scratchbird.connect(**options(port))
    try:
        ping = connection.ping
        started = time.perf_counter()
        for _ in range(count):
            ping()
        return time.perf_counter() - started
    finally:
        connection.close()


class PingProtocol(asyncio.Protocol):
    """A request a Future, as asyncio drivers are built."""

    transport: asyncio.Transport
    waiter: Optional[asyncio.Future[None]] = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        if self.waiter is not None:
            self.waiter.set_result(None)

    async def ping(self) -> None:
        self.waiter = asyncio.get_running_loop().create_future()
        self.transport.write(PING_FRAME)
        await self.waiter


async def time_protocol(port: int, count: int) -> float:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    log_in(connection)
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(PingProtocol, sock=connection)
    ping = protocol.ping
    started = time.perf_counter()
    for _ in range(count):
        await ping()
    elapsed = time.perf_counter() - started
    transport.close()
    return elapsed


async def time_async_connection(port: int, count: int) -> float:
    connection = await scratchbird.connect_async(**options(port))
    try:
        ping = connection.ping
        started = time.perf_counter()
        for _ in range(count):
            await ping()
        return time.perf_counter() - started
    finally:
        await connection.close()


Async = Callable[[int, int], Awaitable[float]]


def on_asyncio(measure: Async) -> Callable[[int, int], float]:
    return lambda port, count: asyncio.run(measure(port, count))  # type: ignore[arg-type]


def on_uvloop(measure: Async) -> Callable[[int, int], float]:
    import uvloop

    return lambda port, count: uvloop.run(measure(port, count))  # type: ignore[arg-type]


def measurements() -> Dict[str, Dict[str, Callable[[int, int], float]]]:
    found = {
        "blocking": {"peer": time_blocking_socket, "ours": time_connection},
        "asyncio": {"peer": on_asyncio(time_protocol), "ours": on_asyncio(time_async_connection)},
    }
    with contextlib.suppress(ImportError):
        found["uvloop"] = {"peer": on_uvloop(time_protocol), "ours": on_uvloop(time_async_connection)}
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--count", type=int, default=1000, help="requests a round")
    arguments = parser.parse_args()
    results: List[Dict[str, Any]] = []
    with server() as port:
        for name, pair in measurements().items():
            times: Dict[str, List[float]] = {"peer": [], "ours": []}
            for measure in pair.values():
                measure(port, arguments.count // 4)
            for _ in range(arguments.rounds):
                for side, measure in pair.items():
                    times[side].append(measure(port, arguments.count) / arguments.count * 1e6)
            peer, ours = statistics.median(times["peer"]), statistics.median(times["ours"])
            ratio = statistics.median(o / p for o, p in zip(times["ours"], times["peer"]))
            results.append({"wait": name, "peer_us": peer, "ours_us": ours, "ratio": ratio, "met": ratio <= TARGET})
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}")
    print(f"{'wait':10}{'peer µs':>10}{'ours µs':>10}{'ratio':>8}{'target':>8}")
    for row in results:
        print(f"{row['wait']:10}{row['peer_us']:10.1f}{row['ours_us']:10.1f}{row['ratio']:8.2f}{TARGET:8.2f}")
    Path(__file__).with_suffix(".json").write_text(json.dumps(results, indent=1) + "\n")
    return 0 if all(row["met"] for row in results) else 1


if __name__ == "__main__":
    sys.exit(main())
