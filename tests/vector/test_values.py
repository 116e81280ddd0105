"""Vectors as values: in by every road, out as arrays, and what is none."""

from __future__ import annotations

import decimal
from array import array
from typing import Any

import numpy as np
import pytest

from scratchbird import DataError, Error, ProgrammingError, vector
from scratchbird.types import Vector

FORMS = {
    "list": [1.0, 2.5, -3.0],
    "mixed list": [1, 2.5, -3],
    "whole list": [1, 2, -3],
    "tuple": (1.0, 2.5, -3.0),
    "Vector": Vector([1, 2.5, -3]),
    "array f": array("f", [1, 2.5, -3]),
    "array d": array("d", [1, 2.5, -3]),
    "array l": array("l", [1, 2, -3]),
    "float32": np.array([1, 2.5, -3], dtype=np.float32),
    "float64": np.array([1, 2.5, -3]),
    "float16": np.array([1, 2.5, -3], dtype=np.float16),
    "big endian": np.array([1, 2.5, -3], dtype=">f8"),
    "int": np.array([1, 2, -3]),
    "every other": np.array([1, 0, 2.5, 0, -3, 0], dtype=np.float32)[::2],
    "backwards": np.array([-3, 2.5, 1], dtype=np.float64)[::-1],
    "a column": np.array([[1, 9], [2.5, 9], [-3, 9]], dtype=np.float16)[:, 0],
    "read only": np.frombuffer(np.array([1, 2.5, -3], dtype=np.float32).tobytes(), dtype=np.float32),
    "text": "[1,2.5,-3]",
}


@pytest.fixture
def table(conn: Any) -> str:
    conn.execute("create table vectors (id int, v vector(3), free vector)")
    return "vectors"


@pytest.mark.parametrize("road", ["execute", "executemany", "bulk_copy", "copy"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_by_every_road(conn: Any, table: str, form: str, road: str) -> None:
    value = FORMS[form]
    wanted = np.array([1, 2, -3] if form in ("whole list", "array l", "int") else [1, 2.5, -3])
    rows = [(1, value, value), (2, None, None), (3, value, value)]
    if road == "execute":
        for row in rows:
            conn.execute("insert into vectors (id, v, free) values (?, ?, ?)", row)
    elif road == "executemany":
        conn.executemany("insert into vectors (id, v, free) values (?, ?, ?)", rows)
    elif road == "bulk_copy":
        assert conn.bulk_copy(table, rows) == 3
    else:
        with conn.cursor().copy("copy vectors (id, v, free) from stdin") as copy:
            copy.set_types(["int4", "Vector(3)", "vector"])
            copy.write_rows(rows)
    fetched = conn.execute("select v, free from vectors order by id").fetch_numpy()
    for column in ("v", "free"):
        assert fetched[column].dtype == np.float32
        assert fetched[column].shape == (3, 3)
        assert fetched[column][[0, 2]].tolist() == [wanted.tolist()] * 2
        assert fetched[column].mask.all(axis=1).tolist() == [False, True, False]


def test_what_floats_are_comes_back(conn: Any, table: str, random: Any) -> None:
    """Every single float, the smallest, the largest and those in between."""
    rows = np.concatenate(
        [
            random.standard_normal((200, 3), dtype=np.float32),
            (10.0 ** random.uniform(-37, 38, (200, 3))).astype(np.float32),
            np.array([[1e-45, 3.4028235e38, -0.0], [0.1, 1 / 3, 16777216], [1e16, 1e-5, 123456.79]], dtype=np.float32),
        ]
    )
    conn.bulk_copy(table, [(n, row, row) for n, row in enumerate(rows)])
    fetched = conn.execute("select v, free from vectors order by id").fetch_numpy()
    assert np.array_equal(fetched["v"], rows)
    assert np.array_equal(fetched["free"], rows)
    conn.execute("delete from vectors")
    conn.executemany("insert into vectors values (?, ?, ?)", [(n, row, row) for n, row in enumerate(rows)])
    stored = [row[0] for row in conn.execute("select v from vectors order by id").fetchall()]
    assert np.array_equal(np.array(stored), rows)


WRONG = [
    ([1.0, 2.0], "a vector of 2 dimensions in a column of 3"),
    (np.zeros(4, dtype=np.float32), "a vector of 4 dimensions in a column of 3"),
    ([], "a vector of 0 dimensions in a column of 3"),
    ([1.0, 2.0, float("nan")], "dimension 2: a vector holds finite numbers only"),
    (np.array([1, np.inf, 2]), "dimension 1: a vector holds finite numbers only"),
    (np.array([-np.inf, 1, 2], dtype=np.float16), "dimension 0: a vector holds finite numbers only"),
    ("[1,2,x]", "vector"),
    ("abc", "vector"),
    ([1.0, "x", 2.0], ""),
    ([1.0, None, 2.0], ""),
    ([[1.0, 2.0, 3.0]], ""),
    (np.zeros((1, 3)), ""),
    (b"abc", "cannot be sent"),
    ({"a": 1}, "cannot be sent"),
    ({1.0, 2.0, 3.0}, "cannot be sent"),
    (7, ""),
    (..., ""),
]


@pytest.mark.parametrize(("value", "message"), WRONG, ids=repr)
def test_a_load_names_row_and_column(conn: Any, table: str, value: Any, message: str) -> None:
    good = [1.0, 2.0, 3.0]
    with pytest.raises((DataError, ProgrammingError), match=f'row 2, column "v": .*{message}'), conn.transaction():
        conn.bulk_copy(table, [(1, good, good), (2, good, good), (3, value, good), (4, good, good)])
    assert conn.execute("select count(*) from vectors").fetchone() == (0,)


def test_vectors_of_any_dimension(conn: Any, table: str) -> None:
    conn.bulk_copy(table, [(1, None, [1.0]), (2, None, np.ones(5))], columns=["id", "v", "free"])
    assert conn.execute("select vector_dims(free) from vectors order by id").fetchall() == [(1,), (5,)]
    with pytest.raises(DataError, match='row 0, column "free": a vector has at least one dimension'):
        conn.bulk_copy(table, [(1, None, [])])


@pytest.mark.parametrize(
    "value", [[1.0, 2.0], [1, 2], np.zeros(4), [1.0, 2.0, float("nan")], np.array([1, np.inf, 2])], ids=repr
)
def test_executemany_names_the_row(conn: Any, table: str, value: Any) -> None:
    good = [1.0, 2.0, 3.0]
    with pytest.raises(DataError) as failed, conn.transaction():
        conn.executemany("insert into vectors (id, v) values (?, ?)", [(1, good), (2, good), (3, value), (4, good)])
    assert failed.value.row_index == 2
    assert 'row 2 of executemany, column "v"' in str(failed.value)
    assert conn.execute("select count(*) from vectors").fetchone() == (0,)


MASKED = np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])


def test_what_is_under_a_mask_is_not_read(conn: Any, table: str) -> None:
    with pytest.raises(DataError, match="null"), conn.transaction():
        conn.execute("insert into vectors (id, v) values (?, ?)", [1, MASKED])
    with pytest.raises(DataError, match='row 0, column "v": a vector has no NULL in it'), conn.transaction():
        conn.bulk_copy(table, [(1, MASKED)], columns=["id", "v"])
    for vectors in ([MASKED], np.ma.array(np.eye(3), mask=np.eye(3))):
        with pytest.raises(DataError, match="a vector has no NULL in it"):
            vector.rerank([1, 2, 3], vectors, "l2")
    with pytest.raises((DataError, ProgrammingError)):
        vector.rerank(MASKED, np.eye(3), "l2")
    # A mask that covers nothing.
    conn.execute("insert into vectors (id, v) values (?, ?)", [1, np.ma.array([1.0, 2.0, 3.0])])
    assert list(conn.execute("select v from vectors").fetchone()[0]) == [1, 2, 3]


def test_types_of_copies(conn: Any, table: str) -> None:
    with pytest.raises(Error), conn.transaction(), conn.cursor().copy("copy vectors (v) from stdin") as copy:
        copy.set_types(["vectors"])
    with pytest.raises(ProgrammingError, match="cannot be sent"), conn.transaction():
        conn.bulk_copy(table, [(1, {1.0: 2.0}, None)])
    conn.bulk_copy(table, [(1, [decimal.Decimal(1), 2, 3.5], None)])
    assert list(conn.execute("select v from vectors").fetchone()[0]) == [1, 2, 3.5]
