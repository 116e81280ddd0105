"""One development server: the engine, the program in front of it, and how to reach them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import weakref
from pathlib import Path
from types import TracebackType
from typing import Any, Iterable, Mapping
from urllib.parse import quote

from scratchbird.devserver.binary import find_binary
from scratchbird.devserver.engine import Engine, locate
from scratchbird.devserver.errors import DevServerError

AUTHENTICATION = ("password", "scram-sha-256", "scram-sha-512", "token")
PROFILES = ("standard", "beta")
FEATURES = ("array-bind", "binary-copy", "savepoints")
CERTIFICATES = ("good", "expired", "wrong-host", "untrusted")
# How long the program waits for the engine to come up.
_PATIENCE = 30


class DevServer:
    """A running development server; `start` makes one.

    A context manager: leaving it stops the server. The server also ends with the process that started it.

    Attributes:
        dsn: The connection string of the first user.
        host: The address it listens on.
        port: The TCP port it listens on.
        database: The name of its database.
        user: The name of the first user.
        password: The password, or token, of the first user.
        ca_file: The PEM file of the authority that signed its certificate, for `sslrootcert`; None without TLS.
        socket: The path of its Unix-domain socket, if it has one.
    """

    def __init__(self, process: subprocess.Popen[bytes], said: dict[str, Any], engine: Engine | None) -> None:
        self._process = process
        self._engine = engine
        self.host: str = said["host"]
        self.port: int = said["port"]
        self.database: str = said["database"]
        self.ca_file: str | None = said["ca_file"]
        self.socket: str | None = said["socket"]
        self.user = ""
        self.password = ""
        self.dsn = ""
        self._finalizer = weakref.finalize(self, _stop, process, engine, said["remove"])

    def stop(self) -> None:
        """Ends the server. What was not given a `data_dir` is gone. May be called again."""
        self._finalizer()

    @property
    def running(self) -> bool:
        """Whether the server is up."""
        return self._finalizer.alive and self._process.poll() is None

    def __enter__(self) -> DevServer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = "running" if self.running else "stopped"
        return f"<DevServer {self.host}:{self.port}/{self.database} {state}>"


def _stop(process: subprocess.Popen[bytes], engine: Engine | None, remove: str | None) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
    if engine is not None:
        engine.release()
    if remove is not None:
        shutil.rmtree(remove, ignore_errors=True)


def start(
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    data_dir: str | os.PathLike[str] | None = None,
    user: str = "scratchbird",
    password: str = "scratchbird",
    users: Mapping[str, str] | None = None,
    database: str = "default",
    auth: str = "scram-sha-256",
    profile: str = "standard",
    read_only: bool = False,
    without: Iterable[str] = (),
    backend: str | None = None,
    tls: bool = True,
    certificate: str = "good",
    socket: str | os.PathLike[str] | None = None,
) -> DevServer:
    """Starts a development server and returns when it can be connected to.

    Args:
        host: The address to listen on.
        port: The TCP port to listen on; 0 takes a free one.
        data_dir: Where the data are kept across restarts; None keeps them until the server stops.
        user: The user who may log in.
        password: That user's password; with `auth="token"`, the token.
        users: Further users and their passwords.
        database: The name of the one database.
        auth: How clients log in: `password`, `scram-sha-256`, `scram-sha-512` or `token`.
        profile: `standard`, or `beta` for a server as limited as the beta release of the real one.
        read_only: Whether transactions are read-only unless a client says otherwise, as on a copy of another server.
        without: Features of the protocol to leave out, to test clients against servers that lack them: `array-bind`,
            `binary-copy`, `savepoints`.
        backend: The `postgresql://` URL of a PostgreSQL to use instead of the embedded one.
        tls: Whether the server speaks TLS 1.3, as the real one does.
        certificate: `good`; or for testing clients a wrong one: `expired`, `wrong-host` or `untrusted`.
        socket: Also listen on a Unix-domain socket at this path, without TLS.

    Returns:
        The running server; use it as a context manager, or call its `stop`.

    Raises:
        DevServerError: The server program or the embedded PostgreSQL is missing, or one of them would not start.
        ValueError: An argument is not one of those named above.

    Example:
        >>> from scratchbird import devserver
        >>> with devserver.start(auth="password", user="alice", password="sesame") as server:
        ...     print(server.dsn.split("@")[0])
        scratchbird://alice:sesame
    """
    for name, value, known in (
        ("auth", auth, AUTHENTICATION),
        ("profile", profile, PROFILES),
        ("certificate", certificate, CERTIFICATES),
    ):
        if value not in known:
            raise ValueError(f"{name} must be one of {', '.join(known)}, not {value!r}")
    left_out = list(without)
    for feature in left_out:
        if feature not in FEATURES:
            raise ValueError(f"without takes some of {', '.join(FEATURES)}, not {feature!r}")
    binary = find_binary()
    folder = None if data_dir is None else Path(data_dir)
    url, engine = locate(backend, folder)
    remove: str | None = None
    try:
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            place = folder
        else:
            remove = tempfile.mkdtemp(prefix="scratchbird-")
            place = Path(remove)
        command = [str(binary), "--exit-on-stdin-eof", "--wait-for-backend", str(_PATIENCE)]
        command += ["--host", host, "--port", str(port), "--database", database, "--auth", auth, "--profile", profile]
        command += ["--tls", "on" if tls else "off", "--certificate", certificate, "--ca-file", str(place / "ca.pem")]
        for name, secret in [(user, password), *(users or {}).items()]:
            command += [f"--user={name}", f"--password={secret}"]
        command += [f"--without={feature}" for feature in left_out]
        if read_only:
            command.append("--read-only")
        if engine is not None:
            command.append("--create-database")
        if socket is not None:
            command += ["--socket", os.fspath(socket)]
        process, said = _launch(command, url, engine)
    except BaseException:
        if engine is not None:
            engine.release()
        if remove is not None:
            shutil.rmtree(remove, ignore_errors=True)
        raise
    said["remove"] = remove
    server = DevServer(process, said, engine)
    server.user, server.password = user, password
    server.dsn = _dsn(server, auth, tls)
    return server


def _launch(command: list[str], url: str, engine: Engine | None) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    # The URL may hold a password, which a command line would show to everyone.
    environment = dict(os.environ, SCRATCHBIRD_DEVSERVER_BACKEND=url)
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    line = process.stdout.readline() if process.stdout is not None else b""
    if line:
        if process.stderr is not None:
            process.stderr.close()
        said: dict[str, Any] = json.loads(line)
        return process, said
    _, complaint = process.communicate()
    reason = complaint.decode(errors="replace").strip() or f"the server ended with code {process.returncode}"
    if engine is not None and engine.ended():
        reason += f"\nPostgreSQL said:\n{engine.tail()}"
    raise DevServerError(f"the development server did not start: {reason}")


def _dsn(server: DevServer, auth: str, tls: bool) -> str:
    def escaped(text: str) -> str:
        return quote(text, safe="")

    host = f"[{server.host}]" if ":" in server.host else server.host
    login = escaped(server.user)
    options = []
    if auth == "token":
        options.append(f"auth_token={escaped(server.password)}")
    else:
        login += f":{escaped(server.password)}"
    if not tls:
        options.append("sslmode=disable")
    query = "?" + "&".join(options) if options else ""
    return f"scratchbird://{login}@{host}:{server.port}/{escaped(server.database)}{query}"
