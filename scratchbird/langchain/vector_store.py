"""LangChain's vector store, in a table with a column of vectors: what is put into it and taken out."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Type

from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings

from scratchbird import errors, vector
from scratchbird._steps import Steps
from scratchbird.langchain.documents import keyed
from scratchbird.langchain.searches import SearchMethods
from scratchbird.langchain.source import Connections, executed, repeated
from scratchbird.langchain.table import found, marks, parts
from scratchbird.langchain.vector_indexes import IndexMethods
from scratchbird.langchain.vector_table import Filter


class ScratchBirdVectorStore(SearchMethods, IndexMethods):
    """Documents with their embeddings, found by nearness, by their metadata, by their words.

    Args:
        connection: a connection string, a [`ConnectionPool`][scratchbird.ConnectionPool] or
            [`AsyncConnectionPool`][scratchbird.AsyncConnectionPool] (either serves both faces), or one connection.
        embedding: what makes vectors of texts.
        table: the table's name; columns `id` (text, the primary key), `content` (text), `embedding` (vector) and
            `metadata` (jsonb).
        metric: `cosine`, `l2` or `inner_product`.
        dimension: of the vectors. If not given, it is that of the first one.
        metadata_columns: fields of the metadata that have a column of their own, each with its SQL type:
            `{"year": "INTEGER"}`. Filters of them can use an index, and their values may be what JSON has not, such as
            dates. None there is as if the field were not given.
        create_table: whether the table is made at the first use, if it is not there.

    Raises:
        ProgrammingError: a name or a type cannot be one; no such metric.

    Example:
        >>> from langchain_core.embeddings import DeterministicFakeEmbedding
        >>> with ScratchBirdVectorStore(dsn, DeterministicFakeEmbedding(size=8), table="doc_birds") as store:
        ...     _ = store.add_texts(["wren", "heron"], [{"grams": 9}, {"grams": 1500}], ids=["w", "h"])
        ...     print(store.similarity_search("heron", k=1, filter={"grams": {"$gt": 1000}}))
        ...     store.drop_table()
        [Document(id='h', metadata={'grams': 1500}, page_content='heron')]

    Contract: `langchain_core.vectorstores.VectorStore`; the language of filters is that of PGVectorStore.
    """

    def __init__(
        self,
        connection: Connections,
        embedding: Embeddings,
        *,
        table: str = "langchain_documents",
        metric: str = "cosine",
        dimension: Optional[int] = None,
        metadata_columns: Optional[Mapping[str, str]] = None,
        create_table: bool = True,
    ) -> None:
        super().__init__(connection, embedding, table, metric, dimension, metadata_columns, create_table)

    @property
    def embeddings(self) -> Embeddings:
        """What makes vectors of texts."""
        return self._embedding

    @classmethod
    def from_texts(
        cls: Type[ScratchBirdVectorStore],
        texts: List[str],
        embedding: Embeddings,
        metadatas: Optional[List[Dict[str, Any]]] = None,
        *,
        ids: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> ScratchBirdVectorStore:
        """A store with these texts. The other arguments, `connection` among them, are those of the class."""
        store = cls(embedding=embedding, **kwargs)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    @classmethod
    async def afrom_texts(
        cls: Type[ScratchBirdVectorStore],
        texts: List[str],
        embedding: Embeddings,
        metadatas: Optional[List[Dict[str, Any]]] = None,
        *,
        ids: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> ScratchBirdVectorStore:
        """As `from_texts`, awaited."""
        store = cls(embedding=embedding, **kwargs)
        await store.aadd_texts(texts, metadatas, ids=ids)
        return store

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: Optional[List[Dict[str, Any]]] = None,
        *,
        ids: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> List[str]:
        """Add texts, or replace those with the same ids: all, or none where it fails.

        Args:
            texts: the texts.
            metadatas: for each text a mapping that is JSON.
            ids: for each text its id; None for a new one.
            **kwargs: what LangChain gives to every store; not used.

        Returns:
            The ids.

        Raises:
            ValueError: the lists have different lengths.
            DataError: metadata that is not JSON, a vector of another dimension or with NaN.
        """
        contents = list(texts)
        vectors = self._embedding.embed_documents(contents) if contents else []
        return self.add_embeddings(contents, vectors, metadatas, ids=ids)

    async def aadd_texts(
        self,
        texts: Iterable[str],
        metadatas: Optional[List[Dict[str, Any]]] = None,
        *,
        ids: Optional[List[str]] = None,
        **kwargs: Any,
    ) -> List[str]:
        """As `add_texts`, awaited."""
        contents = list(texts)
        vectors = await self._embedding.aembed_documents(contents) if contents else []
        return await self.aadd_embeddings(contents, vectors, metadatas, ids=ids)

    def add_embeddings(
        self,
        texts: Sequence[str],
        embeddings: Sequence[Any],
        metadatas: Optional[Sequence[Mapping[str, Any]]] = None,
        *,
        ids: Optional[Sequence[Optional[str]]] = None,
    ) -> List[str]:
        """Add texts whose vectors are known: lists, or a NumPy array of one vector a row. Else as `add_texts`."""
        keys, documents = keyed(texts, embeddings, metadatas, ids)
        if documents:
            self._learn(embeddings)
            self._run(partial(self._adding, documents))
        return keys

    async def aadd_embeddings(
        self,
        texts: Sequence[str],
        embeddings: Sequence[Any],
        metadatas: Optional[Sequence[Mapping[str, Any]]] = None,
        *,
        ids: Optional[Sequence[Optional[str]]] = None,
    ) -> List[str]:
        """As `add_embeddings`, awaited."""
        keys, documents = keyed(texts, embeddings, metadatas, ids)
        if documents:
            self._learn(embeddings)
            await self._arun(partial(self._adding, documents))
        return keys

    def _adding(self, documents: Sequence[Tuple[str, str, Any, Mapping[str, Any]]], connection: Any) -> Steps[None]:
        rows = [self._documents.row(number, *document) for number, document in enumerate(documents)]
        # Sorted, so that two writers of the same documents wait for each other and do not lock each other out.
        return repeated(connection, self._documents.upsert(self._table), sorted(rows, key=lambda row: str(row[0])))

    def get_by_ids(self, ids: Sequence[str], /) -> List[Document]:
        """The documents with these ids, in their order, as far as they are there."""
        return self._run(partial(self._getting, ids))

    async def aget_by_ids(self, ids: Sequence[str], /) -> List[Document]:
        """As `get_by_ids`, awaited."""
        return await self._arun(partial(self._getting, ids))

    def _getting(self, ids: Sequence[str], connection: Any) -> Steps[List[Document]]:
        sql = f"SELECT {self._documents.selection()} FROM {self._table} WHERE id IN"
        rows = {row[0]: row for row in (yield from found(connection, sql, ids))}
        return [self._documents.document(rows[key]) for key in dict.fromkeys(ids) if key in rows]

    def delete(self, ids: Optional[List[str]] = None, *, filter: Optional[Filter] = None, **kwargs: Any) -> bool:
        """Delete documents: those with these ids, those that a filter finds, or those of both.

        Args:
            ids: their ids; one that is not there is no error. An empty list deletes nothing.
            filter: a filter of their metadata.
            **kwargs: what LangChain gives to every store; not used.

        With neither (both are None), all documents are deleted, as LangChain's contract says.
        """
        self._run(partial(self._deleting, ids, filter))
        return True

    async def adelete(
        self,
        ids: Optional[List[str]] = None,
        *,
        filter: Optional[Filter] = None,
        **kwargs: Any,
    ) -> bool:
        """As `delete`, awaited."""
        await self._arun(partial(self._deleting, ids, filter))
        return True

    def _deleting(
        self,
        ids: Optional[Sequence[str]],
        filter: Optional[Filter],
        connection: Any,
    ) -> Steps[int]:
        if filter is not None and not filter:
            raise errors.ProgrammingError("an empty filter does not say which documents to delete")
        where, params = self._where(filter)
        deleted = 0
        for some in [None] if ids is None else parts(sorted(set(ids))):
            conditions = ([] if some is None else [f"id IN ({marks(some)})"]) + ([] if where is None else [where])
            sql = f"DELETE FROM {self._table}" + (f" WHERE {' AND '.join(conditions)}" if conditions else "")
            deleted += yield from executed(connection, sql, [*(some or ()), *params])
        return deleted

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        """A distance as a relevance from 0 to 1, as LangChain reckons it; below 0 is 0."""
        if self._metric is vector.Metric.L2:
            return lambda distance: max(0.0, 1.0 - distance / math.sqrt(2))
        if self._metric is vector.Metric.COSINE:
            return lambda distance: min(1.0, max(0.0, 1.0 - distance))
        return lambda distance: min(1.0, max(0.0, -distance))
