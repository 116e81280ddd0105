"""What nests are in is called tree, and eggs are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """A new name, and a new column."""
    op.alter_column("example_nest", "place", new_column_name="tree", nullable=False)
    op.add_column("example_nest", sa.Column("eggs", sa.SmallInteger(), server_default="0"))


def downgrade() -> None:
    """As before."""
    op.drop_column("example_nest", "eggs")
    op.alter_column("example_nest", "tree", new_column_name="place", nullable=True)
