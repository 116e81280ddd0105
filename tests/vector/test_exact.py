"""Exact ranking: of vectors that are here, and of rows of a server that ranks none."""

from __future__ import annotations

from array import array
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import scratchbird
from scratchbird import DataError, NotSupportedError, ProgrammingError, vector
from scratchbird.types import Vector
from scratchbird.vector import Metric, mmr, rerank
from scratchbird.vector.exact import Nearest
from tests.vector.conftest import Functions
from tests.vector.test_search import QUERY, exact


def layouts(rows: Any) -> list[Any]:
    """The same vectors in every form."""
    wide = np.zeros((len(rows) * 2, rows.shape[1] * 3), dtype=np.float32)
    wide[::-2, ::3] = rows
    unaligned = np.frombuffer(b"\0" + rows.astype("f4").tobytes(), dtype="u1")[1:].view("f4").reshape(rows.shape)
    return [
        rows.astype(np.float32),
        rows.astype(np.float64),
        rows.astype(">f4"),
        np.asfortranarray(rows.astype(np.float32)),
        wide[::-2, ::3],
        unaligned,
        rows.tolist(),
        [array("f", row) for row in rows],
        [array("d", row) for row in rows],
        (Vector(row) for row in rows),
        [str(row.tolist()) for row in rows],
        list(rows.astype(np.float32)),
        np.array([None, *rows], dtype=object)[1:],
    ]


@pytest.mark.parametrize("metric", list(Metric))
def test_distances_of_vectors_in_every_form(random: Any, metric: Metric) -> None:
    rows = random.integers(-9, 10, size=(50, 30)).astype(float)
    query = random.normal(size=30)
    products = rows @ query
    wanted = {
        "l2": np.linalg.norm(rows - query, axis=1),
        "inner_product": -products,
        "cosine": 1 - products / (np.linalg.norm(rows, axis=1) * np.linalg.norm(query)),
    }[metric.value]
    for given in layouts(rows):
        assert rerank(query, given, metric) == pytest.approx(wanted, abs=1e-12)
    assert rerank(query, rows.astype(np.float16), metric) == pytest.approx(wanted, abs=1e-12)
    assert rerank(query, rows.astype(int), metric) == pytest.approx(wanted, abs=1e-12)


def reference(query: Any, rows: Any, k: int, lambda_mult: float) -> list[int]:
    """Maximal marginal relevance, written down as it is defined."""

    def unit(vectors: Any) -> Any:
        return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)

    near, alike = unit(rows) @ unit(query), unit(rows) @ unit(rows).T
    chosen = [int(np.argmax(near))]
    while len(chosen) < min(k, len(rows)):
        worth = lambda_mult * near - (1 - lambda_mult) * alike[:, chosen].max(axis=1)
        worth[chosen] = -np.inf
        chosen.append(int(np.argmax(worth)))
    return chosen


@pytest.mark.parametrize("lambda_mult", [0.0, 0.3, 0.5, 0.9, 1.0])
def test_mmr_is_what_it_is_defined_to_be(random: Any, lambda_mult: float) -> None:
    rows, query = random.normal(size=(120, 24)), random.normal(size=24)
    wanted = reference(query, rows, 15, lambda_mult)
    assert mmr(query, rows, 15, lambda_mult) == wanted
    assert mmr(query.tolist(), rows.tolist(), 15, lambda_mult) == wanted
    assert sorted(mmr(query, rows, 500, lambda_mult)) == list(range(120))


def test_zeros_have_no_direction() -> None:
    assert str(rerank([1.0, 0.0], [[0.0, 0.0], [1.0, 0.0]])) == "[nan, 0.0]"
    assert rerank([0.0, 0.0], [[3.0, 4.0]], "l2") == [5.0]
    with pytest.raises(DataError, match="direction"):
        rerank([0.0, 0.0], [[3.0, 4.0]], "cosine")
    assert mmr([0.0, 1.0], [[0.0, 0.0], [1.0, 1.0]], 2) == [1, 0]


def test_nothing() -> None:
    assert rerank([1.0], []) == []
    assert rerank([1.0, 2.0], np.zeros((0, 5))) == []
    assert mmr([1.0], [], 3) == []


@pytest.mark.parametrize(
    ("query", "rows", "message"),
    [
        ([1.0, 2.0], [[1.0, 2.0], [1.0]], "vector 1: 1 dimensions among vectors of 2"),
        ([1.0, 2.0], [[1.0, 2.0], [1.0, float("nan")]], "vector 1, dimension 1: a vector holds finite"),
        ([1.0, 2.0], np.array([[1, 2], [np.inf, 1]]), "vector 1, dimension 0: a vector holds finite"),
        ([1.0, float("nan")], [[1.0, 2.0]], "the query, dimension 1: a vector holds finite"),
        ([1.0], [[1.0, 2.0]], "have 2 dimensions, and the query has 1"),
        ([1.0, 2.0], ["[1,2]", "[1,x]"], "vector 1: .*vector"),
    ],
)
def test_vectors_that_cannot_be_compared(query: Any, rows: Any, message: str) -> None:
    for metric in Metric:
        with pytest.raises(DataError, match=message):
            rerank(query, rows, metric)
    with pytest.raises(DataError, match=message):
        mmr(query, rows, 1)


@pytest.mark.parametrize(
    "rows", [[[1.0, None]], [None], [["a", "b"]], np.zeros(3), np.zeros((2, 2, 2)), 7, [b"ab", "c"]]
)
def test_what_is_no_vector(rows: Any) -> None:
    with pytest.raises((ProgrammingError, DataError, TypeError)):
        rerank([1.0, 2.0], rows)


def test_arguments_that_are_none() -> None:
    with pytest.raises(ProgrammingError):
        mmr([1.0], [[1.0]], 0)
    for lambda_mult in (-0.1, 1.1, float("nan")):
        with pytest.raises(ProgrammingError):
            mmr([1.0], [[1.0]], 1, lambda_mult)
    with pytest.raises(ProgrammingError):
        rerank([1.0], [[1.0]], "other")


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("road", [False, True])
def test_a_server_that_ranks_nothing(beta: Any, metric: Metric, road: bool) -> None:
    vectors = Functions(beta)
    found = vectors.search("points", "at", QUERY, 3, metric=metric, columns=["id"], collection=road)
    for match, (distance, id_) in zip(found, exact(QUERY, metric.value)):
        assert (match.row, match.distance) == ((id_,), pytest.approx(distance, abs=1e-6))
    assert len(found) == 3
    everything = vectors.search("points", "at", QUERY, 9, metric=metric)
    assert sorted(match.row[0] for match in everything) == [1, 2, 3, 4]
    (one,) = vectors.search("points", "at", QUERY, where="label = ?", params=("b",), columns=["id", "label"])
    assert one.row == (2, "b")
    both = vectors.search_batch("points", "at", [QUERY, [0, 0, 1]], 1, columns=["label"])
    assert [found[0].row for found in both][1] == ("d",)
    assert len(vectors.search_mmr("points", "at", QUERY, 3, columns=["id"])) == 3
    with pytest.raises(DataError, match="dimensions"):
        vectors.search("points", "at", [1.0, 2.0])
    with pytest.raises(ProgrammingError, match="no column 'missing'"):
        vectors.search("points", "missing", QUERY)


def test_rows_are_ranked_as_they_arrive(beta_server: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scratchbird.vector.exact.PIECE", 2)
    pieces, add = [], Nearest.add
    with scratchbird.connect(beta_server.dsn) as connection:

        def spied(self: Any, rows: Any, *args: Any) -> None:
            with pytest.raises(scratchbird.InterfaceError, match="stream"):
                connection.execute("select * from points")
            pieces.append(len(rows))
            add(self, rows, *args)

        monkeypatch.setattr(Nearest, "add", spied)
        assert len(vector.search(connection, "points", "at", QUERY)) == sum(pieces) == 4
        assert max(pieces) == 2
        # The next statement reads what a search that failed has left.
        with pytest.raises(DataError, match="dimensions"):
            vector.search(connection, "points", "at", [1.0, 2.0])
        monkeypatch.setattr(Nearest, "add", add)
        assert len(vector.search(connection, "points", "at", QUERY)) == 4


def test_hybrid_needs_full_text(beta: Any) -> None:
    with pytest.raises(NotSupportedError, match=r"hybrid search needs .* to_tsvector"):
        Functions(beta).search_hybrid("points", "at", QUERY, "label", "a", key="id")


def test_a_server_without_the_function(conn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found out by the error, and ranked here."""
    functions = Functions(conn)
    conn.execute("create table points (id int, at vector(3))")
    conn.execute("insert into points values (1, '[1,0,0]'), (2, '[0,1,0]')")
    monkeypatch.setattr(vector.metric, "_FUNCTIONS", dict.fromkeys(Metric, "unknown_distance"))
    assert [match.row[0] for match in functions.search("points", "at", QUERY)] == [1, 2]
    with pytest.raises(ProgrammingError, match="missing"):
        functions.search("missing", "at", QUERY)


def test_where_the_error_has_failed_the_transaction_it_is_raised(dsn: str) -> None:
    class Cursor(scratchbird.Cursor[Any]):
        def execute(self, *args: Any, **kwargs: Any) -> Any:
            raise scratchbird.errors.from_fields("ProgrammingError", "no such function", {"sqlstate": "42883"})

    class Connection(scratchbird.Connection[Any]):
        info = SimpleNamespace(transaction_status="failed")  # type: ignore[assignment]

        def cursor(self, *args: Any, **kwargs: Any) -> Any:
            return Cursor(self)

    with scratchbird.connect(dsn) as plain:
        plain.__class__ = Connection
        with pytest.raises(ProgrammingError, match="no such function"):
            vector.search(plain, "points", "at", QUERY)
        plain.__class__ = scratchbird.Connection
