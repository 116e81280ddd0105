"""Which SQLAlchemy this is; the few places that differ between its releases ask here."""

from __future__ import annotations

import functools
import operator
import re
from typing import Any

import sqlalchemy
import sqlalchemy.sql.operators

_numbers = re.match(r"(\d+)\.(\d+)", sqlalchemy.__version__)
VERSION = (int(_numbers.group(1)), int(_numbers.group(2))) if _numbers else (2, 0)
"""Major and minor number."""

IS_14 = VERSION < (2, 0)


def operators(*names: str) -> Any:
    """What columns of a type can be asked, by the names of SQLAlchemy's `OperatorClass`; nothing before 2.1."""
    found = getattr(sqlalchemy.sql.operators, "OperatorClass", None)
    return None if found is None else functools.reduce(operator.or_, (getattr(found, name) for name in names))
