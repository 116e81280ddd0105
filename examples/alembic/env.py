"""Alembic's environment: which database, and which tables it is to have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context

URL = "scratchbird://alice:secret@localhost:3092/demo"

target = sa.MetaData()
sa.Table(
    "example_nest",
    target,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("tree", sa.String(40), nullable=False),
    sa.Column("eggs", sa.SmallInteger, server_default="0"),
)


def migrate() -> None:
    """Run the migrations, or print them with `--sql`."""
    url = context.get_x_argument(as_dictionary=True).get("url", URL)
    if context.is_offline_mode():
        context.configure(url=url, target_metadata=target, literal_binds=True)
        with context.begin_transaction():
            context.run_migrations()
        return
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=target, version_table="example_nest_version")
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


migrate()
