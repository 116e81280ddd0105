"""Where in the program the driver was called."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Optional

_OWN = ("scratchbird", "contextlib", "asyncio")


def caller() -> str:
    """The innermost line that is not the driver's own, as `file:line in function`; empty where there is none.

    A task that does nothing but connect has no line of the program around it.
    """
    frame: Optional[FrameType] = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.partition(".")[0] not in _OWN:
            return f"{frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_name}"
        frame = frame.f_back
    return ""
