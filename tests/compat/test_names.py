"""Every name of the pure-Python driver that stays: where it was, on both faces, and in the documentation's table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import scratchbird
from scratchbird import AsyncConnection, Connection, compat

OF_CONNECTIONS = [
    "begin",
    "savepoint",
    "release_savepoint",
    "rollback_to_savepoint",
    "query_multi",
    "execute_batch",
    "execute_with_generated_keys",
    "call",
    "native_sql",
    "copy_in",
    "copy_out",
    "subscribe",
    "unsubscribe",
    "get_schema",
    "query_metadata",
    "ddl_editor_schema_payload",
    "get_session_schema",
    "set_session_schema",
]
OF_THE_MODULE = [
    "COPY_FORMAT_TEXT",
    "COPY_FORMAT_BINARY",
    "PoolConfig",
    "extract_sqlstate",
    "retry_scope_for_sqlstate",
    "is_retryable_sqlstate",
]
KEYS = ["rowCount", "lastId", "totalRowCount"]
PAGE = Path(__file__).resolve().parents[2] / "docs" / "migrating.md"


@pytest.mark.parametrize("name", OF_CONNECTIONS)
@pytest.mark.parametrize("face", [Connection, AsyncConnection])
def test_connections_have_it(face: type, name: str) -> None:
    method = getattr(face, name)
    assert callable(method)
    assert method.__doc__


@pytest.mark.parametrize("name", OF_THE_MODULE)
def test_the_module_has_it_too(name: str) -> None:
    assert getattr(scratchbird, name) is getattr(compat, name)
    assert name in scratchbird.__all__
    assert name in compat.__all__


@pytest.mark.parametrize(
    "name", [name for name in OF_CONNECTIONS if not name.endswith("subscribe")] + OF_THE_MODULE + KEYS
)
def test_the_table_says_what_became_of_it(name: str) -> None:
    shown = name if not name.startswith("COPY_FORMAT") else "COPY_FORMAT_"
    assert any(
        shown in line.split("|")[1] + line.split("|")[3]
        for line in PAGE.read_text().splitlines()
        if line.count("|") > 3
    )


def test_begin_takes_the_new_names(conn: Any) -> None:
    conn.begin()
    conn.execute("create table old (n int)")
    conn.rollback()
    conn.begin("SNAPSHOT", read_only=True)
    with pytest.raises(scratchbird.Error) as caught:
        conn.execute("create table old (n int)")
    assert caught.value.sqlstate == "25006"
    conn.rollback()


def test_the_keys_of_results(conn: Any) -> None:
    conn.execute("create table old (n int)")
    (result,) = conn.query_multi("insert into old (n) values (1), (2)")
    assert (result["rowCount"], result["lastId"]) == (2, None)
    done = conn.execute_batch("insert into old (n) values (?)", [(1,), (2,)])
    assert done["totalRowCount"] == 2
    assert all({"rowCount", "lastId"} <= set(item) for item in done["items"])
