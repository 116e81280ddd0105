"""psqlpy: PyO3 and Tokio, as scratchbird."""

from __future__ import annotations

from typing import Any, Dict, List

import psqlpy

from benchmarks.endpoints import Endpoints
from benchmarks.rows import MIXED

POINT = f"{MIXED} where id = $1"


class Asyncio:
    """psqlpy's own interface. Its rows are dicts; numeric and json parameters need its own types, so it only reads."""

    name = "psqlpy"

    async def open(self, endpoints: Endpoints) -> None:
        self.options: Dict[str, Any] = {
            "host": endpoints.host,
            "port": endpoints.port,
            "username": endpoints.user,
            "password": endpoints.password,
            "db_name": endpoints.database,
            "ssl_mode": psqlpy.SslMode.Require if endpoints.tls else psqlpy.SslMode.Disable,
        }
        self.connection = await psqlpy.connect(**self.options)

    async def close(self) -> None:
        self.connection.close()

    async def select_one(self, count: int) -> None:
        execute = self.connection.execute
        for _ in range(count):
            (await execute("select 1")).result()

    async def point_select(self, count: int) -> None:
        execute = self.connection.execute
        for key in range(count):
            (await execute(POINT, [key])).result()

    async def tuples(self, count: int) -> List[Any]:
        rows: List[Any] = (await self.connection.execute(f"{MIXED} limit {count}")).result()
        return rows

    async def dicts(self, count: int) -> List[Any]:
        return await self.tuples(count)
