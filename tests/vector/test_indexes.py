"""Indexes on vectors: made, used, looked at, dropped."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from scratchbird import ProgrammingError
from scratchbird.vector import Metric, VectorIndex


@pytest.mark.parametrize("method", ["hnsw", "ivf", "exact"])
@pytest.mark.parametrize("metric", [*Metric, None])
def test_each_method(vectors: Any, points: str, method: str, metric: Any) -> None:
    name = vectors.create_index(points, "at", method=method, metric=metric)
    assert name == "points_at_vector_index"
    assert vectors.indexes(points) == [VectorIndex(name, "public", "points", "at", method)]
    assert VectorIndex(name, "public", "points", "at", method) in vectors.indexes()
    assert vectors.indexes(("users", "public", points)) == vectors.indexes(points)
    assert len(vectors.search(points, "at", [1, 0, 0], metric=metric or "l2")) == 4
    vectors.drop_index(name)
    assert vectors.indexes(points) == []
    vectors.drop_index(name, if_exists=True)


@pytest.mark.parametrize("method", ["hnsw", "ivf", "exact"])
def test_an_index_finds_as_many_rows_as_are_asked_for(conn: Any, vectors: Any, random: Any, method: str) -> None:
    conn.execute("create table spread (id int primary key, v vector(8))")
    places = random.normal(size=(2000, 8)).astype(np.float32)
    conn.bulk_copy("spread", enumerate(places))
    vectors.create_index("spread", "v", method=method, metric="l2")
    found = vectors.search("spread", "v", places[5], k=300, metric="l2", columns=["id"])
    assert len(found) == 300
    distances = np.linalg.norm(places - places[5], axis=1)
    nearest = set(np.argsort(distances)[:300].tolist())
    assert len(nearest & {match.row[0] for match in found}) > 250
    assert [match.distance for match in found] == sorted(match.distance for match in found)


def test_options(conn: Any, vectors: Any, points: str) -> None:
    vectors.create_index(points, "at", options={"m": 8, "ef_construction": 32}, name="one")
    vectors.create_index(points, "at", options={"m": 8}, name="one", if_not_exists=True)
    vectors.create_index(points, "at", method="ivf", options={"lists": 2}, name="two")
    assert {index.name: index.method for index in vectors.indexes(points)} == {"one": "hnsw", "two": "ivf"}
    wrong = [
        {"method": "btree"},
        {"metric": "other"},
        {"options": {"lists": 2}},
        {"options": {"m": 0}},
        {"options": {"m": "8); drop table points; --"}},
        {"options": {"m = 1); drop table points; --": 8}},
        {"name": ""},
    ]
    for options in wrong:
        with pytest.raises(ProgrammingError):
            vectors.create_index(points, "at", **options)
    assert conn.execute("select count(*) from points").fetchone() == (5,)


def test_long_names_stay_apart(conn: Any, vectors: Any) -> None:
    columns = ["v" * 50 + end for end in ("a", "b")]
    conn.execute(f"create table long (id int, {columns[0]} vector(2), {columns[1]} vector(2))")
    names = [vectors.create_index("long", column) for column in columns]
    assert len(set(names)) == 2
    assert all(len(name) <= 60 for name in names)
    assert {index.name: index.column for index in vectors.indexes("long")} == dict(zip(names, columns))


@pytest.mark.parametrize("metric", list(Metric))
def test_the_index_is_used(conn: Any, vectors: Any, random: Any, metric: Metric) -> None:
    conn.execute("create table many (id int primary key, v vector(8))")
    places = random.normal(size=(3000, 8)).astype(np.float32)
    conn.bulk_copy("many", ((n, place) for n, place in enumerate(places)))
    vectors.create_index("many", "v", metric=metric)
    distance = f"{metric.function}(v, vector($1))"
    plan = conn.execute(f"explain select id from many order by {distance} limit 5", (places[7],)).fetchall()
    assert "many_v_vector_index" in str(plan)
    found = vectors.search("many", "v", places[7], 200, metric=metric, columns=["id"])
    # As many as were asked for, whatever the width of the index's search.
    assert len(found) == 200
    distances = [match.distance for match in found]
    assert distances == sorted(distances)
