"""SQLAlchemy, whose Core and ORM are the same for all: what differs is the dialect, and the driver under it.

Every class has a table of its own, since each dialect makes it. `Canned` ones read what the servers in memory have.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Dict, List

import sqlalchemy as sa
import sqlalchemy.orm
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from benchmarks.endpoints import Endpoints
from benchmarks.rows import SEVEN, Row, sevens


def _mapped(name: str, *columns: Any) -> Any:
    """A class, and its table of seven columns and more."""
    registry = sa.orm.registry()
    body: Dict[str, Any] = {
        "__tablename__": name,
        "id": sa.Column(sa.BigInteger, primary_key=True),
        "name": sa.Column(sa.Text),
        "ratio": sa.Column(sa.Float(53)),
        "at": sa.Column(sa.DateTime(timezone=True)),
        "price": sa.Column(sa.Numeric(12, 2)),
        "active": sa.Column(sa.Boolean),
        "key": sa.Column(sa.Uuid),
    }
    body.update({column.name: column for column in columns})
    return registry.mapped(type("Mapped", (), body))


def _named(rows: List[Row], keys: bool) -> List[Dict[str, Any]]:
    """Rows as dictionaries, with the key or without."""
    return [dict(zip(SEVEN, row)) if keys else dict(zip(SEVEN[1:], row[1:])) for row in rows]


class _Blocking(ABC):
    name = ""

    @abstractmethod
    def url(self, endpoints: Endpoints) -> sa.engine.URL:
        """Where the engine connects to."""

    def open(self, endpoints: Endpoints) -> None:
        self.engine = sa.create_engine(self.url(endpoints))
        self.row = _mapped(f"orm_{self.name}")
        self.table = self.row.__table__
        self.table.drop(self.engine, checkfirst=True)
        self.table.create(self.engine)
        self.core_insert(list(sevens(10_000)))

    def close(self) -> None:
        self.table.drop(self.engine)
        self.engine.dispose()

    def orm_insert(self, rows: List[Row]) -> None:
        """New objects, whose keys the server makes."""
        self._empty()
        objects = [self.row(**values) for values in _named(rows, False)]
        with sa.orm.Session(self.engine) as session:
            session.add_all(objects)
            session.commit()

    def core_insert(self, rows: List[Row]) -> None:
        """An INSERT with many rows of parameters."""
        self._empty()
        with self.engine.begin() as connection:
            connection.execute(self.table.insert(), _named(rows, True))

    def orm_read(self, rows: List[Row]) -> None:
        """All objects of the table."""
        with sa.orm.Session(self.engine) as session:
            found = session.scalars(sa.select(self.row)).all()
            assert len(found) == len(rows)

    def core_read(self, rows: List[Row]) -> None:
        """All rows of the table."""
        with self.engine.connect() as connection:
            found = connection.execute(sa.select(self.table)).all()
            assert len(found) == len(rows)

    def orm_get(self, rows: List[Row]) -> None:
        """One object after the other, by its key."""
        keys = self._keys(len(rows))
        with sa.orm.Session(self.engine) as session:
            for key in keys:
                assert session.get(self.row, key) is not None

    def core_get(self, rows: List[Row]) -> None:
        """One row after the other, by its key."""
        table, keys = self.table, self._keys(len(rows))
        with self.engine.connect() as connection:
            for key in keys:
                assert connection.execute(sa.select(table).where(table.c.id == key)).one()

    def _empty(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(self.table.delete())

    def _keys(self, count: int) -> List[int]:
        with self.engine.connect() as connection:
            return list(connection.scalars(sa.select(self.table.c.id).limit(count)))


class Scratchbird(_Blocking):
    """The synchronous half of our dialect."""

    name = "scratchbird"

    def url(self, endpoints: Endpoints) -> sa.engine.URL:
        return sa.make_url(endpoints.dsn)


class Psycopg(_Blocking):
    """SQLAlchemy's dialect for psycopg 3."""

    name = "psycopg"

    def url(self, endpoints: Endpoints) -> sa.engine.URL:
        query = {"host": endpoints.host, "port": str(endpoints.port)}
        return sa.URL.create(
            "postgresql+psycopg", endpoints.user, endpoints.password or None, database=endpoints.database, query=query
        )


class _Asyncio(ABC):
    """On servers in memory: what is written is gone, what is read is always the same."""

    name = ""

    @abstractmethod
    def engine_of(self, endpoints: Endpoints) -> AsyncEngine:
        """The engine."""

    async def open(self, endpoints: Endpoints) -> None:
        self.engine = self.engine_of(endpoints)
        self.seven = _mapped("seven")
        self.mixed = _mapped(
            "mixed",
            sa.Column("document", sa.JSON),
            sa.Column("data", sa.LargeBinary),
            sa.Column("parent", sa.BigInteger),
        )

    async def close(self) -> None:
        await self.engine.dispose()

    async def orm_insert(self, rows: List[Row]) -> None:
        """New objects with keys."""
        objects = [self.seven(**values) for values in _named(rows, True)]
        async with AsyncSession(self.engine) as session:
            session.add_all(objects)
            await session.commit()

    async def core_insert(self, rows: List[Row]) -> None:
        """An INSERT with many rows of parameters."""
        async with self.engine.begin() as connection:
            await connection.execute(self.seven.__table__.insert(), _named(rows, True))

    async def orm_read(self, rows: List[Row]) -> None:
        """Many objects."""
        async with AsyncSession(self.engine) as session:
            # The same thousand keys come again and again.
            found = await session.execute(sa.select(self.mixed).limit(sa.literal_column(str(len(rows)))))
            assert len(found.all()) == len(rows)

    async def core_read(self, rows: List[Row]) -> None:
        """Many rows."""
        async with self.engine.connect() as connection:
            limit = sa.literal_column(str(len(rows)))
            found = await connection.execute(sa.select(self.mixed.__table__).limit(limit))
            assert len(found.all()) == len(rows)

    async def orm_get(self, rows: List[Row]) -> None:
        """One object after the other."""
        statement = sa.select(self.mixed)
        async with AsyncSession(self.engine) as session:
            for row in rows:
                assert (await session.execute(statement.where(self.mixed.id == row[0]))).one()

    async def core_get(self, rows: List[Row]) -> None:
        """One row after the other."""
        table = self.mixed.__table__
        async with self.engine.connect() as connection:
            for row in rows:
                assert (await connection.execute(sa.select(table).where(table.c.id == row[0]))).one()


class ScratchbirdAsyncio(_Asyncio):
    """The asyncio half of our dialect."""

    name = "scratchbird"

    def engine_of(self, endpoints: Endpoints) -> AsyncEngine:
        return create_async_engine(endpoints.dsn)


class Asyncpg(_Asyncio):
    """SQLAlchemy's dialect for asyncpg."""

    name = "asyncpg"

    def engine_of(self, endpoints: Endpoints) -> AsyncEngine:
        url = sa.URL.create(
            "postgresql+asyncpg", endpoints.user, endpoints.password, endpoints.host, endpoints.port, endpoints.database
        )
        # The server in memory cannot answer what is asked at the first connection.
        return create_async_engine(url, connect_args={"ssl": "require"}, _initialize=False)
