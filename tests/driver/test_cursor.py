"""Cursors: several on a connection, closing, scrolling, the optional parts of PEP 249."""

from __future__ import annotations

from typing import Any

import pytest

import scratchbird


def test_a_cursor_knows_its_connection(conn: Any) -> None:
    cur = conn.cursor()
    assert cur.connection.info.session_id == conn.info.session_id


def test_cursors_keep_their_own_results(conn: Any) -> None:
    first, second = conn.cursor(), conn.cursor()
    first.execute("select n from generate_series(1, 3) as g(n)")
    second.execute("select n from generate_series(10, 12) as g(n)")
    assert first.fetchone() == (1,)
    assert second.fetchone() == (10,)
    assert first.fetchall() == [(2,), (3,)]
    assert second.fetchall() == [(11,), (12,)]


def test_close(conn: Any) -> None:
    cur = conn.cursor()
    cur.execute("select 1")
    cur.close()
    cur.close()
    assert cur.closed
    for use in (lambda: cur.execute("select 1"), cur.fetchone, cur.fetchall, lambda: cur.executemany("select 1", [()])):
        with pytest.raises(scratchbird.InterfaceError, match="closed"):
            use()
    assert conn.execute("select 1").fetchone() == (1,)


def test_the_count_of_rows_outlives_the_cursor(conn: Any) -> None:
    cur = conn.cursor()
    cur.execute("create temporary table counted (n int)")
    cur.executemany("insert into counted values (?)", [(1,), (2,)])
    cur.close()
    assert cur.rowcount == 2
    cur.close()
    assert cur.rowcount == 2


def test_the_context_manager_closes(conn: Any) -> None:
    with conn.cursor() as cur:
        cur.execute("select 1")
    assert cur.closed


def test_scroll(cur: Any) -> None:
    cur.execute("select n from generate_series(0, 9) as g(n)")
    cur.scroll(3)
    assert cur.fetchone() == (3,)
    cur.scroll(-2)
    assert cur.fetchone() == (2,)
    cur.scroll(8, mode="absolute")
    assert cur.rownumber == 8
    assert cur.fetchall() == [(8,), (9,)]
    cur.scroll(0, mode="absolute")
    assert len(cur.fetchall()) == 10


@pytest.mark.parametrize(("value", "mode"), [(11, "relative"), (-1, "relative"), (-1, "absolute"), (11, "absolute")])
def test_scroll_out_of_the_result(cur: Any, value: int, mode: str) -> None:
    cur.execute("select n from generate_series(0, 9) as g(n)")
    with pytest.raises(IndexError):
        cur.scroll(value, mode=mode)
    assert cur.fetchone() == (0,)


def test_scroll_in_an_unknown_mode(cur: Any) -> None:
    cur.execute("select 1")
    with pytest.raises(scratchbird.ProgrammingError):
        cur.scroll(0, mode="sideways")


def test_setinputsizes_and_setoutputsize_do_no_harm(cur: Any) -> None:
    cur.setinputsizes([25, None])
    cur.setoutputsize(1000)
    cur.setoutputsize(1000, 1)
    assert cur.execute("select %s, %s", ("a", 1)).fetchone() == ("a", 1)


def test_callproc(cur: Any) -> None:
    assert list(cur.callproc("lower", ("FOO",))) == ["FOO"]
    assert cur.fetchall() == [("foo",)]


def test_messages_is_a_list(conn: Any, cur: Any) -> None:
    cur.execute("select 1")
    assert list(cur.messages) == []
    assert list(conn.messages) == []


def test_statusmessage(cur: Any) -> None:
    assert cur.statusmessage is None
    assert cur.execute("select 1").statusmessage == "SELECT 1"
    assert cur.execute("create table s (n int)").statusmessage.startswith("CREATE")
