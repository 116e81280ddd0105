"""SQLAlchemy's suite for dialects. Without annotations: SQLAlchemy 1.4 cannot take them in test classes."""

import pytest
from sqlalchemy import column, exc, select
from sqlalchemy.testing import suite
from sqlalchemy.testing.suite import *  # noqa: F403

import scratchbird
from scratchbird.sqlalchemy import Dialect


class ServerSideCursorsTest(suite.ServerSideCursorsTest):
    """The suite knows the cursors of SQLAlchemy's own dialects only."""

    def _is_server_side(self, cursor):
        return isinstance(cursor, scratchbird.ServerCursor) or getattr(cursor, "server_side", False)


if hasattr(suite, "DistinctOnTest"):

    class DistinctOnTest(suite.DistinctOnTest):
        """What the language has not is refused here, where the suite expects that it is left out with a warning."""

        def test_distinct_on(self):
            with pytest.raises(exc.CompileError, match="DISTINCT ON"):
                select(column("a")).distinct(column("q")).compile(dialect=Dialect())
