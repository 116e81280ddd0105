"""Prepared statements, of connections."""

from __future__ import annotations

from types import TracebackType
from typing import Any, AsyncIterable, Iterable, List, Optional, Type, Union, cast, overload

from scratchbird._shared import Params
from scratchbird._steps import awaiting
from scratchbird.aio.cursor import AsyncCursor
from scratchbird.aio.statements import AsyncStatementMethods
from scratchbird.prepared import StatementBase
from scratchbird.rows import Row, RowFactory, T


class AsyncPreparedStatement(StatementBase[Row]):
    """A statement that the server keeps prepared.

    Made by [`AsyncConnection.prepare`][scratchbird.AsyncConnection.prepare].
    As a context manager it closes. It belongs to its connection: a pool's connection ends it by going back.
    """

    async def execute(self, params: Optional[Params] = None, *, timeout: Optional[float] = None) -> AsyncCursor[Row]:
        """As [`PreparedStatement.execute`][scratchbird.PreparedStatement.execute], awaited."""
        return cast("AsyncCursor[Row]", await awaiting(self._execute(params, timeout)))

    async def executemany(
        self,
        seq_of_params: Union[Iterable[Params], AsyncIterable[Params]],
        *,
        returning: bool = False,
        timeout: Optional[float] = None,
    ) -> AsyncCursor[Row]:
        """As [`PreparedStatement.executemany`][scratchbird.PreparedStatement.executemany], awaited."""
        return cast("AsyncCursor[Row]", await awaiting(self._many(seq_of_params, returning, timeout)))

    async def fetch(self, params: Optional[Params] = None, *, timeout: Optional[float] = None) -> List[Row]:
        """As [`PreparedStatement.fetch`][scratchbird.PreparedStatement.fetch], awaited."""
        return cast("List[Row]", await awaiting(self._fetched("fetchall", params, timeout)))

    async def fetchrow(self, params: Optional[Params] = None, *, timeout: Optional[float] = None) -> Optional[Row]:
        """As [`PreparedStatement.fetchrow`][scratchbird.PreparedStatement.fetchrow], awaited."""
        return cast("Optional[Row]", await awaiting(self._fetched("fetchone", params, timeout)))

    async def fetchval(
        self, params: Optional[Params] = None, *, column: int = 0, timeout: Optional[float] = None
    ) -> Any:
        """As [`PreparedStatement.fetchval`][scratchbird.PreparedStatement.fetchval], awaited."""
        return await awaiting(self._fetched("fetchval", params, timeout, column))

    async def close(self) -> None:
        """As [`PreparedStatement.close`][scratchbird.PreparedStatement.close], awaited."""
        self._let_go()

    async def __aenter__(self) -> AsyncPreparedStatement[Row]:
        return self

    async def __aexit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._let_go()


class AsyncPrepareMethods(AsyncStatementMethods[Row]):
    """What a connection offers to prepare statements."""

    @overload
    async def prepare(
        self, query: str, name: Optional[str] = None, *, timeout: Optional[float] = None
    ) -> AsyncPreparedStatement[Row]: ...

    @overload
    async def prepare(
        self,
        query: str,
        name: Optional[str] = None,
        *,
        row_factory: RowFactory[T],
        timeout: Optional[float] = None,
    ) -> AsyncPreparedStatement[T]: ...

    async def prepare(
        self,
        query: str,
        name: Optional[str] = None,
        *,
        row_factory: Optional[RowFactory[Any]] = None,
        timeout: Optional[float] = None,
    ) -> AsyncPreparedStatement[Any]:
        """Prepare a statement for many executions. As [`Connection.prepare`][scratchbird.Connection.prepare], awaited.

        Example:
            >>> async def main() -> None:
            ...     async with await connect_async(dsn) as connection:
            ...         async with await connection.prepare("select %s::int * 2") as double:
            ...             print([await double.fetchval((n,)) for n in range(3)])
            >>> asyncio.run(main())
            [0, 2, 4]
        """
        statement: AsyncPreparedStatement[Any] = AsyncPreparedStatement(self, query, name, row_factory, timeout)
        await statement._core.aprepare()
        return statement
