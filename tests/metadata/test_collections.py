"""The collections of the catalogue and their restrictions, on the development server."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from scratchbird import NotSupportedError, ProgrammingError
from scratchbird.metadata import escape

OBJECTS = (
    "create schema users.shop",
    "create table users.shop.customer "
    "(id bigint primary key, name varchar(40) not null, Joined date default '2026-01-01')",
    "create table users.shop.customers (id int)",
    "create table users.shop.customer_note (customer_id bigint references users.shop.customer (id), n int, "
    "amount decimal(10,2), note text, primary key (customer_id, n))",
    "create table customer (elsewhere int)",
    "create index note_amount on users.shop.customer_note (amount desc)",
    "create view users.shop.names as select name from users.shop.customer",
    "create sequence users.shop.numbers start with 5",
    "create procedure users.shop.proc(a int, out b int) as begin b = :a; end",
    "create function users.shop.func(a int) returns int as return a",
)


@pytest.fixture
def meta(conn: Any) -> Any:
    """The metadata of `conn`, of either face, in whose transaction there are some objects."""
    for sql in OBJECTS:
        conn.execute(sql)
    metadata = conn.metadata
    if hasattr(conn, "_loop"):
        from tests.fix_connection import Driven

        metadata = Driven(metadata, conn._loop)
    return metadata


def names(rows: list[dict[str, Any]], column: str) -> list[Any]:
    return [row[column] for row in rows]


def test_schemas_and_catalogs(meta: Any) -> None:
    assert names(meta.schemas("users.sh%"), "schema_path") == ["users.shop"]
    assert names(meta.schemas("SHOP"), "schema_name") == ["shop"]
    assert "users.public" in names(meta.schemas(), "schema_path")
    catalogs = names(meta.catalogs(), "catalog_name")
    assert len(catalogs) == 1
    assert meta.catalogs(catalogs[0]) == [{"catalog_name": catalogs[0]}]
    assert meta.catalogs("nosuch") == []


def test_tables(meta: Any) -> None:
    rows = meta.tables("shop")
    assert names(rows, "table_name") == ["customer", "customer_note", "customers", "names"]
    assert names(rows, "table_type") == ["BASE TABLE"] * 3 + ["VIEW"]
    assert {row["schema_path"] for row in rows} == {"users.shop"}
    assert {row["table_schema"] for row in rows} == {"shop"}
    assert names(meta.tables("users.shop", table_type="view"), "table_name") == ["names"]
    assert names(meta.tables("shop", table_type=["VIEW", "SYSTEM%"]), "table_name") == ["names"]
    found = meta.tables(table="customer")
    assert [(row["schema_path"], row["table_name"]) for row in found] == [
        ("users.public", "customer"),
        ("users.shop", "customer"),
    ]


def test_wildcards_case_and_escape(meta: Any) -> None:
    def tables(pattern: str) -> list[Any]:
        return names(meta.tables("users.shop", pattern), "table_name")

    assert tables("CUSTOMER_") == ["customers"]
    assert tables("customer%") == ["customer", "customer_note", "customers"]
    assert tables("customer\\_note") == ["customer_note"]
    assert tables("customer\\_") == []
    assert tables(escape("customer_note")) == ["customer_note"]
    assert tables(escape("customer%")) == []
    assert tables("") == []
    assert tables("x' or '1'='1") == []
    assert tables("c.*") == []


def test_columns(meta: Any) -> None:
    rows = meta.columns("users.shop", "customer")
    assert names(rows, "column_name") == ["id", "name", "joined"]
    assert names(rows, "ordinal_position") == [1, 2, 3]
    assert names(rows, "data_type") == ["bigint", "varchar(40)", "date"]
    assert names(rows, "is_nullable") == ["NO", "NO", "YES"]
    assert rows[1]["character_maximum_length"] == 40
    assert rows[2]["column_default"] == "'2026-01-01'"
    amount = meta.columns(table="customer_note", column="amount")
    assert [(row["numeric_precision"], row["numeric_scale"]) for row in amount] == [(10, 2)]
    assert names(meta.columns("shop", ["customer", "customers"], "id"), "table_name") == ["customer", "customers"]
    assert names(meta.columns("shop", column_type="decimal%"), "column_name") == ["amount"]
    assert meta.columns("shop", "nosuch") == []
    paths = meta.columns(table="customer", column="e%")
    assert [(row["schema_path"], row["column_name"]) for row in paths] == [("users.public", "elsewhere")]


def test_indexes(meta: Any) -> None:
    rows = meta.indexes("shop", "customer_note")
    assert "note_amount" in names(rows, "index_name")
    assert {row["table_name"] for row in rows} == {"customer_note"}
    columns = meta.index_columns(index="note_amount")
    assert [(row["column_name"], row["sort_direction"]) for row in columns] == [("amount", "DESC")]
    assert names(meta.index_columns("users.shop", "customer_note", column="n"), "ordinal_position") == [2]


def test_keys_and_constraints(meta: Any) -> None:
    keys = meta.primary_keys("shop", "customer_note")
    assert [(row["column_name"], row["ordinal_position"]) for row in keys] == [("customer_id", 1), ("n", 2)]
    (foreign,) = meta.foreign_keys("shop", "customer_note")
    assert foreign["column_name"] == "customer_id"
    assert (foreign["referenced_table_schema"], foreign["referenced_table_name"]) == ("shop", "customer")
    assert foreign["referenced_column_name"] == "id"
    assert foreign["delete_rule"] == "NO ACTION"
    types = names(meta.constraints("shop", "customer_note", constraint_type="%key"), "constraint_type")
    assert sorted(types) == ["FOREIGN KEY", "PRIMARY KEY"]


def test_routines(meta: Any) -> None:
    assert [(row["routine_name"], row["routine_type"]) for row in meta.routines("shop")] == [
        ("func", "FUNCTION"),
        ("proc", "PROCEDURE"),
    ]
    assert names(meta.functions("shop"), "routine_name") == ["func"]
    (procedure,) = meta.procedures(procedure="PRO_")
    parameters = meta.parameters(routine=escape(procedure["specific_name"]))
    assert [(row["parameter_name"], row["parameter_mode"]) for row in parameters] == [("a", "IN"), ("b", "OUT")]


def test_the_rest(meta: Any) -> None:
    assert names(meta.views("users.shop"), "table_name") == ["names"]
    assert names(meta.sequences("shop"), "sequence_name") == ["numbers"]
    assert meta.domains("shop") == meta.triggers("shop") == []
    grants = meta.table_privileges("shop", "customer")
    assert "SELECT" in names(grants, "privilege_type")
    assert set(names(meta.column_privileges("shop", "customer", "na%"), "column_name")) == {"name"}
    assert "bigint" in names(meta.type_info(), "type_name")
    assert names(meta.type_info("bigint"), "type_name") == ["bigint"]


def test_any_collection_by_name(meta: Any) -> None:
    rows = meta.get("Primary Keys", {"schema": "shop", "TABLE": "customer", "no such": "x", "constraint": None})
    assert names(rows, "column_name") == ["id"]
    assert meta.get("primaryKeys", {"column_name": "customer_id"}) == meta.primary_keys(table="customer_note")[:1]
    for name in meta.collections():
        assert isinstance(meta.get(name), list), name
        assert set(meta.restrictions(name)) >= {"schema"} or name in ("catalogs", "type_info")
    with pytest.raises(NotSupportedError, match="no collection 'nosuch'"):
        meta.get("nosuch")
    with pytest.raises(ProgrammingError, match="a text or several"):
        meta.get("tables", {"table": 3})


def test_reading_leaves_the_transaction_as_it_is(conn: Any, meta: Any) -> None:
    conn.execute("create table kept (n int)")
    meta.get("tables", {"table": "kept"})
    conn.execute("insert into kept values (1)")
    assert conn.execute("select n from kept").fetchone() == (1,)


@pytest.mark.parametrize("pattern", ["%" * 40 + "x", "a" * 10_000, "\\", "%\\", "()[]{}*+?."])
def test_patterns_are_no_regular_expressions(meta: Any, pattern: str) -> None:
    assert meta.tables(table=pattern) == []


def test_a_view_that_the_server_lacks_is_empty(connect: Callable[..., Any], dsn: str) -> None:
    import scratchbird
    from scratchbird import _catalogue
    from scratchbird._steps import blocking

    with scratchbird.connect(dsn) as connection:
        assert blocking(_catalogue.view(connection, "sys.information.nosuchview")) == []
        with pytest.raises(ProgrammingError):
            blocking(_catalogue.view(connection, "sys.information.tables", ("nosuchcolumn", "x")))
