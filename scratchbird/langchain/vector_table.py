"""The table of a vector store: what its searches, its indexes and the store itself have in common."""

from __future__ import annotations

from typing import Any, Callable, List, Mapping, Optional, Sequence, Tuple

from langchain_core.embeddings import Embeddings

from scratchbird import vector
from scratchbird.aio import AsyncConnection
from scratchbird.langchain.documents import Documents
from scratchbird.langchain.filters import condition
from scratchbird.langchain.source import Connections
from scratchbird.langchain.table import TableBacked
from scratchbird.vector.metric import metric_of

Filter = Mapping[str, Any]

EMBEDDING = "embedding"
"""The column of the vectors."""


def face(connection: Any, name: str) -> Callable[..., Any]:
    """The function of `scratchbird.vector` for this face."""
    function: Callable[..., Any] = getattr(vector, f"a{name}" if isinstance(connection, AsyncConnection) else name)
    return function


class VectorTable(TableBacked):
    """A table of documents with a column of vectors, whose dimension is that of the first vector unless it is given."""

    def __init__(
        self,
        connection: Connections,
        embedding: Embeddings,
        table: str,
        metric: str,
        dimension: Optional[int],
        metadata_columns: Optional[Mapping[str, str]],
        create_table: bool,
    ) -> None:
        self._documents = Documents(metadata_columns or {})
        self._embedding = embedding
        self._metric = metric_of(metric)
        self._dimension = dimension
        super().__init__(connection, table, create_table=create_table)

    def _definition(self) -> List[str]:
        assert self._dimension is not None
        return [self._documents.definition(self._table, self._dimension)]

    def create_table(self) -> None:
        """Make the table, unless it is there. Any number of processes may do so at the same moment.

        The embedding is asked for a vector, where the dimension is not known yet.
        """
        if self._dimension is None:
            self._dimension = len(self._embedding.embed_query("dimension"))
        super().create_table()

    async def acreate_table(self) -> None:
        """As `create_table`, awaited."""
        if self._dimension is None:
            self._dimension = len(await self._embedding.aembed_query("dimension"))
        await super().acreate_table()

    def _learn(self, vectors: Sequence[Any]) -> None:
        if self._dimension is None:
            self._dimension = len(vectors[0])

    def _where(self, filter: Optional[Filter]) -> Tuple[Optional[str], Tuple[Any, ...]]:
        if not filter:
            return None, ()
        return condition(filter, columns=self._documents.fields)
