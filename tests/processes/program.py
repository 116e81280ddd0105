"""Programs that run in a process of their own, so that their beginning and their end can be looked at."""

from __future__ import annotations

import subprocess
import sys
import textwrap

PATIENCE = 50
"""Seconds after which a program hangs."""

HEAD = """
import asyncio, os, signal, sys, threading, time
import scratchbird
dsn = sys.argv[1]
"""

FORK = """
def in_child(work):
    # A child that hangs ends by its alarm.
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0, "the child failed"

def refused(call):
    try:
        call()
    except scratchbird.InterfaceError as error:
        assert "parent process" in str(error), error
    else:
        raise AssertionError("a child used what is its parent's")
"""


def run(source: str, dsn: str, *options: str) -> str:
    """Run a program to its end, which must be silent; gives what it has printed."""
    # Python warns of forks where there are threads: that they work is what is tested.
    command = [sys.executable, "-X", "dev", "-W", "ignore::DeprecationWarning", *options]
    command += ["-c", HEAD + FORK + textwrap.dedent(source), dsn]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.stderr == ""
    assert done.returncode == 0
    return done.stdout
