"""Nests."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """A table of nests."""
    op.create_table("example_nest", sa.Column("id", sa.Integer, primary_key=True), sa.Column("place", sa.String(40)))


def downgrade() -> None:
    """None."""
    op.drop_table("example_nest")
