"""`bulk_copy`, `copy_from` and `copy_to`, on both faces."""

from __future__ import annotations

import io
from typing import Any

import pytest

import scratchbird
from tests.copy.test_in import DAY, ROWS, stored


def test_rows_and_progress(conn: Any, cur: Any, spot: str) -> None:
    seen: list[int] = []
    rows = ((n, str(n), DAY) for n in range(25))
    assert conn.bulk_copy("spot", rows, batch_size=10, on_progress=seen.append) == 25
    assert seen == [10, 20, 25]
    assert cur.execute("select count(*), sum(id) from spot").fetchone() == (25, 300)


def test_mappings_and_chosen_columns(conn: Any, cur: Any, spot: str) -> None:
    assert conn.bulk_copy("spot", [{"label": "a", "id": 1}, {"id": 2, "label": None}]) == 2
    assert conn.bulk_copy("spot", [("b", 3)], columns=["label", "id"]) == 1
    assert stored(cur) == [(1, "a", None), (2, None, None), (3, "b", None)]
    assert conn.bulk_copy("spot", ROWS) == 3


def test_no_rows(conn: Any, spot: str) -> None:
    seen: list[int] = []
    assert conn.bulk_copy("spot", [], on_progress=seen.append) == 0
    assert seen == [0]


@pytest.mark.parametrize("table", ["spot; drop table spot", 'spot" (id) FROM STDIN --', "", "a\0b"])
def test_names_are_never_pasted(conn: Any, cur: Any, spot: str, table: str) -> None:
    cur.execute("savepoint before")
    with pytest.raises(scratchbird.ProgrammingError):
        conn.bulk_copy(table, [(1,)])
    cur.execute("rollback to savepoint before")
    with pytest.raises(scratchbird.ProgrammingError, match="no column"):
        conn.bulk_copy("spot", [(1,)], columns=["id) FROM STDIN; --"])
    assert stored(cur) == []


def test_an_error_names_the_row_and_stores_none(conn: Any, cur: Any, spot: str) -> None:
    with pytest.raises(scratchbird.DataError, match='row 7, column "id"'):
        conn.bulk_copy("spot", [(n if n != 7 else "x", None, None) for n in range(20)])
    with pytest.raises(scratchbird.ProgrammingError, match="row 1: a row is"):
        conn.bulk_copy("spot", [(1, None, None), None, (2, None, None)])
    assert stored(cur) == []


def test_bad_arguments(conn: Any, spot: str) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match="batch_size"):
        conn.bulk_copy("spot", [(1,)], batch_size=0)
    with pytest.raises(scratchbird.ProgrammingError, match="twice"):
        conn.bulk_copy("spot", [(1, 2)], columns=["id", "ID"])


@pytest.mark.parametrize(
    "source",
    [b"1,a\n2,b\n", "1,a\n2,b\n", [b"1,a\n2", ",b\n"], io.BytesIO, io.StringIO],
    ids=["bytes", "text", "blocks", "binary file", "text file"],
)
def test_from_anything(cur: Any, spot: str, source: Any) -> None:
    if source is io.BytesIO:
        source = io.BytesIO(b"1,a\n2,b\n")
    elif source is io.StringIO:
        source = io.StringIO("1,a\n2,b\n")
    assert cur.copy_from("COPY spot (id, label) FROM STDIN CSV", source) == 2
    assert stored(cur) == [(1, "a", None), (2, "b", None)]


def test_to_files_and_functions(cur: Any, spot: str) -> None:
    assert cur.copy_from("COPY spot (id, label) FROM STDIN", [(1, "ä"), (2, None)]) == 2
    binary, text, blocks = io.BytesIO(), io.StringIO(), []
    for target in (binary, text, blocks.append):
        assert cur.copy_to("COPY (select id, label from spot order by id) TO STDOUT CSV", target) == 2
    assert binary.getvalue() == b"".join(blocks) == "1,ä\n2,\n".encode()
    assert text.getvalue() == "1,ä\n2,\n"
    with pytest.raises(scratchbird.ProgrammingError, match="a file or to a function"):
        cur.copy_to("COPY spot TO STDOUT", 5)


def test_many_rows_in_constant_memory(conn: Any, cur: Any) -> None:
    resource = pytest.importorskip("resource", reason="only Unix tells how much memory was used")
    cur.execute("create table big (a bigint, b int, c varchar(40), d float8, e boolean, f varchar(9), g date)")
    count = 200_000
    conn.bulk_copy("big", [(1, 2, "x", 0.5, True, None, DAY)])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    rows = ((n, n % 1000, "some text of the row", n / 3, n % 2 == 0, None, DAY) for n in range(count))
    assert conn.bulk_copy("big", rows) == count
    with cur.copy("COPY big TO STDOUT CSV") as copy:
        assert sum(1 for _ in copy.rows()) == count + 1
    # The rows are more than 15 MiB, in the packets as well as in memory.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 12 * 1024
