"""Conversions of a cursor's own hold for what it streams."""

from __future__ import annotations

from typing import Any


class Money:
    def __init__(self, cents: int) -> None:
        self.cents = cents


def test_stream(conn: Any) -> None:
    cursor = conn.cursor()
    cursor.register_adapter(Money, lambda money: money.cents)
    cursor.register_loader("int4", lambda text: "cursor:" + text)
    conn.register_loader("text", lambda text: "connection:" + text)
    rows = list(cursor.stream("select n + cast(%s as int), 'x' from generate_series(1, 2) n", (Money(10),)))
    assert rows == [("cursor:11", "connection:x"), ("cursor:12", "connection:x")]
    # Not those of another cursor.
    assert list(conn.cursor().stream("select cast(1 as int)")) == [(1,)]


def test_server_cursor(conn: Any) -> None:
    with conn.cursor("adapted") as cursor:
        cursor.register_adapter(Money, lambda money: money.cents)
        cursor.register_loader("int4", lambda text: "cursor:" + text)
        cursor.execute("select n + cast(%s as int) from generate_series(1, 2) n", (Money(10),))
        assert cursor.fetchall() == [("cursor:11",), ("cursor:12",)]


def test_pipeline(conn: Any) -> None:
    cursor = conn.cursor()
    cursor.register_adapter(Money, lambda money: money.cents)
    cursor.register_loader("int4", lambda text: "cursor:" + text)
    conn.execute("create temporary table adapted (n int)")
    with conn.pipeline():
        cursor.execute("select cast(%s as int)", (Money(10),))
        other = conn.execute("select cast(1 as int)")
        assert cursor.fetchone() == ("cursor:10",)
        cursor.executemany("insert into adapted values (%s) returning n", [(Money(1),), (Money(2),)], returning=True)
    assert other.fetchone() == (1,)
    assert cursor.fetchone() == ("cursor:1",)
