"""The standard suites of `langchain-tests`, both faces; the asynchronous tests run on asyncio and on uvloop."""

from __future__ import annotations

from typing import Any, Tuple

import pytest
from langchain_tests.integration_tests.base_store import BaseStoreAsyncTests, BaseStoreSyncTests
from langchain_tests.integration_tests.cache import AsyncCacheTestSuite, SyncCacheTestSuite

from scratchbird.langchain import ScratchBirdByteStore, ScratchBirdCache

pytestmark = pytest.mark.anyio

VALUES = (b"foo\0", b"", b"\xff buzz")


class TestByteStore(BaseStoreSyncTests[bytes]):
    @pytest.fixture
    def kv_store(self, pool: Any, table: str) -> ScratchBirdByteStore:  # type: ignore[override]
        return ScratchBirdByteStore(pool, table=table)

    @pytest.fixture
    def three_values(self) -> Tuple[bytes, bytes, bytes]:  # type: ignore[override]
        return VALUES


class TestByteStoreAsync(BaseStoreAsyncTests[bytes]):
    @pytest.fixture
    async def kv_store(self, pool: Any, table: str) -> ScratchBirdByteStore:  # type: ignore[override]
        return ScratchBirdByteStore(pool, table=table)

    @pytest.fixture
    def three_values(self) -> Tuple[bytes, bytes, bytes]:  # type: ignore[override]
        return VALUES


class TestCache(SyncCacheTestSuite):
    @pytest.fixture
    def cache(self, pool: Any, table: str) -> ScratchBirdCache:  # type: ignore[override]
        return ScratchBirdCache(pool, table=table)


class TestCacheAsync(AsyncCacheTestSuite):
    @pytest.fixture
    async def cache(self, pool: Any, table: str) -> ScratchBirdCache:  # type: ignore[override]
        return ScratchBirdCache(pool, table=table)
