"""SQLAlchemy with asyncio: sessions side by side, and a result that is read as it comes.

python examples/sqlalchemy_async.py scratchbird://user:password@localhost:3092/demo
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """The tables of this example."""


class Ring(Base):
    """A ring that was put on a bird."""

    __tablename__ = "example_ring"
    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(12), unique=True)
    weight: Mapped[float]


async def put_on(sessions: async_sessionmaker[AsyncSession], first: int) -> None:
    """Ten rings, in a transaction of their own."""
    async with sessions.begin() as session:
        session.add_all(Ring(code=f"R{number:05}", weight=number / 10) for number in range(first, first + 10))


async def use(engine: Any) -> None:
    """Insert side by side, and read."""
    sessions = async_sessionmaker(engine)
    await asyncio.gather(*(put_on(sessions, first) for first in range(0, 50, 10)))
    async with sessions() as session:
        print("rings:", await session.scalar(sa.select(sa.func.count()).select_from(Ring)))
        result = await session.stream_scalars(sa.select(Ring).order_by(Ring.code).execution_options(yield_per=20))
        total = 0.0
        async for part in result.partitions():
            total += sum(ring.weight for ring in part)
        print(f"weight: {total:.1f}")


async def main(url: str) -> None:
    """Make the table, use it, drop it."""
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    try:
        await use(engine)
    finally:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.drop_all)
        await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "scratchbird://alice:secret@localhost:3092/demo"))
