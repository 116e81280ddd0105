"""Rows as they arrive, of cursors."""

from __future__ import annotations

from typing import Any, List, Optional, overload

from scratchbird import _core
from scratchbird._shared import CursorBase, Params
from scratchbird.rows import Row


class AsyncStreamMethods(CursorBase, _core.AsyncCursor[Row]):
    """What a cursor offers to read a large result."""

    @overload
    def stream(
        self, query: str, params: Optional[Params] = None, *, batch: None = None, timeout: Optional[float] = None
    ) -> _core.AsyncRowStream[Row]: ...

    @overload
    def stream(
        self, query: str, params: Optional[Params] = None, *, batch: int, timeout: Optional[float] = None
    ) -> _core.AsyncRowStream[List[Row]]: ...

    def stream(
        self,
        query: str,
        params: Optional[Params] = None,
        *,
        batch: Optional[int] = None,
        timeout: Optional[float] = None,
    ) -> _core.AsyncRowStream[Any]:
        """Run a query and iterate over its rows as they arrive, with `async for`, in constant memory.

        As [`Cursor.stream`][scratchbird.Cursor.stream]. The call itself is not awaited. A loop that is left early
        ends the stream as soon as nobody holds it; `aclose()` or an `async with` block do so at once.

        Example:
            >>> async def main() -> None:
            ...     async with await connect_async(dsn) as connection:
            ...         query = "select n from generate_series(1, 3) as n"
            ...         print([n async for (n,) in connection.cursor().stream(query)])
            >>> asyncio.run(main())
            [1, 2, 3]
        """
        return _core.AsyncRowStream(self, query, params, batch, timeout)
