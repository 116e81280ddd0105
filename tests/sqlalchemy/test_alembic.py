"""Alembic: what it finds to do, that it finds no more once that is done, offline SQL, and batches."""

from __future__ import annotations

import io
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata, produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations import Operations

from scratchbird import sqlalchemy as sb
from scratchbird.sqlalchemy.typenames import of_text
from tests.sqlalchemy.test_types import VALUES


def everything() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "keeper",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(40), nullable=False, server_default="nobody", comment="what they are called"),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.func.now()),
        sa.Column("pay", sa.Numeric(10, 2)),
        sa.Column("weight", sa.Float),
        sa.Column("mood", sa.Enum("sad", "ok")),
        sa.Column("photo", sa.LargeBinary),
        sa.Column("notes", sa.JSON),
        sa.Column("tags", sa.ARRAY(sa.String(5))),
        sa.Column("place", sb.VECTOR(3)),
        sa.Column("days", sb.DATERANGE),
        sa.Column("twice", sa.Integer, sa.Computed("id * 2")),
        sa.UniqueConstraint("name", name="one_name"),
        comment="people",
    )
    bird = sa.Table(
        "bird",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("keeper_id", sa.ForeignKey("keeper.id", name="bird_keeper", ondelete="CASCADE")),
        sa.Column("age", sa.SmallInteger),
    )
    sa.Index("bird_age", bird.c.age)
    sa.Index("bird_old", bird.c.age.desc(), scratchbird_where=bird.c.keeper_id == 1)
    return metadata


def differences(connection: Any, metadata: sa.MetaData) -> Any:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return compare_metadata(context, metadata)


def test_nothing_is_to_be_done_for_what_is_there(engine: Any) -> None:
    metadata = everything()
    metadata.create_all(engine)
    try:
        with engine.connect() as connection:
            assert differences(connection, metadata) == []
    finally:
        metadata.drop_all(engine)


def test_a_migration_there_and_back(engine: Any) -> None:
    metadata = everything()
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        script = produce_migrations(context, metadata)
        code = render_python_code(script.upgrade_ops, migration_context=context)
        assert "sb.VECTOR(dim=3)" in code
        names = {"op": Operations(context), "sa": sa, "sb": sb}
        run(code, names)
        assert differences(connection, metadata) == []
        run(render_python_code(script.downgrade_ops, migration_context=context), names)
        assert differences(connection, sa.MetaData()) == []
        connection.rollback()


def run(code: str, names: Any) -> None:
    exec("if True:\n    " + code, names)


def test_changes_of_columns_are_found_and_made(engine: Any) -> None:
    before, after = everything(), everything()
    columns = after.tables["keeper"].c
    columns.pay.type = sa.Numeric(12, 3)
    columns.weight.type = sa.Integer()
    columns.name.nullable = True
    columns.name.server_default = None
    columns.since.comment = "when they came"
    after.tables["bird"].append_column(sa.Column("extra", sa.Date))
    with engine.connect() as connection:
        before.create_all(connection)
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        script = produce_migrations(context, after)
        code = render_python_code(script.upgrade_ops, migration_context=context)
        for word in ("'pay'", "'weight'", "nullable=True", "server_default=None", "when they came", "'extra'"):
            assert word in code
        run(code, {"op": Operations(context), "sa": sa, "sb": sb})
        assert differences(connection, after) == []
        connection.rollback()


def test_operations(engine: Any) -> None:
    with engine.connect() as connection:
        op = Operations(MigrationContext.configure(connection))
        op.create_table("old", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer))
        op.rename_table("old", "new")
        op.alter_column("new", "a", new_column_name="b")
        with op.batch_alter_table("new") as batch:
            batch.add_column(sa.Column("c", sa.String(3)))
            batch.alter_column("b", type_=sa.BigInteger(), nullable=False)
            batch.create_unique_constraint("new_c", ["c"])
            batch.create_index("new_b", ["b"])
        inspector = sa.inspect(connection)
        assert [(c["name"], c["nullable"]) for c in inspector.get_columns("new")] == [
            ("id", False),
            ("b", False),
            ("c", True),
        ]
        assert [c["name"] for c in inspector.get_unique_constraints("new")] == ["new_c"]
        op.drop_table("new")
        connection.rollback()


def test_every_type_can_be_in_a_migration(engine: Any) -> None:
    types = [type_ for type_, _ in VALUES]
    types += [
        sb.DENSE_VECTOR(3),
        sb.BINARY_VECTOR(8),
        sb.ARRAY(sb.VECTOR(2)),
        sb.ARRAY(sb.VARCHAR(5), dimensions=2),
        sa.ARRAY(sb.INET()),
    ]
    types += [sb.DOMAIN("low", sa.Integer, default=sa.text("3"), not_null=True, check="VALUE < 9")]
    metadata = sa.MetaData()
    columns = [sa.Column(f"c{at}", one, nullable=not getattr(one, "not_null", False)) for at, one in enumerate(types)]
    every = sa.Table("every", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    sa.Index("near", every.c.id.desc(), scratchbird_where=every.c.id > 4, scratchbird_include=["c0", "c1"])
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        script = produce_migrations(context, metadata)
        code = render_python_code(script.upgrade_ops, migration_context=context)
        assert "sb.DOMAIN('low', sa.Integer(), default=sa.text('3'), not_null=True, check='VALUE < 9')" in code
        run(code, {"op": Operations(context), "sa": sa, "sb": sb})
        assert differences(connection, metadata) == []
        connection.rollback()


@pytest.mark.parametrize(
    ("found", "wanted", "differs"),
    [
        # As the development server gives the types that it has no name for.
        ("bytea", sa.LargeBinary(), False),
        ("bytea", sa.VARBINARY(4), False),
        ("bytea", sb.BYTEA(), False),
        ("text", sb.CLOB(), False),
        ("vector(3)", sb.DENSE_VECTOR(3), False),
        ("vector(3)", sb.DENSE_VECTOR(4), True),
        ("bit(8)", sb.BINARY_VECTOR(8), False),
        ("bit(8)", sb.BINARY_VECTOR(9), True),
        # As the documented catalogue gives them: each by its own name.
        ("blob", sa.LargeBinary(), False),
        ("blob", sb.BYTEA(), True),
        ("blob", sa.VARBINARY(4), True),
        ("binary", sa.BINARY(), False),
        ("varbinary(4)", sa.VARBINARY(4), False),
        ("varbinary(4)", sa.VARBINARY(5), True),
        ("varbinary(4)", sb.BYTEA(), True),
        ("clob", sa.Text(), True),
        ("dense_vector(3)", sb.DENSE_VECTOR(3), False),
        ("dense_vector(3)", sb.VECTOR(3), True),
        ("binary_vector(8)", sb.BINARY_VECTOR(8), False),
        ("binary_vector(8)", sb.BIT(8), True),
        ("sparse_vector(3)", sb.VECTOR(3), True),
        # The catalogue loses the number of dimensions of this one (DIALECT 10).
        ("vector", sb.VECTOR(3), False),
        ("bit(8)", sb.BIT(8, varying=True), True),
        ("bit varying(8)", sb.BIT(8, varying=True), False),
        ("bit varying(8)", sb.BINARY_VECTOR(8), True),
        ("double", sa.Float(), False),
        ("smallmoney", sb.MONEY(), True),
        ("polygon", sb.Geometry("POLYGON"), False),
        ("polygon", sb.Geometry("POINT"), True),
        ("array<bytea>", sa.ARRAY(sa.LargeBinary()), False),
        ("array<blob>", sa.ARRAY(sb.BYTEA()), True),
        ("array<varchar(5)>", sa.ARRAY(sa.String(5)), False),
        ("array<varchar(5)>", sa.ARRAY(sa.String(6)), True),
        ("array<array<bigint>>", sa.ARRAY(sa.BigInteger(), dimensions=2), False),
        ("array<array<bigint>>", sa.ARRAY(sa.BigInteger()), True),
    ],
)
def test_types_that_are_alike(found: str, wanted: Any, differs: bool) -> None:
    context = MigrationContext.configure(dialect_name="scratchbird")
    there = sa.Column("c", of_text(found, sb.types.NAMES))
    assert context.impl.compare_type(there, sa.Column("c", wanted)) is differs


def test_offline_sql() -> None:
    out = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="scratchbird", opts={"as_sql": True, "output_buffer": out, "literal_binds": True}
    )
    op = Operations(context)
    table = op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("v", sb.VECTOR(2)))
    op.bulk_insert(table, [{"id": 1, "v": [1, 2]}])
    op.alter_column("t", "v", new_column_name="w")
    op.drop_column("t", "w")
    text = " ".join(out.getvalue().split())
    columns = "id INTEGER GENERATED BY DEFAULT AS IDENTITY NOT NULL, v VECTOR(2), PRIMARY KEY (id)"
    assert f"CREATE TABLE t ( {columns} )" in text
    assert "INSERT INTO t (id, v) VALUES (1, VECTOR '[1.0,2.0]')" in text
    assert "ALTER TABLE t RENAME COLUMN v TO w" in text
    assert "ALTER TABLE t DROP COLUMN w" in text


def test_offline_sql_makes_domains() -> None:
    out = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="scratchbird", opts={"as_sql": True, "output_buffer": out, "literal_binds": True}
    )
    op = Operations(context)
    op.create_table("t", sa.Column("v", sb.DOMAIN("low", sa.Integer, check="VALUE < 9")))
    op.drop_table("t")
    text = " ".join(out.getvalue().split())
    assert "CREATE DOMAIN users.public.low AS INTEGER CHECK (VALUE < 9); CREATE TABLE t ( v users.public.low )" in text
