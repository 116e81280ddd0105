"""The text of statements: SBsql's own forms, what it has not, and the part of it that the beta server takes."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import CompileError
from sqlalchemy.schema import CreateTable

from scratchbird import sqlalchemy as sb

metadata = sa.MetaData()
parent = sa.Table("parent", metadata, sa.Column("id", sa.BigInteger, sa.Sequence("ids"), primary_key=True))
child = sa.Table(
    "child",
    metadata,
    sa.Column("a", sa.Integer, sa.ForeignKey("parent.id"), primary_key=True),
    sa.Column("b", sa.String(5), primary_key=True, server_default="x", nullable=False),
    sa.UniqueConstraint("b", name="one_b"),
)
a, b = child.c.a, child.c.b


def text(statement: Any, profile: str = "standard", **options: Any) -> str:
    compiled = statement.compile(dialect=sb.Dialect(server_profile=profile), **options)
    return " ".join(str(compiled).split())


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (sa.cast(b, sa.Integer), "CAST(child.b AS INTEGER)"),
        (sa.cast(a, sa.BigInteger), "CAST(child.a AS BIGINT)"),
        (sa.cast(a, sa.ARRAY(sa.Integer)), "CAST(child.a AS ARRAY<INTEGER>)"),
        (b.ilike("x%"), "child.b ILIKE $1"),
        (b.regexp_match("x"), "regexp_like(child.b, $1)"),
        (~b.regexp_match("x", flags="i"), "NOT regexp_like(child.b, $1, 'i')"),
        (b.regexp_replace("x", "y"), "regexp_replace(child.b, $1, $2)"),
        (a.bitwise_and(3), "bit_and(child.a, $1)"),
        (a.is_distinct_from(3), "child.a IS DISTINCT FROM $1"),
        (sa.Sequence("s", schema="x.y").next_value(), "NEXT VALUE FOR x.y.s"),
        (sa.func.substring(b, 2, 3), "substring(child.b FROM $1 FOR $2)"),
        (sa.type_coerce(b, sb.JSONB)[("k", 1)].as_string(), "json_value(child.b, $1)"),
        (sa.type_coerce(b, sb.Vector(2)).l2_distance([1, 2]), "l2_distance(child.b, vector($1))"),
        (sa.type_coerce(b, sb.INT4RANGE).overlaps(None), "range_overlaps(child.b, $1)"),
    ],
)
def test_expressions(expression: Any, expected: str) -> None:
    assert text(expression) == expected


def test_upsert_after_an_insert_in_with() -> None:
    before = sa.insert(parent).values(id=1).returning(parent.c.id).cte("before")
    statement = sb.upsert(child).from_select(["a"], sa.select(before.c.id))
    assert text(statement) == (
        "WITH before AS (INSERT INTO parent (id) VALUES ($1) RETURNING parent.id) "
        "UPSERT INTO child (a) SELECT before.id FROM before"
    )
    with pytest.raises(CompileError, match="no prefixes"):
        text(sb.upsert(child).values(a=1).prefix_with("LOW_PRIORITY"))


def test_for_update() -> None:
    assert text(sa.select(a).with_for_update(nowait=True, of=child)).endswith("FOR UPDATE OF child NOWAIT")
    assert text(sa.select(a).with_for_update(read=True, skip_locked=True)).endswith("FOR SHARE SKIP LOCKED")


def test_lateral_joins() -> None:
    inner = sa.select(child.c.b).where(child.c.a == parent.c.id).lateral("l")
    assert "parent LATERAL JOIN (SELECT" in text(sa.select(parent.c.id).join_from(parent, inner, sa.true()))


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (sa.select(a).distinct(a), "DISTINCT ON"),
        (sa.select(a).with_for_update(key_share=True), "KEY SHARE"),
        (sa.select(a).where(b.match("x")), "MATCH"),
        (sa.select(a).order_by(a).fetch(1, with_ties=True), "WITH TIES"),
        (sa.select(sa.tablesample(sa.table("t", sa.column("n")), 5)), "TABLESAMPLE"),
        (
            sa.schema.CreateTable(
                sa.Table("x", sa.MetaData(), sa.Column("r", sb.INT4RANGE), postgresql.ExcludeConstraint(("r", "&&")))
            ),
            "exclusion constraints",
        ),
    ],
)
def test_what_is_not_in_the_language(statement: Any, message: str) -> None:
    with pytest.raises(sa.exc.CompileError, match=message):
        text(statement)


def test_types_of_the_dialect_for_postgresql() -> None:
    names = ["BYTEA", "CIDR", "INET", "MACADDR", "MACADDR8", "MONEY", "TSVECTOR", "JSONB", "UUID"]
    for name in names:
        assert getattr(postgresql, name)().compile(dialect=sb.Dialect()) == name


def test_casts_that_may_fail() -> None:
    if not hasattr(sa, "try_cast"):
        pytest.skip("SQLAlchemy 1.4 has no try_cast")
    assert text(sa.select(sa.try_cast(a, sa.Integer))).startswith("SELECT TRY_CAST(child.a AS INTEGER)")


def test_options_of_indexes_are_checked() -> None:
    table = sa.Table("v", sa.MetaData(), sa.Column("p", sb.Vector(2)))
    for options, message in (({"using": "magic"}, "magic"), ({"using": "HNSW", "metric": "x); drop"}, "distance")):
        index = sa.Index("i", table.c.p, **{f"scratchbird_{key}": value for key, value in options.items()})
        with pytest.raises(sa.exc.CompileError, match=message):
            text(sa.schema.CreateIndex(index))


def test_a_table_for_the_beta_server() -> None:
    assert text(CreateTable(child), "beta") == (
        "CREATE TABLE child ( a INTEGER NOT NULL, b VARCHAR(5) NOT NULL DEFAULT 'x' ); "
        "ALTER TABLE child ADD PRIMARY KEY (a, b); "
        "ALTER TABLE child ADD CONSTRAINT one_b UNIQUE (b); "
        "ALTER TABLE child ADD FOREIGN KEY(a) REFERENCES parent (id)"
    )
    assert text(CreateTable(parent), "beta") == (
        "CREATE TABLE parent ( id BIGINT NOT NULL PRIMARY KEY DEFAULT NEXT VALUE FOR ids )"
    )


def test_the_same_table_in_the_documented_language() -> None:
    assert text(CreateTable(child)) == (
        "CREATE TABLE child ( a INTEGER NOT NULL, b VARCHAR(5) NOT NULL DEFAULT 'x', PRIMARY KEY (a, b), "
        "CONSTRAINT one_b UNIQUE (b), FOREIGN KEY(a) REFERENCES parent (id) )"
    )


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        (child.insert().returning(a), "RETURNING"),
        (sa.select(a).with_for_update(), "FOR UPDATE"),
        (CreateTable(sa.Table("t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))), "identity"),
        (CreateTable(sa.Table("t", sa.MetaData(), sa.Column("c", sa.Integer, sa.Computed("1")))), "computed"),
        (sa.schema.DropIndex(sa.Index("i", a)), "DROP INDEX"),
    ],
)
def test_what_the_beta_server_cannot_do(statement: Any, message: str) -> None:
    with pytest.raises(sa.exc.CompileError, match=message):
        text(statement, "beta")


def test_limits_are_numbers_for_the_beta_server() -> None:
    statement = sa.select(a).order_by(a).limit(3).offset(2)
    assert text(statement, "beta", compile_kwargs={"render_postcompile": True}).endswith("LIMIT 3 OFFSET 2")
    assert text(statement).endswith("LIMIT $1 OFFSET $2")


def test_elements_of_arrays_and_documents_are_not_set() -> None:
    table = sa.Table("e", sa.MetaData(), sa.Column("v", sb.ARRAY(sa.Integer)), sa.Column("d", sb.JSONB))
    for statement in (
        table.update().values({table.c.v[1]: 2}),
        table.update().values({"d": {}, table.c.d["k"]: 2}),
        table.update().ordered_values((table.c.v[1:2], [2, 3])),
    ):
        with pytest.raises(CompileError, match="whole columns"):
            text(statement)
    assert text(table.update().ordered_values(("v", [1]), ("d", {}))) == "UPDATE e SET v=$1, d=$2"


def test_floats_that_are_no_numbers_are_no_names() -> None:
    for value, written in (
        (float("inf"), "CAST('inf' AS DOUBLE)"),
        (float("nan"), "CAST('nan' AS DOUBLE)"),
        (-1.5, "-1.5"),
    ):
        assert text(sa.select(sa.literal(value)), compile_kwargs={"literal_binds": True}).startswith(
            f"SELECT {written} AS"
        )
