"""Errors of the server: class by SQLSTATE, fields, and a connection that stays usable."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import scratchbird
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer


def connect_to(connect: Callable[..., Any], server: ScriptedServer, **keywords: Any) -> Any:
    return connect(
        host=server.host, port=server.port, user="u", password="p", database="d", sslmode="disable", **keywords
    )


def test_a_unique_violation(conn: Any) -> None:
    conn.execute("create table once (id int primary key)")
    conn.execute("insert into once (id) values (1)")
    with pytest.raises(scratchbird.IntegrityError) as caught:
        conn.execute("insert into once (id) values (%s)", (1,))
    error = caught.value
    assert error.sqlstate == "23505"
    assert str(error).startswith("[23505] ")
    assert error.severity == "ERROR"
    assert error.constraint
    assert error.statement == "insert into once (id) values (%s)"
    assert not error.is_disconnect
    conn.rollback()
    assert conn.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize(
    ("sql", "cls", "sqlstate"),
    [
        ("selec 1", scratchbird.ProgrammingError, "42000"),
        ("select * from no_such_table", scratchbird.ProgrammingError, "42P01"),
        ("select no_such_column from (select 1 as a) as t", scratchbird.ProgrammingError, "42703"),
        ("select no_such_function(1)", scratchbird.ProgrammingError, "42883"),
        ("select 1 / 0", scratchbird.DataError, "22012"),
        ("select cast('x' as int)", scratchbird.DataError, "22P02"),
        ("select cast(99999999999 as int)", scratchbird.DataError, "22003"),
    ],
)
def test_classes(conn: Any, sql: str, cls: type[Exception], sqlstate: str) -> None:
    with pytest.raises(cls) as caught:
        conn.execute(sql)
    assert caught.value.sqlstate == sqlstate
    assert type(caught.value) is cls
    conn.rollback()
    assert conn.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize(
    ("ddl", "sql", "sqlstate"),
    [
        ("n int not null", "insert into c (n) values (null)", "23502"),
        ("n int, check (n > 0)", "insert into c (n) values (0)", "23514"),
    ],
)
def test_integrity(conn: Any, ddl: str, sql: str, sqlstate: str) -> None:
    conn.execute(f"create table c ({ddl})")
    with pytest.raises(scratchbird.IntegrityError) as caught:
        conn.execute(sql)
    assert caught.value.sqlstate == sqlstate


def test_the_position_of_a_syntax_error(conn: Any) -> None:
    with pytest.raises(scratchbird.ProgrammingError) as caught:
        conn.execute("select * from no_such_table")
    position = caught.value.position
    assert position is None or position == 15


@pytest.mark.parametrize(
    ("sqlstate", "cls"),
    [
        ("02000", scratchbird.DatabaseError),
        ("0A000", scratchbird.NotSupportedError),
        ("22003", scratchbird.DataError),
        ("23503", scratchbird.IntegrityError),
        ("25001", scratchbird.DatabaseError),
        ("28000", scratchbird.OperationalError),
        ("34000", scratchbird.DatabaseError),
        ("40001", scratchbird.DatabaseError),
        ("42000", scratchbird.ProgrammingError),
        ("53300", scratchbird.OperationalError),
        ("54000", scratchbird.OperationalError),
        ("57014", scratchbird.OperationalError),
        ("58000", scratchbird.InternalError),
        ("XX000", scratchbird.InternalError),
        ("ZZ999", scratchbird.DatabaseError),
        ("", scratchbird.DatabaseError),
    ],
)
def test_class_by_sqlstate(connect: Callable[..., Any], sqlstate: str, cls: type[Exception]) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(wire.error(sqlstate, "the message", D="A.CODE", H="the hint", n="the constraint"), wire.ready())
        peer.read_request()
        peer.send(wire.row_description([("a", (8, 1))]), wire.data_row([b"x"]))
        peer.send(wire.command_complete("SELECT 1", 1), wire.ready())
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect_to(connect, server)
        with pytest.raises(cls) as caught:
            conn.execute("select 1")
        error = caught.value
        assert type(error) is cls
        assert error.sqlstate == (sqlstate or None)
        assert (error.detail, error.hint, error.constraint) == ("A.CODE", "the hint", "the constraint")
        assert error.is_retryable == (sqlstate in ("40001", "40P01"))
        assert conn.execute("select 1").fetchone() == ("x",)
        conn.close()


def test_an_error_after_rows_discards_them(connect: Callable[..., Any]) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(wire.row_description([("a", (8, 1))]), wire.data_row([b"x"]))
        peer.send(wire.error("22012", "late"), wire.ready())
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect_to(connect, server)
        cur = conn.cursor()
        with pytest.raises(scratchbird.DataError):
            cur.execute("select 1").fetchall()
        conn.close()


def test_notices_become_messages(connect: Callable[..., Any]) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(wire.notice("mind the gap"), wire.command_complete("SET"), wire.ready())
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect_to(connect, server)
        cur = conn.cursor()
        cur.execute("set something")
        texts = [str(entry[1]) for entry in [*cur.messages, *conn.messages]]
        assert any("mind the gap" in text for text in texts)
        conn.close()


def test_unknown_messages_are_skipped(connect: Callable[..., Any]) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(wire.frame(0xEE, b"from the future"), wire.row_description([("a", (8, 1))]))
        peer.send(wire.frame(0xEF), wire.data_row([b"x"]), wire.command_complete("SELECT 1", 1), wire.ready())
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect_to(connect, server)
        assert conn.execute("select 1").fetchall() == [("x",)]
        conn.close()


@pytest.mark.parametrize("value", [b"12.50", b"abc", b"", b"99999999999999999999999"])
def test_a_value_that_is_not_of_its_declared_type_is_a_text(connect: Callable[..., Any], value: bytes) -> None:
    """The beta server guesses types from the first row; later rows may contradict (SBWP section 3.2.2)."""

    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(wire.row_description([("n", (2, 4))]), wire.data_row([b"7"]), wire.data_row([value]))
        peer.send(wire.command_complete("SELECT 2", 2), wire.ready())
        peer.wait_for_close()

    with ScriptedServer(script) as server:
        conn = connect_to(connect, server)
        first, second = conn.execute("select n from t").fetchall()
        assert first == (7,)
        assert str(second[0]) == value.decode() or second[0] is None
        conn.close()
