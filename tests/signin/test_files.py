"""The pass file and the service file: what they say, who may read them, and what wins over what."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

import scratchbird
from tests.signin.conftest import PASSWORD, TOKEN, address

Connect = Callable[..., Any]

posix = pytest.mark.skipif(sys.platform == "win32", reason="permissions are those of POSIX")


def private(path: Path, text: str, mode: int = 0o600) -> str:
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return str(path)


def user_of(conn: Any) -> str:
    return str(conn.info.parameters["session.principal_claim"])


def test_the_password_of_a_pass_file(connect: Connect, password_server: Any, nowhere_home: Path) -> None:
    port = password_server.port
    lines = f"# a comment\n127.0.0.1:1:*:alice:wrong\n*:{port}:*:bob:bob's\\:\\\\secret\n*:*:*:alice:{PASSWORD}\n"
    passfile = private(nowhere_home / "passwords", lines)
    for user in ("alice", "bob"):
        conn = connect(**{**address(password_server), "user": user}, passfile=passfile)
        assert user_of(conn) == user


def test_the_pass_file_of_the_home_directory(connect: Connect, password_server: Any, nowhere_home: Path) -> None:
    with pytest.raises(scratchbird.OperationalError, match="none was given"):
        connect(**address(password_server))
    private(nowhere_home / ".sbpass", f"*:*:*:alice:{PASSWORD}\n")
    assert user_of(connect(**address(password_server))) == "alice"


def test_the_pass_file_of_the_environment(
    connect: Connect, password_server: Any, nowhere_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passfile = private(nowhere_home / "passwords", f"*:*:*:alice:{PASSWORD}\n")
    monkeypatch.setenv("SCRATCHBIRD_PASSFILE", passfile)
    assert user_of(connect(**address(password_server))) == "alice"


def test_a_changed_pass_file_counts_for_the_next_login(
    make_pool: Any, password_server: Any, nowhere_home: Path
) -> None:
    passfile = nowhere_home / "passwords"
    private(passfile, f"*:*:*:alice:{PASSWORD}\n")
    pool = make_pool(None, **address(password_server), passfile=str(passfile), min_size=1, max_size=2)
    with pool.connection() as conn:
        assert user_of(conn) == "alice"
        private(passfile, "*:*:*:alice:an old one\n")
        with pytest.raises(scratchbird.OperationalError) as caught:
            pool.getconn(timeout=10)
    assert caught.value.sqlstate == "28000"


def test_a_given_password_is_not_looked_up(connect: Connect, password_server: Any, nowhere_home: Path) -> None:
    missing = str(nowhere_home / "missing")
    assert user_of(connect(**address(password_server), password=PASSWORD, passfile=missing)) == "alice"


def test_a_named_pass_file_must_exist(connect: Connect, password_server: Any, nowhere_home: Path) -> None:
    with pytest.raises(scratchbird.InterfaceError, match=r"passfile: .*missing"):
        connect(**address(password_server), passfile=str(nowhere_home / "missing"))
    with pytest.raises(scratchbird.InterfaceError, match="not a regular file"):
        connect(**address(password_server), passfile=str(nowhere_home))


def test_no_line_that_fits_is_no_password(connect: Connect, password_server: Any, nowhere_home: Path) -> None:
    passfile = private(nowhere_home / "passwords", f"*:*:*:carol:{PASSWORD}\n")
    with pytest.raises(scratchbird.OperationalError, match="none was given") as caught:
        connect(**address(password_server), passfile=passfile)
    assert caught.value.sqlstate == "28000"


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_pass_file_that_others_may_use_is_refused(
    connect: Connect, password_server: Any, nowhere_home: Path, mode: int
) -> None:
    passfile = private(nowhere_home / ".sbpass", f"*:*:*:alice:{PASSWORD}\n", mode)
    for options in ({"passfile": passfile}, {}):
        with pytest.raises(scratchbird.InterfaceError, match="0600") as caught:
            connect(**address(password_server), **options)
        assert PASSWORD not in str(caught.value)


SERVICES = "[tokens]\nhost = {host}\nport = {port}\nuser = alice\ndbname = {database}\n"


def test_a_service(connect: Connect, token_server: Any, nowhere_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = SERVICES.format(**vars(token_server))
    servicefile = private(nowhere_home / "services", text, 0o644)
    assert user_of(connect(service="tokens", servicefile=servicefile, token=TOKEN)) == "alice"
    assert user_of(connect(f"scratchbird:///?service=tokens&servicefile={servicefile}", token=TOKEN)) == "alice"
    monkeypatch.setenv("SCRATCHBIRD_SERVICE", "tokens")
    monkeypatch.setenv("SCRATCHBIRD_SERVICEFILE", servicefile)
    monkeypatch.setenv("SCRATCHBIRD_USER", "nobody")
    assert user_of(connect(token=TOKEN)) == "alice", "the file wins over the environment"
    with pytest.raises(scratchbird.OperationalError) as caught:
        connect("user=nobody", token=TOKEN)
    assert caught.value.sqlstate == "28000", "the DSN wins over the file"
    with pytest.raises(scratchbird.OperationalError):
        connect(token=TOKEN, user="nobody")


def test_the_service_file_of_the_home_directory(connect: Connect, token_server: Any, nowhere_home: Path) -> None:
    private(nowhere_home / ".sb_service.conf", SERVICES.format(**vars(token_server)) + f"token={TOKEN}\n")
    assert user_of(connect(service="tokens")) == "alice"


@posix
def test_a_service_file_with_secrets_is_private(connect: Connect, token_server: Any, nowhere_home: Path) -> None:
    text = SERVICES.format(**vars(token_server)) + f"\n[other]\ntoken={TOKEN}\n"
    servicefile = private(nowhere_home / "services", text, 0o644)
    with pytest.raises(scratchbird.InterfaceError, match="0600") as caught:
        connect(service="tokens", servicefile=servicefile, token=TOKEN)
    assert TOKEN not in str(caught.value)
    os.chmod(servicefile, 0o600)
    assert user_of(connect(service="tokens", servicefile=servicefile, token=TOKEN)) == "alice"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[b]\nuser=x\n", r"no section \[a\]"),
        ("[a]\nuser\n", "line 2: neither"),
        ("[a]\nservice=b\n", "line 2: a service cannot name a service"),
        ("[a]\nusre=x\n", r"service \[a\]: unknown connection parameter .usre. .did you mean .user."),
        ("[a]\nsslmode=never\n", r"service \[a\]: sslmode"),
    ],
)
def test_mistakes_in_a_service_file(connect: Connect, nowhere_home: Path, text: str, message: str) -> None:
    servicefile = private(nowhere_home / "services", text)
    with pytest.raises(scratchbird.InterfaceError, match=message):
        connect(service="a", servicefile=servicefile)


def test_a_service_without_a_file(connect: Connect, nowhere_home: Path) -> None:
    with pytest.raises(scratchbird.InterfaceError, match="servicefile: "):
        connect(service="a")
