"""scratchbird, on both faces."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, List, Sequence

import scratchbird
from benchmarks.endpoints import Endpoints
from benchmarks.rows import INSERT_VECTOR, MIXED, SEVEN, VECTORS, Mixed, Row, insert
from scratchbird import vector
from scratchbird.rows import class_row, dict_row

POINT = f"{MIXED} where id = ?"
INSERT = insert(["?"] * 7)
BATCH = 16_384
NEAREST = {"k": 10, "metric": "l2", "columns": ["id", "title"]}


class Blocking:
    """The DB-API."""

    name = "scratchbird"

    def open(self, endpoints: Endpoints) -> None:
        self.dsn = endpoints.dsn
        self.connection = scratchbird.connect(self.dsn, autocommit=True)
        self.transactional = scratchbird.connect(self.dsn)
        self.cursor = self.connection.cursor()

    def close(self) -> None:
        self.connection.close()
        self.transactional.close()

    def connect(self, count: int) -> None:
        for _ in range(count):
            scratchbird.connect(self.dsn).close()

    def select_one(self, count: int) -> None:
        cursor = self.cursor
        for _ in range(count):
            cursor.execute("select 1")
            cursor.fetchone()

    def point_select(self, count: int) -> None:
        cursor = self.cursor
        for key in range(count):
            cursor.execute(POINT, (key,))
            cursor.fetchone()

    def insert(self, rows: Sequence[Row]) -> None:
        cursor = self.cursor
        for row in rows:
            cursor.execute(INSERT, row)

    def commit(self, rows: Sequence[Row]) -> None:
        connection = self.transactional
        cursor = connection.cursor()
        for row in rows:
            cursor.execute(INSERT, row)
            connection.commit()

    def tuples(self, count: int) -> List[Any]:
        self.cursor.execute(f"{MIXED} limit {count}")
        return self.cursor.fetchall()

    def dicts(self, count: int) -> List[Any]:
        return self.connection.cursor(row_factory=dict_row).execute(f"{MIXED} limit {count}").fetchall()

    def objects(self, count: int) -> List[Any]:
        return self.connection.cursor(row_factory=class_row(Mixed)).execute(f"{MIXED} limit {count}").fetchall()

    def arrow(self, count: int) -> Any:
        return self.cursor.execute(f"{MIXED} limit {count}").fetch_arrow_table()

    def numpy(self, count: int) -> Any:
        return self.cursor.execute(f"{MIXED} limit {count}").fetch_numpy()

    def to_arrow(self, count: int) -> Any:
        return self.connection.execute(f"{MIXED} limit {count}").fetch_arrow_table()

    def to_pandas(self, count: int) -> Any:
        import scratchbird.pandas

        return scratchbird.pandas.read_sql(f"{MIXED} limit {count}", self.connection)

    def to_sql(self, frame: Any) -> None:
        import scratchbird.pandas

        scratchbird.pandas.to_sql(frame, "framed", self.connection, if_exists="replace", index=False)

    def streamed(self, count: int) -> int:
        return sum(1 for _ in self.connection.cursor().stream(f"{MIXED} limit {count}"))

    def streamed_arrow(self, count: int) -> int:
        batches = self.connection.cursor().stream(f"{MIXED} limit {count}").fetch_record_batches(BATCH)
        return sum(batch.num_rows for batch in batches)

    def pipeline(self, count: int) -> None:
        with self.connection.pipeline():
            cursors = [self.connection.execute(POINT, (key,)) for key in range(count)]
            for cursor in cursors:
                cursor.fetchone()

    def executemany(self, rows: Sequence[Row]) -> None:
        self.cursor.executemany(INSERT, rows)

    def copy(self, rows: Sequence[Row]) -> None:
        self.connection.bulk_copy("seven", rows, columns=SEVEN)

    def vectors_in(self, rows: Sequence[Row]) -> None:
        self.cursor.executemany(f"{INSERT_VECTOR} (?, ?)", rows)

    def vectors_copied(self, rows: Sequence[Row]) -> None:
        self.connection.bulk_copy("vectors", rows, columns=("id", "embedding"))

    def vectors_out(self, count: int) -> Any:
        return self.cursor.execute(f"{VECTORS} limit {count}").fetch_numpy()["embedding"]

    def vector_search(self, queries: Sequence[Any]) -> None:
        for query in queries:
            vector.search(self.connection, "vectors", "embedding", query, **NEAREST)

    def threads(self, threads: int, count: int) -> None:
        with scratchbird.ConnectionPool(self.dsn, min_size=threads, max_size=threads, autocommit=True) as pool:
            pool.wait()

            def work() -> None:
                for key in range(count):
                    with pool.connection() as connection:
                        connection.execute(POINT, (key,)).fetchone()

            workers = [threading.Thread(target=work) for _ in range(threads)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()


class Asyncio:
    """The asyncio face."""

    name = "scratchbird"

    async def open(self, endpoints: Endpoints) -> None:
        self.dsn = endpoints.dsn
        self.connection = await scratchbird.connect_async(self.dsn, autocommit=True)
        self.cursor = self.connection.cursor()
        self.plain = self.connection.cursor()
        self.plain.set_json_loads(str)

    async def close(self) -> None:
        await self.connection.close()

    async def connect(self, count: int) -> None:
        for _ in range(count):
            connection = await scratchbird.connect_async(self.dsn)
            await connection.close()

    async def select_one(self, count: int) -> None:
        cursor = self.cursor
        for _ in range(count):
            await cursor.execute("select 1")
            await cursor.fetchone()

    async def point_select(self, count: int) -> None:
        cursor = self.cursor
        for key in range(count):
            await cursor.execute(POINT, (key,))
            await cursor.fetchone()

    async def insert(self, rows: Sequence[Row]) -> None:
        for row in rows:
            await self.cursor.execute(INSERT, row)

    async def tuples(self, count: int) -> List[Any]:
        await self.cursor.execute(f"{MIXED} limit {count}")
        return await self.cursor.fetchall()

    async def undecoded(self, count: int) -> List[Any]:
        await self.plain.execute(f"{MIXED} limit {count}")
        return await self.plain.fetchall()

    async def dicts(self, count: int) -> List[Any]:
        cursor = await self.connection.cursor(row_factory=dict_row).execute(f"{MIXED} limit {count}")
        return await cursor.fetchall()

    async def objects(self, count: int) -> List[Any]:
        cursor = await self.connection.cursor(row_factory=class_row(Mixed)).execute(f"{MIXED} limit {count}")
        return await cursor.fetchall()

    async def arrow(self, count: int) -> Any:
        await self.cursor.execute(f"{MIXED} limit {count}")
        return await self.cursor.fetch_arrow_table()

    async def numpy(self, count: int) -> Any:
        await self.cursor.execute(f"{MIXED} limit {count}")
        return await self.cursor.fetch_numpy()

    async def streamed(self, count: int) -> int:
        rows = 0
        async for _ in self.connection.cursor().stream(f"{MIXED} limit {count}"):
            rows += 1
        return rows

    async def streamed_arrow(self, count: int) -> int:
        batches = self.connection.cursor().stream(f"{MIXED} limit {count}").fetch_record_batches(BATCH)
        rows = 0
        async for batch in batches:
            rows += batch.num_rows
        return rows

    async def pipeline(self, count: int) -> None:
        async with self.connection.pipeline():
            cursors = [await self.connection.execute(POINT, (key,)) for key in range(count)]
            for cursor in cursors:
                await cursor.fetchone()

    async def executemany(self, rows: Sequence[Row]) -> None:
        await self.cursor.executemany(INSERT, rows)

    async def copy(self, rows: Sequence[Row]) -> None:
        await self.connection.bulk_copy("seven", rows, columns=SEVEN)

    async def vectors_in(self, rows: Sequence[Row]) -> None:
        await self.cursor.executemany(f"{INSERT_VECTOR} (?, ?)", rows)

    async def vectors_copied(self, rows: Sequence[Row]) -> None:
        await self.connection.bulk_copy("vectors", rows, columns=("id", "embedding"))

    async def vectors_out(self, count: int) -> Any:
        cursor = await self.cursor.execute(f"{VECTORS} limit {count}")
        return (await cursor.fetch_numpy())["embedding"]

    async def vector_search(self, queries: Sequence[Any]) -> None:
        for query in queries:
            await vector.asearch(self.connection, "vectors", "embedding", query, **NEAREST)

    async def tasks(self, tasks: int, connections: int, count: int) -> None:
        async with scratchbird.AsyncConnectionPool(
            self.dsn, min_size=connections, max_size=connections, autocommit=True
        ) as pool:
            await pool.wait()

            async def work() -> None:
                for key in range(count):
                    async with pool.connection() as connection:
                        cursor = await connection.execute(POINT, (key,))
                        await cursor.fetchone()

            await asyncio.gather(*(work() for _ in range(tasks)))
