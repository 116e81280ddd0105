"""Which SQLAlchemy this is; the few places that differ between its releases ask here."""

from __future__ import annotations

import functools
import inspect
import operator
import re
import sys
from typing import Any

import sqlalchemy
import sqlalchemy.sql.operators

_numbers = re.match(r"(\d+)\.(\d+)", sqlalchemy.__version__)
VERSION = (int(_numbers.group(1)), int(_numbers.group(2))) if _numbers else (2, 0)
"""Major and minor number."""

IS_14 = VERSION < (2, 0)


def asks_for_asyncio() -> bool:
    """Whether `create_async_engine()` is what looks for a dialect: SQLAlchemy 1.4 does not say so, later ones do."""
    asking: Any = getattr(sys.modules.get("sqlalchemy.ext.asyncio.engine"), "create_async_engine", None)
    frame = inspect.currentframe() if IS_14 and asking is not None else None
    while frame is not None and frame.f_code is not asking.__code__:
        frame = frame.f_back
    return frame is not None


def operators(*names: str) -> Any:
    """What columns of a type can be asked, by the names of SQLAlchemy's `OperatorClass`; nothing before 2.1."""
    found = getattr(sqlalchemy.sql.operators, "OperatorClass", None)
    return None if found is None else functools.reduce(operator.or_, (getattr(found, name) for name in names))
