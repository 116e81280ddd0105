"""The beta loses or changes data without an error; under the driver it does not, or says so.

One test for each trap of the real server: the development server has it too, and the driver goes round it.
"""

from __future__ import annotations

import asyncio
import datetime
import decimal
import socket
import threading
import time
import uuid
from typing import Any, Callable

import pytest

import scratchbird
from tests.beta.conftest import kinds
from tests.fix_connection import Driven


def test_no_row_of_many_is_lost(connect: Callable[..., Any], dsn: str, stored: Any) -> None:
    conn = connect(dsn)
    cur = conn.cursor()
    with pytest.raises(scratchbird.NotSupportedError, match="first row"):
        cur.execute("insert into spot (id, n) values (?, ?), (?, ?)", (1, 1, 2, 2))
    cur.executemany("insert into spot (id, n) values (?, ?)", [(number, number) for number in range(2500)])
    assert cur.rowcount == 2500
    cur.execute("insert into spot (id, n) values (3000, ?), (?, ?)", (1, 3001, 2))
    assert cur.rowcount == 2
    conn.commit()
    assert len(stored()) == 2502


def test_bulk_copy_stores_every_row_and_says_so(connect: Callable[..., Any], dsn: str, stored: Any) -> None:
    conn = connect(dsn, autocommit=True)
    rows = ((number, f"é {number}", None if number % 3 else number) for number in range(5000))
    assert conn.bulk_copy("spot", rows, columns=["id", "label", "n"]) == 5000
    found = stored()
    assert len(found) == 5000
    assert found[4] == (4, "é 4", None)
    assert found[3] == (3, "é 3", 3)


def test_bulk_copy_that_fails_stores_none(connect: Callable[..., Any], dsn: str, stored: Any) -> None:
    conn = connect(dsn, autocommit=True)
    with pytest.raises(scratchbird.IntegrityError):
        conn.bulk_copy("spot", [(1, "a"), (1, "b")], columns=["id", "label"])
    assert stored() == []
    assert not conn.in_transaction


@pytest.mark.parametrize(
    ("statement", "text"),
    [
        ("COPY spot (id, label, n) FROM STDIN CSV", '1,"a, ""b""",\n2,,7\n3,"",8\n'),
        ("COPY spot (label, id, n) FROM STDIN CSV HEADER", 'label,id,n\n"a, ""b""",1,\n,2,7\n"",3,8\n'),
        ("COPY spot FROM STDIN CSV HEADER", 'id,n,label\n1,,"a, ""b"""\n2,7,\n3,8,""\n'),
        (
            "COPY spot FROM STDIN FORMAT JSONL",
            '{"id": 1, "label": "a, \\"b\\"", "n": null}\n{"id": 2, "n": 7}\n\n{"n": 8, "label": "", "id": 3}',
        ),
    ],
)
def test_files_are_read_by_the_driver(
    connect: Callable[..., Any], dsn: str, stored: Any, statement: str, text: str
) -> None:
    conn = connect(dsn)
    # In pieces, so that rows are cut anywhere.
    pieces = [text[at : at + 5] for at in range(0, len(text), 5)]
    assert conn.cursor().copy_from(statement, pieces) == 3
    conn.commit()
    # A column that begins with NULL is taken for text.
    assert stored() == [(1, 'a, "b"', None), (2, None, "7"), (3, "", "8")]


@pytest.mark.parametrize(
    ("statement", "text", "message"),
    [
        ("COPY spot (id, label) FROM STDIN CSV", "1,a\n2\n", "row 2"),
        ("COPY spot FROM STDIN CSV", "1,a\n", "columns"),
        ("COPY spot (id) FROM STDIN FORMAT JSONL", '{"id": 1}\n[2]\n', "row 2"),
        ("COPY spot (id) FROM STDIN FORMAT JSONL", '{"id": 1, "x": 2}\n', "'x'|\"x\""),
    ],
)
def test_files_that_do_not_fit_store_nothing(
    connect: Callable[..., Any], dsn: str, stored: Any, statement: str, text: str, message: str
) -> None:
    conn = connect(dsn)
    with pytest.raises((scratchbird.DataError, scratchbird.ProgrammingError), match=message):
        conn.cursor().copy_from(statement, text)
    assert conn.execute("select 1").fetchone() == (1,)
    conn.commit()
    assert stored() == []


def test_a_prepared_insert_in_autocommit_commits(connect: Callable[..., Any], dsn: str, stored: Any) -> None:
    conn = connect(dsn, autocommit=True)
    conn.execute("insert into spot (id, n) values (?, ?)", (1, 2))
    assert stored() == [(1, None, 2)]
    conn.cursor().executemany("insert into spot (id, n) values (?, ?)", [(2, 2), (3, 3)])
    assert len(stored()) == 3
    assert not conn.in_transaction


def test_what_is_not_committed_is_not_there(connect: Callable[..., Any], dsn: str, stored: Any) -> None:
    conn = connect(dsn)
    conn.execute("insert into spot (id, n) values (?, ?)", (1, 2))
    conn.close()
    assert stored() == []


def test_an_execution_that_fails_runs_no_older_one(connect: Callable[..., Any], dsn: str, stored: Any) -> None:
    conn = connect(dsn)
    cur = conn.cursor()
    cur.execute("insert into spot (id, n) values (?, ?)", (1, 1))
    for _ in range(2):
        with pytest.raises(scratchbird.IntegrityError):
            cur.execute("insert into spot (id, n) values (?, ?)", (1, 1))
    cur.execute("insert into spot (id, n) values (?, ?)", (2, 2))
    conn.commit()
    assert stored() == [(1, None, 1), (2, None, 2)]


def test_values_come_back_as_they_went(connect: Callable[..., Any], dsn: str, told: list[Any]) -> None:
    cur = connect(dsn).cursor()
    for value in (
        True,
        -(2**63),
        3.141592653589793,
        1e300,
        decimal.Decimal("12345678901234.5678"),
        'it\'s "quoted" ü',
        "",
        None,
    ):
        [found] = cur.execute("select ?", (value,)).fetchone()
        assert found == value or str(found) == str(value)
    for value, text in (
        (datetime.date(2024, 2, 29), "2024-02-29"),
        (uuid.UUID(int=5), str(uuid.UUID(int=5))),
    ):
        assert cur.execute("select ?", (value,)).fetchone() == (text,)
    assert told == []


def test_guessed_types_change_no_text(connect: Callable[..., Any], dsn: str, stored: Any) -> None:
    conn = connect(dsn)
    texts = ["5", "007", "+1", "T", "abc", "1e5", "99999999999999999999", "", "null"]
    conn.cursor().executemany("insert into spot (id, label) values (?, ?)", list(enumerate(texts)))
    conn.commit()
    assert [str(label) for _, label, _ in stored()] == texts


def test_the_changes_by_key_that_the_server_misses(connect: Callable[..., Any], dsn: str, told: list[Any]) -> None:
    cur = connect(dsn).cursor()
    cur.execute("insert into spot (id, n) values (1, 1)")
    cur.execute("update spot set n = ? where id = ?", (2, 1))
    assert (cur.rowcount, kinds(told)) == (0, ["no-row-changed"])
    assert cur.execute("select * from spot where id = 1").fetchall() == [(1, None, 1)]
    cur.execute("update spot set n = 3 where id in (select id from spot where id = 1)")
    assert cur.rowcount == 1


def test_a_rollback_to_a_savepoint_is_told_to_be_partial(
    connect: Callable[..., Any], dsn: str, told: list[Any], stored: Any
) -> None:
    conn = connect(dsn)
    conn.execute("insert into spot (id) values (1)")
    conn.savepoint("s")
    conn.execute("insert into spot (id) values (2)")
    conn.rollback_to_savepoint("s")
    assert kinds(told) == ["savepoint-rollback"]
    assert len(conn.execute("select * from spot").fetchall()) == 2
    conn.rollback()
    assert stored() == []


def test_damaged_text_is_told_of(connect: Callable[..., Any], dsn: str, told: list[Any]) -> None:
    cur = connect(dsn).cursor()
    cur.execute("insert into spot (id, label, n) values (?, ?, ?)", (1, "q;id=999", 2))
    assert kinds(told) == ["text-semicolon"]
    assert cur.execute("select * from spot").fetchall() == [(999, "q", 2)]


@pytest.mark.parametrize("level", ["SNAPSHOT", "SERIALIZABLE", "SNAPSHOT TABLE STABILITY"])
def test_promises_that_the_server_does_not_keep(connect: Callable[..., Any], dsn: str, level: str) -> None:
    conn = connect(dsn)
    with pytest.raises(scratchbird.NotSupportedError):
        conn.isolation_level = level
    with pytest.raises(scratchbird.NotSupportedError):
        conn.read_only = True
    with pytest.raises(scratchbird.NotSupportedError):
        conn.transaction(isolation=level)
    with pytest.raises(scratchbird.NotSupportedError):
        conn.tpc_begin("x")
    with pytest.raises(scratchbird.NotSupportedError, match="COPY"):
        conn.cursor().copy_to("COPY spot TO STDOUT", lambda block: None)
    conn.isolation_level = "READ COMMITTED"
    assert conn.execute("select 1").fetchone() == (1,)


async def awaited(awaitable: Any) -> Any:
    return await awaitable


def test_cancel_closes_the_connection(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn)
    if isinstance(conn, Driven):
        loop, target = conn._loop, conn._target
        timer: Any = loop.call_later(0.3, lambda: asyncio.ensure_future(awaited(target.cancel())))
    else:
        timer = threading.Timer(0.3, conn.cancel)
        timer.start()
    begun = time.monotonic()
    with pytest.raises(scratchbird.OperationalError) as caught:
        conn.execute("select pg_sleep(30)")
    assert time.monotonic() - begun < 15
    assert caught.value.sqlstate == "57014"
    assert conn.closed


def test_a_time_limit_closes_the_connection(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn)
    with pytest.raises(scratchbird.OperationalError):
        conn.execute("select pg_sleep(30)", timeout=0.2)
    assert conn.closed
    with pytest.raises(scratchbird.InterfaceError):
        conn.execute("select 1")


def test_errors_have_their_class_and_cause(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn)
    cur = conn.cursor()
    cur.execute("insert into spot (id) values (1)")
    for sql, cls, state in (
        ("insert into spot (id) values (1)", scratchbird.IntegrityError, "23505"),
        ("select * from nowhere", scratchbird.ProgrammingError, "42704"),
        ("create table spot (id int)", scratchbird.ProgrammingError, "42710"),
    ):
        with pytest.raises(cls) as caught:
            cur.execute(sql)
        assert type(caught.value) is cls
        assert caught.value.sqlstate == state
        assert caught.value.detail
    # An error undoes nothing of the transaction.
    assert len(cur.execute("select * from spot").fetchall()) == 1


def test_the_beta_refuses_a_plain_password_with_a_semicolon(dsn: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with pytest.raises(scratchbird.OperationalError):
        scratchbird.connect(f"scratchbird://u@127.0.0.1:{port}/d", password="a;b", profile="beta", connect_timeout=2)
