"""Names of every kind: reserved, mixed-case, with dots, quotes, percent signs and colons; too long; schema paths."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateSchema, CreateSequence, CreateTable, DropSchema
from sqlalchemy.sql import quoted_name

from scratchbird import sqlalchemy as sb

NAMES = [
    "select",
    "MixedCase",
    "with.dot",
    'qu"ote',
    "per%cent",
    "co:lon",
    "que?stion",
    "full",
    "is",
    "exists",
    "local",
    "replace",
    "top",
    "trim",
    "unnest",
    "dol$1lar",
    "ünïcode",
    "a b",
    "%(x)s",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_tables_and_columns(engine: Any, metadata: sa.MetaData, name: str) -> None:
    table = sa.Table(name, metadata, sa.Column(name, sa.Integer, primary_key=True), sa.Column("v", sa.String(9)))
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(table.insert(), [{name: 1, "v": "x"}, {name: 2, "v": "y"}])
        connection.execute(table.update().where(table.c[name] == 2).values(v="z%s"))
        assert connection.execute(sa.select(table).order_by(table.c[name])).all() == [(1, "x"), (2, "z%s")]
        inspector = sa.inspect(connection)
        assert inspector.has_table(name)
        assert [column["name"] for column in inspector.get_columns(name)] == [name, "v"]
        assert inspector.get_pk_constraint(name)["constrained_columns"] == [name]


def test_a_name_that_is_too_long_is_refused(engine: Any, metadata: sa.MetaData) -> None:
    sa.Table("t" * 64, metadata, sa.Column("n", sa.Integer))
    with pytest.raises(sa.exc.IdentifierError):
        metadata.create_all(engine)
    metadata.clear()


LONG = "t" * 64
WIDE = "ü" * 32
"""Of 32 characters, and 64 bytes."""


@pytest.mark.parametrize("name", [LONG, WIDE])
def test_a_long_name_is_refused_wherever_it_stands(name: str) -> None:
    def made(*arguments: Any, **options: Any) -> Any:
        return CreateTable(sa.Table(*arguments, **options))

    number = sa.Integer()
    for definition in (
        made(name, sa.MetaData(), sa.Column("n", number)),
        made("t", sa.MetaData(), sa.Column(name, number)),
        made("t", sa.MetaData(), sa.Column("n", number), sa.CheckConstraint("n > 1", name=name)),
        CreateSchema(f"app.{name}"),
        CreateSequence(sa.Sequence(name)),
        CreateIndex(sa.Index(name, sa.Table("t", sa.MetaData(), sa.Column("n", number)).c.n)),
        sb.CreateDomain(sb.DOMAIN(name, number)),
    ):
        with pytest.raises(sa.exc.IdentifierError, match="exceeds maximum length of 63 bytes"):
            definition.compile(dialect=sb.Dialect())


def test_a_path_may_be_long() -> None:
    path = f"{'a' * 40}.{'b' * 40}"
    table = sa.Table("t", sa.MetaData(), sa.Column("n", sa.Integer), schema=path)
    for definition in (CreateSchema(path), CreateTable(table)):
        assert path in str(definition.compile(dialect=sb.Dialect()))
    sb.Dialect().validate_identifier(path)


def test_long_generated_names_are_shortened(engine: Any, metadata: sa.MetaData) -> None:
    table = sa.Table("t" * 60, metadata, sa.Column("c" * 60, sa.Integer, index=True))
    metadata.create_all(engine)
    with engine.connect() as connection:
        assert connection.execute(sa.select(table.c[0].label("l" * 90))).all() == []


def test_schemas_are_paths(engine: Any, metadata: sa.MetaData) -> None:
    path = "app.reporting"
    with engine.begin() as connection:
        connection.execute(CreateSchema("app"))
        connection.execute(CreateSchema(path))
    try:
        day = sa.Table("day", metadata, sa.Column("id", sa.Integer, primary_key=True), schema=path)
        hour = sa.Table("hour", metadata, sa.Column("day", sa.ForeignKey(day.c.id)), schema=path)
        home = sa.Table("hour", metadata, sa.Column("n", sa.Integer), schema="users.public")
        metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(day.insert().values(id=4))
            connection.execute(hour.insert().values(day=4))
            connection.execute(home.insert().values(n=5))
            assert connection.scalar(sa.select(day.c.id).join(hour)) == 4
            inspector = sa.inspect(connection)
            assert path in inspector.get_schema_names()
            assert inspector.has_schema(path)
            assert inspector.get_table_names(path) == ["day", "hour"]
            assert inspector.get_foreign_keys("hour", path)[0]["referred_schema"] == path
            assert inspector.has_table("hour", "public")
            assert "hour" in inspector.get_table_names()
        reflected = sa.MetaData()
        reflected.reflect(engine, schema=path)
        assert set(reflected.tables) == {f"{path}.day", f"{path}.hour"}
    finally:
        metadata.drop_all(engine)
        metadata.clear()
        with engine.begin() as connection:
            connection.execute(DropSchema(path))
            connection.execute(DropSchema("app"))


def test_schemas_of_schema_translate_map_are_paths(engine: Any, metadata: sa.MetaData) -> None:
    table = sa.Table("moved", metadata, sa.Column("n", sa.Integer))
    with engine.begin() as connection:
        connection.execute(CreateSchema("app"))
        connection.execute(CreateSchema("app.reporting"))
    try:
        for place in ("app.reporting", None):
            mapped = engine.execution_options(schema_translate_map={None: place})
            table.create(mapped)
            with mapped.begin() as connection:
                connection.execute(table.insert().values(n=1))
                assert connection.scalar(sa.select(table.c.n)) == 1
                assert sa.inspect(connection).has_table("moved", place)
            table.drop(mapped)
    finally:
        with engine.begin() as connection:
            connection.execute(DropSchema("app.reporting"))
            connection.execute(DropSchema("app"))


def test_keys_into_the_default_schema_name_it_as_it_was_asked_for(engine: Any, metadata: sa.MetaData) -> None:
    home = sa.Table("home", metadata, sa.Column("id", sa.Integer, primary_key=True))
    with engine.begin() as connection:
        connection.execute(CreateSchema("app"))
    try:
        sa.Table("guest", metadata, sa.Column("home", sa.ForeignKey(home.c.id)), schema="app")
        sa.Table("owner", metadata, sa.Column("home", sa.ForeignKey(home.c.id)))
        metadata.create_all(engine)
        inspector = sa.inspect(engine)
        assert inspector.get_foreign_keys("guest", "app")[0]["referred_schema"] is None
        assert inspector.get_foreign_keys("owner")[0]["referred_schema"] is None
        assert inspector.get_foreign_keys("owner", "public")[0]["referred_schema"] == "public"
    finally:
        metadata.drop_all(engine)
        metadata.clear()
        with engine.begin() as connection:
            connection.execute(DropSchema("app"))


def test_a_dot_may_be_a_part_of_a_schema() -> None:
    from scratchbird.sqlalchemy import Dialect

    table = sa.Table("t", sa.MetaData(), sa.Column("n", sa.Integer), schema=quoted_name("a.b", True))
    assert str(sa.select(table).compile(dialect=Dialect())) == 'SELECT "a.b".t.n \nFROM "a.b".t'


def test_schemas_of_the_same_last_name_are_told_apart(engine: Any, metadata: sa.MetaData) -> None:
    schemas = ["one", "two", "one.same", "two.same"]
    with engine.begin() as connection:
        for schema in schemas:
            connection.execute(CreateSchema(schema))
    try:
        for place, key in (("one.same", "a"), ("two.same", "b")):
            other = sa.Table("other", metadata, sa.Column(key, sa.Integer, primary_key=True, comment=key), schema=place)
            sa.Table(
                "t",
                metadata,
                sa.Column(key, sa.Integer, primary_key=True),
                sa.Column("n", sa.Integer, sa.ForeignKey(other.c[key], name="to_other")),
                sa.Column("v", sb.DOMAIN("level", sa.Integer, schema=place)),
                sa.UniqueConstraint("n", name=f"one_{key}"),
                sa.CheckConstraint(f"{key} > 1", name="enough"),
                sa.Index(f"by_{key}", "n"),
                schema=place,
                comment=place,
            )
        sa.Table("same", metadata, sa.Column("n", sa.Integer, sa.CheckConstraint("n > 7", name="enough")), schema="one")
        metadata.create_all(engine)
        inspector = sa.inspect(engine)
        for place, key in (("one.same", "a"), ("two.same", "b")):
            assert inspector.get_pk_constraint("t", place)["constrained_columns"] == [key]
            (reference,) = inspector.get_foreign_keys("t", place)
            assert (reference["referred_schema"], reference["referred_columns"]) == (place, [key])
            assert [one["name"] for one in inspector.get_unique_constraints("t", place)] == [f"one_{key}"]
            assert [one["sqltext"] for one in inspector.get_check_constraints("t", place)] == [f"{key} > 1"]
            assert f"by_{key}" in [one["name"] for one in inspector.get_indexes("t", place)]
            assert len(inspector.get_indexes("t", place)) == 2
            assert inspector.get_table_comment("t", place) == {"text": place}
            assert [one["name"] for one in inspector.get_columns("t", place)] == [key, "n", "v"]
            assert inspector.get_columns("t", place)[2]["type"].schema == place
            assert inspector.get_columns("other", place)[0]["comment"] == key
        with engine.connect() as connection:
            found = connection.connection.driver_connection.metadata.foreign_keys("one.same", "t")
            assert [(row["column_name"], row["referenced_column_name"]) for row in found] == [("n", "a")]
        assert [one["sqltext"] for one in inspector.get_check_constraints("same", "one")] == ["n > 7"]
    finally:
        metadata.drop_all(engine)
        metadata.clear()
        with engine.begin() as connection:
            for schema in reversed(schemas):
                connection.execute(DropSchema(schema))
