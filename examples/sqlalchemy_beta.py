"""What SQLAlchemy's ORM can do on the beta server, which carries out a small part of SBsql.

Keys come from a sequence, conditions are `=`, `IN` and `LIKE`, and one column stands in ORDER BY.

python examples/sqlalchemy_beta.py scratchbird://user:password@localhost:3092/default
"""

from __future__ import annotations

import sys
from typing import Optional

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column


class Base(DeclarativeBase):
    """The tables of this example."""


class Box(Base):
    """A nesting box."""

    __tablename__ = "example_box"
    # The server makes no keys by itself, and no rows come back from an INSERT.
    id: Mapped[int] = mapped_column(sa.Sequence("example_box_ids"), primary_key=True)
    tree: Mapped[str] = mapped_column(sa.String(40))
    eggs: Mapped[Optional[int]]


def use(session: Session) -> None:
    """Insert, read, change, delete."""
    session.add_all([Box(tree="oak", eggs=4), Box(tree="elm", eggs=0), Box(tree="ash", eggs=None)])
    session.commit()
    print("boxes:", session.scalar(sa.select(sa.func.count()).select_from(Box)))
    print("in order:", [box.tree for box in session.scalars(sa.select(Box).order_by(Box.tree).limit(2))])
    print("some:", sorted(box.tree for box in session.scalars(sa.select(Box).where(Box.tree.in_(["oak", "ash"])))))
    oak = session.scalars(sa.select(Box).where(Box.tree == "oak")).one()
    oak.eggs = 5
    session.commit()
    print("eggs:", session.scalars(sa.select(Box).where(Box.tree == "oak")).one().eggs)
    session.delete(oak)
    session.commit()
    print("left:", session.scalar(sa.select(sa.func.count()).select_from(Box)))


def main(url: str) -> None:
    """Make the tables, use them, drop them."""
    engine = sa.create_engine(url)
    Base.metadata.create_all(engine)
    try:
        with Session(engine) as session:
            use(session)
    finally:
        Base.metadata.drop_all(engine)
        engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "scratchbird://alice:secret@localhost:3092/demo")
