"""psycopg2."""

from __future__ import annotations

import io
import threading
from typing import Any, List, Sequence

import psycopg2
import psycopg2.extras
import psycopg2.pool

from benchmarks.endpoints import Endpoints
from benchmarks.rows import COLUMNS, MIXED, SEVEN, Mixed, Row, insert

POINT = f"{MIXED} where id = %s"
INSERT = insert(["%s"] * 7)
VALUES = f"insert into seven ({COLUMNS}) values %s"

psycopg2.extras.register_uuid()


class Blocking:
    """The DB-API."""

    name = "psycopg2"

    def open(self, endpoints: Endpoints) -> None:
        self.dsn = endpoints.libpq
        self.connection = psycopg2.connect(self.dsn)
        self.connection.autocommit = True
        self.transactional = psycopg2.connect(self.dsn)
        self.cursor = self.connection.cursor()

    def close(self) -> None:
        self.connection.close()
        self.transactional.close()

    def connect(self, count: int) -> None:
        for _ in range(count):
            psycopg2.connect(self.dsn).close()

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
        rows: List[Any] = self.cursor.fetchall()
        return rows

    def dicts(self, count: int) -> List[Any]:
        with self.connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute(f"{MIXED} limit {count}")
            rows: List[Any] = cursor.fetchall()
        return rows

    def objects(self, count: int) -> List[Any]:
        return [Mixed(*row) for row in self.tuples(count)]

    def executemany(self, rows: Sequence[Row]) -> None:
        psycopg2.extras.execute_values(self.cursor, VALUES, rows, page_size=1000)

    def copy(self, rows: Sequence[Row]) -> None:
        text = io.StringIO()
        for row in rows:
            text.write("\t".join(map(str, row)))
            text.write("\n")
        text.seek(0)
        self.cursor.copy_from(text, "seven", columns=SEVEN)

    def threads(self, threads: int, count: int) -> None:
        pool = psycopg2.pool.ThreadedConnectionPool(threads, threads, self.dsn)

        def work() -> None:
            for key in range(count):
                connection = pool.getconn()
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(POINT, (key,))
                    cursor.fetchone()
                pool.putconn(connection)

        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        pool.closeall()
