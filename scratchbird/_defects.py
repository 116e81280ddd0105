"""How the defects of a server that the core has met become warnings at the place of the program that met them."""

from __future__ import annotations

import sys
import warnings

from scratchbird.errors import ServerDefectWarning


def warn(defect: str, message: str) -> None:
    """Warn where the program called the driver, not where the driver found out."""
    level = 2
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").split(".")[0] == "scratchbird":
        frame = frame.f_back  # type: ignore[assignment]
        level += 1
    warnings.warn(ServerDefectWarning(message, defect), stacklevel=level)
