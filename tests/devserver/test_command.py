"""`python -m scratchbird.devserver`: what it prints, and that nothing stays behind however it ends."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest

import scratchbird

COMMAND = [sys.executable, "-m", "scratchbird.devserver"]
Run = Callable[..., Any]
posix = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")


@pytest.fixture
def run() -> Iterator[Callable[..., tuple[subprocess.Popen[str], dict[str, str]]]]:
    """Starts the command and reads what it says; whatever the test does, it is not left running."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> tuple[subprocess.Popen[str], dict[str, str]]:
        process = subprocess.Popen(
            [*COMMAND, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        assert process.stdout is not None
        said: dict[str, str] = {}
        for line in process.stdout:
            name, _, value = line.strip().partition("  ")
            said[name] = value.strip()
            if line.startswith("Stop it"):
                break
        return process, said

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=30)


def finish(process: subprocess.Popen[str], how: int) -> int:
    process.send_signal(how)
    process.communicate(timeout=30)
    return process.returncode


def gone(place: str) -> bool:
    deadline = time.monotonic() + 10
    while Path(place).exists():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@posix
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_until_it_is_told_to_stop(run: Run, how: int) -> None:
    process, said = run("--user", "alice", "--password", "sesame", "--auth", "scram-sha-512")
    assert said["DSN"].startswith("scratchbird://alice:sesame@127.0.0.1:")
    with scratchbird.connect(said["DSN"], sslmode="verify-full", sslrootcert=said["CA file"]) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    connection.close()
    assert finish(process, how) == 0
    assert gone(said["CA file"])


@posix
def test_a_killed_command_leaves_no_server(run: Run) -> None:
    process, said = run("--auth", "password")
    finish(process, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while True:
        try:
            scratchbird.connect(said["DSN"], connect_timeout=2).close()
        except scratchbird.OperationalError:
            break
        assert time.monotonic() < deadline, "the server is still there"
        time.sleep(0.05)


@posix
def test_engine_and_server_see_each_others_end(run: Run, server: Any) -> None:
    """A server whose engine is another's ends alone."""
    engine_url = server._engine.lease()
    server._engine.release()
    process, said = run("--backend", engine_url.replace(re.findall(r"scratchbird_\d+", engine_url)[0], "postgres"))
    with scratchbird.connect(said["DSN"]) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    connection.close()
    assert finish(process, signal.SIGTERM) == 0
    assert server.running


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--auth", "md5"], "invalid choice"),
        (["--user", "a", "--user", "b", "--password", "c"], "2 users and 1 passwords"),
        (["--port", "x"], "invalid int value"),
    ],
)
def test_wrong_options(options: list[str], complaint: str) -> None:
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert complaint in done.stderr


def test_an_error_is_one_line() -> None:
    done = subprocess.run([*COMMAND, "--backend", "nonsense"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith("scratchbird.devserver: the development server did not start: ")
    assert "Traceback" not in done.stderr
