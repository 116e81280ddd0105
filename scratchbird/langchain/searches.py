"""The searches of the vector store, by those of `scratchbird.vector`."""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, Iterable, List, Optional, Tuple

from langchain_core.documents import Document
from langchain_core.vectorstores import VectorStore

from scratchbird._steps import Steps
from scratchbird.langchain.vector_table import EMBEDDING, Filter, VectorTable, face

Scored = List[Tuple[Document, float]]

_OPTIONS = {"rerank", "timeout"}
_HYBRID_OPTIONS = {"match", "language", "weights", "constant", "fetch_k", "timeout"}


def _checked(options: Dict[str, Any], known: Iterable[str]) -> Dict[str, Any]:
    for name in options:
        if name not in known:
            raise TypeError(f"a search has no argument {name!r}; it has k, filter, {', '.join(sorted(known))}")
    return options


class SearchMethods(VectorTable, VectorStore):
    """What a vector store offers to find documents."""

    def similarity_search(
        self,
        query: str,
        k: int = 4,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> List[Document]:
        """The documents that are nearest to a text, the nearest first.

        Args:
            query: the text.
            k: how many at most.
            filter: what their metadata has to fulfil.
            **kwargs: `rerank` and `timeout`, as of [`vector.search`][scratchbird.vector.search].

        Raises:
            ProgrammingError: the filter is malformed.
            DataError: the vector of the query has another dimension than the table.
        """
        return [document for document, _ in self.similarity_search_with_score(query, k, filter, **kwargs)]

    async def asimilarity_search(
        self,
        query: str,
        k: int = 4,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> List[Document]:
        """As `similarity_search`, awaited."""
        return [document for document, _ in await self.asimilarity_search_with_score(query, k, filter, **kwargs)]

    def similarity_search_with_score(
        self,
        query: str,
        k: int = 4,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> Scored:
        """As `similarity_search`, each document with its distance: the smaller, the nearer."""
        return self.similarity_search_with_score_by_vector(self._embedding.embed_query(query), k, filter, **kwargs)

    async def asimilarity_search_with_score(
        self,
        query: str,
        k: int = 4,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> Scored:
        """As `similarity_search_with_score`, awaited."""
        embedding = await self._embedding.aembed_query(query)
        return await self.asimilarity_search_with_score_by_vector(embedding, k, filter, **kwargs)

    def similarity_search_by_vector(
        self,
        embedding: List[float],
        k: int = 4,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> List[Document]:
        """As `similarity_search`, of a vector."""
        return [one for one, _ in self.similarity_search_with_score_by_vector(embedding, k, filter, **kwargs)]

    async def asimilarity_search_by_vector(
        self,
        embedding: List[float],
        k: int = 4,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> List[Document]:
        """As `similarity_search_by_vector`, awaited."""
        return [one for one, _ in await self.asimilarity_search_with_score_by_vector(embedding, k, filter, **kwargs)]

    def similarity_search_with_score_by_vector(
        self,
        embedding: List[float],
        k: int = 4,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> Scored:
        """As `similarity_search_with_score`, of a vector."""
        self._learn([embedding])
        return self._run(partial(self._searching, "search", embedding, k, filter, _checked(kwargs, _OPTIONS)))

    async def asimilarity_search_with_score_by_vector(
        self,
        embedding: List[float],
        k: int = 4,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> Scored:
        """As `similarity_search_with_score_by_vector`, awaited."""
        self._learn([embedding])
        return await self._arun(partial(self._searching, "search", embedding, k, filter, _checked(kwargs, _OPTIONS)))

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> List[Document]:
        """Documents that are near to a text and different from each other.

        Args:
            query: the text.
            k: how many at most.
            fetch_k: how many of the nearest to choose from.
            lambda_mult: from 0, as different as possible, to 1, as near as possible.
            filter: what their metadata has to fulfil.
            **kwargs: `timeout`.
        """
        embedding = self._embedding.embed_query(query)
        return self.max_marginal_relevance_search_by_vector(embedding, k, fetch_k, lambda_mult, filter, **kwargs)

    async def amax_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> List[Document]:
        """As `max_marginal_relevance_search`, awaited."""
        embedding = await self._embedding.aembed_query(query)
        return await self.amax_marginal_relevance_search_by_vector(embedding, k, fetch_k, lambda_mult, filter, **kwargs)

    def max_marginal_relevance_search_by_vector(
        self,
        embedding: List[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> List[Document]:
        """As `max_marginal_relevance_search`, of a vector."""
        self._learn([embedding])
        options = {**_checked(kwargs, {"timeout"}), "fetch_k": fetch_k, "lambda_mult": lambda_mult}
        scored = self._run(partial(self._searching, "search_mmr", embedding, k, filter, options))
        return [document for document, _ in scored]

    async def amax_marginal_relevance_search_by_vector(
        self,
        embedding: List[float],
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> List[Document]:
        """As `max_marginal_relevance_search_by_vector`, awaited."""
        self._learn([embedding])
        options = {**_checked(kwargs, {"timeout"}), "fetch_k": fetch_k, "lambda_mult": lambda_mult}
        scored = await self._arun(partial(self._searching, "search_mmr", embedding, k, filter, options))
        return [document for document, _ in scored]

    def _searching(
        self,
        function: str,
        embedding: Any,
        k: int,
        filter: Optional[Filter],
        options: Dict[str, Any],
        connection: Any,
    ) -> Steps[Scored]:
        where, params = self._where(filter)
        matches = yield partial(
            face(connection, function),
            connection,
            self._table_name,
            EMBEDDING,
            embedding,
            k,
            metric=self._metric,
            where=where,
            params=params,
            columns=self._documents.read,
            **options,
        )
        return [(self._documents.document(match.row), match.distance) for match in matches]

    def hybrid_search(
        self,
        query: str,
        k: int = 4,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> List[Document]:
        """The documents that fit a text best by their vectors, by their words, or by both.

        Args:
            query: the text.
            k: how many at most.
            filter: what their metadata has to fulfil.
            **kwargs: `match`, `language`, `weights`, `constant`, `fetch_k` and `timeout`, as of
                [`vector.search_hybrid`][scratchbird.vector.search_hybrid].

        Raises:
            NotSupportedError: the server has no full-text search.
        """
        return [document for document, _ in self.hybrid_search_with_score(query, k, filter, **kwargs)]

    async def ahybrid_search(
        self,
        query: str,
        k: int = 4,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> List[Document]:
        """As `hybrid_search`, awaited."""
        return [document for document, _ in await self.ahybrid_search_with_score(query, k, filter, **kwargs)]

    def hybrid_search_with_score(
        self,
        query: str,
        k: int = 4,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> Scored:
        """As `hybrid_search`, each document with its score: the greater, the better."""
        embedding = self._embedding.embed_query(query)
        self._learn([embedding])
        options = _checked(kwargs, _HYBRID_OPTIONS)
        return self._run(partial(self._searching_both, query, embedding, k, filter, options))

    async def ahybrid_search_with_score(
        self,
        query: str,
        k: int = 4,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> Scored:
        """As `hybrid_search_with_score`, awaited."""
        embedding = await self._embedding.aembed_query(query)
        self._learn([embedding])
        options = _checked(kwargs, _HYBRID_OPTIONS)
        return await self._arun(partial(self._searching_both, query, embedding, k, filter, options))

    def _searching_both(
        self,
        query: str,
        embedding: Any,
        k: int,
        filter: Optional[Filter],
        options: Dict[str, Any],
        connection: Any,
    ) -> Steps[Scored]:
        where, params = self._where(filter)
        matches = yield partial(
            face(connection, "search_hybrid"),
            connection,
            self._table_name,
            EMBEDDING,
            embedding,
            "content",
            query,
            k,
            key="id",
            metric=self._metric,
            where=where,
            params=params,
            columns=self._documents.read,
            **options,
        )
        return [(self._documents.document(match.row), match.score) for match in matches]
