"""LangChain's cache of the answers of language models, in a table."""

from __future__ import annotations

import hashlib
import json
import logging
from functools import partial
from typing import Any, Dict, List, Optional, Sequence, Type

from langchain_core.caches import RETURN_VAL_TYPE, BaseCache
from langchain_core.messages import messages_from_dict
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, Generation, GenerationChunk

from scratchbird._steps import Steps
from scratchbird.langchain.source import Connections, executed, fetched
from scratchbird.langchain.table import TableBacked

log = logging.getLogger("scratchbird.langchain")

_KINDS: Dict[str, Type[Generation]] = {
    kind.__name__: kind for kind in (Generation, GenerationChunk, ChatGeneration, ChatGenerationChunk)
}
"""What an answer is made of. Whatever else is written into the table by others makes no objects."""


def _key(prompt: str, llm_string: str) -> str:
    """The entry of a prompt and a model. Prompts are longer than what an index of a text column takes."""
    return hashlib.sha256(json.dumps([prompt, llm_string]).encode()).hexdigest()


def _written(generation: Generation) -> Dict[str, Any]:
    name = type(generation).__name__
    if _KINDS.get(name) is not type(generation):
        raise ValueError(f"{name} is none of {', '.join(_KINDS)}")
    data = generation.model_dump(mode="json", exclude={"message", "type"})
    if isinstance(generation, ChatGeneration):
        data["message"] = {"type": generation.message.type, "data": generation.message.model_dump(mode="json")}
    return {"kind": name, "data": data}


def _read(written: Dict[str, Any]) -> Generation:
    data = dict(written["data"])
    if "message" in data:
        (data["message"],) = messages_from_dict([data["message"]])
    return _KINDS[written["kind"]](**data)


def _stored(answer: Sequence[Generation]) -> Optional[str]:
    try:
        return json.dumps([_written(generation) for generation in answer], allow_nan=False)
    except (TypeError, ValueError) as error:
        log.warning("an answer is not cached, as it cannot be written as JSON: %s", error)
        return None


class ScratchBirdCache(TableBacked, BaseCache):
    """A cache for `langchain_core.globals.set_llm_cache`: the same prompt to the same model is answered from a table.

    Answers are kept as JSON. One that cannot be is not cached, and one that cannot be read is as if it were not there,
    both with a warning in the log `scratchbird.langchain`.

    Args:
        connection: a connection string, a [`ConnectionPool`][scratchbird.ConnectionPool] or
            [`AsyncConnectionPool`][scratchbird.AsyncConnectionPool] (either serves both faces), or one connection.
        table: the table's name; columns `key` (SHA-256 of prompt and model, in hexadecimal), `answer` and `cached_at`.
        create_table: whether the table is made at the first use, if it is not there.

    Example:
        >>> from langchain_core.outputs import Generation
        >>> with ScratchBirdCache(dsn, table="doc_answers") as cache:
        ...     cache.update("How far is the moon?", "a model", [Generation(text="384 400 km")])
        ...     print(cache.lookup("How far is the moon?", "a model")[0].text)
        ...     cache.drop_table()
        384 400 km

    Contract: `langchain_core.caches.BaseCache`.
    """

    def __init__(self, connection: Connections, *, table: str = "langchain_cache", create_table: bool = True) -> None:
        super().__init__(connection, table, create_table=create_table)

    def _definition(self) -> List[str]:
        return [
            f"CREATE TABLE {self._table} (key TEXT PRIMARY KEY, answer TEXT NOT NULL, "
            "cached_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP)"
        ]

    def lookup(self, prompt: str, llm_string: str) -> Optional[RETURN_VAL_TYPE]:
        """The answer to a prompt, or None."""
        return self._run(partial(self._looking, prompt, llm_string))

    async def alookup(self, prompt: str, llm_string: str) -> Optional[RETURN_VAL_TYPE]:
        """As `lookup`, awaited."""
        return await self._arun(partial(self._looking, prompt, llm_string))

    def _looking(self, prompt: str, llm_string: str, connection: Any) -> Steps[Optional[RETURN_VAL_TYPE]]:
        rows = yield from fetched(
            connection, f"SELECT answer FROM {self._table} WHERE key = ?", [_key(prompt, llm_string)]
        )
        if not rows:
            return None
        try:
            return [_read(written) for written in json.loads(rows[0][0])]
        except (LookupError, TypeError, ValueError) as error:
            log.warning("a cached answer cannot be read, and is asked for again: %s", error)
            return None

    def update(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """Keep the answer to a prompt, in place of the one before."""
        self._run(partial(self._updating, prompt, llm_string, return_val))

    async def aupdate(self, prompt: str, llm_string: str, return_val: RETURN_VAL_TYPE) -> None:
        """As `update`, awaited."""
        await self._arun(partial(self._updating, prompt, llm_string, return_val))

    def _updating(self, prompt: str, llm_string: str, answer: RETURN_VAL_TYPE, connection: Any) -> Steps[None]:
        stored = _stored(answer)
        if stored is not None:
            yield from executed(
                connection,
                f"INSERT INTO {self._table} (key, answer) VALUES (?, ?) ON CONFLICT (key) DO UPDATE "
                "SET answer = EXCLUDED.answer, cached_at = CURRENT_TIMESTAMP",
                [_key(prompt, llm_string), stored],
            )

    def clear(self, **kwargs: Any) -> None:
        """Forget all answers."""
        self._run(self._clearing)

    async def aclear(self, **kwargs: Any) -> None:
        """As `clear`, awaited."""
        await self._arun(self._clearing)

    def _clearing(self, connection: Any) -> Steps[int]:
        return executed(connection, f"DELETE FROM {self._table}")
