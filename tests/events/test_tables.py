"""Subscriptions to tables: every change of a row that is committed."""

from __future__ import annotations

import json
from typing import Any, Iterator

import pytest

import scratchbird
from tests.events.test_notifications import LONG, received


@pytest.fixture
def writer(dsn: str) -> Iterator[scratchbird.Connection]:
    with scratchbird.connect(dsn, autocommit=True) as connection:
        connection.execute("create table watched (id int primary key, label varchar(20))")
        yield connection
        connection.execute("drop table watched")


def changes(connection: Any, count: int) -> list[tuple[Any, ...]]:
    return [(n.channel, n.change, n.row_id, json.loads(n.payload)) for n in received(connection, count)]


def test_every_change_of_a_row(writer: Any, connect: Any, dsn: str) -> None:
    conn = connect(dsn)
    conn.subscribe("watched")
    writer.execute("insert into watched (id, label) values (1, 'a'), (2, 'it''s | b')")
    writer.execute("update watched set label = 'c' where id = 1")
    writer.execute("delete from watched where id = 2")
    assert changes(conn, 4) == [
        ("watched", "I", 1, {"id": 1, "label": "a"}),
        ("watched", "I", 2, {"id": 2, "label": "it's | b"}),
        ("watched", "U", 1, {"id": 1, "label": "c"}),
        ("watched", "D", 2, {"id": 2, "label": "it's | b"}),
    ]
    conn.unsubscribe("watched")
    writer.execute("delete from watched")
    assert list(conn.notifications(timeout=0.2)) == []


def test_only_what_is_committed(writer: Any, connect: Any, dsn: str) -> None:
    conn, other = connect(dsn), connect(dsn)
    conn.subscribe("public.watched")
    other.execute("insert into watched (id) values (1)")
    other.rollback()
    other.execute("insert into watched (id) values (2)")
    other.commit()
    assert changes(conn, 1) == [("public.watched", "I", 2, {"id": 2, "label": None})]


def test_what_cannot_be_subscribed_to(conn: Any) -> None:
    with pytest.raises(scratchbird.ProgrammingError):
        conn.subscribe("no_such_table")
    with pytest.raises(scratchbird.NotSupportedError):
        conn.subscribe("select 1", kind="query")
    with pytest.raises(scratchbird.NotSupportedError):
        conn.subscribe("t", kind="channel", filter="a > 1")
    with pytest.raises(scratchbird.Error):
        conn.subscribe("t'; drop table t; --")
    conn.rollback()
    assert conn.execute("select 1").fetchone() == (1,)
    assert list(conn.notifications(timeout=0)) == []


def test_waiting_ends_with_the_first(writer: Any, connect: Any, dsn: str) -> None:
    conn = connect(dsn)
    conn.subscribe("watched", kind="table")
    writer.execute("insert into watched (id) values (7)")
    notification = next(iter(conn.notifications(timeout=LONG)))
    assert (notification.change, notification.row_id) == ("I", 7)
