"""`scratchbird.devserver.start`: what can be chosen, what is kept, what is left behind."""

from __future__ import annotations

import os
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Iterator

import pytest

import scratchbird
from scratchbird import devserver
from scratchbird.devserver import binary

unix = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="the platform has no Unix-domain sockets")


@pytest.fixture(scope="module", autouse=True)
def engine_kept_warm(server: Any) -> Iterator[None]:
    """The session's server keeps the engine up that the servers here share with it."""
    assert server.running
    return


def one(dsn: str, **options: Any) -> Any:
    with scratchbird.connect(dsn, **options) as connection:
        row = connection.execute("select 42").fetchone()
    connection.close()
    assert row is not None
    return row[0]


def test_a_server_says_where_it_is() -> None:
    with devserver.start(user="al ice", password="p@ss/wörd") as server:
        assert server.host == "127.0.0.1"
        assert server.dsn == f"scratchbird://al%20ice:p%40ss%2Fw%C3%B6rd@127.0.0.1:{server.port}/default"
        assert (server.user, server.password, server.database) == ("al ice", "p@ss/wörd", "default")
        assert "BEGIN CERTIFICATE" in Path(str(server.ca_file)).read_text()
        assert server.running
        assert repr(server) == f"<DevServer 127.0.0.1:{server.port}/default running>"
        assert one(server.dsn) == 42
        assert one(server.dsn, sslmode="verify-full", sslrootcert=server.ca_file) == 42
    assert not server.running
    assert "stopped" in repr(server)
    assert not Path(str(server.ca_file)).exists()
    server.stop()
    with pytest.raises(scratchbird.OperationalError):
        scratchbird.connect(server.dsn)


def test_servers_share_nothing(dsn: str) -> None:
    with devserver.start() as first, devserver.start() as second:
        with scratchbird.connect(first.dsn) as connection:
            connection.execute("create table mine (a int)")
        connection.close()
        with scratchbird.connect(second.dsn) as other, pytest.raises(scratchbird.ProgrammingError):
            other.execute("select * from mine")
        other.close()


def test_data_are_kept_in_a_data_directory() -> None:
    # Not below pytest's own folder, which is closed to the account that PostgreSQL runs as for root.
    with tempfile.TemporaryDirectory(prefix="scratchbird-test-") as folder:
        os.chmod(folder, 0o755)
        place = Path(folder) / "data"
        with devserver.start(data_dir=place) as server:
            with scratchbird.connect(server.dsn) as connection:
                connection.execute("create table kept (a int)")
                connection.execute("insert into kept values (1)")
            connection.close()
        started = time.monotonic()
        with devserver.start(data_dir=place, auth="password") as server:
            assert time.monotonic() - started < 10
            with scratchbird.connect(server.dsn) as connection:
                assert connection.execute("select a from kept").fetchall() == [(1,)]
            connection.close()


def test_users_and_ways_to_log_in() -> None:
    with devserver.start(auth="token", user="robot", password="t0ken", users={"second": "other"}) as server:
        assert server.dsn.endswith("/default?auth_token=t0ken")
        assert one(server.dsn) == 42
        assert one(f"scratchbird://second@127.0.0.1:{server.port}/default?auth_token=other") == 42
        with pytest.raises(scratchbird.OperationalError, match="28000"):
            scratchbird.connect(server.dsn, auth_token="wrong")


def test_without_tls() -> None:
    with devserver.start(tls=False) as server:
        assert server.ca_file is None
        assert server.dsn.endswith("?sslmode=disable")
        assert one(server.dsn) == 42


@pytest.mark.parametrize("certificate", ["expired", "wrong-host", "untrusted"])
def test_wrong_certificates_are_wrong(certificate: str) -> None:
    with devserver.start(certificate=certificate) as server:
        assert one(server.dsn) == 42
        with pytest.raises(scratchbird.OperationalError):
            scratchbird.connect(server.dsn, sslmode="verify-full", sslrootcert=server.ca_file)


@unix
def test_a_unix_socket(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s"
        with devserver.start(socket=path) as server:
            assert server.socket == str(path)
            assert one(server.dsn, transport_mode="local_ipc", ipc_path=str(path)) == 42
        assert not path.exists()


@pytest.mark.parametrize("option", [{"auth": "md5"}, {"profile": "alpha"}, {"certificate": "fake"}])
def test_an_option_that_is_not_known(option: dict[str, str]) -> None:
    (name,) = option
    with pytest.raises(ValueError, match=f"{name} must be one of"):
        devserver.start(**option)  # type: ignore[arg-type]


def test_a_port_that_is_taken(server: Any) -> None:
    with pytest.raises(devserver.DevServerError, match=f"cannot listen on 127.0.0.1:{server.port}"):
        devserver.start(port=server.port)


def test_a_backend_that_is_not_there() -> None:
    with pytest.raises(devserver.DevServerError, match="backend must be a URL"):
        devserver.start(backend="mysql://localhost/x")


def test_a_missing_program_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SCRATCHBIRD_DEVSERVER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(binary.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(devserver.DevServerError, match=r"pip install 'scratchbird\[devserver\]'"):
        devserver.start()
    monkeypatch.setenv("SCRATCHBIRD_DEVSERVER", str(tmp_path / "nothing"))
    with pytest.raises(devserver.DevServerError, match="SCRATCHBIRD_DEVSERVER names"):
        devserver.start()


def test_a_missing_engine_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scratchbird.devserver.engine.find_spec", lambda name: None)
    with pytest.raises(devserver.DevServerError, match="embedded PostgreSQL is missing"):
        devserver.start(data_dir=Path(tempfile.gettempdir()) / "scratchbird-never-made")


def test_two_hundred_connections(server: Any) -> None:
    connections = [scratchbird.connect(server.dsn) for _ in range(200)]
    try:
        assert [connection.execute("select 1").fetchone() for connection in connections[::20]] == [(1,)] * 10
    finally:
        for connection in connections:
            connection.close()


def test_start_from_a_thread_that_ends() -> None:
    started: list[devserver.DevServer] = []
    thread = threading.Thread(target=lambda: started.append(devserver.start()))
    thread.start()
    thread.join()
    with started[0] as server:
        assert one(server.dsn) == 42


@pytest.mark.parametrize("profile", ["standard", "beta"])
def test_features_that_are_left_out(profile: str) -> None:
    array_bind, binary_copy = 1 << 16, 1 << 8
    with devserver.start(profile=profile, without=["array-bind"]) as server:
        with scratchbird.connect(server.dsn) as connection:
            assert connection.info.features & array_bind == 0
            assert connection.info.features & binary_copy
    with pytest.raises(ValueError, match="without takes some of"):
        devserver.start(without=["nonsense"])
