"""Notices and progress: who is told, when, and what a handler cannot break."""

from __future__ import annotations

import functools
import gc
import logging
import weakref
from typing import Any

import pytest

import scratchbird

NOTICE = "drop table if exists no_such_table"


def test_notices(conn: Any) -> None:
    heard: list[Any] = []
    conn.add_notice_handler(heard.append)
    conn.execute(NOTICE)
    assert len(heard) == 1
    assert "no_such_table" in str(heard[0])
    # They stay where PEP 249 has them.
    assert [str(notice) for _, notice in conn.messages] == [str(heard[0])]
    assert conn.messages == []
    conn.remove_notice_handler(heard.append)
    conn.execute(NOTICE)
    assert len(heard) == 1
    assert len(conn.messages) == 1


def test_notices_of_a_statement_that_fails(conn: Any) -> None:
    heard: list[Any] = []
    conn.add_notice_handler(heard.append)
    with pytest.raises(scratchbird.ProgrammingError):
        conn.execute(f"{NOTICE}; select * from no_such_table")
    assert len(heard) == 1


def test_a_handler_that_raises_is_logged(conn: Any, caplog: Any) -> None:
    def broken(notice: Any) -> None:
        raise RuntimeError("of the test")

    conn.add_notice_handler(broken)
    with caplog.at_level(logging.ERROR, "scratchbird.notification"):
        conn.execute(NOTICE)
    assert "of the test" in caplog.text
    assert conn.execute("select 1").fetchone() == (1,)


def test_a_handler_may_run_statements(conn: Any) -> None:
    if isinstance(conn, scratchbird.Connection):
        found: list[Any] = []
        conn.add_notice_handler(lambda notice: found.append(conn.execute("select 2").fetchone()))
        conn.execute(NOTICE)
        assert found == [(2,)]


def test_handlers_that_are_not_there(conn: Any) -> None:
    with pytest.raises(ValueError):
        conn.remove_notice_handler(print)


def test_progress(conn: Any) -> None:
    seen: list[scratchbird.Progress] = []
    assert conn.on_progress is None
    conn.on_progress = seen.append
    assert conn.execute("select count(*) from (select 1) x").fetchone() == (1,)
    assert seen == []
    rows = conn.execute("select n from generate_series(1, 230000) as g(n)").fetchall()
    assert len(rows) == 230_000
    assert seen
    assert [p.rows for p in seen] == sorted({p.rows for p in seen})
    assert all(p.rows % 50_000 == 0 and p.bytes > p.rows for p in seen)
    conn.on_progress = None
    before = len(seen)
    conn.execute("select n from generate_series(1, 60000) as g(n)")
    assert len(seen) == before


def test_progress_that_raises_does_not_disturb(conn: Any, caplog: Any) -> None:
    def broken(progress: scratchbird.Progress) -> None:
        raise RuntimeError("of the test")

    conn.on_progress = broken
    with caplog.at_level(logging.ERROR, "scratchbird.notification"):
        cursor = conn.execute("select n from generate_series(1, 120000) as g(n)")
    assert "of the test" in caplog.text
    assert len(cursor.fetchall()) == 120_000


def test_a_handler_that_knows_its_connection_keeps_it_not_alive(dsn: str) -> None:
    connection = scratchbird.connect(dsn)
    connection.add_notice_handler(functools.partial(print, connection))
    connection.on_progress = functools.partial(print, connection)
    gone = weakref.ref(connection)
    connection.close()
    del connection
    gc.collect()
    assert gone() is None


LONG_QUERY = "select n from generate_series(1, ?::int) as n"


def stream(conn: Any) -> None:
    with conn.cursor() as cursor:
        assert sum(1 for _ in cursor.stream(LONG_QUERY, (60000,))) == 60000


def many(conn: Any) -> None:
    conn.executemany(LONG_QUERY, [(60000,)], returning=True)


def pipeline(conn: Any) -> None:
    with conn.pipeline():
        conn.execute(LONG_QUERY, (60000,))


@pytest.mark.parametrize("run", [stream, many, pipeline])
def test_progress_of_everything_else(conn: Any, run: Any) -> None:
    seen: list[scratchbird.Progress] = []
    conn.on_progress = seen.append
    run(conn)
    conn.on_progress = None
    assert [progress.rows for progress in seen] == [50000]
