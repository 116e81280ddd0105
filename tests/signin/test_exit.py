"""A program may end while a callable is at work: it neither hangs nor prints."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest

from tests.signin.conftest import address

PROGRAM = """
import asyncio, sys, threading, time, scratchbird
asked = threading.Event()

def blocking():
    asked.set()
    time.sleep(60)

async def awaited():
    asked.set()
    await asyncio.sleep(60)

pool = scratchbird.ConnectionPool(min_size=2, token={function}, **{address!r})
asked.wait(20)
print("asked")
"""


@pytest.mark.parametrize("function", ["blocking", "awaited"])
def test_the_program_ends(token_server: Any, function: str) -> None:
    program = PROGRAM.format(function=function, address=address(token_server))
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "asked\n", "")
    assert time.monotonic() - began < 40
