"""The rows that are left as columns, of cursors. As `scratchbird.dbapi.columns`, awaited."""

from __future__ import annotations

from typing import Any, AsyncIterator, Dict

from scratchbird import _columns, _core
from scratchbird._columns import BATCH_ROWS
from scratchbird._shared import CursorBase
from scratchbird.rows import Row


class AsyncColumnMethods(CursorBase, _core.AsyncCursor[Row]):
    """What a cursor offers to fetch columns instead of rows. They are decoded on another thread."""

    async def fetch_arrow_table(self) -> Any:
        """Fetch all rows that are left as a `pyarrow.Table`. As
        [`Cursor.fetch_arrow_table`][scratchbird.Cursor.fetch_arrow_table], awaited.

        Example:
            >>> async def main() -> None:
            ...     async with await connect_async(dsn) as connection:
            ...         cursor = await connection.execute("select n from generate_series(1, 3) as n")
            ...         print((await cursor.fetch_arrow_table()).num_rows)
            >>> asyncio.run(main())
            3
        """
        return _columns.table(await (await self._columnar()).aread())

    async def fetch_record_batches(self, size: int = BATCH_ROWS) -> AsyncIterator[Any]:
        """Fetch the rows that are left as `pyarrow.RecordBatch`es, with `async for`. As
        [`Cursor.fetch_record_batches`][scratchbird.Cursor.fetch_record_batches]; the call itself is not awaited.

        Example:
            >>> async def main() -> None:
            ...     async with await connect_async(dsn) as connection:
            ...         cursor = await connection.execute("select n from generate_series(1, 5) as n")
            ...         print([batch.num_rows async for batch in cursor.fetch_record_batches(2)])
            >>> asyncio.run(main())
            [2, 2, 1]
        """
        _columns.check_size(size)
        reader = await self._columnar()
        while True:
            data = await reader.aread(size)
            if not data.num_rows:
                return
            yield _columns.batch(data)

    async def fetch_numpy(self) -> Dict[str, Any]:
        """Fetch all rows that are left as NumPy arrays by name. As
        [`Cursor.fetch_numpy`][scratchbird.Cursor.fetch_numpy], awaited."""
        reader = await self._columnar()
        _columns.prepare("fetch_numpy()", [("numpy", "numpy")], self._columns)
        return _columns.arrays(await reader.aarrays())

    async def fetch_df(self, *, dtype_backend: str = "numpy") -> Any:
        """Fetch all rows that are left as a `pandas.DataFrame`. As
        [`Cursor.fetch_df`][scratchbird.Cursor.fetch_df], awaited."""
        _columns.check_backend(dtype_backend)
        _columns.check_pandas("fetch_df()", dtype_backend)
        reader = await self._columnar()
        if dtype_backend == "pyarrow":
            return _columns.arrow_frame(await reader.aread())
        return _columns.frame(await reader.aarrays())

    async def fetch_polars(self) -> Any:
        """Fetch all rows that are left as a `polars.DataFrame`. As
        [`Cursor.fetch_polars`][scratchbird.Cursor.fetch_polars], awaited."""
        reader = await self._columnar()
        _columns.prepare("fetch_polars()", [("polars", "polars")], self._columns)
        return _columns.polars_frame(await reader.aread(plain=True))

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The rows that are left as an Arrow C stream, decoded by the thread that reads it. It is not awaited."""
        return self._columnar_now().stream(requested_schema)

    def __arrow_c_schema__(self) -> Any:
        """The types of the rows that are left, an Arrow C schema; the rows stay. DuckDB asks for it before it reads."""
        return self._columnar_now().schema()
