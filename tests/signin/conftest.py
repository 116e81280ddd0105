"""Development servers for logins: one that asks for tokens, one that asks for passwords."""

from __future__ import annotations

from typing import Any, Iterator

import pytest

from tests.fix_server import start

TOKEN = "tok-5ecret-token"
PASSWORD = "p4ss-5ecret"


@pytest.fixture(scope="session")
def token_server() -> Iterator[Any]:
    with start(auth="token", user="alice", password=TOKEN) as running:
        yield running


@pytest.fixture(scope="session")
def password_server() -> Iterator[Any]:
    with start(auth="scram-sha-256", user="alice", password=PASSWORD, users={"bob": "bob's:\\secret"}) as running:
        yield running


def address(server: Any) -> dict[str, Any]:
    """How to reach a server, without a secret."""
    return {"host": server.host, "port": server.port, "user": "alice", "database": server.database}


@pytest.fixture
def nowhere_home(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An empty home directory, and no settings of the environment."""
    for name in ("PASSFILE", "SERVICE", "SERVICEFILE", "PASSWORD", "AUTH_TOKEN", "USER", "HOST"):
        monkeypatch.delenv(f"SCRATCHBIRD_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("APPDATA", str(tmp_path))
    return tmp_path
