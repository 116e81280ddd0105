"""One statement and its rows, in one call of a connection."""

from __future__ import annotations

from typing import Any, List, Optional, overload

from scratchbird._shared import Params
from scratchbird.aio.statements import AsyncStatementMethods
from scratchbird.rows import Row, RowFactory, T


class AsyncFetchMethods(AsyncStatementMethods[Row]):
    """What a connection offers to run a statement and fetch from it at once."""

    @overload
    async def fetch(
        self, query: str, params: Optional[Params] = None, *, timeout: Optional[float] = None
    ) -> List[Row]: ...

    @overload
    async def fetch(
        self,
        query: str,
        params: Optional[Params] = None,
        *,
        row_factory: RowFactory[T],
        timeout: Optional[float] = None,
    ) -> List[T]: ...

    async def fetch(
        self,
        query: str,
        params: Optional[Params] = None,
        *,
        row_factory: Optional[RowFactory[Any]] = None,
        timeout: Optional[float] = None,
    ) -> List[Any]:
        """As [`Connection.fetch`][scratchbird.Connection.fetch], awaited."""
        async with self.cursor(row_factory=row_factory or self.row_factory) as cursor:
            await cursor.execute(query, params, timeout=timeout)
            return await cursor.fetchall()

    @overload
    async def fetchrow(
        self, query: str, params: Optional[Params] = None, *, timeout: Optional[float] = None
    ) -> Optional[Row]: ...

    @overload
    async def fetchrow(
        self,
        query: str,
        params: Optional[Params] = None,
        *,
        row_factory: RowFactory[T],
        timeout: Optional[float] = None,
    ) -> Optional[T]: ...

    async def fetchrow(
        self,
        query: str,
        params: Optional[Params] = None,
        *,
        row_factory: Optional[RowFactory[Any]] = None,
        timeout: Optional[float] = None,
    ) -> Optional[Any]:
        """As [`Connection.fetchrow`][scratchbird.Connection.fetchrow], awaited."""
        async with self.cursor(row_factory=row_factory or self.row_factory) as cursor:
            await cursor.execute(query, params, timeout=timeout)
            return await cursor.fetchone()

    async def fetchval(
        self, query: str, params: Optional[Params] = None, *, column: int = 0, timeout: Optional[float] = None
    ) -> Any:
        """As [`Connection.fetchval`][scratchbird.Connection.fetchval], awaited."""
        async with self.cursor() as cursor:
            await cursor.execute(query, params, timeout=timeout)
            return await cursor.fetchval(column)
