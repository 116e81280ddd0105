"""Which SQLAlchemy this is; the few places that differ between its releases ask here."""

from __future__ import annotations

import re

import sqlalchemy

_numbers = re.match(r"(\d+)\.(\d+)", sqlalchemy.__version__)
VERSION = (int(_numbers.group(1)), int(_numbers.group(2))) if _numbers else (2, 0)
"""Major and minor number."""

IS_14 = VERSION < (2, 0)
