"""Runs PostgreSQL as a child and ends it when standard input ends, whatever became of the process that started this.

Run as a program of its own, not imported: `keeper.py JSON`. It must not import anything of the package.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from typing import Any


def main() -> int:
    """Starts the command, waits for it or for the end of input, cleans up; gives the command's exit code."""
    task: dict[str, Any] = json.loads(sys.argv[1])
    if task["uid"] is not None and hasattr(os, "setuid"):
        os.setgroups([])
        os.setgid(task["gid"])
        os.setuid(task["uid"])
    # Inherited, not part of the task: a command line can be read by everyone on the machine.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LC_"))}
    with open(task["log"], "ab") as log:
        child = subprocess.Popen(
            task["command"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=task["folder"],
            env=environment,
        )
    watcher = threading.Thread(target=_end_with_input, args=(child,), daemon=True)
    watcher.start()
    code = child.wait()
    for folder in task["remove"]:
        shutil.rmtree(folder, ignore_errors=True)
    return code


def _end_with_input(child: subprocess.Popen[bytes]) -> None:
    # Read below Python's buffers, whose locks a thread must not hold when the program ends.
    while os.read(0, 4096):
        pass
    if os.name == "nt":
        child.terminate()
    else:
        # A "fast" shutdown: sessions are ended, data are written.
        child.send_signal(signal.SIGINT)
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main())
