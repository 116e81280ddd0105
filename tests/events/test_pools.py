"""A pool gives nobody the notifications of the user before."""

from __future__ import annotations

from typing import Any

import pytest

import scratchbird
from tests.events.test_notifications import LONG


@pytest.fixture
def pool(make_pool: Any) -> Any:
    pool = make_pool(min_size=1, max_size=1)
    pool.wait(30)
    return pool


@pytest.mark.parametrize("how", ["listen", "statement", "subscribe"])
def test_the_next_user_hears_nothing(pool: Any, dsn: str, how: str) -> None:
    with scratchbird.connect(dsn, autocommit=True) as sender:
        with pool.connection() as connection:
            session = connection.info.session_id
            if how == "listen":
                connection.listen("pooled")
            elif how == "statement":
                connection.execute("LISTEN pooled")
            else:
                connection.subscribe("pooled", kind="channel")
            sender.notify("pooled", "1")
            (heard,) = connection.notifications(timeout=LONG, stop_after=1)
            assert heard.payload == "1"
            sender.notify("pooled", "left behind")
            connection.execute("select 1")
        with pool.connection() as connection:
            # Still the same session: it was not worth a new one.
            assert connection.info.session_id == session
            sender.notify("pooled", "2")
            connection.execute("select 1")
            assert list(connection.notifications(timeout=0.2)) == []


def test_a_connection_that_was_given_back_waits_for_nothing(pool: Any) -> None:
    connection = pool.getconn()
    waiting = connection.notifications(timeout=LONG)
    pool.putconn(connection)
    with pytest.raises(scratchbird.InterfaceError, match="given back"):
        next(iter(waiting))


def test_handlers_stay_with_the_loan(pool: Any, dsn: str) -> None:
    heard: list[Any] = []
    with pool.connection() as connection:
        connection.add_notification_handler(heard.append)
        connection.add_notice_handler(heard.append)
    with scratchbird.connect(dsn, autocommit=True) as sender, pool.connection() as connection:
        connection.listen("loan")
        sender.notify("loan", "1")
        assert [n.payload for n in connection.notifications(timeout=LONG, stop_after=1)] == ["1"]
        connection.execute("drop table if exists no_such_table")
    assert heard == []


def test_a_pool_that_listens(make_pool: Any, dsn: str) -> None:
    """LISTEN in `configure` holds for every loan; what arrives meanwhile is for the next user, and is no farewell."""

    def listening(connection: Any) -> None:
        connection.listen("all the time")
        connection.commit()

    async def listening_async(connection: Any) -> None:
        await connection.listen("all the time")
        await connection.commit()

    configure = listening_async if make_pool.is_async else listening
    pool = make_pool(min_size=1, max_size=1, configure=configure)
    with pool.connection() as connection:
        session = connection.info.session_id
    with scratchbird.connect(dsn, autocommit=True) as sender:
        for number in range(3):
            sender.notify("all the time", str(number))
            with pool.connection() as connection:
                assert connection.info.session_id == session
                (heard,) = connection.notifications(timeout=LONG, stop_after=1)
                assert heard.payload == str(number)
    assert pool.get_stats()["connections_lost"] == 0
