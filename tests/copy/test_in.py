"""COPY into the server, on both faces."""

from __future__ import annotations

import datetime
import decimal
import json
from typing import Any

import pytest

import scratchbird
from tests.copy import packets

DAY = datetime.date(2026, 11, 21)
ROWS = [(1, "one", DAY), (2, None, None), (3, 'semi;colon, "quote"\nline\ttab\\N', DAY)]


def stored(cur: Any) -> list[Any]:
    found: list[Any] = cur.execute("select id, label, at from spot order by id").fetchall()
    return found


def test_rows(cur: Any, spot: str) -> None:
    with cur.copy("COPY spot (id, label, at) FROM STDIN") as copy:
        copy.write_row(ROWS[0])
        copy.write_row(list(ROWS[1]))
        copy.write_rows(row for row in ROWS[2:])
        assert copy.rows_written == 3
        assert copy.rowcount == -1
    assert (copy.rowcount, cur.rowcount, cur.statusmessage) == (3, 3, "COPY 3")
    assert stored(cur) == ROWS


def test_mappings_and_names_from_them(cur: Any, spot: str) -> None:
    with cur.copy("COPY spot FROM STDIN") as copy:
        copy.write_row({"label": "x", "id": 7})
        copy.write_row({"id": 8, "label": None})
    assert stored(cur) == [(7, "x", None), (8, None, None)]


def test_names_given_apart(cur: Any, spot: str) -> None:
    with cur.copy("COPY spot FROM STDIN", columns=["label", "id"]) as copy:
        copy.write_row(("x", 7))
    assert stored(cur) == [(7, "x", None)]


def test_rows_need_names(cur: Any, spot: str) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match="columns of the rows are not known"):
        with cur.copy("COPY spot FROM STDIN") as copy:
            copy.write_row((1, "x", None))
    assert stored(cur) == []


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize(
    ("statement", "data"),
    [
        ("COPY spot (id, label) FROM STDIN CSV", b'1,"a,\n""b"""\n2,\n'),
        ("COPY spot FROM STDIN CSV HEADER", b'id,label,at\n1,"a,\n""b""",\n2,,\n'),
        ("COPY spot (id, label) FROM STDIN JSONL", b'{"id": 1, "label": "a,\\n\\"b\\""}\n{"id": 2, "label": null}'),
        (
            "COPY spot FROM STDIN",
            packets.rowset([("id", packets.INT64), ("label", packets.TEXT)], [(1, 'a,\n"b"')])
            + packets.rowset([("id", packets.INT64), ("label", packets.TEXT)], [(2, None)]),
        ),
        ("COPY spot FROM STDIN", packets.named([{"id": "1", "label": 'a,\n"b"'}, {"id": "2", "label": None}])),
    ],
    ids=["csv", "header", "jsonl", "packets", "named packet"],
)
def test_bytes_cut_anywhere(cur: Any, spot: str, statement: str, data: bytes, size: int) -> None:
    with cur.copy(statement) as copy:
        for start in range(0, len(data), size):
            copy.write(data[start : start + size])
    assert cur.rowcount == 2
    assert stored(cur) == [(1, 'a,\n"b"', None), (2, None, None)]


def test_lines_of_the_server_and_kinds_of_data(cur: Any, spot: str) -> None:
    with cur.copy("COPY spot FROM STDIN") as copy:
        copy.write("id=1;label=a=b\nid=2;")
        copy.write(bytearray(b"label=NULL\n"))
        copy.write(memoryview(b"id=3;label="))
        copy.write("ä\n")
    assert stored(cur) == [(1, "a=b", None), (2, None, None), (3, "ä", None)]


def test_every_type_of_packet(cur: Any) -> None:
    cur.execute("create table kinds (t text, i bigint, b boolean, n int4, u numeric(20), f float8, x bytea)")
    columns = ["t", "i", "b", "n", "u", "f", "x"]
    rows = [
        ("text", -(2**63), True, -5, 2**64 - 1, 0.1, b"\0\xff"),
        (None,) * 7,
        ("", 2**63 - 1, False, 2**31 - 1, 0, float("-inf"), b""),
    ]
    with cur.copy("COPY kinds FROM STDIN", columns=columns) as copy:
        copy.set_types(["text", "int64", "boolean", "int32", "uint64", "real64", "binary"])
        copy.write_rows(rows)
    found = cur.execute("select * from kinds").fetchall()
    assert [tuple(row) for row in found] == [
        (t, i, b, n, None if u is None else decimal.Decimal(u), f, x) for t, i, b, n, u, f, x in rows
    ]


def test_types_by_name_and_oid_take_what_fits(cur: Any) -> None:
    cur.execute("create table kinds (i bigint, f float8, d date, b boolean, x bytea)")
    with cur.copy("COPY kinds (i, f, d, b, x) FROM STDIN") as copy:
        copy.set_types(["bigint", 701, "date", 16, "bytea"])
        copy.write_row((True, 3, DAY, False, bytearray(b"ab")))
        copy.write_row((decimal.Decimal(5), decimal.Decimal("0.5"), "2026-01-01", None, memoryview(b"c")))
    assert cur.execute("select * from kinds order by i").fetchall() == [
        (1, 3.0, DAY, False, b"ab"),
        (5, 0.5, datetime.date(2026, 1, 1), None, b"c"),
    ]


@pytest.mark.parametrize(
    ("types", "row", "error", "message"),
    [
        (["int8"], (2**63,), scratchbird.DataError, r'row 1, column "a": .*outside'),
        (["int8"], ("x",), scratchbird.DataError, r'row 1, column "a": .*does not fit'),
        (["int8"], (1.5,), scratchbird.DataError, r'row 1, column "a": .*outside'),
        (["bytea"], ("x",), scratchbird.DataError, r'row 1, column "a": .*bytes'),
        (["text"], ("a\0b",), scratchbird.DataError, r'row 1, column "a": .*NUL'),
        (["text"], (object(),), scratchbird.ProgrammingError, r'row 1, column "a": .*object'),
        (["text"], (1, 2), scratchbird.ProgrammingError, "row 1: 2 values for 1 column"),
        (["text"], (), scratchbird.ProgrammingError, "row 1: 0 values for 1 column"),
        (["text"], {"b": 1}, scratchbird.ProgrammingError, 'row 1, column "a": there is no value'),
        (["text"], {"a": 1, "b": 1}, scratchbird.ProgrammingError, "row 1: 2 keys for 1 column"),
        (["text"], "a", scratchbird.ProgrammingError, "row 1: a row is a sequence or a mapping, not str"),
        (["text"], 5, scratchbird.ProgrammingError, "row 1: a row is a sequence or a mapping, not int"),
    ],
)
def test_a_row_that_cannot_be_sent(cur: Any, types: list[str], row: Any, error: type[Exception], message: str) -> None:
    cur.execute("create table one (a text)")
    with pytest.raises(error, match=message):
        with cur.copy("COPY one (a) FROM STDIN") as copy:
            copy.set_types(types)
            copy.write_row((None,))
            copy.write_row(row)
    assert cur.execute("select count(*) from one").fetchone() == (0,)


def test_a_row_that_failed_can_be_left_out(cur: Any, spot: str) -> None:
    with cur.copy("COPY spot (id, label) FROM STDIN") as copy:
        for row in [(1, "a"), (2, "b\0"), (3, "c")]:
            try:
                copy.write_row(row)
            except scratchbird.DataError:
                continue
    assert stored(cur) == [(1, "a", None), (3, "c", None)]


def test_nothing_copied_is_no_error(cur: Any, spot: str) -> None:
    with cur.copy("COPY spot FROM STDIN"):
        pass
    assert (cur.rowcount, cur.statusmessage) == (0, "COPY 0")
    with cur.copy("COPY spot (id) FROM STDIN") as copy:
        copy.write_rows([])
        copy.write(b"")
    assert cur.rowcount == 0
    assert stored(cur) == []


def test_an_exception_gives_the_copy_up(conn: Any, cur: Any, spot: str) -> None:
    with pytest.raises(KeyError, match="mine"):
        with cur.copy("COPY spot (id) FROM STDIN") as copy:
            copy.write_rows([(n,) for n in range(100_000)])
            raise KeyError("mine")
    assert stored(cur) == []
    with cur.copy("COPY spot (id) FROM STDIN") as copy:
        copy.write_row((1,))
    assert stored(cur) == [(1, None, None)]
    conn.rollback()


def test_a_refusal_of_the_server_ends_the_writing(cur: Any, conn: Any, spot: str) -> None:
    conn.commit()
    written = 0

    def rows() -> Any:
        nonlocal written
        for written in range(10_000_000):
            yield ("no number" if written == 10 else written, "x" * 90)

    try:
        with pytest.raises(scratchbird.DataError) as caught:
            with cur.copy("COPY spot (id, label) FROM STDIN") as copy:
                copy.write_rows(rows())
        assert caught.value.sqlstate == "22P02"
        assert written < 1_000_000
        conn.rollback()
        assert stored(cur) == []
    finally:
        conn.rollback()
        conn.execute("drop table spot")
        conn.commit()


def test_a_refusal_at_the_end(cur: Any, spot: str) -> None:
    with pytest.raises(scratchbird.DataError):
        with cur.copy("COPY spot (id) FROM STDIN") as copy:
            copy.write_row(("no number",))
    cur.connection.rollback()
    assert cur.execute("select 1").fetchone() == (1,)


def test_packets_of_other_columns_are_refused(cur: Any, spot: str) -> None:
    with pytest.raises(scratchbird.ProgrammingError) as caught:
        with cur.copy("COPY spot FROM STDIN") as copy:
            copy.write(packets.rowset([("id", packets.INT64)], [(1,)]))
            for _ in range(100):
                copy.write(packets.rowset([("label", packets.TEXT)], [("x",)]))
    assert caught.value.sqlstate == "42000"
    cur.connection.rollback()
    assert cur.execute("select 1").fetchone() == (1,)


def test_a_damaged_packet_is_refused_here(cur: Any, spot: str) -> None:
    packet = packets.rowset([("id", packets.INT64)], [(1,)])
    for damaged in (packet[:20] + b"\x63" + packet[21:], packet[:-1]):
        with pytest.raises(scratchbird.DataError, match="packet"):
            with cur.copy("COPY spot FROM STDIN") as copy:
                copy.write(damaged)
    assert stored(cur) == []


def test_a_table_that_is_not_there(cur: Any) -> None:
    with pytest.raises(scratchbird.ProgrammingError) as caught:
        with cur.copy("COPY nowhere FROM STDIN"):
            pytest.fail("the block was entered")
    assert caught.value.sqlstate == "42P01"
    assert caught.value.statement == "COPY nowhere FROM STDIN"


def test_misuse(cur: Any, spot: str) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match=r"COPY \.\.\. FROM STDIN"):
        with cur.copy("select 1"):
            pytest.fail("the block was entered")
    copy = cur.copy("COPY spot (id) FROM STDIN")
    with pytest.raises(scratchbird.InterfaceError, match="with block"):
        copy.write(b"id=1\n")
    with copy:
        with pytest.raises(scratchbird.ProgrammingError, match="not read"):
            copy.read()
        with pytest.raises(scratchbird.ProgrammingError, match="bytes or str"):
            copy.write((1,))
        with pytest.raises(scratchbird.ProgrammingError, match="no type"):
            copy.set_types(["nonsense"])
        with pytest.raises(scratchbird.InterfaceError, match="a COPY is going on"):
            cur.connection.execute("select 1")
        with pytest.raises(scratchbird.InterfaceError, match="a COPY is going on"):
            cur.connection.commit()
        copy.write_row((1,))
        with pytest.raises(scratchbird.ProgrammingError, match="before the first row"):
            copy.set_types(["int8"])
    with pytest.raises(scratchbird.InterfaceError, match="ended"):
        with cur.copy("COPY spot (id) FROM STDIN") as second:
            second._finish()
            second.write(b"id=1\n" * 100_000)
    assert stored(cur) == [(1, None, None)]


def test_json_lines_are_not_made_of_rows(cur: Any, spot: str) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match="JSONL"):
        with cur.copy("COPY spot (id) FROM STDIN JSONL") as copy:
            copy.write_row((1,))
    with cur.copy("COPY spot (id) FROM STDIN JSONL") as copy:
        for n in range(3):
            copy.write(json.dumps({"id": n}) + "\n")
    assert cur.rowcount == 3


def test_autocommit_commits_the_rows(connect: Any, dsn: str, ledger: str) -> None:
    writer, reader = connect(dsn, autocommit=True), connect(dsn, autocommit=True)
    with writer.cursor().copy("COPY ledger (n) FROM STDIN") as copy:
        copy.write_rows([(1,), (2,)])
    assert reader.execute("select count(*) from ledger").fetchone() == (2,)
    with pytest.raises(ZeroDivisionError):
        with writer.cursor().copy("COPY ledger (n) FROM STDIN") as copy:
            copy.write_rows([(3,)])
            raise ZeroDivisionError
    assert reader.execute("select count(*) from ledger").fetchone() == (2,)


def test_a_time_limit(cur: Any, spot: str) -> None:
    import time

    with pytest.raises(scratchbird.OperationalError) as caught:
        with cur.copy("COPY spot (id) FROM STDIN", timeout=0.2) as copy:
            copy.write_row((1,))
            time.sleep(0.3)
    assert caught.value.sqlstate == "57014"
    assert stored(cur) == []
