"""Reflection: expressions come in SBsql and can be made again; and what the beta server says of its columns."""

from __future__ import annotations

from typing import Any, List

import pytest
import sqlalchemy as sa

from scratchbird import _catalogue
from scratchbird import sqlalchemy as sb

CHECKS = [
    ("a > 3", "a > 3"),
    ("a NOT IN (1, 2)", "a NOT IN (1, 2)"),
    ("b IN ('sad', 'it''s')", "CAST(b AS TEXT) IN ('sad', 'it''s')"),
    ("c IN ('[x]', 'y')", "c IN ('[x]', 'y')"),
    ("c LIKE 'a ~~ b' OR c = '::'", "(c LIKE 'a ~~ b') OR (c = '::')"),
    ("c NOT ILIKE '%x'", "c NOT ILIKE '%x'"),
    ("CAST(n AS INTEGER) > a", "CAST(n AS INTEGER) > a"),
    ("CAST(CAST(n AS DECIMAL(12, 3)) AS DOUBLE) > a", "CAST(CAST(n AS DECIMAL(12,3)) AS DOUBLE) > CAST(a AS DOUBLE)"),
    ("length(CAST(c AS VARCHAR(3))) > 2", "length(CAST(CAST(c AS VARCHAR) AS TEXT)) > 2"),
    ("d > CAST('2020-01-01' AS TIMESTAMP)", "d > CAST('2020-01-01 00:00:00' AS TIMESTAMP)"),
    ("\"odd::name\" <> 'it''s::int'", "\"odd::name\" <> 'it''s::int'"),
    ("n > -7 AND CAST(a AS DOUBLE) < 1.5", "(n > -7) AND (CAST(a AS DOUBLE) < 1.5)"),
    ("c <> '' AND c <> ''''", "(c <> '') AND (c <> '''')"),
]


def checked(metadata: sa.MetaData, name: str, texts: List[str]) -> sa.Table:
    return sa.Table(
        name,
        metadata,
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.String(5)),
        sa.Column("c", sa.Text),
        sa.Column("d", sa.DateTime),
        sa.Column("n", sa.Numeric(10, 2)),
        sa.Column("odd::name", sa.Text),
        *(sa.CheckConstraint(sa.text(text.replace(":", r"\:")), name=f"c{at:02}") for at, text in enumerate(texts)),
    )


def test_conditions_are_in_sbsql_and_can_be_made_again(engine: Any, metadata: sa.MetaData) -> None:
    texts, expected = [text for text, _ in CHECKS], [text for _, text in CHECKS]
    for name in ("checked", "checked_again"):
        checked(metadata, name, texts).create(engine)
        texts = [one["sqltext"] for one in sa.inspect(engine).get_check_constraints(name)]
        assert texts == expected


def test_expressions_of_columns_and_indexes_are_in_sbsql(engine: Any, metadata: sa.MetaData) -> None:
    table = sa.Table(
        "expressive",
        metadata,
        sa.Column("a", sa.Integer),
        sa.Column("c", sa.String(9), server_default="x"),
        sa.Column("tags", sa.ARRAY(sa.Integer), server_default=sa.text("CAST(ARRAY[] AS ARRAY<INTEGER>)")),
        sa.Column("wide", sa.Numeric(9, 2), sa.Computed("CAST(a AS DECIMAL(9, 2)) * 2")),
    )
    sa.Index("expressive_i", table.c.a, scratchbird_where=sa.cast(table.c.c, sa.Text) == "on")
    metadata.create_all(engine)
    inspector = sa.inspect(engine)
    columns = {column["name"]: column for column in inspector.get_columns("expressive")}
    assert columns["c"]["default"] == "'x'"
    assert columns["tags"]["default"] == "CAST(ARRAY[] AS ARRAY<INTEGER>)"
    assert "::" not in columns["wide"]["computed"]["sqltext"]
    assert "CAST(a AS DECIMAL(9,2))" in columns["wide"]["computed"]["sqltext"]
    (index,) = inspector.get_indexes("expressive")
    assert index["dialect_options"]["scratchbird_where"] == "CAST(c AS TEXT) = 'on'"


def test_a_reflected_table_can_be_made_again(engine: Any, metadata: sa.MetaData) -> None:
    first = sa.Table(
        "copied",
        metadata,
        sa.Column("id", sa.BigInteger, sa.Identity(start=5), primary_key=True),
        sa.Column("label", sa.String(9), nullable=False, server_default="none"),
        sa.Column("tags", sb.ARRAY(sb.VARCHAR(5), dimensions=2)),
        sa.Column("place", sb.VECTOR(3)),
        sa.Column("days", sb.DATERANGE),
        sa.Column("host", sb.INET),
        sa.Column("when", sb.TIMESTAMP(timezone=True, precision=3)),
        sa.CheckConstraint("label <> 'x'", name="copied_label"),
        sa.UniqueConstraint("label", name="copied_one"),
        comment="what is copied",
    )
    metadata.create_all(engine)

    def found() -> Any:
        inspector = sa.inspect(engine)
        return (
            [{**column, "type": repr(column["type"])} for column in inspector.get_columns("copied")],
            inspector.get_pk_constraint("copied"),
            inspector.get_unique_constraints("copied"),
            inspector.get_check_constraints("copied"),
            inspector.get_table_comment("copied"),
        )

    before = found()
    copied = sa.MetaData()
    sa.Table("copied", copied, autoload_with=engine)
    first.drop(engine)
    copied.create_all(engine)
    assert found() == before


@pytest.fixture
def beta(beta_dsn: str) -> Any:
    engine = sa.create_engine(beta_dsn)
    yield engine
    engine.dispose()


def test_the_beta_server_has_its_keys_in_its_columns(beta: Any) -> None:
    metadata = sa.MetaData()
    key = sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False)
    table = sa.Table(
        "keyed",
        metadata,
        key,
        sa.Column("label", sa.String(20), nullable=False, unique=True),
        sa.Column("price", sa.Numeric(10, 2), server_default=sa.text("7")),
    )
    sa.Index("keyed_i", table.c.price)
    metadata.create_all(beta)
    try:
        with beta.connect() as connection:
            # As it is recorded: a descriptor where the type should be, which breaks into columns of its own.
            query = "SELECT * FROM sys.columns"
            rows = [row._mapping for row in connection.execute(sa.text(query)) if row._mapping["column_name"] == "id"]
            assert [row["data_type"] for row in rows] == ["type=bigint"]
            assert [row["source_type"] for row in rows] == ["BIGINT"]
            assert [row["is_nullable"] for row in rows] == ["YES"]
            assert [str(row["nullable"]).lower() for row in rows] == ["false"]
            assert [str(row["primary_key"]).lower() for row in rows] == ["true"]
            for view in ("sys.information.table_constraints", "sys.information.key_column_usage"):
                assert connection.execute(sa.text(f"SELECT * FROM {view}")).all() == []
            (place,) = connection.connection.driver_connection.metadata.indexes(index="keyed\\_i")
            assert (place["table_schema"], place["table_name"]) == ("public", "keyed")
        inspector = sa.inspect(beta)
        assert inspector.get_pk_constraint("keyed")["constrained_columns"] == ["id"]
        columns = {column["name"]: column for column in inspector.get_columns("keyed")}
        assert [columns[name]["nullable"] for name in ("id", "label", "price")] == [False, False, True]
        assert (str(columns["label"]["type"]), str(columns["price"]["type"])) == ("VARCHAR(20)", "DECIMAL(10, 2)")
        assert columns["price"]["default"] == "7"
        # The rest it does not tell.
        assert inspector.get_unique_constraints("keyed") == inspector.get_foreign_keys("keyed") == []
        assert inspector.get_indexes("keyed") == []
        reflected = sa.Table("keyed", sa.MetaData(), autoload_with=beta)
        assert [column.name for column in reflected.primary_key] == ["id"]
    finally:
        metadata.drop_all(beta)


def test_every_view_is_read_once(engine: Any, metadata: sa.MetaData, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("counted", "counted_too"):
        key = sa.Column("id", sa.Integer, primary_key=True)
        sa.Table(name, metadata, key, sa.Column("n", sa.Integer, sa.ForeignKey("counted.id"), index=True, unique=True))
    metadata.create_all(engine)
    read: List[str] = []
    original = _catalogue._read_view

    def noting(connection: Any, name: str, where: Any) -> Any:
        read.append(name)
        return original(connection, name, where)

    monkeypatch.setattr(_catalogue, "_read_view", noting)
    reflected = sa.MetaData()
    reflected.reflect(engine)
    assert {"counted", "counted_too"} <= set(reflected.tables)
    assert len(read) == len(set(read)) > 8
    # And for one table not oftener.
    read.clear()
    sa.Table("counted_too", sa.MetaData(), autoload_with=engine, resolve_fks=False)
    assert len(read) == len(set(read)) > 8
