"""`AsyncServerCursor`: a cursor in the server, whose rows are fetched bit by bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, AsyncIterator, Awaitable, List, NoReturn, Optional, cast

from scratchbird import _columns
from scratchbird._columns import BATCH_ROWS
from scratchbird._server_cursor import ServerCursorBase, nothing, refuse
from scratchbird._shared import Params
from scratchbird._steps import Steps, awaiting
from scratchbird.aio.cursor import AsyncCursor
from scratchbird.rows import Row, RowFactory

if TYPE_CHECKING:
    from scratchbird import _core


class AsyncServerCursor(ServerCursorBase, AsyncCursor[Row]):
    """A cursor in the server: the result stays there, and only the rows that are fetched travel.

    Made by [`AsyncConnection.cursor`][scratchbird.AsyncConnection.cursor] with a name. It lives until it is closed
    or its transaction ends; with `withhold` until its connection does.
    """

    def __new__(
        cls,
        connection: _core.AsyncConnection[Any],
        name: str,
        row_factory: Optional[RowFactory[Any]] = None,
        scrollable: Optional[bool] = None,
        withhold: bool = False,
        itersize: Optional[int] = None,
    ) -> AsyncServerCursor[Row]:
        self = cast("AsyncServerCursor[Row]", super().__new__(cls, connection, row_factory))
        self._begin(name, scrollable, withhold, itersize)
        return self

    def _run(self, *args: Any, **keywords: Any) -> Any:
        return super().execute(*args, **keywords)

    def _built(self) -> Awaitable[List[Any]]:
        return super().fetchall()

    def _shut(self) -> Awaitable[None]:
        return super().close()

    def _reader(self) -> Awaitable[_core.ColumnReader]:
        return super()._columnar()

    def _columnar(self) -> Awaitable[_core.ColumnReader]:  # type: ignore[override]
        return awaiting(self._columns_left())

    def _columnar_now(self) -> _core.ColumnReader:
        if not (self._lent and self._at_end):
            raise refuse("an Arrow stream, which cannot wait for the server,")
        return super()._columnar_now()

    async def fetch_record_batches(self, size: int = BATCH_ROWS) -> AsyncIterator[Any]:
        """Fetch the rows that are left as `pyarrow.RecordBatch`es, in constant memory. As
        [`ServerCursor.fetch_record_batches`][scratchbird.ServerCursor.fetch_record_batches], with `async for`.

        Example:
            >>> async def main() -> None:
            ...     async with await connect_async(dsn) as connection:
            ...         cursor = connection.cursor("numbers")
            ...         await cursor.execute("select n from generate_series(1, 5) as n")
            ...         print([batch.num_rows async for batch in cursor.fetch_record_batches(2)])
            >>> asyncio.run(main())
            [2, 2, 1]
        """
        _columns.check_size(size)
        result = self._result
        reader: Optional[_core.ColumnReader] = await awaiting(self._part(size))
        while reader is not None:
            data = await reader.aread(size)
            if data.num_rows:
                yield _columns.batch(data)
            reader = await awaiting(self._next_part(size, reader, result))

    # Coroutines, where the core has awaitables of its own.
    def execute(  # type: ignore[override]
        self,
        query: str,
        params: Optional[Params] = None,
        *,
        timeout: Optional[float] = None,
        generated_keys: Any = None,
    ) -> Awaitable[AsyncServerCursor[Row]]:
        """Declare the cursor for a query. As [`ServerCursor.execute`][scratchbird.ServerCursor.execute], awaited."""
        if generated_keys:
            raise refuse("execute(generated_keys=...)")
        return self._executed(self._declare(query, params, timeout))

    async def _executed(self, steps: Steps[None]) -> AsyncServerCursor[Row]:
        await awaiting(steps)
        return self

    def fetchone(self) -> Awaitable[Optional[Row]]:  # type: ignore[override]
        """Fetch the next row, `None` after the last. A round trip, unless iteration has fetched it already."""
        return awaiting(self._one())

    def fetchmany(self, size: Optional[int] = None) -> Awaitable[List[Row]]:  # type: ignore[override]
        """Fetch up to `size` rows (`arraysize` if not given, which is `itersize` at first), empty after the last."""
        return awaiting(self._some(self.arraysize if size is None else size))

    def fetchall(self) -> Awaitable[List[Row]]:  # type: ignore[override]
        """Fetch all rows that are left."""
        return awaiting(self._some(None))

    def scroll(self, value: int, mode: str = "relative") -> Awaitable[None]:  # type: ignore[override]
        """Move in the result. As [`ServerCursor.scroll`][scratchbird.ServerCursor.scroll], awaited."""
        return awaiting(self._scroll(value, mode))

    def close(self) -> Awaitable[None]:  # type: ignore[override]
        """Close the cursor, in the server too. Closing twice is no error."""
        return awaiting(self._close())

    def nextset(self) -> Awaitable[None]:  # type: ignore[override]
        """`None`: there is one result."""
        return awaiting(nothing())

    def __aiter__(self) -> AsyncServerCursor[Row]:
        self._check()
        return self

    def __anext__(self) -> Awaitable[Row]:  # type: ignore[override]
        return self._next()

    async def _next(self) -> Row:
        if not self._ahead and not await awaiting(self._refill()):
            raise StopAsyncIteration
        row: Row = self._ahead.popleft()
        return row

    def executemany(self, *args: Any, **keywords: Any) -> NoReturn:
        """Not supported: a server-side cursor has one result."""
        raise refuse("executemany()")

    def callproc(self, *args: Any, **keywords: Any) -> NoReturn:
        """Not supported: a server-side cursor is declared for a query."""
        raise refuse("callproc()")

    def callfunc(self, *args: Any, **keywords: Any) -> NoReturn:
        """Not supported: a server-side cursor is declared for a query."""
        raise refuse("callfunc()")

    def copy(self, *args: Any, **keywords: Any) -> NoReturn:
        """Not supported: a server-side cursor is declared for a query."""
        raise refuse("copy()")

    def copy_from(self, *args: Any, **keywords: Any) -> NoReturn:
        """Not supported: a server-side cursor is declared for a query."""
        raise refuse("copy_from()")

    def copy_to(self, *args: Any, **keywords: Any) -> NoReturn:
        """Not supported: a server-side cursor is declared for a query."""
        raise refuse("copy_to()")

    def stream(self, *args: Any, **keywords: Any) -> NoReturn:
        """Not supported: iterate the cursor."""
        raise refuse("stream()")
