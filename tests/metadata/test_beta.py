"""The catalogue of the beta server, as recorded: types as texts, keys in columns, indexes in a tree."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer

TEXT = (8, 1)
PUBLIC, TABLE = "019b76da-cf43-707c-8eea-c51eef8ea90d", "01a1fbf5-728c-7b81-8da5-1ea755d8a9b2"


SCHEMAS: Any = (
    ["schema_id", "schema_name", "schema_path", "parent_schema_id", "schema_owner", "visibility_state"],
    [[PUBLIC, "public", "users.public", "x", "", "visible"]],
)
TABLES: Any = (
    ["table_id", "schema_id", "table_name", "table_type", "is_insertable_into", "visibility_state"],
    [[TABLE, PUBLIC, "meta_t", "BASE TABLE", "YES", "visible"], ["v", PUBLIC, "meta_v", "created", "YES", "visible"]],
)
COLUMNS: Any = (
    [
        "column_id",
        "table_id",
        "schema_id",
        "column_name",
        "ordinal_position",
        "data_type",
        "source_type",
        "nullable",
        "primary_key",
        "is_nullable",
        "column_default",
        "default",
    ],
    [
        [f"{TABLE}:2", TABLE, PUBLIC, "amount", "2", "type=decimal", "DECIMAL(10,  2)", "true", None, "YES", "", "0"],
        [f"{TABLE}:1", TABLE, PUBLIC, "id", "1", "type=bigint", "BIGINT", "false", "true", "YES", "", None],
        [f"{TABLE}:3", TABLE, PUBLIC, "note", "3", "type=text", None, None, None, "YES", "", None],
    ],
)
INDEXES: Any = (
    [
        "index_path",
        "index_name",
        "relation_path",
        "index_family",
        "storage_profile_name",
        "comment_text",
        "visibility_state",
    ],
    [["row_hash", "row_hash", "sys.catalog.object_identity", "hash_equality", "lookup", "", "visible"]],
)
TREE: Any = (
    ["object_path", "object_name", "object_kind", "parent_path", "visibility_state"],
    [["users.public.meta_t.meta_i", "meta_i", "index", "users.public.meta_t", "visible"]],
)


def server(*answers: Any) -> ScriptedServer:
    """A server that says it is the beta, and answers one statement after the other."""

    def script(peer: Peer) -> None:
        peer.read_until(wire.STARTUP)
        peer.send(wire.auth_request())
        peer.read_until(wire.AUTH_RESPONSE)
        info = wire.server_info("ScratchBird native SBWP P1", "public-alpha")
        peer.send(wire.auth_ok(), info, wire.parameter_status({}), wire.ready())
        for answer in answers:
            peer.read_request()
            if answer is None:
                peer.send(wire.command_complete("SELECT 0"), wire.ready())
                continue
            columns, rows = answer
            cells = [[None if cell is None else cell.encode() for cell in row] for row in rows]
            description = wire.row_description([(name, TEXT) for name in columns])
            count = len(rows)
            peer.send(
                description,
                *(wire.data_row(row) for row in cells),
                wire.command_complete(f"SELECT {count}", count),
                wire.ready(),
            )

    return ScriptedServer(script)


@pytest.fixture
def reading(connect: Callable[..., Any]) -> Any:
    """`reading(server)`: its metadata, of either face."""

    def read(server: ScriptedServer) -> Any:
        conn = connect(f"scratchbird://u:p@{server.host}:{server.port}/default?sslmode=disable")
        if hasattr(conn, "_loop"):
            from tests.fix_connection import Driven

            return Driven(conn.metadata, conn._loop)
        return conn.metadata

    return read


def test_columns_are_what_was_declared(reading: Any) -> None:
    with server(SCHEMAS, TABLES, COLUMNS) as beta:
        rows = reading(beta).columns("users.public", "META\\_t")
    assert [(row["column_name"], row["data_type"], row["is_nullable"], row["column_default"]) for row in rows] == [
        ("id", "bigint", "NO", None),
        ("amount", "decimal(10,2)", "YES", "0"),
        ("note", "text", "YES", None),
    ]
    assert (rows[1]["numeric_precision"], rows[1]["numeric_scale"]) == (10, 2)
    assert "source_type" not in rows[0]


def test_tables_keys_and_indexes(reading: Any) -> None:
    with server(SCHEMAS, TABLES) as beta:
        assert [row["table_type"] for row in reading(beta).tables()] == ["BASE TABLE", "VIEW"]
    with server(SCHEMAS, TABLES, COLUMNS) as beta:
        keys = reading(beta).primary_keys("public")
        assert [(row["table_name"], row["column_name"]) for row in keys] == [("meta_t", "id")]
    with server(INDEXES, TREE) as beta:
        rows = reading(beta).indexes("public", "meta_t")
        assert [(row["index_name"], row["index_family"]) for row in rows] == [("meta_i", None)]


def test_views_without_rows_have_no_description(reading: Any) -> None:
    with server(None, None) as beta:
        assert reading(beta).foreign_keys() == []
