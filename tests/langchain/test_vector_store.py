"""What the vector store promises beyond the standard suite: filters, MMR, words, indexes, and what it refuses."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any, Dict, List

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.indexing import aindex, index

import scratchbird
from scratchbird import DataError, ProgrammingError
from scratchbird.langchain import ScratchBirdDocumentIndex, ScratchBirdRecordManager, ScratchBirdVectorStore

BIRDS = {
    "wren": ([1.0, 0.0, 0.0], {"grams": 9, "home": "hedge"}),
    "robin": ([0.9, 0.1, 0.0], {"grams": 18, "home": "hedge"}),
    "heron": ([0.0, 1.0, 0.0], {"grams": 1500, "home": "marsh"}),
    "emu": ([-1.0, 0.0, 0.1], {"grams": 40000}),
}


class Known(Embeddings):
    """The vectors of the birds; a text is embedded as the first bird that it names."""

    def embed_documents(self, texts: List[str]) -> List[List[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> List[float]:
        return next((vector for name, (vector, _) in BIRDS.items() if name in text), [0.5, 0.5, 0.5])


@pytest.fixture
def store(pool: Any, table: str) -> ScratchBirdVectorStore:
    store = ScratchBirdVectorStore(pool, Known(), table=table)
    store.add_texts(list(BIRDS), [data for _, data in BIRDS.values()], ids=list(BIRDS))
    return store


def names(documents: List[Document]) -> List[str]:
    return [document.page_content for document in documents]


def both(store: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    """What a method gives, which its awaited form gives too."""
    result = getattr(store, name)(*args, **kwargs)
    assert asyncio.run(getattr(store, f"a{name}")(*args, **kwargs)) == result
    return result


def test_scores(store: Any) -> None:
    found = both(store, "similarity_search_with_score", "wren", k=4)
    assert names([document for document, _ in found]) == ["wren", "robin", "heron", "emu"]
    assert [round(distance, 3) for _, distance in found] == [0.0, 0.006, 1.0, 1.995]
    relevant = both(store, "similarity_search_with_relevance_scores", "wren", k=4)
    assert [round(score, 3) for _, score in relevant] == [1.0, 0.994, 0.0, 0.0]
    assert names(both(store, "similarity_search_by_vector", [0.0, 2.0, 0.0], k=1)) == ["heron"]
    assert both(store, "similarity_search_with_score_by_vector", [0.0, 2.0, 0.0], k=1)[0][1] == 0.0
    assert names(both(store, "search", "wren", "similarity_score_threshold", score_threshold=0.5)) == ["wren", "robin"]


@pytest.mark.parametrize(
    ("metric", "distances", "relevances"),
    [("l2", [0.0, 0.1414], [1.0, 0.9]), ("inner_product", [-1.0, -0.9], [1.0, 0.9])],
)
def test_metrics(pool: Any, table: str, metric: str, distances: List[float], relevances: List[float]) -> None:
    store = ScratchBirdVectorStore.from_texts(
        list(BIRDS), Known(), ids=list(BIRDS), connection=pool, table=table, metric=metric
    )
    found = both(store, "similarity_search_with_score", "wren", k=2)
    assert [round(distance, 4) for _, distance in found] == distances
    relevant = both(store, "similarity_search_with_relevance_scores", "wren", k=4)
    assert [round(score, 4) for _, score in relevant][:2] == relevances
    assert relevant[-1][1] == 0.0


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (None, ["wren", "robin", "heron", "emu"]),
        ({}, ["wren", "robin", "heron", "emu"]),
        ({"home": "marsh"}, ["heron"]),
        ({"grams": {"$between": [10, 2000]}}, ["robin", "heron"]),
        ({"$or": [{"grams": {"$gt": 2000}}, {"home": {"$like": "h%"}}]}, ["wren", "robin", "emu"]),
        ({"home": {"$exists": False}}, ["emu"]),
        ({"home": "' or true --"}, []),
    ],
    ids=repr,
)
def test_filters(store: Any, filter: Any, expected: List[str]) -> None:  # noqa: A002
    assert names(both(store, "similarity_search", "wren", k=4, filter=filter)) == expected
    found = both(store, "max_marginal_relevance_search", "wren", k=4, lambda_mult=1.0, filter=filter)
    assert names(found) == expected
    assert set(names(both(store, "hybrid_search", "wren", k=4, filter=filter))) == set(expected)
    retriever = store.as_retriever(search_kwargs={"k": 4, "filter": filter})
    assert names(retriever.invoke("wren")) == expected


def test_mmr_prefers_what_differs(store: Any) -> None:
    homes = {"home": {"$exists": True}}
    found = both(store, "max_marginal_relevance_search", "wren", k=2, lambda_mult=0.3, filter=homes)
    assert names(found) == ["wren", "heron"]
    assert names(both(store, "max_marginal_relevance_search", "wren", k=2, lambda_mult=1.0)) == ["wren", "robin"]
    # Of the two nearest there is no choice.
    assert names(both(store, "max_marginal_relevance_search", "wren", k=2, fetch_k=2, lambda_mult=0.0)) == [
        "wren",
        "robin",
    ]
    assert names(store.as_retriever(search_type="mmr", search_kwargs={"k": 1}).invoke("heron")) == ["heron"]


def test_words_and_vectors(store: Any) -> None:
    store.add_texts(["a wren sat by the zygodactyl"], ids=["z"])
    # By its vector the text is as near as the wren; the word brings it to the top.
    assert both(store, "hybrid_search_with_score", "zygodactyl", k=1)[0][0].id == "z"
    assert names(both(store, "hybrid_search", "wren", k=1, match="all", language="english"))[0].count("wren") == 1


def test_indexes(store: Any, table: str) -> None:
    assert both(store, "indexes") == []
    name = store.create_index(method="hnsw", options={"m": 8})
    (made,) = both(store, "indexes")
    assert (made.name, made.table, made.column, made.method) == (name, table, "embedding", "hnsw")
    assert names(store.similarity_search("heron", k=1)) == ["heron"]
    store.drop_index(name)

    async def again() -> None:
        assert await store.acreate_index(method="exact", name='an "index"') == 'an "index"'
        await store.adrop_index('an "index"')
        await store.adrop_index('an "index"', if_exists=True)

    asyncio.run(again())
    assert store.indexes() == []


def test_columns_of_metadata(pool: Any, table: str) -> None:
    store = ScratchBirdVectorStore(
        pool, Known(), table=table, metadata_columns={"seen": "DATE", "grams": "DECIMAL(9, 1)", 'a "b"': "TEXT"}
    )
    days = [datetime.date(2026, 1, day) for day in (1, 2)]
    store.add_texts(
        ["wren", "heron"],
        [{"seen": days[0], "grams": 9, "more": [1]}, {"seen": days[1], 'a "b"': "x"}],
        ids=["w", "h"],
    )
    assert names(both(store, "similarity_search", "wren", filter={"seen": {"$gt": days[0]}})) == ["heron"]
    assert names(both(store, "similarity_search", "wren", filter={"grams": {"$lt": 9.5}})) == ["wren"]
    assert names(both(store, "similarity_search", "wren", filter={'a "b"': "x"})) == ["heron"]
    assert [one.metadata for one in store.get_by_ids(["w", "h"])] == [
        {"seen": days[0], "grams": 9, "more": [1]},
        {"seen": days[1], 'a "b"': "x"},
    ]
    for columns in ({"Content": "TEXT"}, {"a": "TEXT); drop table x; --"}, {"a": ""}, {"": "TEXT"}):
        with pytest.raises(ProgrammingError):
            ScratchBirdVectorStore(pool, Known(), table=table, metadata_columns=columns)


def test_what_it_refuses(store: Any) -> None:
    before = sorted(names(store.similarity_search("wren", k=10)))
    with pytest.raises(DataError, match="document 1: its metadata is not JSON"):
        store.add_texts(["a", "b"], [{}, {"a": object()}])
    with pytest.raises(DataError, match="document 0: its metadata is not JSON"):
        store.add_texts(["a"], [{"a": float("nan")}])
    with pytest.raises(DataError, match=r"document 1: its embedding is no vector: .*finite"):
        store.add_embeddings(["a", "b"], [[1.0, 2.0, 3.0], [1.0, float("inf"), 3.0]])
    with pytest.raises(DataError):
        store.add_embeddings(["a", "b"], [[1.0, 2.0, 3.0], [1.0, 2.0]])
    with pytest.raises(DataError):
        store.similarity_search_by_vector([1.0])
    with pytest.raises(ValueError, match="2 texts and 1 metadatas"):
        store.add_texts(["a", "b"], [{}])
    with pytest.raises(ValueError, match="1 texts and 2 ids"):
        store.add_texts(["a"], ids=["x", "y"])
    with pytest.raises(ProgrammingError, match="filter: '\\$nor'"):
        store.similarity_search("wren", filter={"$nor": []})
    with pytest.raises(ProgrammingError):
        store.similarity_search("wren", k=0)
    with pytest.raises(TypeError, match="no argument 'fliter'"):
        store.similarity_search("wren", fliter={})
    assert sorted(names(store.similarity_search("wren", k=10))) == before


def test_no_such_metric(pool: Any) -> None:
    with pytest.raises(ProgrammingError, match="metric is one of"):
        ScratchBirdVectorStore(pool, Known(), metric="hamming")


def test_adding(store: Any) -> None:
    assert store.add_texts([]) == []
    assert both(store, "add_texts", ["wren 1", "wren 2"], ids=["same", "same"]) == ["same", "same"]
    assert names(both(store, "get_by_ids", ["same", "none", "emu", "same"])) == ["wren 2", "emu"]
    (made,) = store.add_documents([Document("new")])
    assert names(store.get_by_ids([made])) == ["new"]
    import numpy

    assert both(store, "add_embeddings", ["n"], numpy.eye(3, dtype="float32")[2:], ids=["n"]) == ["n"]
    assert names(store.similarity_search_by_vector([0, 0, 1.0], k=1)) == ["n"]


def test_deleting(store: Any) -> None:
    assert both(store, "delete", [])
    assert len(store.similarity_search("wren", k=9)) == 4
    assert both(store, "delete", ["wren", "emu"], filter={"home": "hedge"})
    assert names(store.similarity_search("wren", k=9)) == ["robin", "heron", "emu"]
    assert both(store, "delete", filter={"grams": {"$gt": 20000}})
    assert names(store.similarity_search("wren", k=9)) == ["robin", "heron"]
    with pytest.raises(ProgrammingError):
        store.delete(filter={"grams": {"$nope": 1}})
    with pytest.raises(ProgrammingError, match="an empty filter"):
        store.delete(filter={})
    assert len(store.similarity_search("wren", k=9)) == 2
    assert both(store, "delete")
    assert store.similarity_search("wren", k=9) == []


def test_before_the_table_is_there(pool: Any, table: str) -> None:
    assert both(ScratchBirdVectorStore(pool, Known(), table=table), "get_by_ids", ["a"]) == []


@pytest.mark.parametrize("name", ['a "quoted" store', "it's; drop table x; --", "where? $1 :name %s {} {0}"])
def test_hostile_names(dsn: str, name: str) -> None:
    with ScratchBirdVectorStore(dsn, Known(), table=name) as store:
        store.add_texts(["wren", "heron"])
        try:
            assert names(both(store, "similarity_search", "heron", k=1, filter={"$not": {name: name}})) == ["heron"]
            assert names(both(store, "hybrid_search", "wren", k=1)) == ["wren"]
            assert names(both(store, "get_by_ids", both(store, "add_texts", ["new"], ids=["n"]))) == ["new"]
            index_name = store.create_index()
            assert [one.name for one in store.indexes()] == [index_name]
            store.drop_index(index_name)
        finally:
            store.drop_table()


def test_a_connection_that_makes_dicts(dsn: str, table: str) -> None:
    with scratchbird.connect(dsn, row_factory=scratchbird.rows.dict_row) as connection:
        store = ScratchBirdVectorStore.from_documents([Document("wren")], Known(), connection=connection, table=table)
        assert names(both(store, "similarity_search", "wren")) == ["wren"]
        assert connection.row_factory is scratchbird.rows.dict_row


def texts(*contents: str) -> List[Document]:
    return [Document(content, metadata={"source": content[0]}) for content in contents]


OPTIONS: Dict[str, Any] = {"cleanup": "incremental", "source_id_key": "source", "key_encoder": "sha256"}


def test_indexing_with_records(pool: Any, table: str) -> None:
    """LangChain's indexing: what has not changed is not written again, what is gone is deleted."""
    store = ScratchBirdVectorStore(pool, Known(), table=table)
    records = ScratchBirdRecordManager(pool, table, table=f"{table}_records")
    done = index(texts("a1", "a2", "b1"), records, store, **OPTIONS)
    assert (done["num_added"], done["num_deleted"]) == (3, 0)
    done = index(texts("a1", "a3"), records, store, **OPTIONS)
    assert (done["num_added"], done["num_skipped"], done["num_deleted"]) == (1, 1, 1)
    assert sorted(names(store.similarity_search("a", k=9))) == ["a1", "a3", "b1"]

    async def again() -> Any:
        return await aindex(texts("b1"), records, store, **{**OPTIONS, "cleanup": "full"})

    done = asyncio.run(again())
    assert (done["num_skipped"], done["num_deleted"]) == (1, 2)
    assert names(store.similarity_search("a", k=9)) == ["b1"]
    records.drop_table()


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
def test_a_document_index(store: Any) -> None:
    documents = ScratchBirdDocumentIndex(store=store, k=2, filter={"home": "hedge"})
    assert names(both(documents, "invoke", "heron")) == ["robin", "wren"]
    assert names(both(documents, "invoke", "heron", filter=None, k=1)) == ["heron"]
    assert documents.delete(["emu", "none", "emu"]) == {
        "succeeded": ["emu"],
        "num_deleted": 1,
        "failed": [],
        "num_failed": 0,
    }
    with pytest.raises(ValueError):
        ScratchBirdDocumentIndex(store=store, search_type="nearest")
