"""asyncpg."""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import Any, Dict, List, Sequence

import asyncpg
import numpy
import pgvector.asyncpg

from benchmarks.endpoints import Endpoints
from benchmarks.rows import INSERT_VECTOR, MIXED, NEAREST, SEVEN, VECTORS, Mixed, Row, insert

POINT = f"{MIXED} where id = $1"
INSERT = insert([f"${n}" for n in range(1, 8)])


class Asyncio:
    """asyncpg's own interface."""

    name = "asyncpg"

    async def open(self, endpoints: Endpoints) -> None:
        # As sslmode=require: encrypted, not verified.
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.options: Dict[str, Any] = {
            "host": endpoints.host,
            "port": endpoints.port,
            "user": endpoints.user,
            "password": endpoints.password,
            "database": endpoints.database,
            "ssl": context if endpoints.tls else False,
        }
        self.connection = await asyncpg.connect(**self.options)
        # JSON as Python objects, as the other drivers give it, in the way of asyncpg's documentation.
        await self.connection.set_type_codec("json", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")
        if endpoints.in_memory:
            await pgvector.asyncpg.register_vector(self.connection)
        self.plain = await asyncpg.connect(**self.options)

    async def close(self) -> None:
        await self.connection.close()
        await self.plain.close()

    async def connect(self, count: int) -> None:
        for _ in range(count):
            connection = await asyncpg.connect(**self.options)
            await connection.close()

    async def select_one(self, count: int) -> None:
        fetchrow = self.connection.fetchrow
        for _ in range(count):
            await fetchrow("select 1")

    async def point_select(self, count: int) -> None:
        fetchrow = self.connection.fetchrow
        for key in range(count):
            await fetchrow(POINT, key)

    async def insert(self, rows: Sequence[Row]) -> None:
        for row in rows:
            await self.connection.execute(INSERT, *row)

    async def tuples(self, count: int) -> List[Any]:
        rows: List[Any] = await self.connection.fetch(f"{MIXED} limit {count}")
        return rows

    async def undecoded(self, count: int) -> List[Any]:
        rows: List[Any] = await self.plain.fetch(f"{MIXED} limit {count}")
        return rows

    async def dicts(self, count: int) -> List[Any]:
        return [dict(row) for row in await self.tuples(count)]

    async def objects(self, count: int) -> List[Any]:
        return [Mixed(*row) for row in await self.tuples(count)]

    async def executemany(self, rows: Sequence[Row]) -> None:
        await self.connection.executemany(INSERT, rows)

    async def copy(self, rows: Sequence[Row]) -> None:
        await self.connection.copy_records_to_table("seven", records=rows, columns=SEVEN)

    async def vectors_in(self, rows: Sequence[Row]) -> None:
        await self.connection.executemany(f"{INSERT_VECTOR} ($1, $2)", rows)

    async def vectors_copied(self, rows: Sequence[Row]) -> None:
        await self.connection.copy_records_to_table("vectors", records=rows, columns=("id", "embedding"))

    async def vectors_out(self, count: int) -> Any:
        rows = await self.connection.fetch(f"{VECTORS} limit {count}")
        return numpy.array([row[1] for row in rows])

    async def vector_search(self, queries: Sequence[Any]) -> None:
        search = NEAREST.format("$1")
        for query in queries:
            await self.connection.fetch(search, query)

    async def tasks(self, tasks: int, connections: int, count: int) -> None:
        async with asyncpg.create_pool(**self.options, min_size=connections, max_size=connections) as pool:

            async def work() -> None:
                for key in range(count):
                    async with pool.acquire() as connection:
                        await connection.fetchrow(POINT, key)

            await asyncio.gather(*(work() for _ in range(tasks)))
