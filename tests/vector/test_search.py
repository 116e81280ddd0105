"""The nearest rows, on both roads: ORDER BY a distance, and SEARCH of a collection."""

from __future__ import annotations

import asyncio
import json
from array import array
from typing import Any

import numpy as np
import pytest

from scratchbird import DataError, InterfaceError, NotSupportedError, ProgrammingError, vector
from scratchbird.rows import dict_row, namedtuple_row
from scratchbird.types import Vector
from scratchbird.vector import Match, Metric

QUERY = [1.0, 0.2, 0.0]


def exact(query: Any, metric: str) -> list[tuple[float, int]]:
    """The distances of the points, by their definitions."""
    places = {1: [1, 0, 0], 2: [0, 1, 0], 3: [0.9, 0.1, 0], 4: [0, 0, 1]}
    found = []
    for id_, place in places.items():
        a, b = np.array(query, dtype=float), np.array(place, dtype=float)
        distance = {
            "l2": np.linalg.norm(a - b),
            "cosine": 1 - a @ b / (np.linalg.norm(a) * np.linalg.norm(b)),
            "inner_product": -(a @ b),
        }[metric]
        found.append((float(distance), id_))
    return sorted(found)


@pytest.mark.parametrize("metric", list(Metric))
@pytest.mark.parametrize("road", ["table", "collection"])
def test_each_metric(conn: Any, vectors: Any, points: str, collection: str, metric: Metric, road: str) -> None:
    where = {"table": points, "collection": collection}[road]
    found = vectors.search(where, "at", QUERY, 4, metric=metric, columns=["id"], collection=road == "collection")
    assert all(isinstance(match, Match) for match in found)
    for match, (distance, id_) in zip(found, exact(QUERY, metric.value)):
        assert match.row == (id_,)
        assert match.distance == pytest.approx(distance, abs=1e-6)
    assert len(found) == 4
    again = vectors.search(where, "at", QUERY, 4, metric=metric.value, columns=["id"], collection=road != "table")
    assert found == again


@pytest.mark.parametrize(
    "query",
    [
        [1, 0, 0],
        (1.0, 0.0, 0.0),
        array("f", [1, 0, 0]),
        array("d", [1, 0, 0]),
        array("l", [1, 0, 0]),
        Vector([1, 0, 0]),
        np.array([1, 0, 0]),
        np.array([1, 0, 0], dtype=np.float16),
        np.array([1, 0, 0], dtype=">f4"),
        np.array([1, 9, 0, 9, 0, 9], dtype=np.float32)[::2],
        np.array([0, 0, 1], dtype=np.float64)[::-1],
        np.array([[1, 5], [0, 5], [0, 5]], dtype=np.float32)[:, 0],
    ],
    ids=lambda query: f"{type(query).__name__}-{getattr(query, 'dtype', getattr(query, 'typecode', ''))}",
)
def test_queries_of_every_kind(vectors: Any, points: str, query: Any) -> None:
    assert [match.row[0] for match in vectors.search(points, "at", query, 2)] == [1, 3]


def test_rows_are_what_the_connection_makes(conn: Any, vectors: Any, points: str) -> None:
    (match,) = vectors.search(points, "at", QUERY, 1)
    assert match.row[:2] == (3, "c")
    assert list(match.row[2]) == pytest.approx([0.9, 0.1, 0])
    conn.row_factory = dict_row
    assert vectors.search(points, "at", QUERY, 1, columns=["label", "id"])[0].row == {"label": "c", "id": 3}
    assert list(vectors.search(points, "at", QUERY, 1)[0].row) == ["id", "label", "at"]
    conn.row_factory = namedtuple_row
    assert vectors.search(points, "at", QUERY, 1, columns=["label"], rerank=4)[0].row.label == "c"


@pytest.mark.parametrize(
    ("where", "params"),
    [
        ("id > 1 and label <> 'd'", ()),
        ("id > ? and label <> ?", (1, "d")),
        ("id > %s and label <> %s", [1, "d"]),
        ("id > $1 and label <> $2 and id > $1", (1, "d")),
        ("id > :low and label <> :no", {"low": 1, "no": "d"}),
        ("id > %(low)s and label <> %(no)s", {"low": 1, "no": "d", "unused": 0}),
        ("id > 1 -- the first\nand label <> 'd' -- and the last", ()),
        ("label = 'x' or (id > 1 and label <> 'd')", None),
    ],
)
@pytest.mark.parametrize("road", ["table", "collection"])
def test_conditions(vectors: Any, points: str, collection: str, where: str, params: Any, road: str) -> None:
    table = points if road == "table" else collection
    options = {"where": where, "params": params, "columns": ["id"], "collection": road == "collection"}
    assert [match.row for match in vectors.search(table, "at", QUERY, **options)] == [(3,), (2,)]


@pytest.mark.parametrize("road", ["table", "collection"])
def test_a_value_is_never_sql(conn: Any, vectors: Any, points: str, collection: str, road: str) -> None:
    evil = "d'); drop table points; --"
    options = {"where": "label = ?", "params": (evil,), "collection": road == "collection"}
    assert vectors.search(points if road == "table" else collection, "at", QUERY, **options) == []
    assert conn.execute("select count(*) from points").fetchone() == (5,)


@pytest.mark.parametrize(
    "where",
    [
        "true); drop table points; --",
        "true) or (true",
        "label = 'x",
        'label = "x',
        "(true",
        "true /* and",
        "true; select 1",
        "",
        " -- nothing",
        "id = ?",
        "id = :id",
    ],
)
def test_a_condition_ends_where_its_text_ends(conn: Any, vectors: Any, points: str, where: str) -> None:
    for road in (False, True):
        with pytest.raises(ProgrammingError):
            vectors.search(points, "at", QUERY, where=where, collection=road)
    assert conn.execute("select count(*) from points").fetchone() == (5,)


@pytest.mark.parametrize("name", ['a"b', "drop table points; --", "with space", "Ünï", "select", "a'b"])
def test_names_mean_themselves(conn: Any, vectors: Any, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    conn.execute(f"create table {quoted} (id int, {quoted} vector(2))")
    conn.execute(f"insert into {quoted} values (1, '[1,0]')")
    for table in (name, (name,), ("users", "public", name)):
        (match,) = vectors.search(table, name, [1, 0], columns=["id", name])
        assert match.row[0] == 1
    created = vectors.create_index(name, name, name=name + "!")
    assert [(one.name, one.column) for one in vectors.indexes((name,))] == [(created, name)]
    vectors.drop_index((created,))
    assert vectors.indexes((name,)) == []


def test_paths(conn: Any, vectors: Any) -> None:
    conn.execute("create schema shelf")
    conn.execute('create table shelf."b.c" (v vector(2))')
    conn.execute("insert into shelf.\"b.c\" values ('[1,0]')")
    assert len(vectors.search(("shelf", "b.c"), "v", [1, 0])) == 1
    with pytest.raises(ProgrammingError):
        vectors.search("shelf.b.c", "v", [1, 0])


def test_reranking(conn: Any, vectors: Any, collection: str, random: Any) -> None:
    conn.execute("create table halves (id int, v halfvec(16))")
    places = random.normal(size=(200, 16)).astype(np.float32)
    conn.executemany("insert into halves values (?, ?)", [(n, str(place.tolist())) for n, place in enumerate(places)])
    query = random.normal(size=16)
    for table, column, road in (("places", "at", True), ("halves", "v", False)):
        asked = query[:3] if road else query
        found = vectors.search(table, column, asked, 3, rerank=50, metric="l2", columns=["id"], collection=road)
        again = vectors.search(table, column, asked, 3, rerank=50, metric="l2", collection=road)
        assert [(match.distance, match.row[0]) for match in again] == [(one.distance, one.row[0]) for one in found]
        kept = conn.execute(f"select id, {column} from {table}").fetchall()
        numbers = [(id_, np.array(json.loads(v) if isinstance(v, str) else v, dtype=float)) for id_, v in kept]
        exactly = sorted((float(np.linalg.norm(v - asked)), id_) for id_, v in numbers)
        for match, (distance, id_) in zip(found, exactly):
            assert (match.row, match.distance) == ((id_,), pytest.approx(distance, rel=1e-9))


def test_hints_are_for_collections(vectors: Any, points: str, collection: str) -> None:
    plain = vectors.search(collection, "at", QUERY, collection=True, columns=["id"])
    hinted = vectors.search(collection, "at", QUERY, collection=True, columns=["id"], ef_search=80, probes=4)
    assert hinted == plain
    for hint in ({"ef_search": 80}, {"probes": 4}):
        with pytest.raises(NotSupportedError, match="SEARCH of a vector collection"):
            vectors.search(points, "at", QUERY, **hint)


def test_batches(vectors: Any, points: str, collection: str, random: Any) -> None:
    queries = random.normal(size=(250, 3)).astype(np.float32)
    for road, table in ((False, points), (True, collection)):
        together = vectors.search_batch(table, "at", queries, 2, columns=["id"], collection=road)
        assert len(together) == 250
        for query, found in list(zip(queries, together))[::50]:
            assert found == vectors.search(table, "at", query, 2, columns=["id"], collection=road)
    assert vectors.search_batch(points, "at", [], 2) == []
    (((_, row),),) = vectors.search_batch(points, "at", [[1, 0, 0]], 1, columns=["id"], where="id = ?", params=(2,))
    assert row == (2,)


def test_an_error_in_a_batch_leaves_the_connection_usable(conn: Any, vectors: Any, points: str) -> None:
    conn.commit()
    try:
        with pytest.raises(DataError):
            vectors.search_batch(points, "at", [[1, 0, 0], [1, 0], [0, 1, 0]])
        conn.rollback()
        assert len(vectors.search_batch(points, "at", [[1, 0, 0], [0, 1, 0]])) == 2
    finally:
        conn.rollback()
        conn.execute("drop table points")
        conn.commit()


@pytest.mark.parametrize("lambda_mult", [0.0, 0.5, 1.0])
def test_variety(conn: Any, vectors: Any, points: str, collection: str, lambda_mult: float) -> None:
    rows = conn.execute("select id, at from points where id < 5").fetchall()
    places = {id_: np.asarray(at, float) for id_, at in rows}
    order = [match.row[0] for match in vectors.search(points, "at", QUERY, columns=["id"])]
    wanted = [order[place] for place in vector.mmr(QUERY, [places[id_] for id_ in order], 3, lambda_mult)]
    for road, table in ((False, points), (True, collection)):
        options = {"lambda_mult": lambda_mult, "collection": road}
        found = vectors.search_mmr(table, "at", QUERY, 3, columns=["id"], **options)
        assert [match.row[0] for match in found] == wanted
        assert [match.row[0] for match in vectors.search_mmr(table, "at", QUERY, 3, **options)] == wanted
    near = vectors.search_mmr(points, "at", QUERY, 3, fetch_k=3, lambda_mult=0.0, columns=["id"])
    assert {match.row[0] for match in near} == set(order[:3])


def test_nothing_there(conn: Any, vectors: Any) -> None:
    conn.execute("create table empty (id int, v vector(2))")
    assert vectors.search("empty", "v", [1, 0]) == []
    assert vectors.search("empty", "v", [1, 0], rerank=10) == []
    assert vectors.search_mmr("empty", "v", [1, 0]) == []
    conn.execute("insert into empty values (1, null)")
    assert vectors.search("empty", "v", [1, 0]) == []


@pytest.mark.parametrize(
    ("query", "error", "match"),
    [
        ([1.0, 0.0], DataError, "dimensions"),
        ([1.0, float("nan"), 0.0], DataError, "finite"),
        ([1.0, float("inf"), 0.0], DataError, "finite"),
        (np.array([1, np.nan, 0]), DataError, "dimension 1: a vector holds finite"),
        ([], DataError, "at least one dimension"),
        (np.zeros((2, 3)), DataError, r"shape \(2, 3\)"),
        (np.array([]), DataError, "shape"),
        (np.array(["a", "b", "c"]), ProgrammingError, "not of numbers"),
        (np.array([1, None, 2], dtype=object), ProgrammingError, "not of numbers"),
        ("[1,0,0]", ProgrammingError, "no vector"),
        ([1, "a", 0], ProgrammingError, "no vector"),
        (None, ProgrammingError, "no vector"),
        ([[1, 0, 0]], ProgrammingError, "no vector"),
    ],
)
def test_queries_that_are_none(vectors: Any, points: str, query: Any, error: Any, match: str) -> None:
    with pytest.raises(error, match=match):
        vectors.search(points, "at", query)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"k": 0}, ProgrammingError),
        ({"k": 1.5}, ProgrammingError),
        ({"k": True}, ProgrammingError),
        ({"metric": "manhattan"}, ProgrammingError),
        ({"columns": "id"}, ProgrammingError),
        ({"columns": []}, ProgrammingError),
        ({"columns": ["id; drop table points"]}, ProgrammingError),
        ({"rerank": 3, "k": 5}, ProgrammingError),
        ({"params": (1,)}, ProgrammingError),
        ({"where": "id = ?", "params": (1, 2)}, ProgrammingError),
        ({"where": "id = :id", "params": {"other": 1}}, ProgrammingError),
        ({"where": "id = ? and label = :label", "params": (1,)}, ProgrammingError),
        ({"collection": True, "ef_search": 0}, ProgrammingError),
    ],
)
def test_arguments_that_are_none(conn: Any, vectors: Any, points: str, options: Any, error: Any) -> None:
    with pytest.raises(error):
        vectors.search(points, "at", QUERY, **options)


def test_wrong_tables(conn: Any, vectors: Any, points: str) -> None:
    with conn.transaction():
        with pytest.raises(ProgrammingError), conn.transaction():
            vectors.search("missing", "at", QUERY)
        with pytest.raises(ProgrammingError), conn.transaction():
            vectors.search(points, "missing", QUERY)
        with pytest.raises(ProgrammingError):
            vectors.search((), "at", QUERY)
        assert len(vectors.search(points, "at", QUERY)) == 4


@pytest.mark.parametrize(
    ("queries", "message"),
    [
        (np.array([1.0, 0.2, 0.0]), "one vector a row; .* there is search"),
        ([1.0, 0.2, 0.0], "one vector a row; .* there is search"),
        ([QUERY, []], "query 1: "),
        (np.zeros((1, 2, 3)), r"query 0 is an array of shape \(2, 3\), not one vector"),
        ([QUERY, np.array([1.0, np.nan, 0.0])], "query 1, dimension 1: a vector holds finite"),
        ([QUERY, QUERY, object()], "query 2 is no vector"),
    ],
)
def test_a_batch_says_which_query_is_none(vectors: Any, points: str, queries: Any, message: str) -> None:
    with pytest.raises((ProgrammingError, DataError), match=message):
        vectors.search_batch(points, "at", queries)


def test_a_batch_takes_any_collection_of_vectors(vectors: Any, points: str) -> None:
    def found(queries: Any) -> Any:
        return [[match.distance for match in each] for each in vectors.search_batch(points, "at", queries, 2)]

    wanted = found([QUERY, QUERY])
    assert len(wanted) == 2
    for queries in ((query for query in (QUERY, QUERY)), np.array([QUERY, QUERY]), (Vector(QUERY), np.array(QUERY))):
        assert found(queries) == wanted


def test_each_face_has_its_own_functions(conn: Any, points: str) -> None:
    for wrong in (None, "scratchbird://", object()):
        with pytest.raises(InterfaceError, match="blocking face"):
            vector.search(wrong, points, "at", QUERY)
    target = getattr(conn, "_target", None)
    if target is not None:
        with pytest.raises(InterfaceError, match="asearch"):
            vector.search(target, points, "at", QUERY)
        calls = [
            lambda: vector.create_index(target, points, "at", name="never_made"),
            lambda: vector.drop_index(target, "never_made"),
            lambda: vector.indexes(target),
        ]
        for call in calls:
            with pytest.raises(InterfaceError, match="blocking face"):
                call()
    else:
        for coroutine in (
            vector.acreate_index(conn, points, "at", name="never_made"),
            vector.adrop_index(conn, "never_made"),
            vector.aindexes(conn),
        ):
            with pytest.raises(InterfaceError, match="asyncio face"):
                asyncio.run(coroutine)
