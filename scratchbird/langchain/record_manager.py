"""LangChain's record of what has been indexed and when, for `langchain_core.indexing.index`."""

from __future__ import annotations

from functools import partial
from typing import Any, List, Optional, Sequence, Set

from langchain_core.indexing import RecordManager

from scratchbird._steps import Steps
from scratchbird.langchain.source import Connections, fetched, repeated
from scratchbird.langchain.table import TableBacked, marks, parts


class ScratchBirdRecordManager(TableBacked, RecordManager):
    """The keys of the documents that are in an index, each with its group and the server's time when it was written.

    Args:
        connection: a connection string, a [`ConnectionPool`][scratchbird.ConnectionPool] or
            [`AsyncConnectionPool`][scratchbird.AsyncConnectionPool] (either serves both faces), or one connection.
        namespace: which index; records of others in the table are left alone.
        table: the table's name; columns `namespace`, `key`, `group_id` (texts) and `updated_at` (seconds since 1970).
        create_table: whether the table is made at the first use, if it is not there; `create_schema` makes it in any
            case.

    Example:
        >>> with ScratchBirdRecordManager(dsn, "letters", table="doc_records") as records:
        ...     records.create_schema()
        ...     records.update(["a", "b"], group_ids=["one.txt", "two.txt"])
        ...     print(records.exists(["a", "c"]), records.list_keys(group_ids=["two.txt"]))
        ...     records.drop_table()
        [True, False] ['b']

    Contract: `langchain_core.indexing.RecordManager`.
    """

    def __init__(
        self, connection: Connections, namespace: str, *, table: str = "langchain_records", create_table: bool = True
    ) -> None:
        TableBacked.__init__(self, connection, table, create_table=create_table)
        RecordManager.__init__(self, namespace)

    def _definition(self) -> List[str]:
        return [
            f"CREATE TABLE {self._table} (namespace TEXT NOT NULL, key TEXT NOT NULL, group_id TEXT, "
            "updated_at DOUBLE NOT NULL, PRIMARY KEY (namespace, key))",
            f"CREATE INDEX {self._index_name('group')} ON {self._table} (namespace, group_id)",
        ]

    def create_schema(self) -> None:
        """Make the table, unless it is there."""
        self.create_table()

    async def acreate_schema(self) -> None:
        """As `create_schema`, awaited."""
        await self.acreate_table()

    def get_time(self) -> float:
        """The server's time in seconds since 1970, exact to the microsecond."""
        return self._source.run(self._timing)

    async def aget_time(self) -> float:
        """As `get_time`, awaited."""
        return await self._source.arun(self._timing)

    def _timing(self, connection: Any) -> Steps[float]:
        rows = yield from fetched(connection, "SELECT extract(epoch FROM clock_timestamp())")
        return float(rows[0][0])

    def update(
        self,
        keys: Sequence[str],
        *,
        group_ids: Optional[Sequence[Optional[str]]] = None,
        time_at_least: Optional[float] = None,
    ) -> None:
        """Record that documents have been written now.

        Args:
            keys: their keys.
            group_ids: for each key the group of its document; None for none.
            time_at_least: a time that the server's clock must have reached.

        Raises:
            ValueError: the two lists have different lengths, or the server's clock is behind `time_at_least`. Nothing
                has been recorded.
        """
        self._run(partial(self._updating, keys, group_ids, time_at_least))

    async def aupdate(
        self,
        keys: Sequence[str],
        *,
        group_ids: Optional[Sequence[Optional[str]]] = None,
        time_at_least: Optional[float] = None,
    ) -> None:
        """As `update`, awaited."""
        await self._arun(partial(self._updating, keys, group_ids, time_at_least))

    def _updating(
        self,
        keys: Sequence[str],
        group_ids: Optional[Sequence[Optional[str]]],
        time_at_least: Optional[float],
        connection: Any,
    ) -> Steps[None]:
        groups = [None] * len(keys) if group_ids is None else list(group_ids)
        if len(groups) != len(keys):
            raise ValueError(f"there are {len(keys)} keys and {len(groups)} group_ids")
        now = yield from self._timing(connection)
        if time_at_least is not None and now < time_at_least:
            raise ValueError(f"the server's clock, {now}, is behind time_at_least, {time_at_least}")
        latest = dict(zip(keys, groups))
        yield from repeated(
            connection,
            f"INSERT INTO {self._table} (namespace, key, group_id, updated_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (namespace, key) DO UPDATE SET group_id = EXCLUDED.group_id, updated_at = EXCLUDED.updated_at",
            [(self.namespace, key, latest[key], now) for key in sorted(latest)],
        )

    def exists(self, keys: Sequence[str]) -> List[bool]:
        """For each key whether there is a record of it."""
        return self._run(partial(self._looking, keys))

    async def aexists(self, keys: Sequence[str]) -> List[bool]:
        """As `exists`, awaited."""
        return await self._arun(partial(self._looking, keys))

    def _looking(self, keys: Sequence[str], connection: Any) -> Steps[List[bool]]:
        known: Set[str] = set()
        for some in parts(sorted(set(keys))):
            rows = yield from fetched(
                connection,
                f"SELECT key FROM {self._table} WHERE namespace = ? AND key IN ({marks(some)})",
                [self.namespace, *some],
            )
            known.update(key for (key,) in rows)
        return [key in known for key in keys]

    def list_keys(
        self,
        *,
        before: Optional[float] = None,
        after: Optional[float] = None,
        group_ids: Optional[Sequence[str]] = None,
        limit: Optional[int] = None,
    ) -> List[str]:
        """The keys of some records.

        Args:
            before: only those written before this time, in seconds since 1970.
            after: only those written after it.
            group_ids: only those of these groups.
            limit: the most keys.
        """
        return self._run(partial(self._listing, before, after, group_ids, limit))

    async def alist_keys(
        self,
        *,
        before: Optional[float] = None,
        after: Optional[float] = None,
        group_ids: Optional[Sequence[str]] = None,
        limit: Optional[int] = None,
    ) -> List[str]:
        """As `list_keys`, awaited."""
        return await self._arun(partial(self._listing, before, after, group_ids, limit))

    def _listing(
        self,
        before: Optional[float],
        after: Optional[float],
        group_ids: Optional[Sequence[str]],
        limit: Optional[int],
        connection: Any,
    ) -> Steps[List[str]]:
        condition, params = "namespace = ?", [self.namespace]
        for operator, time in (("<", before), (">", after)):
            if time is not None:
                condition += f" AND updated_at {operator} ?"
                params.append(time)  # type: ignore[arg-type]
        found: List[str] = []
        # Without groups there is one question; with no group in the list there is none.
        for some in [None] if group_ids is None else parts(sorted(set(group_ids))):
            asked = condition if some is None else f"{condition} AND group_id IN ({marks(some)})"
            rows = yield from fetched(
                connection, f"SELECT key FROM {self._table} WHERE {asked} ORDER BY key", [*params, *(some or ())]
            )
            found += [key for (key,) in rows]
        return found if limit is None else found[:limit]

    def delete_keys(self, keys: Sequence[str]) -> None:
        """Forget some records. One that is not there is no error."""
        self._run(partial(self._deleting, keys))

    async def adelete_keys(self, keys: Sequence[str]) -> None:
        """As `delete_keys`, awaited."""
        await self._arun(partial(self._deleting, keys))

    def _deleting(self, keys: Sequence[str], connection: Any) -> Steps[None]:
        return repeated(
            connection,
            f"DELETE FROM {self._table} WHERE namespace = ? AND key = ?",
            [(self.namespace, key) for key in sorted(set(keys))],
        )
