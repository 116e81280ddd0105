"""Notifications on both faces: what is sent arrives once, whatever the connection does meanwhile."""

from __future__ import annotations

import logging
import time
import uuid
from typing import Any, Callable, Iterator

import pytest

import scratchbird

LONG = 20.0
"""Seconds that nothing here takes, however loaded the machine is."""


@pytest.fixture
def channel() -> str:
    return f"news {uuid.uuid4().hex[:8]}"


@pytest.fixture
def sender(dsn: str) -> Iterator[scratchbird.Connection]:
    with scratchbird.connect(dsn, autocommit=True) as connection:
        yield connection


def received(connection: Any, count: int) -> list[scratchbird.Notification]:
    found = list(connection.notifications(timeout=LONG, stop_after=count))
    assert len(found) == count
    return found


def test_what_is_sent_arrives(conn: Any, sender: Any, channel: str) -> None:
    conn.listen(channel)
    sender.notify(channel, "hello")
    sender.notify(channel)
    first, second = received(conn, 2)
    assert (first.channel, first.payload, first.data) == (channel, "hello", b"hello")
    assert first.process_id > 0
    assert (first.change, first.row_id) == (None, None)
    assert second.payload == ""


@pytest.mark.parametrize("name", ['a"b', "x; DROP TABLE t", "Größe", "a.b", "MiXed", "it's"])
def test_names_and_payloads_are_taken_as_they_are(conn: Any, sender: Any, name: str) -> None:
    payload = 'it\'s \\ "x"; ? %s $1 :n\n𝄞'
    conn.listen(name)
    sender.notify(name, payload)
    (notification,) = received(conn, 1)
    assert (notification.channel, notification.payload) == (name, payload)


@pytest.mark.parametrize("name", ["", "a\0b", 3, "x" * 64])
def test_names_that_cannot_be(conn: Any, name: Any) -> None:
    with pytest.raises(scratchbird.Error):
        conn.listen(name)
    with pytest.raises(scratchbird.Error):
        conn.notify(name, "x")
    conn.rollback()
    assert conn.execute("select 1").fetchone() == (1,)


def test_a_payload_is_text(conn: Any, channel: str) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match="payload"):
        conn.notify(channel, b"x")


def test_a_message_goes_out_with_the_commit(connect: Any, dsn: str, channel: str) -> None:
    receiver, sender = connect(dsn), connect(dsn)
    receiver.listen(channel)
    sender.notify(channel, "rolled back")
    sender.rollback()
    sender.notify(channel, "committed")
    assert list(receiver.notifications(timeout=0.2)) == []
    sender.commit()
    assert [n.payload for n in received(receiver, 1)] == ["committed"]


def test_what_comes_during_statements_is_kept_in_order(conn: Any, sender: Any, channel: str) -> None:
    conn.listen(channel)
    for number in range(50):
        sender.notify(channel, str(number))
        conn.execute("select 1").fetchone()
    conn.commit()
    assert [n.payload for n in received(conn, 50)] == [str(number) for number in range(50)]
    assert list(conn.notifications(timeout=0)) == []


def test_the_time_is_up(conn: Any, channel: str) -> None:
    conn.listen(channel)
    begin = time.monotonic()
    assert list(conn.notifications(timeout=0.15)) == []
    assert time.monotonic() - begin >= 0.15
    assert list(conn.notifications(timeout=0)) == []
    assert list(conn.notifications(timeout=0, stop_after=0)) == []
    assert conn.execute("select 1").fetchone() == (1,)


def test_bad_limits(conn: Any) -> None:
    for arguments in ({"timeout": -1}, {"timeout": float("nan")}, {"stop_after": -1}):
        with pytest.raises(scratchbird.ProgrammingError):
            conn.notifications(**arguments)


def test_an_iterator_that_is_left_loses_nothing(conn: Any, sender: Any, channel: str) -> None:
    conn.listen(channel)
    for number in range(4):
        sender.notify(channel, str(number))
    for notification in conn.notifications(timeout=LONG):
        if notification.payload == "1":
            break
    assert [n.payload for n in received(conn, 2)] == ["2", "3"]


def test_unlisten(conn: Any, sender: Any, channel: str) -> None:
    other = channel + "2"
    conn.listen(channel)
    conn.listen(other)
    conn.unlisten(channel)
    sender.notify(channel, "unheard")
    sender.notify(other, "heard")
    assert [n.payload for n in received(conn, 1)] == ["heard"]
    conn.unlisten()
    sender.notify(other, "unheard")
    assert list(conn.notifications(timeout=0.2)) == []


def test_statements_between_notifications(conn: Any, sender: Any, channel: str) -> None:
    conn.listen(channel)
    sender.notify(channel, "1")
    seen = []
    for notification in conn.notifications(timeout=LONG, stop_after=3):
        seen.append(conn.execute("select ?", (notification.payload,)).fetchone())
        sender.notify(channel, str(len(seen) + 1))
    assert seen == [("1",), ("2",), ("3",)]


def test_handlers(conn: Any, sender: Any, channel: str, caplog: Any) -> None:
    heard: list[Any] = []

    def broken(notification: Any) -> None:
        raise RuntimeError("of the test")

    conn.add_notification_handler(broken)
    conn.add_notification_handler(heard.append)
    conn.listen(channel)
    with caplog.at_level(logging.ERROR, "scratchbird.notification"):
        sender.notify(channel, "1")
        deadline = time.monotonic() + LONG
        while not heard and time.monotonic() < deadline:
            conn.execute("select 1")
    assert [n.payload for n in heard] == ["1"]
    assert "of the test" in caplog.text
    conn.remove_notification_handler(broken)
    sender.notify(channel, "2")
    # An iterator gets them too.
    assert [n.payload for n in received(conn, 1)] == ["2"]
    assert [n.payload for n in heard] == ["1", "2"]
    conn.remove_notification_handler(heard.append)
    sender.notify(channel, "3")
    assert [n.payload for n in received(conn, 1)] == ["3"]
    assert len(heard) == 2
    with pytest.raises(ValueError):
        conn.remove_notification_handler(heard.append)


def test_a_closed_connection(conn: Any) -> None:
    waiting = conn.notifications(timeout=LONG)
    conn.close()
    with pytest.raises(scratchbird.InterfaceError, match="closed"):
        next(iter(waiting))
    for call in (lambda: conn.listen("c"), conn.notifications, lambda: conn.unsubscribe("c")):
        with pytest.raises(scratchbird.InterfaceError, match="closed"):
            call()


def test_a_cancelled_statement_before(conn: Any, sender: Any, channel: str) -> None:
    conn.listen(channel)
    with pytest.raises(scratchbird.OperationalError):
        conn.execute("select pg_sleep(30)", timeout=0.05)
    sender.notify(channel, "after")
    assert [n.payload for n in received(conn, 1)] == ["after"]


def test_subscribing_to_a_channel(conn: Any, sender: Any, channel: str) -> None:
    conn.subscribe(channel, kind="channel")
    sender.notify(channel, "1")
    assert [n.payload for n in received(conn, 1)] == ["1"]
    conn.unsubscribe(channel)
    sender.notify(channel, "2")
    assert list(conn.notifications(timeout=0.2)) == []


def test_kinds_that_do_not_exist(conn: Any) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match="kind"):
        conn.subscribe("c", kind="rumour")


@pytest.mark.parametrize("call", ["listen", "unlisten", "notify", "subscribe", "unsubscribe", "notifications"])
def test_a_beta_delivers_none(connect: Callable[..., Any], dsn: str, call: str) -> None:
    conn = connect(dsn, server_profile="beta")
    arguments = () if call == "notifications" else ("c",)
    with pytest.raises(scratchbird.NotSupportedError, match="no notifications"):
        getattr(conn, call)(*arguments)
    with pytest.raises(scratchbird.NotSupportedError, match="no notifications"):
        conn.add_notification_handler(print)
    assert conn.execute("select 1").fetchone() == (1,)
