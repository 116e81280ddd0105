"""The application: a pool that lives as long as it does, and a transaction for every request.

SCRATCHBIRD_URL=scratchbird://user:password@localhost:3092/demo uvicorn examples.fastapi_app.app:app
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import Annotated, Any, AsyncIterator, List

import sqlalchemy as sa
from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from scratchbird.sqlalchemy import DriverPool

URL = "scratchbird://alice:secret@localhost:3092/demo"


class Base(DeclarativeBase):
    """The tables of the application."""


class Feeder(Base):
    """A place where birds are fed."""

    __tablename__ = "example_feeder"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    grams: Mapped[int] = mapped_column(sa.Integer, sa.CheckConstraint("grams >= 0", name="no_debts"))


class NewFeeder(BaseModel):
    """What a client sends."""

    name: str = Field(max_length=40)
    grams: int


class KnownFeeder(NewFeeder):
    """What a client gets."""

    model_config = ConfigDict(from_attributes=True)
    id: int


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """The engine, and in it the pool, from start to end."""
    app.state.engine = create_async_engine(os.environ.get("SCRATCHBIRD_URL", URL), poolclass=DriverPool, pool_size=4)
    async with app.state.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield
    await app.state.engine.dispose()


async def transaction(request: Request) -> AsyncIterator[AsyncSession]:
    """A session in a transaction: committed where the request succeeds, rolled back where it does not."""
    async with AsyncSession(request.app.state.engine, expire_on_commit=False) as session, session.begin():
        yield session


app = FastAPI(lifespan=lifespan)
Transaction = Annotated[AsyncSession, Depends(transaction)]


@app.post("/feeders", status_code=201)
async def add(new: NewFeeder, session: Transaction) -> KnownFeeder:
    """A new feeder; 409 for a name that is taken, 422 for less than nothing."""
    feeder = Feeder(**new.model_dump())
    session.add(feeder)
    try:
        await session.flush()
    except sa.exc.IntegrityError as error:
        known: Any = error.orig
        raise HTTPException(422 if known.constraint == "no_debts" else 409, known.constraint) from None
    return KnownFeeder.model_validate(feeder)


@app.get("/feeders")
async def find(session: Transaction) -> List[KnownFeeder]:
    """All feeders, by name."""
    return [KnownFeeder.model_validate(one) for one in await session.scalars(sa.select(Feeder).order_by(Feeder.name))]


@app.post("/feeders/{source}/pour/{target}")
async def pour(source: int, target: int, grams: int, session: Transaction) -> None:
    """Move grain from one feeder to another: both change or none."""
    for place, change in ((target, grams), (source, -grams)):
        statement = sa.update(Feeder).where(Feeder.id == place).values(grams=Feeder.grams + change)
        try:
            result: Any = await session.execute(statement)
        except sa.exc.IntegrityError:
            raise HTTPException(409, "there is not so much") from None
        if result.rowcount == 0:
            raise HTTPException(404, f"no feeder {place}")
