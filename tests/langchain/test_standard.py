"""The standard suites of `langchain-tests`, both faces; the asynchronous tests run on asyncio and on uvloop."""

from __future__ import annotations

from typing import Any, Dict, Tuple, Type

import pytest
from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests.base_store import BaseStoreAsyncTests, BaseStoreSyncTests
from langchain_tests.integration_tests.cache import AsyncCacheTestSuite, SyncCacheTestSuite
from langchain_tests.integration_tests.indexer import AsyncDocumentIndexTestSuite, DocumentIndexerTestSuite
from langchain_tests.integration_tests.retrievers import RetrieversIntegrationTests
from langchain_tests.integration_tests.vectorstores import VectorStoreIntegrationTests

from scratchbird.langchain import (
    ScratchBirdByteStore,
    ScratchBirdCache,
    ScratchBirdDocumentIndex,
    ScratchBirdVectorStore,
)

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


class TestVectorStore(VectorStoreIntegrationTests):
    @pytest.fixture(params=["cosine", "l2"])
    def vectorstore(  # type: ignore[override]
        self, pool: Any, table: str, request: pytest.FixtureRequest
    ) -> ScratchBirdVectorStore:
        return ScratchBirdVectorStore(pool, self.get_embeddings(), table=table, metric=request.param)


def index(pool: Any, table: str, **options: Any) -> ScratchBirdDocumentIndex:
    store = ScratchBirdVectorStore(pool, DeterministicFakeEmbedding(size=6), table=table)
    return ScratchBirdDocumentIndex(store=store, **options)


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
class TestDocumentIndex(DocumentIndexerTestSuite):
    @pytest.fixture
    def index(self, pool: Any, table: str) -> ScratchBirdDocumentIndex:  # type: ignore[override]
        return index(pool, table)


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
class TestDocumentIndexAsync(AsyncDocumentIndexTestSuite):
    @pytest.fixture
    async def index(self, pool: Any, table: str) -> ScratchBirdDocumentIndex:  # type: ignore[override]
        return index(pool, table)


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
class TestRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True, params=["similarity", "mmr", "hybrid"])
    def filled(self, pool: Any, table: str, request: pytest.FixtureRequest) -> None:
        store = ScratchBirdVectorStore(pool, DeterministicFakeEmbedding(size=6), table=table)
        store.add_documents([Document(f"a bird, number {number}") for number in range(5)])
        self.params = {"store": store, "search_type": request.param}

    @property
    def retriever_constructor(self) -> Type[BaseRetriever]:
        return ScratchBirdDocumentIndex

    @property
    def retriever_constructor_params(self) -> Dict[str, Any]:
        return dict(self.params)

    @property
    def retriever_query_example(self) -> str:
        return "bird"
