"""Says which extra is missing, before anything of SQLAlchemy is imported."""

from __future__ import annotations

from scratchbird._columns import needed

needed("sqlalchemy", "scratchbird.sqlalchemy", "sqlalchemy")
