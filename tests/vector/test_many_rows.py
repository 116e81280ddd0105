"""What is wrong with a vector among many rows is said with the row and the column."""

from __future__ import annotations

import array
from typing import Any, Iterable

import numpy as np
import pyarrow as pa
import pytest

import scratchbird

NAN, INF = float("nan"), float("inf")


@pytest.fixture
def table(conn: Any) -> Any:
    conn.execute('create table shapes (id int, "the ""v" vector(3), w vector(3))')
    conn.commit()
    yield conn
    conn.rollback()
    conn.execute("drop table shapes")
    conn.commit()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ([1.0, 2.0], "3 dimensions, not 2"),
        (np.array([1, 2], dtype="f4"), "3 dimensions, not 2"),
        (array.array("d", [1, 2, 3, 4]), "3 dimensions, not 4"),
        ([1.0, NAN, 3.0], "NaN"),
        (np.array([1, 2, INF]), "infinite"),
    ],
)
@pytest.mark.parametrize("row", [0, 3, 2500])
def test_of_many_rows_one_is_named_and_its_column(table: Any, wrong: Any, message: str, row: int) -> None:
    rows = [(n, [1.0, 2.0, 3.0]) for n in range(3000)]
    rows[row] = (row, wrong)
    with pytest.raises(scratchbird.DataError, match=message) as caught:
        table.cursor().executemany('insert into shapes (id, "the ""v") values (?, ?)', iter(rows))
    assert f'(row {row} of executemany, column "the "v")' in str(caught.value)
    assert caught.value.row_index == row
    table.rollback()
    assert table.execute("select count(*) from shapes").fetchval() == 0


@pytest.mark.parametrize(
    ("sql", "rows", "place"),
    [
        ("insert into shapes values (?, ?, null)", [(1, [1.0])], "parameter 2"),
        ("insert into shapes (id, w) values (:id, :w)", [{"id": 1, "w": [1.0]}], 'column "w"'),
        ("insert into shapes select :id, cast(:v as vector), null", [{"id": 1, "v": [1.0]}], 'parameter "v"'),
        (
            'insert into shapes (w, "the ""v") values ($2, $1)',
            [([1.0, 2.0, 3.0], [1.0])],
            'column "the "v" or column "w"',
        ),
    ],
)
def test_where_there_is_no_one_column(table: Any, sql: str, rows: Iterable[Any], place: str) -> None:
    with pytest.raises(scratchbird.DataError) as caught:
        table.cursor().executemany(sql, rows)
    assert str(caught.value).endswith(f"(row 0 of executemany, {place})")


def test_other_errors_are_not_blamed_on_vectors(table: Any) -> None:
    with pytest.raises(scratchbird.Error) as caught:
        table.cursor().executemany("insert into shapes (id, w) values (?, ?)", [(2**40, [1.0, 2.0, 3.0])])
    assert "column" not in str(caught.value).partition("(row")[2]


def test_frames_name_the_column_too(table: Any) -> None:
    frame = pa.table({"id": [1, 2], "w": pa.array([[1, 2, 3], [1, 2]], pa.list_(pa.float32()))})
    with pytest.raises(scratchbird.DataError, match="row 1") as caught:
        table.cursor().executemany("insert into shapes (id, w) values (?, ?)", frame)
    assert 'column "w"' in str(caught.value)
    with pytest.raises(scratchbird.DataError, match='row 1, column "w"'):
        table.bulk_copy("shapes", frame, columns=["id", "w"])


@pytest.mark.anyio
async def test_a_batch_that_is_thrown_away_leaves_no_open_pipeline(dsn: str) -> None:
    """Its coroutine can await nothing any more: the pipeline is left, and the connection with work under way ends."""
    from scratchbird import vector

    async with await scratchbird.connect_async(dsn) as connection:
        await connection.execute("create temporary table thrown (id int, v vector(3))")
        coroutine = vector.asearch_batch(connection, "thrown", "v", [[1.0, 2.0, 3.0]] * 500)
        coroutine.send(None)
        coroutine.close()
        if not connection.closed:
            assert (await (await connection.execute("select 1")).fetchone()) == (1,)
