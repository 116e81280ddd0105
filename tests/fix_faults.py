"""Fixtures of the fault tests: certificates made on the spot, and a check that nothing is left open."""

from __future__ import annotations

import asyncio
import datetime
import gc
import os
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any, Iterator, NamedTuple

import pytest
import trustme

import scratchbird

DESCRIPTORS = Path("/proc/self/fd")


class Authority(NamedTuple):
    """A certificate authority: its PEM file, and server contexts with certificates of its."""

    ca: trustme.CA
    path: Path

    def context(self, *names: str, expired: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        options: dict[str, Any] = {}
        if expired:
            now = datetime.datetime.now(datetime.timezone.utc)
            options["not_after"] = now - datetime.timedelta(days=1)
        self.ca.issue_cert(*(names or ("127.0.0.1", "localhost")), **options).configure_cert(context)
        return context


def make_authority(path: Path) -> Authority:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(path))
    return Authority(ca, path)


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The authority the clients trust."""
    return make_authority(tmp_path_factory.mktemp("trusted") / "ca.pem")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority nobody trusts."""
    return make_authority(tmp_path_factory.mktemp("untrusted") / "ca.pem")


def _open_things() -> tuple[int, int]:
    gc.collect()
    descriptors = len(list(DESCRIPTORS.glob("*")))
    return descriptors, threading.active_count()


@pytest.fixture(scope="session")
def runtime() -> None:
    """What the driver keeps once a first connection was tried: its runtime, and the bridge to the last event loop."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    nowhere = {"host": "127.0.0.1", "port": port, "user": "u", "password": "p", "database": "d"}

    async def try_async() -> None:
        with pytest.raises(scratchbird.OperationalError):
            await scratchbird.connect_async(**nowhere)

    with pytest.raises(scratchbird.OperationalError):
        scratchbird.connect(**nowhere)
    asyncio.run(try_async())


@pytest.fixture
def nothing_leaked(runtime: None) -> Iterator[None]:
    """No descriptor and no thread more than before, a short while after the test."""
    before = _open_things()
    yield
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        after = _open_things()
        if after[0] <= before[0] and after[1] <= before[1]:
            return
        time.sleep(0.02)
    links = (
        [os.readlink(entry) for entry in DESCRIPTORS.iterdir() if entry.is_symlink()] if DESCRIPTORS.exists() else []
    )
    pytest.fail(f"left open: (descriptors, threads) were {before}, are {after}: {links}")
