"""SQLAlchemy's suite for dialects. Without annotations: SQLAlchemy 1.4 cannot take them in test classes."""

import warnings

import pytest
from sqlalchemy import column, exc, select
from sqlalchemy.testing import suite
from sqlalchemy.testing.suite import *  # noqa: F403

import scratchbird
from scratchbird.sqlalchemy import DOMAIN, Dialect
from scratchbird.sqlalchemy.types import NAMES


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


class OperatorsTest(fixtures.TestBase):  # noqa: F405
    """From 2.1 on a type has to say what it can be asked, or there is a warning."""

    @pytest.mark.parametrize("cls", [*sorted(set(NAMES.values()), key=lambda cls: cls.__name__), DOMAIN])
    def test_columns_can_be_compared(self, cls):
        type_ = DOMAIN("mood", NAMES["vector"](2)) if cls is DOMAIN else cls()
        one, other = column("one", type_), column("other", type_)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert str(one == other) == "one = other"
            assert str(one.in_([other])) == "one IN (other)"
            assert str(one.is_(None)) == "one IS NULL"
