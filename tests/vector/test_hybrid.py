"""Vectors and full text together."""

from __future__ import annotations

from typing import Any

import pytest

from scratchbird import ProgrammingError
from scratchbird.rows import dict_row

NOTES = [
    (1, "en", "a red apple on the table", [1.0, 0.0, 0.0]),
    (2, "en", "the sky is blue", [0.9, 0.1, 0.0]),
    (3, "de", "ein roter Apfel, an apple", [0.0, 1.0, 0.0]),
    (4, "en", "nothing of the kind", [0.0, 0.0, 1.0]),
]


@pytest.fixture(params=["table", "collection"])
def notes(request: Any, conn: Any) -> Any:
    if request.param == "table":
        conn.execute("create table notes (id int primary key, lang varchar(2), body text, v vector(3))")
        conn.execute("create index notes_text on notes using FULL_TEXT (body)")
    else:
        conn.execute("create vector collection notes dimension 3 payload (id int, lang text, body text, v vector(3))")
    conn.executemany("insert into notes (id, lang, body, v) values (?, ?, ?, ?)", NOTES)
    return {"table": "notes", "collection": request.param == "collection"}


def test_both_rankings_count(vectors: Any, notes: Any) -> None:
    options = {**notes, "column": "v", "query": [1, 0, 0], "text_column": "body", "text": "apple", "key": "id"}
    found = vectors.search_hybrid(**options, columns=["id"])
    assert [match.row for match in found][:1] == [(1,)]
    by_id = {match.row[0]: match for match in found}
    assert len(by_id) == 4
    # By vectors 1, 2, then 3 and 4 in some order; by texts 1 and 3 in some order.
    assert by_id[3].score > by_id[2].score > by_id[4].score
    assert by_id[2].score == pytest.approx(1 / 62)
    assert by_id[1].rank is not None
    assert by_id[2].rank is None
    assert by_id[1].distance == pytest.approx(0)
    only = vectors.search_hybrid(**options, columns=["id"], weights=(0.0, 1.0), k=2)
    assert {match.row[0] for match in only} == {1, 3}
    narrow = vectors.search_hybrid(**options, columns=["id"], fetch_k=1, k=1)
    assert [match.row for match in narrow] == [(1,)]


def test_rows_and_conditions(conn: Any, vectors: Any, notes: Any) -> None:
    options = {**notes, "column": "v", "query": [1, 0, 0], "text_column": "body", "key": ["id", "lang"]}
    found = vectors.search_hybrid(**options, text="apple", where="lang = :lang", params={"lang": "de"})
    assert [match.row[:3] for match in found] == [NOTES[2][:3]]
    conn.row_factory = dict_row
    found = vectors.search_hybrid(**options, text="sky", k=1, columns=["body"], fetch_k=1, weights=(0, 1))
    assert [match.row for match in found] == [{"body": NOTES[1][2]}]
    found = vectors.search_hybrid(**options, text="apple", k=1)
    assert list(found[0].row) == ["id", "lang", "body", "v"]


@pytest.mark.parametrize(
    ("text", "match", "wanted"),
    [
        ("red sky", "any", {1, 2}),
        ("red sky", "all", set()),
        ("red apple", "all", {1}),
        ("'); drop table notes; --", "any", {1}),
        ("red | ! & <-> :* \\ ' \" blue", "any", {1, 2}),
        ("", "any", set()),
        ("!!!", "all", set()),
    ],
)
def test_words_mean_themselves(conn: Any, vectors: Any, notes: Any, text: str, match: str, wanted: Any) -> None:
    options = {**notes, "column": "v", "query": [1, 0, 0], "text_column": "body", "text": text, "key": "id"}
    found = vectors.search_hybrid(**options, match=match)
    assert {one.row[0] for one in found if one.rank is not None} == wanted
    assert len(found) == 4


def test_endings(vectors: Any, notes: Any) -> None:
    options = {**notes, "column": "v", "query": [1, 0, 0], "text_column": "body", "text": "tables", "key": "id"}
    assert all(one.rank is None for one in vectors.search_hybrid(**options))
    assert [one.row[0] for one in vectors.search_hybrid(**options, language="english") if one.rank is not None] == [1]


@pytest.mark.parametrize(
    "wrong",
    [{"match": "some"}, {"language": "simple', body) --"}, {"key": []}, {"key": "missing"}, {"k": 0}, {"fetch_k": 0}],
)
def test_arguments_that_are_none(vectors: Any, notes: Any, wrong: Any) -> None:
    options = {**notes, "column": "v", "query": [1, 0, 0], "text_column": "body", "text": "apple", "key": "id", **wrong}
    with pytest.raises(ProgrammingError):
        vectors.search_hybrid(**options)
