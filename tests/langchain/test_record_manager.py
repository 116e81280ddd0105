"""The record manager, alone."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from scratchbird.langchain import ScratchBirdRecordManager


def test_records(pool: Any, table: str) -> None:
    records = ScratchBirdRecordManager(pool, "one", table=table)
    other = ScratchBirdRecordManager(pool, "other", table=table)
    records.create_schema()
    records.create_schema()
    assert abs(records.get_time() - time.time()) < 60
    start = records.get_time()
    records.update(["a", "b", "a"], group_ids=["g", "h", "i"])
    middle = records.get_time()
    records.update(["c"])
    other.update(["a"], group_ids=["g"])
    assert start < middle < records.get_time()
    assert records.exists(["c", "x", "a", "a"]) == [True, False, True, True]
    assert records.list_keys() == ["a", "b", "c"]
    assert records.list_keys(before=middle) == ["a", "b"]
    assert records.list_keys(after=middle) == ["c"]
    assert records.list_keys(group_ids=["i", "h"]) == ["a", "b"]
    assert records.list_keys(group_ids=["g"]) == []
    assert records.list_keys(group_ids=[]) == []
    assert records.list_keys(limit=2) == ["a", "b"]
    assert records.list_keys(limit=0) == []
    records.update(["a"], group_ids=[None], time_at_least=middle)
    assert records.list_keys(after=middle) == ["a", "c"]
    assert records.list_keys(group_ids=["i"]) == []
    records.delete_keys(["a", "x"])
    assert records.list_keys() == ["b", "c"]
    assert other.list_keys() == ["a"]


def test_what_it_refuses(pool: Any, table: str) -> None:
    records = ScratchBirdRecordManager(pool, "one", table=table)
    with pytest.raises(ValueError, match="2 keys and 1 group_ids"):
        records.update(["a", "b"], group_ids=["g"])
    with pytest.raises(ValueError, match="is behind time_at_least"):
        records.update(["a"], time_at_least=records.get_time() + 3600)
    assert records.list_keys() == []


def test_many_keys(pool: Any, table: str) -> None:
    records = ScratchBirdRecordManager(pool, "one", table=table)
    keys = [f"{number:04}" for number in range(1200)]
    records.update(keys, group_ids=keys)
    assert records.exists([*keys, "none"]) == [True] * 1200 + [False]
    assert records.list_keys(group_ids=keys, limit=1100) == keys[:1100]


def test_awaited(pool: Any, table: str) -> None:
    async def use() -> None:
        records = ScratchBirdRecordManager(pool, "one", table=table)
        await records.acreate_schema()
        now = await records.aget_time()
        await records.aupdate(["a", "b"], group_ids=["g", None], time_at_least=now)
        assert await records.aexists(["a", "x"]) == [True, False]
        assert await records.alist_keys(group_ids=["g"]) == ["a"]
        assert await records.alist_keys(after=now) == ["a", "b"]
        await records.adelete_keys(["a"])
        assert await records.alist_keys() == ["b"]
        with pytest.raises(ValueError):
            await records.aupdate(["a"], time_at_least=now + 3600)

    asyncio.run(use())
