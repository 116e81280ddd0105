"""COPY out of the server, on both faces."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

import scratchbird
from tests.copy import packets

DAY = datetime.date(2026, 11, 21)


@pytest.fixture
def filled(cur: Any, spot: str) -> str:
    with cur.copy("COPY spot (id, label, at) FROM STDIN") as copy:
        copy.write_rows([(1, 'a,\n"b"', DAY), (2, None, None), (3, "", None)])
    return spot


def read_all(copy: Any) -> bytes:
    blocks = []
    while True:
        block = copy.read()
        if not block:
            return b"".join(blocks)
        blocks.append(block)


def test_blocks(cur: Any, filled: str) -> None:
    with cur.copy("COPY spot TO STDOUT CSV") as copy:
        data = read_all(copy)
        assert copy.read() == b""
        assert copy.rowcount == 3
    assert data == b'1,"a,\n""b""",2026-11-21\n2,,\n3,"",\n'
    assert (cur.rowcount, cur.statusmessage) == (3, "COPY 3")
    with cur.copy("COPY spot TO STDOUT CSV") as copy:
        assert b"".join(copy) == data


def test_rows_of_csv(cur: Any, filled: str) -> None:
    for options in ("CSV", "CSV HEADER"):
        with cur.copy(f"COPY spot TO STDOUT {options}") as copy:
            assert list(copy.rows()) == [("1", 'a,\n"b"', "2026-11-21"), ("2", None, None), ("3", "", None)]
    with cur.copy("COPY spot TO STDOUT CSV") as copy:
        copy.set_types(["int4", "text", "date"])
        assert list(copy.rows()) == [(1, 'a,\n"b"', DAY), (2, None, None), (3, "", None)]


def test_rows_of_one_column_that_is_null(cur: Any, filled: str) -> None:
    with cur.copy("COPY (select label from spot order by id) TO STDOUT CSV") as copy:
        assert list(copy.rows()) == [('a,\n"b"',), (None,), ("",)]


def test_rows_of_packets(cur: Any, filled: str) -> None:
    with cur.copy("COPY spot TO STDOUT BINARY") as copy:
        copy.set_types([23, "text", "date"])
        assert list(copy.rows()) == [(1, 'a,\n"b"', DAY), (2, None, None), (3, "", None)]
    with cur.copy("COPY spot (id, label) TO STDOUT BINARY") as copy:
        columns, rows = packets.read_rowset(read_all(copy))
    assert [name for name, _ in columns] == ["id", "label"]
    assert rows == [["1", 'a,\n"b"'], ["2", None], ["3", ""]]


def test_rows_of_json(cur: Any, filled: str) -> None:
    with cur.copy("COPY spot TO STDOUT JSONL") as copy:
        assert list(copy.rows())[:2] == [
            {"id": 1, "label": 'a,\n"b"', "at": "2026-11-21"},
            {"id": 2, "label": None, "at": None},
        ]


def test_no_rows(cur: Any, spot: str) -> None:
    for options in ("CSV", "BINARY", "JSONL"):
        with cur.copy(f"COPY spot TO STDOUT {options}") as copy:
            assert list(copy.rows()) == []
        assert cur.rowcount == 0


def test_what_goes_out_comes_back_in(cur: Any, filled: str) -> None:
    cur.execute("create table mirror (id int, label varchar(100), at date)")
    for options in ("CSV", "CSV HEADER", "JSONL", "BINARY"):
        with cur.copy(f"COPY spot TO STDOUT {options}") as copy:
            data = read_all(copy)
        with cur.copy(f"COPY mirror FROM STDIN {options}") as copy:
            copy.write(data)
        assert cur.rowcount == 3, options
    assert cur.execute("select distinct id, label, at from mirror order by id").fetchall() == [
        (1, 'a,\n"b"', DAY),
        (2, None, None),
        (3, "", None),
    ]


def test_leaving_early_keeps_the_connection(cur: Any) -> None:
    statement = "COPY (select n, repeat('x', 100) from generate_series(1, 300000) as g(n)) TO STDOUT CSV"
    with cur.copy(statement) as copy:
        assert copy.read().startswith(b"1,x")
    assert copy.rowcount == -1
    with pytest.raises(ZeroDivisionError):
        with cur.copy(statement) as copy:
            copy.read()
            raise ZeroDivisionError
    cur.connection.rollback()
    assert cur.execute("select 1").fetchone() == (1,)


def test_an_error_on_the_way(cur: Any) -> None:
    with pytest.raises(scratchbird.DataError) as caught:
        with cur.copy("COPY (select 1 / (200000 - n) from generate_series(1, 300000) as g(n)) TO STDOUT CSV") as copy:
            read_all(copy)
    assert caught.value.sqlstate == "22012"
    cur.connection.rollback()
    assert cur.execute("select 1").fetchone() == (1,)


def test_misuse(cur: Any, filled: str) -> None:
    with cur.copy("COPY spot TO STDOUT CSV") as copy:
        with pytest.raises(scratchbird.ProgrammingError, match="not written to"):
            copy.write(b"1\n")
        with pytest.raises(scratchbird.ProgrammingError, match="not written to"):
            copy.write_row((1,))
        with pytest.raises(scratchbird.InterfaceError, match="a COPY is going on"):
            cur.execute("select 1")
        assert len(list(copy.rows())) == 3
        # All has been read: the connection is free before the block ends.
        assert cur.connection.execute("select 1").fetchone() == (1,)
    assert cur.rowcount == 3
