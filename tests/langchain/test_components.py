"""What the byte store, the cache, the history and the loader promise beyond the standard suites."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, List

import pytest
from langchain_core.documents import Document
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, Generation

import scratchbird
from scratchbird import DataError, ProgrammingError
from scratchbird.langchain import (
    ScratchBirdByteStore,
    ScratchBirdCache,
    ScratchBirdChatMessageHistory,
    ScratchBirdLoader,
)
from scratchbird.langchain.loader import as_lines


def test_prefixes_are_no_patterns(pool: Any, table: str) -> None:
    store = ScratchBirdByteStore(pool, table=table)
    keys = ["a%b", "a_b", "a!b", "axb", "a\\b", "'", "ä"]
    store.mset([(key, key.encode()) for key in keys])
    for key in keys:
        assert list(store.yield_keys(prefix=key)) == [key]
    assert sorted(store.yield_keys(prefix="a")) == sorted(key for key in keys if key[0] == "a")


def test_many_keys_and_no_connection_between_pages(dsn: str, table: str) -> None:
    keys = [f"{number:05}" for number in range(2500)]
    with scratchbird.ConnectionPool(dsn, min_size=1, max_size=1, timeout=20) as pool:
        store = ScratchBirdByteStore(pool, table=table)
        store.mset([(key, b"") for key in keys])
        assert store.mget([*keys, "none"]) == [b""] * 2500 + [None]
        # The reader of the keys may use the only connection.
        seen = []
        for key in store.yield_keys():
            seen.append(key)
            if len(seen) in (1, 1500):
                store.mdelete([key])
        assert seen == keys

        async def use() -> List[str]:
            return [key async for key in store.ayield_keys(prefix="00")]

        assert asyncio.run(use()) == [key for key in keys[1:] if key.startswith("00")]


def test_all_values_or_none(pool: Any, table: str) -> None:
    store = ScratchBirdByteStore(pool, table=table)
    with pytest.raises(scratchbird.Error):
        store.mset([("a", b"1"), ("b", None)])  # type: ignore[list-item]
    assert list(store.yield_keys()) == []
    store.mset([("a", b"1"), ("a", b"2")])
    assert store.mget(["a"]) == [b"2"]


def test_answers_of_chats(pool: Any, table: str) -> None:
    cache = ScratchBirdCache(pool, table=table)
    answer = [
        ChatGeneration(
            message=AIMessage(
                "Berlin \0 €",
                tool_calls=[{"name": "f", "args": {"a": 1.5}, "id": "1"}],
                usage_metadata={"input_tokens": 1, "output_tokens": 2, "total_tokens": 3},
            ),
            generation_info={"logprobs": [0.5]},
        )
    ]
    prompt = "x" * 100_000
    cache.update(prompt, "m", answer)
    assert cache.lookup(prompt, "m") == answer
    assert cache.lookup(prompt, "n") is None
    assert cache.lookup("m", prompt) is None


def test_an_answer_that_is_no_json(pool: Any, table: str, caplog: pytest.LogCaptureFixture) -> None:
    cache = ScratchBirdCache(pool, table=table)

    class Own(Generation):
        pass

    with caplog.at_level(logging.WARNING, "scratchbird.langchain"):
        cache.update("p", "m", [Generation(text="t", generation_info={"nan": object()})])
        cache.update("p", "m", [Own(text="t")])
    assert cache.lookup("p", "m") is None
    assert len(caplog.records) == 2
    assert all("is not cached" in record.message for record in caplog.records)


@pytest.mark.parametrize(
    "stored", ["no json", "[]x", "{}", '[{"kind": "Popen", "data": {"args": "true"}}]', '[{"kind": "Generation"}]']
)
def test_an_entry_that_was_not_written_by_the_cache(
    pool: Any, table: str, stored: str, caplog: pytest.LogCaptureFixture
) -> None:
    cache = ScratchBirdCache(pool, table=table)
    cache.update("p", "m", [Generation(text="t")])
    with pool.connection() as connection:
        connection.execute(f"update {table} set answer = ?", [stored])
    with caplog.at_level(logging.WARNING, "scratchbird.langchain"):
        assert not cache.lookup("p", "m")
    assert stored == "{}" or "cannot be read" in caplog.text


def test_a_history(pool: Any, table: str) -> None:
    one, other = (ScratchBirdChatMessageHistory(pool, session, table=table) for session in ("one", "o'ther"))
    messages = [
        SystemMessage("Be \0 brief"),
        HumanMessage([{"type": "text", "text": "Why?"}], name="Ann"),
        AIMessage("", tool_calls=[{"name": "why", "args": {"n": 2**60}, "id": "c"}], id="9"),
        ToolMessage("so", tool_call_id="c", artifact={"a": [1]}),
    ]
    one.add_messages(messages)
    other.add_user_message("I")
    one.add_ai_message("Because")
    assert one.messages == [*messages, AIMessage("Because")]
    assert other.messages == [HumanMessage("I")]
    one.clear()
    assert one.messages == []
    assert other.messages == [HumanMessage("I")]

    async def use() -> None:
        await one.aadd_messages(messages)
        assert await one.aget_messages() == messages
        await one.aclear()
        assert await one.aget_messages() == []

    asyncio.run(use())


def test_a_history_adds_all_or_none(pool: Any, table: str) -> None:
    history = ScratchBirdChatMessageHistory(pool, "s", table=table)
    with pytest.raises(TypeError):
        history.add_messages([HumanMessage("a"), HumanMessage("b", additional_kwargs={"no": object()})])
    with pytest.raises(ValueError):
        history.add_messages([HumanMessage("a"), HumanMessage("b", additional_kwargs={"no": float("nan")})])
    assert history.messages == []


ROWS = (
    "select * from (values (1, 'wren', null), (2, 'heron', 'big')) as birds(id, name, note) where id >= ? order by id"
)


def test_a_loader(pool: Any) -> None:
    assert ScratchBirdLoader(pool, ROWS, [2], content_columns=["name", "note"], id_column="id").load() == [
        Document("heron big", metadata={}, id="2")
    ]
    assert ScratchBirdLoader(
        pool, ROWS, [0], content_columns=["name", "note"], metadata_columns=["id"], format=as_lines
    ).load() == [
        Document("name: wren", metadata={"id": 1}),
        Document("name: heron\nnote: big", metadata={"id": 2}),
    ]
    assert ScratchBirdLoader(pool, ROWS, [9]).load() == []
    named = ScratchBirdLoader(pool, ROWS.replace("?", ":least"), {"least": 1})
    assert asyncio.run(named.aload()) == named.load()
    assert len(named.load()) == 2


def test_a_loader_reads_as_it_is_asked(pool: Any) -> None:
    long = ScratchBirdLoader(pool, "select n from generate_series(1, 300000) as n")
    documents = long.lazy_load()
    assert [next(documents).page_content for _ in range(3)] == ["1", "2", "3"]
    documents.close()  # type: ignore[attr-defined]

    async def use() -> str:
        lazily = long.alazy_load()
        async for document in lazily:
            await lazily.aclose()  # type: ignore[attr-defined]
            return document.page_content
        return ""

    assert asyncio.run(use()) == "1"
    with pool.connection() as connection:
        assert connection.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "either a query or a table"),
        ({"query": "select 1", "table": "t"}, "either a query or a table"),
        ({"query": ROWS, "params": [1], "content_columns": ["nome"]}, "no column 'nome'; it has id, name, note"),
        ({"query": ROWS, "params": [1], "metadata_columns": ["nome"]}, "no column 'nome'"),
        ({"table": "t; drop table x"}, "does not exist"),
    ],
)
def test_a_loader_that_is_wrong(pool: Any, options: Any, message: str) -> None:
    with pytest.raises(ProgrammingError, match=message):
        ScratchBirdLoader(pool, **options).load()


def test_a_text_that_cannot_be_stored(pool: Any, table: str) -> None:
    with pytest.raises(DataError):
        ScratchBirdByteStore(pool, table=table).mset([("a\0", b"")])
