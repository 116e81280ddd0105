"""Finds the server program. Knows nothing of how it is run."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import Iterator

from scratchbird.devserver.errors import DevServerError

NAME = "scratchbird-devserver"
VARIABLE = "SCRATCHBIRD_DEVSERVER"


def _candidates() -> Iterator[Path]:
    file_name = NAME + (".exe" if os.name == "nt" else "")
    yield Path(sysconfig.get_path("scripts")) / file_name
    # The interpreter of a virtual environment is a link: its own folder, not the one it points to.
    yield Path(sys.executable).parent / file_name


def find_binary() -> Path:
    """The server program: of `SCRATCHBIRD_DEVSERVER`, else of the running environment, else of `PATH`."""
    named = os.environ.get(VARIABLE)
    if named:
        if not os.access(named, os.X_OK):
            raise DevServerError(f"{VARIABLE} names {named}, which is not a program that can be run")
        return Path(named)
    for candidate in _candidates():
        if os.access(candidate, os.X_OK):
            return candidate
    on_path = shutil.which(NAME)
    if on_path is None:
        raise DevServerError(
            f"the program {NAME} is missing: install it with pip install 'scratchbird[devserver]', "
            f"or build it with cargo build --package {NAME} and name it in {VARIABLE}"
        )
    return Path(on_path)
