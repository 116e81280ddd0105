"""LangChain's key-value store of bytes, in a table."""

from __future__ import annotations

from functools import partial
from typing import Any, AsyncIterator, Dict, Iterator, List, Optional, Sequence, Tuple

from langchain_core.stores import ByteStore

from scratchbird._steps import Steps
from scratchbird.langchain.source import Connections, fetched, repeated
from scratchbird.langchain.table import TableBacked, found

_PAGE = 1000
"""Keys that are read at a time. No connection is held between two pages."""


class ScratchBirdByteStore(TableBacked, ByteStore):
    """A `ByteStore`: bytes by keys of text, for documents, for embeddings (`CacheBackedEmbeddings`) and others.

    Args:
        connection: a connection string, a [`ConnectionPool`][scratchbird.ConnectionPool] or
            [`AsyncConnectionPool`][scratchbird.AsyncConnectionPool] (either serves both faces), or one connection.
        table: the table's name; columns `key` (text, the primary key) and `value` (bytea).
        create_table: whether the table is made at the first use, if it is not there.

    Example:
        >>> with ScratchBirdByteStore(dsn, table="doc_bytes") as store:
        ...     store.mset([("a", b"1"), ("b", b"2")])
        ...     print(store.mget(["a", "c"]), sorted(store.yield_keys()))
        ...     store.drop_table()
        [b'1', None] ['a', 'b']

    Contract: `langchain_core.stores.BaseStore`.
    """

    def __init__(self, connection: Connections, *, table: str = "langchain_bytes", create_table: bool = True) -> None:
        super().__init__(connection, table, create_table=create_table)

    def _definition(self) -> List[str]:
        return [f"CREATE TABLE {self._table} (key TEXT PRIMARY KEY, value BYTEA NOT NULL)"]

    def mget(self, keys: Sequence[str]) -> List[Optional[bytes]]:
        """The values of some keys, in their order; None for one that is not there."""
        return self._run(partial(self._getting, keys))

    async def amget(self, keys: Sequence[str]) -> List[Optional[bytes]]:
        """As `mget`, awaited."""
        return await self._arun(partial(self._getting, keys))

    def _getting(self, keys: Sequence[str], connection: Any) -> Steps[List[Optional[bytes]]]:
        rows = yield from found(connection, f"SELECT key, value FROM {self._table} WHERE key IN", keys)
        values: Dict[str, bytes] = dict(rows)
        return [values.get(key) for key in keys]

    def mset(self, key_value_pairs: Sequence[Tuple[str, bytes]]) -> None:
        """Set the values of some keys: all, or none where it fails. Of a key that comes twice the last value counts."""
        self._run(partial(self._setting, key_value_pairs))

    async def amset(self, key_value_pairs: Sequence[Tuple[str, bytes]]) -> None:
        """As `mset`, awaited."""
        await self._arun(partial(self._setting, key_value_pairs))

    def _setting(self, pairs: Sequence[Tuple[str, bytes]], connection: Any) -> Steps[None]:
        sql = (
            f"INSERT INTO {self._table} (key, value) VALUES (?, ?) "
            "ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value"
        )
        # Sorted, so that two writers who set the same keys wait for each other and do not lock each other out.
        return repeated(connection, sql, sorted(dict(pairs).items()))

    def mdelete(self, keys: Sequence[str]) -> None:
        """Delete some keys. One that is not there is no error."""
        self._run(partial(self._deleting, keys))

    async def amdelete(self, keys: Sequence[str]) -> None:
        """As `mdelete`, awaited."""
        await self._arun(partial(self._deleting, keys))

    def _deleting(self, keys: Sequence[str], connection: Any) -> Steps[None]:
        return repeated(connection, f"DELETE FROM {self._table} WHERE key = ?", [(key,) for key in sorted(set(keys))])

    def yield_keys(self, *, prefix: Optional[str] = None) -> Iterator[str]:
        """The keys, all or those that begin with `prefix`, in the server's order, a page at a time."""
        page = self._run(partial(self._page, prefix, None))
        while page:
            yield from page
            page = self._run(partial(self._page, prefix, page[-1])) if len(page) == _PAGE else []

    async def ayield_keys(self, *, prefix: Optional[str] = None) -> AsyncIterator[str]:
        """As `yield_keys`, for `async for`."""
        page = await self._arun(partial(self._page, prefix, None))
        while page:
            for key in page:
                yield key
            page = await self._arun(partial(self._page, prefix, page[-1])) if len(page) == _PAGE else []

    def _page(self, prefix: Optional[str], after: Optional[str], connection: Any) -> Steps[List[str]]:
        conditions, params = [], []
        if prefix:
            conditions.append("key LIKE ? ESCAPE '!'")
            params.append("".join("!" + letter if letter in "!%_" else letter for letter in prefix) + "%")
        if after is not None:
            conditions.append("key > ?")
            params.append(after)
        where = f"WHERE {' AND '.join(conditions)} " if conditions else ""
        rows = yield from fetched(
            connection, f"SELECT key FROM {self._table} {where}ORDER BY key LIMIT {_PAGE}", params
        )
        return [key for (key,) in rows]
