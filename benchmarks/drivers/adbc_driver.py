"""ADBC for PostgreSQL, which makes Arrow of what COPY gives it: on a database only, it asks for the catalogue."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import adbc_driver_postgresql.dbapi

from benchmarks.endpoints import Endpoints
from benchmarks.rows import MIXED


class Blocking:
    """The DB-API."""

    name = "adbc"

    def open(self, endpoints: Endpoints) -> None:
        at = endpoints
        uri = f"postgresql:///{at.database}?host={quote(at.host, safe='')}&port={at.port}&user={at.user}"
        self.connection = adbc_driver_postgresql.dbapi.connect(uri, autocommit=True)

    def close(self) -> None:
        self.connection.close()

    def to_arrow(self, count: int) -> Any:
        with self.connection.cursor() as cursor:
            return cursor.execute(f"{MIXED} limit {count}").fetch_arrow_table()
