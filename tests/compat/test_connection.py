"""What connections of the pure-Python driver offered, on both faces."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import scratchbird
from scratchbird import NotSupportedError, ProgrammingError


def test_several_statements(conn: Any) -> None:
    first, second, third = conn.query_multi(
        "create table old (n int); insert into old (n) values (1), (2); select n from old order by n"
    )
    assert (first["rows"], first["fields"], first["command"]) == ([], [], "CREATE")
    assert (second["rowCount"], second["lastId"]) == (2, None)
    assert third["rows"] == [(1,), (2,)]
    assert (third["rowCount"], third["fields"][0][0]) == (2, "n")
    (only,) = conn.query_multi("select %s + 1", (1,))
    assert only["rows"] == [(2,)]


def test_a_batch(conn: Any) -> None:
    conn.execute("create table old (n int)")
    done = conn.execute_batch("insert into old (n) values (?)", ((n,) for n in range(3)))
    assert done["totalRowCount"] == 3
    assert [(item["index"], item["rowCount"]) for item in done["items"]] == [(0, 1), (1, 1), (2, 1)]
    assert conn.execute_batch("delete from old where n > ?", [[0], [0]])["totalRowCount"] == 2
    assert conn.execute_batch("delete from old", []) == {"items": [], "totalRowCount": 0}


def test_generated_keys(conn: Any) -> None:
    conn.execute("create sequence old_ids start with 7")
    conn.execute("create table old (id bigint default next value for old_ids, n int)")
    assert conn.execute_with_generated_keys("insert into old (n) values (?), (?)", (1, 2)) == [7, 8]
    assert conn.execute_with_generated_keys("insert into old (n) values (3)", columns=["n", "id"]) == [3]


def test_calls_and_native_sql(conn: Any) -> None:
    conn.execute("create function old_plus(a int, b int) returns int as return a + b")
    result = conn.var(int)
    conn.call("{? = call old_plus(?, ?)}", (result, 1, 2))
    assert result.value == 3
    assert conn.call("{? = call old_plus(?, ?)}", (1, 2)).fetchone() == (3,)
    assert conn.native_sql("select :a, ':b', :a", {"a": 1}) == "select $1, ':b', $1"
    assert conn.native_sql("{call p(?)}", (1,)) == "EXECUTE PROCEDURE p($1)"
    assert conn.native_sql("select ?") == "select ?"


def test_copy(conn: Any) -> None:
    conn.execute("create table old (n int, label varchar(10))")
    assert conn.copy_in("COPY old (n, label) FROM STDIN CSV", b"1,a\n2,b\n") == 2
    assert conn.copy_out("COPY old (n, label) TO STDOUT CSV", scratchbird.COPY_FORMAT_TEXT) == b"1,a\n2,b\n"
    with pytest.raises(ProgrammingError, match="COPY_FORMAT"):
        conn.copy_in("COPY old FROM STDIN", b"", 7)
    with pytest.raises(NotSupportedError):
        conn.copy_out("COPY old TO STDOUT", scratchbird.COPY_FORMAT_BINARY)


def test_metadata(conn: Any) -> None:
    conn.execute("create table old_things (id int primary key, label varchar(10))")
    rows = conn.get_schema("columns", {"table": "old\\_things"})
    assert [row["column_name"] for row in rows] == ["id", "label"]
    assert any(row["table_name"] == "old_things" for row in conn.get_schema())
    result = conn.query_metadata("primary_keys", {"table": "old%"})
    names = [column[0] for column in result.description]
    assert result.rowcount == 1
    assert result.fetchone()[names.index("column_name")] == "id"
    assert result.fetchone() is None
    assert result.fetchall() == list(result) == []
    with pytest.raises(NotSupportedError):
        conn.query_metadata("nosuch")


def test_the_tree_of_schemas(conn: Any) -> None:
    conn.execute("create schema users.old")
    conn.execute("create schema users.old.deep")
    tree = conn.ddl_editor_schema_payload("users.old.%")
    assert tree["schemaPaths"] == ["users.old.deep"]
    assert (tree["schemaPattern"], tree["expandSchemaParents"]) == ("users.old.%", False)
    (root,) = tree["schemaTree"]
    assert (root["name"], root["children"][0]["path"]) == ("users", "users.old")
    assert root["children"][0]["children"][0] == {"name": "deep", "path": "users.old.deep", "children": []}
    tree = conn.ddl_editor_schema_payload("users.old.%", True)
    assert tree["schemaPaths"] == ["users", "users.old", "users.old.deep"]


def test_the_schema_of_the_session(conn: Any) -> None:
    assert conn.get_session_schema() == "users.public"
    conn.execute("create schema users.old")
    conn.set_session_schema("users.old")
    assert conn.get_session_schema() == "users.old"
    conn.execute("create table here (n int)")
    assert [row["schema_path"] for row in conn.get_schema("tables", {"table": "here"})] == ["users.old"]
    for schema in (None, "public"):
        conn.set_session_schema("users.old")
        conn.set_session_schema(schema)
        assert conn.get_session_schema() == "users.public"
    with pytest.raises(ProgrammingError):
        conn.set_session_schema(3)
    # A name is a name, whatever it contains.
    conn.set_session_schema('users"; drop table here; --')
    assert conn.get_session_schema() is None
    assert conn.execute("select count(*) from users.old.here").fetchone() == (0,)


def test_the_beta_has_one_schema(connect: Callable[..., Any], dsn: str) -> None:
    beta = connect(dsn, server_profile="beta")
    with pytest.raises(NotSupportedError, match=r"users\.public only"):
        beta.set_session_schema("users.old")
    beta.set_session_schema(None)


def test_savepoints_have_their_names(conn: Any) -> None:
    conn.execute("create table old (n int)")
    conn.savepoint("s")
    conn.execute("insert into old (n) values (1)")
    conn.rollback_to_savepoint("s")
    conn.release_savepoint("s")
    assert conn.execute("select count(*) from old").fetchone() == (0,)


def test_notifications(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn, autocommit=True)
    heard: list[Any] = []
    conn.on_notification(heard.append)
    conn.subscribe("old", kind="channel")
    conn.notify("old", "hello")
    while not heard:
        list(conn.notifications(timeout=0.05))
    conn.unsubscribe("old")
    assert [(message.channel, message.payload) for message in heard] == [("old", "hello")]
