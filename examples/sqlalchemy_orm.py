"""The ORM of SQLAlchemy on ScratchBird: models, relationships, documents, vectors, and an upsert.

python examples/sqlalchemy_orm.py scratchbird://user:password@localhost:3092/demo
"""

from __future__ import annotations

import datetime
import sys
from typing import Any, Dict, List, Optional

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship, selectinload

from scratchbird.sqlalchemy import JSONB, Vector, insert


class Base(DeclarativeBase):
    """The tables of this example."""


class Station(Base):
    """Where birds are counted."""

    __tablename__ = "example_station"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    equipment: Mapped[Optional[Dict[str, Any]]] = mapped_column(JSONB)
    sightings: Mapped[List[Sighting]] = relationship(back_populates="station", cascade="all, delete-orphan")


class Sighting(Base):
    """A bird that was seen."""

    __tablename__ = "example_sighting"
    id: Mapped[int] = mapped_column(primary_key=True)
    station_id: Mapped[int] = mapped_column(sa.ForeignKey("example_station.id"))
    species: Mapped[str] = mapped_column(sa.String(40))
    day: Mapped[datetime.date]
    song: Mapped[Any] = mapped_column(Vector(3))
    station: Mapped[Station] = relationship(back_populates="sightings")


def fill(session: Session) -> None:
    """Two stations with what was seen there."""
    day = datetime.date(2026, 3, 1)
    session.add_all(
        [
            Station(
                name="marsh",
                equipment={"scopes": 2, "hide": {"seats": 6}},
                sightings=[
                    Sighting(species="heron", day=day, song=[0.9, 0.1, 0.0]),
                    Sighting(species="wren", day=day, song=[0.0, 0.2, 0.9]),
                ],
            ),
            Station(name="cliff", sightings=[Sighting(species="gull", day=day, song=[0.8, 0.3, 0.1])]),
        ]
    )
    session.commit()


def ask(session: Session) -> None:
    """A few questions."""
    for station in session.scalars(sa.select(Station).options(selectinload(Station.sightings)).order_by(Station.name)):
        print(station.name, sorted(sighting.species for sighting in station.sightings))
    seats = Station.equipment["hide"]["seats"].as_integer()
    print("a hide at", session.scalars(sa.select(Station.name).where(seats > 4)).all())
    nearest = sa.select(Sighting.species).order_by(Sighting.song.cosine_distance([1, 0, 0])).limit(2)
    print("sounds alike:", session.scalars(nearest).all())


def upsert(session: Session) -> None:
    """A row that is there is changed, one that is not is inserted."""
    new = insert(Station)
    statement = new.on_conflict_do_update(index_elements=["name"], set_={"equipment": new.excluded.equipment})
    rows = [{"name": "marsh", "equipment": {"scopes": 3}}, {"name": "dune", "equipment": {"scopes": 1}}]
    session.execute(statement, rows)
    session.commit()
    scopes = Station.equipment["scopes"].as_integer()
    print("scopes:", session.execute(sa.select(Station.name, scopes).where(scopes > 0).order_by(Station.name)).all())


def main(url: str) -> None:
    """Make the tables, use them, drop them."""
    engine = sa.create_engine(url)
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    try:
        with Session(engine) as session:
            fill(session)
            ask(session)
            upsert(session)
    finally:
        Base.metadata.drop_all(engine)
        engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "scratchbird://alice:secret@localhost:3092/demo")
