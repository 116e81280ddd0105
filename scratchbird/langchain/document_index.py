"""LangChain's document index over a vector store; it is a retriever, too."""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.indexing import DocumentIndex
from langchain_core.indexing.base import DeleteResponse, UpsertResponse
from pydantic import Field
from typing_extensions import Literal

from scratchbird._steps import Steps
from scratchbird.langchain.source import fetched
from scratchbird.langchain.table import marks, parts
from scratchbird.langchain.vector_store import ScratchBirdVectorStore

_SEARCHES = {
    "similarity": "similarity_search",
    "mmr": "max_marginal_relevance_search",
    "hybrid": "hybrid_search",
}


class ScratchBirdDocumentIndex(DocumentIndex):
    """Documents that are put into a vector store, and found again: a `DocumentIndex`, which is a `BaseRetriever`.

    Args:
        store: the vector store.
        k: how many documents are found at most; `invoke(query, k=…)` says otherwise for once.
        filter: what their metadata has to fulfil.
        search_type: `similarity`, `mmr` or `hybrid`.
        search_kwargs: further arguments of that search.

    Example:
        >>> import warnings
        >>> from langchain_core.embeddings import DeterministicFakeEmbedding
        >>> with ScratchBirdVectorStore(dsn, DeterministicFakeEmbedding(size=8), table="doc_index") as store:
        ...     with warnings.catch_warnings():
        ...         warnings.simplefilter("ignore")  # LangChain calls its document index a beta
        ...         index = ScratchBirdDocumentIndex(store=store, k=1)
        ...     _ = index.upsert([Document("wren"), Document("heron")])
        ...     print(index.invoke("heron")[0].page_content)
        ...     store.drop_table()
        heron

    Contract: `langchain_core.indexing.DocumentIndex`.
    """

    store: ScratchBirdVectorStore
    k: int = 4
    filter: Optional[Dict[str, Any]] = None
    search_type: Literal["similarity", "mmr", "hybrid"] = "similarity"
    search_kwargs: Dict[str, Any] = Field(default_factory=dict)

    def upsert(self, items: Sequence[Document], /, **kwargs: Any) -> UpsertResponse:
        """Add documents, or replace those with the same ids: all, or none where it fails.

        Returns:
            Under `succeeded` the ids, in the order of the documents; `failed` is empty.
        """
        return {"succeeded": self.store.add_documents(list(items)), "failed": []}

    async def aupsert(self, items: Sequence[Document], /, **kwargs: Any) -> UpsertResponse:
        """As `upsert`, awaited."""
        return {"succeeded": await self.store.aadd_documents(list(items)), "failed": []}

    def delete(self, ids: Optional[List[str]] = None, **kwargs: Any) -> DeleteResponse:
        """Delete documents. One that is not there is no error.

        Returns:
            `succeeded` and `num_deleted` tell of those that were there.

        Raises:
            ValueError: no ids are given.
        """
        return self.store._run(partial(self._deleting, _given(ids)))

    async def adelete(self, ids: Optional[List[str]] = None, **kwargs: Any) -> DeleteResponse:
        """As `delete`, awaited."""
        return await self.store._arun(partial(self._deleting, _given(ids)))

    def _deleting(self, ids: Sequence[str], connection: Any) -> Steps[DeleteResponse]:
        deleted: Set[str] = set()
        for some in parts(sorted(set(ids))):
            rows = yield from fetched(
                connection, f"DELETE FROM {self.store._table} WHERE id IN ({marks(some)}) RETURNING id", some
            )
            deleted.update(key for (key,) in rows)
        succeeded = [key for key in dict.fromkeys(ids) if key in deleted]
        return {"succeeded": succeeded, "num_deleted": len(succeeded), "failed": [], "num_failed": 0}

    def get(self, ids: Sequence[str], /, **kwargs: Any) -> List[Document]:
        """The documents with these ids, as far as they are there."""
        return self.store.get_by_ids(ids)

    async def aget(self, ids: Sequence[str], /, **kwargs: Any) -> List[Document]:
        """As `get`, awaited."""
        return await self.store.aget_by_ids(ids)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, **kwargs: Any
    ) -> List[Document]:
        name, options = self._search(kwargs)
        documents: List[Document] = getattr(self.store, name)(query, **options)
        return documents

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, **kwargs: Any
    ) -> List[Document]:
        name, options = self._search(kwargs)
        documents: List[Document] = await getattr(self.store, f"a{name}")(query, **options)
        return documents

    def _search(self, given: Dict[str, Any]) -> Tuple[str, Dict[str, Any]]:
        return _SEARCHES[self.search_type], {"k": self.k, "filter": self.filter, **self.search_kwargs, **given}


def _given(ids: Optional[List[str]]) -> List[str]:
    if ids is None:
        raise ValueError("delete needs ids")
    return ids
