"""A component that keeps its data in one table, and the making of the table, however many make it at one moment."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from functools import partial
from typing import Any, Callable, List, Sequence, TypeVar

from scratchbird import errors
from scratchbird._steps import Steps, awaiting, blocking
from scratchbird.bulk import quoted_path
from scratchbird.langchain.source import Connections, Rows, Source, T, Work, executed, fetched

_MISSING = {"42P01", "42704"}
"""There is no such table: as an undefined table, or as an undefined object."""

_MADE_MEANWHILE = {"42P07", "42710", "23505", "40001", "40P01"}
"""What the making of a table fails with where another session makes it at the same moment."""

_ATTEMPTS = 10

IN_A_LIST = 500
"""Values in one IN list."""

Self = TypeVar("Self", bound="TableBacked")


def parts(values: Sequence[Any], size: int = IN_A_LIST) -> List[Sequence[Any]]:
    """Lists short enough for one statement."""
    return [values[start : start + size] for start in range(0, len(values), size)]


def marks(values: Sequence[Any]) -> str:
    """A placeholder for each value, with commas."""
    return ", ".join("?" * len(values))


def found(connection: Any, sql: str, values: Sequence[Any]) -> Steps[Rows]:
    """The rows of a query for the values of an IN list, with which it ends."""
    rows: Rows = []
    for some in parts(list(dict.fromkeys(values))):
        rows += yield from fetched(connection, f"{sql} ({marks(some)})", some)
    return rows


def preparing(run: Callable[[Work[Any]], Any], probe: Work[Any], creation: Work[Any]) -> Steps[None]:
    """Make a table unless it is there.

    Nothing here counts on `IF NOT EXISTS`, which not every server has, and which lets two sessions collide: whoever
    fails because another was quicker finds the table the next time he looks.
    """
    failure: Exception = errors.InternalError("unreachable")
    for _ in range(_ATTEMPTS):
        try:
            yield partial(run, probe)
            return
        except errors.DatabaseError as error:
            if error.sqlstate not in _MISSING:
                raise
        try:
            yield partial(run, creation)
        except errors.DatabaseError as error:
            if error.sqlstate not in _MADE_MEANWHILE:
                raise
            failure = error
    raise failure


class TableBacked(ABC):
    """What all components that keep their data in a table have in common.

    Args:
        connection: a connection string, a pool of either face, or a connection.
        table: the table's name, `schema.table` for one outside of the current schema.
        create_table: whether the table is made at the first use, if it is not there.
    """

    def __init__(self, connection: Connections, table: str, *, create_table: bool) -> None:
        self._source = Source(connection)
        self._table = quoted_path(table)
        self._table_name = table
        self._prepared = not create_table

    @property
    def table(self) -> str:
        """The name of the table, as it was given."""
        return self._table_name

    @abstractmethod
    def _definition(self) -> List[str]:
        """The statements that make the table and its indexes."""

    def _index_name(self, of: str) -> str:
        """A name for an index of the table, short enough for every server."""
        digest = hashlib.sha256(self._table.encode()).hexdigest()[:12]
        return f'"sb_{digest}_{of}"'

    def _probe(self, connection: Any) -> Steps[Rows]:
        return fetched(connection, f"SELECT * FROM {self._table} LIMIT 0")

    def _creation(self, connection: Any) -> Steps[None]:
        for statement in self._definition():
            yield from executed(connection, statement)

    def _dropping(self, connection: Any) -> Steps[int]:
        return executed(connection, f"DROP TABLE {self._table}")

    def create_table(self) -> None:
        """Make the table, unless it is there. Any number of processes may do so at the same moment."""
        blocking(preparing(self._source.run, self._probe, self._creation))
        self._prepared = not self._source.in_transaction

    async def acreate_table(self) -> None:
        """As `create_table`, awaited."""
        await awaiting(preparing(self._source.arun, self._probe, self._creation))
        self._prepared = not self._source.in_transaction

    def drop_table(self) -> None:
        """Drop the table with all that is in it. The component makes a new one at its next use.

        Raises:
            ProgrammingError: there is no such table.
        """
        self._source.run(self._dropping)
        self._prepared = False

    async def adrop_table(self) -> None:
        """As `drop_table`, awaited."""
        await self._source.arun(self._dropping)
        self._prepared = False

    def _run(self, work: Work[T]) -> T:
        if not self._prepared:
            self.create_table()
        return self._source.run(work)

    async def _arun(self, work: Work[T]) -> T:
        if not self._prepared:
            await self.acreate_table()
        return await self._source.arun(work)

    def close(self) -> None:
        """Close the pool that was made for a connection string. A pool or connection that was given stays open."""
        self._source.close()

    async def aclose(self) -> None:
        """As `close`, awaited."""
        await self._source.aclose()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(self, *exc: Any) -> None:
        await self.aclose()
