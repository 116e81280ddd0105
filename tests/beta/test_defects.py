"""What the beta gets wrong and the driver cannot make good: warned of once, refused, or passed over in silence."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import scratchbird
from tests import fix_connection
from tests.beta.conftest import kinds


def test_the_profile_is_what_the_server_says(connect: Callable[..., Any], dsn: str) -> None:
    assert connect(dsn).info.server_profile == "beta"
    assert connect(dsn, profile="standard").info.server_profile == "standard"


@pytest.mark.parametrize(
    ("text", "defect"),
    [
        ("a;b", "text-semicolon"),
        ("a\nb", "text-line-feed"),
        ("<NULL>", "text-null"),
        ("NULL", "text-null"),
    ],
)
def test_texts_that_are_returned_damaged(
    connect: Callable[..., Any], dsn: str, told: list[Any], text: str, defect: str
) -> None:
    cur = connect(dsn).cursor()
    for number in range(3):
        cur.execute("insert into spot (id, label) values (?, ?)", (number, text))
    assert kinds(told) == [defect]
    # The asyncio face is driven from the fixtures' module.
    assert told[0].filename in (__file__, fix_connection.__file__)
    refusing = connect(dsn, server_defects="error").cursor()
    with pytest.raises(scratchbird.NotSupportedError, match="this server"):
        refusing.execute("insert into spot (id, label) values (?, ?)", (9, text))
    assert refusing.execute("select * from spot where id = 9").fetchall() == []
    silent = connect(dsn, server_defects="ignore").cursor()
    silent.execute("insert into spot (id, label) values (?, ?)", (9, text))
    assert kinds(told) == [defect]


def test_a_kind_is_told_once_a_connection(connect: Callable[..., Any], dsn: str, told: list[Any]) -> None:
    for _ in range(2):
        conn = connect(dsn)
        for text in ("a;b", "c;d", "e\nf"):
            conn.execute("select ?", (text,))
    assert kinds(told) == ["text-semicolon", "text-line-feed"] * 2


def test_an_update_by_key_that_finds_nothing(connect: Callable[..., Any], dsn: str, told: list[Any]) -> None:
    cur = connect(dsn).cursor()
    cur.execute("delete from spot")
    cur.execute("delete from spot where id in (1)")
    assert kinds(told) == []
    cur.execute("update spot set label = 'x' where id = 1")
    assert cur.rowcount == 0
    assert kinds(told) == ["no-row-changed"]
    refusing = connect(dsn, server_defects="error").cursor()
    with pytest.raises(scratchbird.NotSupportedError, match="no row was changed"):
        refusing.execute("delete from spot where id = ?", (1,))


def test_returning(connect: Callable[..., Any], dsn: str, told: list[Any], stored: Any) -> None:
    conn = connect(dsn)
    cur = conn.execute("insert into spot (id) values (1) returning id")
    assert cur.fetchall() == []
    assert kinds(told) == ["returning-ignored"]
    conn.commit()
    refusing = connect(dsn, server_defects="error")
    with pytest.raises(scratchbird.NotSupportedError, match="RETURNING"):
        refusing.execute("insert into spot (id) values (2) returning id")
    refusing.commit()
    assert [row[0] for row in stored()] == [1]


def test_an_insert_without_columns(connect: Callable[..., Any], dsn: str, told: list[Any]) -> None:
    connect(dsn).execute("insert into spot values (1, 'a', 2)")
    assert kinds(told) == ["uniqueness-unchecked"]
    with pytest.raises(scratchbird.NotSupportedError, match="column list"):
        connect(dsn, server_defects="error").execute("insert into spot values (2, 'a', 2)")


@pytest.mark.parametrize("road", ["method", "statement", "block"])
def test_rolling_back_to_a_savepoint(connect: Callable[..., Any], dsn: str, told: list[Any], road: str) -> None:
    def go_back(conn: Any) -> None:
        conn.execute("insert into spot (id) values (1)")
        if road == "block":
            with conn.transaction() as block:
                raise scratchbird.Rollback(getattr(block, "_target", block))
        conn.execute("savepoint s")
        if road == "method":
            conn.rollback_to_savepoint("s")
        else:
            conn.execute("rollback to savepoint s")

    conn = connect(dsn)
    go_back(conn)
    conn.rollback()
    assert kinds(told) == ["savepoint-rollback"]
    refusing = connect(dsn, server_defects="error")
    with pytest.raises(scratchbird.NotSupportedError, match="SAVEPOINT"):
        go_back(refusing)
    assert not refusing.closed
    refusing.rollback()


def test_a_warning_made_an_error_comes_before_the_statement(connect: Callable[..., Any], dsn: str) -> None:
    cur = connect(dsn).cursor()
    with pytest.raises(scratchbird.ServerDefectWarning) as caught:
        cur.execute("insert into spot (id, label) values (1, ?)", ("a;b",))
    assert caught.value.defect == "text-semicolon"
    assert isinstance(caught.value, (scratchbird.Warning, UserWarning))
    assert cur.execute("select * from spot").fetchall() == []


def test_null_of_expressions_and_of_tables(connect: Callable[..., Any], dsn: str, told: list[Any]) -> None:
    cur = connect(dsn).cursor()
    assert cur.execute("select null, ?, 1", (None,)).fetchone() == (None, None, 1)
    cur.execute("insert into spot (id, label, n) values (1, ?, 5), (2, 'NULL', null), (3, '', 6)".replace("?", "null"))
    cur.execute("select * from spot order by id")
    assert cur.fetchall() == [(1, None, 5), (2, "NULL", None), (3, "", 6)]
    assert kinds(told) == []
