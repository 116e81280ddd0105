"""psycopg 3, with its C implementation."""

from __future__ import annotations

import asyncio
import threading
import warnings
from typing import Any, List, Sequence

import numpy
import pgvector.psycopg
import psycopg
import psycopg.rows
import psycopg_pool

from benchmarks.endpoints import Endpoints
from benchmarks.rows import COLUMNS, INSERT_VECTOR, MIXED, NEAREST, VECTORS, Mixed, Row, insert

POINT = f"{MIXED} where id = %s"
INSERT = insert(["%s"] * 7)
COPY = f"copy seven ({COLUMNS}) from stdin"


class Blocking:
    """The DB-API, results as text."""

    name = "psycopg"
    binary = False

    def open(self, endpoints: Endpoints) -> None:
        self.dsn = endpoints.libpq
        self.connection = psycopg.connect(self.dsn, autocommit=True)
        self.transactional = psycopg.connect(self.dsn)
        self.cursor = self.connection.cursor(binary=self.binary)

    def close(self) -> None:
        self.connection.close()
        self.transactional.close()

    def connect(self, count: int) -> None:
        for _ in range(count):
            psycopg.connect(self.dsn).close()

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
        cursor = self.connection.cursor(binary=self.binary, row_factory=psycopg.rows.dict_row)
        return cursor.execute(f"{MIXED} limit {count}").fetchall()

    def objects(self, count: int) -> List[Any]:
        cursor = self.connection.cursor(binary=self.binary, row_factory=psycopg.rows.class_row(Mixed))
        return cursor.execute(f"{MIXED} limit {count}").fetchall()

    def to_pandas(self, count: int) -> Any:
        import pandas

        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="pandas only supports SQLAlchemy")
            return pandas.read_sql(f"{MIXED} limit {count}", self.connection)

    def to_sql(self, frame: Any) -> None:
        import sqlalchemy

        engine = sqlalchemy.create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(self.dsn))
        # PostgreSQL takes 65 535 parameters a statement.
        frame.to_sql("framed", engine, if_exists="replace", index=False, method="multi", chunksize=6000)
        engine.dispose()

    def executemany(self, rows: Sequence[Row]) -> None:
        self.cursor.executemany(INSERT, rows)

    def copy(self, rows: Sequence[Row]) -> None:
        with self.cursor.copy(COPY) as copy:
            for row in rows:
                copy.write_row(row)

    def pipeline(self, count: int) -> None:
        with self.connection.pipeline():
            cursors = [self.connection.execute(POINT, (key,)) for key in range(count)]
            for cursor in cursors:
                cursor.fetchone()

    def threads(self, threads: int, count: int) -> None:
        with psycopg_pool.ConnectionPool(
            self.dsn, min_size=threads, max_size=threads, kwargs={"autocommit": True}
        ) as pool:
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


class BlockingBinary(Blocking):
    """The DB-API, results in binary; vectors by pgvector, in binary both ways."""

    name = "psycopg binary"
    binary = True

    def open(self, endpoints: Endpoints) -> None:
        super().open(endpoints)
        if endpoints.in_memory:
            pgvector.psycopg.register_vector(self.connection)
        # Cursors know the types that their connection knew when they were made.
        self.cursor = self.connection.cursor(binary=True)

    def vectors_in(self, rows: Sequence[Row]) -> None:
        self.cursor.executemany(f"{INSERT_VECTOR} (%b, %b)", rows)

    def vectors_copied(self, rows: Sequence[Row]) -> None:
        with self.cursor.copy("copy vectors (id, embedding) from stdin with (format binary)") as copy:
            copy.set_types(["int8", "vector"])
            for row in rows:
                copy.write_row(row)

    def vectors_out(self, count: int) -> Any:
        rows = self.cursor.execute(f"{VECTORS} limit {count}").fetchall()
        return numpy.array([row[1] for row in rows])

    def vector_search(self, queries: Sequence[Any]) -> None:
        search = NEAREST.format("%(query)b")
        for query in queries:
            self.cursor.execute(search, {"query": query}).fetchall()


class Asyncio:
    """The asyncio face."""

    name = "psycopg"

    async def open(self, endpoints: Endpoints) -> None:
        self.dsn = endpoints.libpq
        self.connection = await psycopg.AsyncConnection.connect(self.dsn, autocommit=True)
        self.cursor = self.connection.cursor()

    async def close(self) -> None:
        await self.connection.close()

    async def connect(self, count: int) -> None:
        for _ in range(count):
            connection = await psycopg.AsyncConnection.connect(self.dsn)
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

    async def dicts(self, count: int) -> List[Any]:
        cursor = self.connection.cursor(row_factory=psycopg.rows.dict_row)
        await cursor.execute(f"{MIXED} limit {count}")
        return await cursor.fetchall()

    async def objects(self, count: int) -> List[Any]:
        cursor = self.connection.cursor(row_factory=psycopg.rows.class_row(Mixed))
        await cursor.execute(f"{MIXED} limit {count}")
        return await cursor.fetchall()

    async def executemany(self, rows: Sequence[Row]) -> None:
        await self.cursor.executemany(INSERT, rows)

    async def pipeline(self, count: int) -> None:
        async with self.connection.pipeline():
            cursors = [await self.connection.execute(POINT, (key,)) for key in range(count)]
            for cursor in cursors:
                await cursor.fetchone()

    async def tasks(self, tasks: int, connections: int, count: int) -> None:
        async with psycopg_pool.AsyncConnectionPool(
            self.dsn, min_size=connections, max_size=connections, kwargs={"autocommit": True}
        ) as pool:
            await pool.wait()

            async def work() -> None:
                for key in range(count):
                    async with pool.connection() as connection:
                        cursor = await connection.execute(POINT, (key,))
                        await cursor.fetchone()

            await asyncio.gather(*(work() for _ in range(tasks)))
