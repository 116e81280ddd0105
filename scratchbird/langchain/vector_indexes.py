"""The control of the indexes of the vector store."""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, List

from scratchbird import vector
from scratchbird._steps import Steps
from scratchbird.langchain.vector_table import EMBEDDING, VectorTable, face


class IndexMethods(VectorTable):
    """What a vector store offers to make, drop and look at the indexes on its vectors."""

    def create_index(self, **options: Any) -> str:
        """Make an index on the vectors, for the metric of the store.

        Args:
            **options: `method` (`hnsw`, `ivf`, `exact`), `name`, `options`, `if_not_exists` and `timeout`, as of
                [`vector.create_index`][scratchbird.vector.create_index].

        Returns:
            Its name.
        """
        return self._run(partial(self._indexing, options))

    async def acreate_index(self, **options: Any) -> str:
        """As `create_index`, awaited."""
        return await self._arun(partial(self._indexing, options))

    def _indexing(self, options: Dict[str, Any], connection: Any) -> Steps[str]:
        create = face(connection, "create_index")
        name: str = yield partial(
            create, connection, self._table_name, EMBEDDING, **{"metric": self._metric, **options}
        )
        return name

    def drop_index(self, name: str, **options: Any) -> None:
        """Drop an index on the vectors.

        Args:
            name: its name, as `create_index` gave it.
            **options: `if_exists` and `timeout`, as of [`vector.drop_index`][scratchbird.vector.drop_index].
        """
        self._run(partial(self._unindexing, name, options))

    async def adrop_index(self, name: str, **options: Any) -> None:
        """As `drop_index`, awaited."""
        await self._arun(partial(self._unindexing, name, options))

    def _unindexing(self, name: str, options: Dict[str, Any], connection: Any) -> Steps[None]:
        # An index is in the schema of its table.
        path = (*self._table_name.split(".")[:-1], name)
        yield partial(face(connection, "drop_index"), connection, path, **options)

    def indexes(self) -> List[vector.VectorIndex]:
        """The indexes on the vectors, as far as the server's catalogue has them."""
        return self._run(self._listing)

    async def aindexes(self) -> List[vector.VectorIndex]:
        """As `indexes`, awaited."""
        return await self._arun(self._listing)

    def _listing(self, connection: Any) -> Steps[List[vector.VectorIndex]]:
        indexes: List[vector.VectorIndex] = yield partial(face(connection, "indexes"), connection, self._table_name)
        return indexes
