"""Server-side cursors, on both faces."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import scratchbird

NUMBERS = "select n from generate_series(1, ?) as n"


def numbers(first: int, last: int) -> list[tuple[int]]:
    return [(n,) for n in range(first, last + 1)]


def test_rows_come_in_order(conn: Any) -> None:
    with conn.cursor("c", itersize=7) as cur:
        assert cur.execute(NUMBERS, (100,)) is cur
        assert list(cur) == numbers(1, 100)
        assert cur.rownumber == 100
        assert list(cur) == []


def test_the_description_is_known_before_the_first_row(conn: Any) -> None:
    cur = conn.cursor("c")
    assert cur.description is None
    cur.execute("select 1 as one, 'x' as text")
    assert [column[0] for column in cur.description] == ["one", "text"]
    assert (cur.rowcount, cur.rownumber) == (-1, 0)


def test_fetching_in_all_ways(conn: Any) -> None:
    with conn.cursor("c", itersize=4) as cur:
        cur.execute(NUMBERS, (30,))
        assert cur.fetchone() == (1,)
        assert cur.fetchmany() == numbers(2, 5)
        assert cur.fetchmany(2) == numbers(6, 7)
        assert next(cur) == (8,)
        # Iteration has fetched more than it gave.
        assert cur.rownumber == 8
        assert cur.fetchone() == (9,)
        assert cur.fetchmany(5) == numbers(10, 14)
        assert cur.fetchall() == numbers(15, 30)
        assert cur.fetchone() is None
        assert cur.fetchmany(3) == cur.fetchall() == []


def test_only_what_is_fetched_travels(conn: Any) -> None:
    """The engine makes the rows as they are fetched: those behind the third cannot be made."""
    with conn.cursor("c", itersize=3) as cur:
        cur.execute("select n / (4 - n) from (values (0), (0), (0), (4)) as t (n)")
        assert cur.fetchmany() == [(0,)] * 3
        with pytest.raises(scratchbird.DataError):
            cur.fetchmany()
    assert conn.execute("select 1").fetchone() == (1,)


def test_two_cursors_at_a_time_and_other_statements(conn: Any) -> None:
    with conn.cursor("a", itersize=2) as a, conn.cursor("b", itersize=2) as b:
        a.execute(NUMBERS, (5,))
        b.execute(NUMBERS, (5,))
        pairs = []
        for one, other in zip(a, b):
            conn.execute("select 'between'")
            pairs.append((one, other))
        assert pairs == [(row, row) for row in numbers(1, 5)]


def test_row_factories(conn: Any) -> None:
    with conn.cursor("c", row_factory=scratchbird.rows.dict_row, itersize=2) as cur:
        cur.execute(NUMBERS, (5,))
        assert next(cur) == {"n": 1}
        assert cur.fetchone() == {"n": 2}
        assert cur.fetchall() == [{"n": 3}, {"n": 4}, {"n": 5}]


def test_fetch_size_is_the_default_of_itersize(connect: Callable[..., Any], dsn: str) -> None:
    assert connect(dsn).cursor("c").itersize == 1000
    cur = connect(dsn, fetch_size=12).cursor("c")
    assert cur.itersize == cur.arraysize == 12
    cur.execute(NUMBERS, (20,))
    assert len(cur.fetchmany()) == 12


def test_scrolling(conn: Any) -> None:
    with conn.cursor("c", scrollable=True, itersize=10) as cur:
        cur.execute(NUMBERS, (100,))
        cur.scroll(20)
        assert cur.fetchone() == (21,)
        cur.scroll(-21)
        assert cur.fetchone() == (1,)
        cur.scroll(50, mode="absolute")
        assert next(cur) == (51,)
        cur.scroll(3)
        assert cur.fetchone() == (55,)
        cur.scroll(-3)
        assert cur.fetchone() == (53,)
        cur.scroll(0, "absolute")
        assert cur.fetchall() == numbers(1, 100)
        cur.scroll(-1)
        assert cur.fetchall() == [(100,)]
        cur.scroll(100, "absolute")
        assert cur.fetchone() is None


def test_scrolling_out_of_the_result(conn: Any) -> None:
    with conn.cursor("c", scrollable=True) as cur:
        cur.execute(NUMBERS, (5,))
        assert cur.fetchmany(2) == numbers(1, 2)
        for value, mode in ((4, "relative"), (6, "absolute"), (-3, "relative"), (-1, "absolute")):
            with pytest.raises(IndexError):
                cur.scroll(value, mode)
            assert cur.rownumber == 2
        assert cur.fetchall() == numbers(3, 5)
        with pytest.raises(scratchbird.ProgrammingError):
            cur.scroll(1, "sideways")


def test_scrolling_forward_only(conn: Any) -> None:
    with conn.cursor("c", scrollable=False, itersize=4) as cur:
        cur.execute(NUMBERS, (10,))
        cur.scroll(2)
        assert next(cur) == (3,)
        cur.scroll(2)
        assert cur.fetchone() == (6,)
        with pytest.raises(scratchbird.ProgrammingError):
            cur.scroll(-6)
        with pytest.raises(IndexError):
            cur.scroll(100)
        assert cur.fetchall() == []


def test_a_cursor_is_declared_again(conn: Any) -> None:
    with conn.cursor("c") as cur:
        assert cur.execute(NUMBERS, (3,)).fetchone() == (1,)
        assert cur.execute("select 'again'").fetchall() == [("again",)]


def test_names_may_contain_anything(conn: Any) -> None:
    name = 'a "b" %s :c $1 ? ; --'
    with conn.cursor(name) as cur:
        assert cur.execute("select %s", ("x",)).fetchall() == [("x",)]
        assert cur.name == name
    for bad in ("", "a\0b"):
        with pytest.raises(scratchbird.ProgrammingError, match="not a name for a cursor"):
            conn.cursor(bad)


def test_a_cursor_ends_with_its_transaction(conn: Any) -> None:
    cur = conn.cursor("c")
    cur.execute(NUMBERS, (5,))
    conn.rollback()
    with pytest.raises(scratchbird.DatabaseError) as caught:
        cur.fetchone()
    assert caught.value.sqlstate == "34000"
    cur.close()
    assert cur.closed
    with pytest.raises(scratchbird.InterfaceError):
        cur.fetchone()
    cur.close()


def test_a_cursor_that_outlives_its_transaction(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn)
    with conn.cursor("held", withhold=True) as cur:
        cur.execute(NUMBERS, (5,))
        assert cur.fetchone() == (1,)
        conn.commit()
        assert cur.withhold
        assert cur.fetchall() == numbers(2, 5)
    assert conn.execute("select 1").fetchone() == (1,)


def test_autocommit(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn, autocommit=True)
    with conn.cursor("c") as cur:
        with pytest.raises(scratchbird.ProgrammingError, match="transaction"):
            cur.execute(NUMBERS, (5,))
        with conn.transaction():
            assert cur.execute(NUMBERS, (5,)).fetchall() == numbers(1, 5)
    with conn.cursor("held", withhold=True) as cur:
        assert cur.execute(NUMBERS, (5,)).fetchall() == numbers(1, 5)


def test_what_needs_a_name(conn: Any) -> None:
    for keywords in ({"scrollable": True}, {"withhold": True}, {"itersize": 5}):
        with pytest.raises(scratchbird.ProgrammingError, match="name"):
            conn.cursor(**keywords)
    with pytest.raises(scratchbird.ProgrammingError):
        conn.cursor("c", itersize=0)


def test_what_it_does_not_do(conn: Any) -> None:
    cur = conn.cursor("c")
    with pytest.raises(scratchbird.ProgrammingError, match="no statement"):
        cur.fetchone()
    for method, arguments in (
        ("executemany", ("select 1", [])),
        ("callproc", ("p",)),
        ("callfunc", ("f",)),
        ("copy", ("COPY t TO STDOUT",)),
        ("copy_from", ("COPY t FROM STDIN", b"")),
        ("copy_to", ("COPY t TO STDOUT", None)),
        ("stream", ("select 1",)),
    ):
        with pytest.raises(scratchbird.NotSupportedError):
            getattr(cur, method)(*arguments)
    assert cur.nextset() is None


def test_a_statement_that_is_no_query(conn: Any) -> None:
    cur = conn.cursor("c")
    with pytest.raises(scratchbird.DatabaseError):
        cur.execute("update nothing set n = 1")
    assert cur.execute("select 1").fetchone() == (1,)


def test_the_beta_server_has_none(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn, server_profile="beta")
    with pytest.raises(scratchbird.NotSupportedError, match="stream"):
        conn.cursor("c")
