"""The command `python -m scratchbird.devserver`: runs a server until interrupted."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from typing import Any

from scratchbird.devserver.errors import DevServerError
from scratchbird.devserver.server import AUTHENTICATION, CERTIFICATES, FEATURES, PROFILES, start


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scratchbird.devserver",
        description="Runs an SBWP 1.1 server for development and tests until interrupted. Not for production.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on; a free one if left out")
    parser.add_argument("--data-dir", help="where the data are kept across restarts; temporary if left out")
    parser.add_argument("--database", default="default", help="the name of the database (default)")
    parser.add_argument("--user", action="append", help="who may log in (scratchbird); repeat it for more users")
    parser.add_argument("--password", action="append", help="the password or token of the --user at the same place")
    parser.add_argument("--auth", choices=AUTHENTICATION, default="scram-sha-256", help="how clients log in")
    parser.add_argument("--profile", choices=PROFILES, default="standard", help="which server to behave as")
    parser.add_argument("--read-only", action="store_true", help="refuse to write, as a copy of another server does")
    parser.add_argument(
        "--without", action="append", choices=FEATURES, default=[], help="a feature of the protocol to leave out"
    )
    parser.add_argument("--backend", metavar="URL", help="a PostgreSQL to use instead of the embedded one")
    parser.add_argument("--tls", choices=("on", "off"), default="on", help="whether clients speak TLS 1.3")
    parser.add_argument("--certificate", choices=CERTIFICATES, default="good", help="a wrong one, to test clients")
    parser.add_argument("--socket", help="also listen on a Unix-domain socket at this path")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Runs the command; gives its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    users = options.user or ["scratchbird"]
    passwords = options.password or ["scratchbird"]
    if len(users) != len(passwords):
        parser.error(f"{len(users)} users and {len(passwords)} passwords were given; each user needs one password")
    stopped = threading.Event()

    def stop(*_: Any) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        server = start(
            host=options.host,
            port=options.port,
            data_dir=options.data_dir,
            user=users[0],
            password=passwords[0],
            users=dict(zip(users[1:], passwords[1:])),
            database=options.database,
            auth=options.auth,
            profile=options.profile,
            read_only=options.read_only,
            without=options.without,
            backend=options.backend,
            tls=options.tls == "on",
            certificate=options.certificate,
            socket=options.socket,
        )
    except DevServerError as error:
        print(f"scratchbird.devserver: {error}", file=sys.stderr)
        return 1
    with server:
        print("ScratchBird development server (not for production)")
        print(f"DSN      {server.dsn}")
        if server.ca_file is not None:
            print(f"CA file  {server.ca_file}", flush=True)
        print("Stop it with Ctrl-C.", flush=True)
        # In steps, because a wait without an end does not see signals on every platform.
        while not stopped.wait(0.5):
            if not server.running:
                print("scratchbird.devserver: the server has ended unexpectedly", file=sys.stderr)
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
