"""SQLAlchemy's suite for dialects. Without annotations: SQLAlchemy 1.4 cannot take them in test classes."""

import datetime
import uuid
import warnings

import pytest
from sqlalchemy import cast, column, create_engine, exc, literal, select, text, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.testing import suite
from sqlalchemy.testing.suite import *  # noqa: F403

import scratchbird
from scratchbird.sqlalchemy import DOMAIN, AsyncDialect, Dialect
from scratchbird.sqlalchemy.types import NAMES
from scratchbird.sqlalchemy.versions import IS_14


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


DATES = [
    (types.Date(), datetime.date(1, 1, 1)),
    (types.Time(), datetime.time(23, 59, 59, 999999)),
    (types.DateTime(), datetime.datetime(9999, 12, 31, 23, 59, 59, 999999)),
    (types.DateTime(timezone=True), datetime.datetime(2026, 3, 1, 2, tzinfo=datetime.timezone.utc)),
    (types.TIMESTAMP(timezone=True), datetime.datetime(2026, 3, 1, 2, tzinfo=datetime.timezone.utc)),
]


class TextsOfValuesTest(fixtures.TestBase):  # noqa: F405
    """Values in the text of a statement. SQLAlchemy 1.4 has no literals of dates and times."""

    __backend__ = True

    @pytest.mark.parametrize(
        ("type_", "value"),
        [
            (postgresql.INTERVAL(), datetime.timedelta(days=-1, microseconds=1)),
            (types.Float(), 0.1),
            (types.Float(), float("inf")),
            (types.Float(), float("-inf")),
            *([] if IS_14 else DATES),
        ],
    )
    def test_literal(self, connection, type_, value):
        given = cast(literal(value, type_), type_)
        text = str(select(given).compile(connection, compile_kwargs={"literal_binds": True}))
        assert connection.execute(select(given)).scalar() == value
        assert connection.exec_driver_sql(text).scalar() == value


class PostgreSQLsUUIDTest(fixtures.TestBase):  # noqa: F405
    """The type that programs for SQLAlchemy 1.4 have."""

    __backend__ = True

    @pytest.mark.parametrize("as_uuid", [True, False])
    def test_round_trip(self, connection, metadata, as_uuid):
        table = Table("has_uuid", metadata, Column("v", postgresql.UUID(as_uuid=as_uuid)))  # noqa: F405
        metadata.create_all(connection)
        value = uuid.UUID("5f0e8a44-7c1d-4b1f-9a53-2d2f4f6c8e11")
        value = value if as_uuid else str(value)
        connection.execute(table.insert(), [{"v": value}, {"v": None}])
        connection.execute(table.insert().values(v=None))
        assert connection.execute(select(table.c.v).where(table.c.v == value)).scalars().all() == [value]
        assert connection.execute(select(table.c.v).where(table.c.v.is_(None))).scalars().all() == [None, None]
        text = select(table.c.v).where(table.c.v == value).compile(connection, compile_kwargs={"literal_binds": True})
        assert connection.exec_driver_sql(str(text)).scalar() == uuid.UUID(str(value))


class StreamedChangesTest(fixtures.TestBase):  # noqa: F405
    """`stream_results` as an option of a connection, where changes are made between the queries."""

    __backend__ = True

    def test_all_kinds(self, connection, metadata):
        table = Table("streamed", metadata, Column("id", types.Integer, primary_key=True), Column("n", types.Integer))  # noqa: F405
        metadata.create_all(connection)
        streaming = connection.execution_options(stream_results=True)
        try:
            key = streaming.execute(table.insert().values(n=1)).inserted_primary_key[0]
            assert streaming.execute(table.insert().values(n=2).returning(table.c.n)).all() == [(2,)]
            streaming.execute(table.insert(), [{"n": 3}, {"n": 4}])
            assert streaming.execute(table.update().values(n=5).where(table.c.id == key)).rowcount == 1
            streaming.execute(text("  update streamed set n = 6 where n = 5"))
            streaming.exec_driver_sql("delete from streamed where n = 4")
            result = streaming.execute(select(table.c.n).order_by(table.c.n))
            assert result.context._is_server_side
            assert result.all() == [(2,), (3,), (6,)]
        finally:
            connection.execution_options(stream_results=False)


class ReflectedDomainTest(fixtures.TestBase):  # noqa: F405
    """A domain that was found belongs to whoever made it."""

    __backend__ = True

    def test_it_is_neither_made_nor_dropped_with_tables(self, connection, metadata):
        made = DOMAIN("found_domain", types.Integer(), check="VALUE > 0")
        Table("has_domain", metadata, Column("id", types.Integer, primary_key=True), Column("v", made))  # noqa: F405
        metadata.create_all(connection)
        other = MetaData()  # noqa: F405
        other.reflect(connection, only=["has_domain"])
        assert not other.tables["has_domain"].c.v.type.create_type
        other.drop_all(connection)
        assert connection.dialect.has_domain(connection, "found_domain")
        made.drop(connection)
        assert not connection.dialect.has_domain(connection, "found_domain")


class EntryPointTest(fixtures.TestBase):  # noqa: F405
    """Which half an engine has."""

    def test_asyncio_is_found_without_its_name(self):
        engine = create_async_engine("scratchbird://u:p@localhost/d")
        assert isinstance(engine.dialect, AsyncDialect)
        assert type(create_engine("scratchbird://u:p@localhost/d").dialect) is Dialect
