"""The rows that are left as columns, of cursors."""

from __future__ import annotations

from typing import Any, Dict, Iterator

from scratchbird import _columns, _core
from scratchbird._columns import BATCH_ROWS
from scratchbird._shared import CursorBase
from scratchbird.rows import Row


class ColumnMethods(CursorBase, _core.Cursor[Row]):
    """What a cursor offers to fetch columns instead of rows."""

    def fetch_arrow_table(self) -> Any:
        """Fetch all rows that are left as a `pyarrow.Table`.

        The columns are decoded in Rust, without the GIL. Where pyarrow is not installed, a
        [`scratchbird.ArrowTable`][scratchbird.ArrowTable] comes instead, which polars, DuckDB and other readers of the
        Arrow PyCapsule interface take as it is.

        Raises:
            DataError: a value does not fit its column's type; the message names row and column, and the rows stay.
            ProgrammingError: the last statement has no rows to fetch, or there was none.
            InterfaceError: the cursor is closed.

        Example:
            >>> with connect(dsn) as connection:
            ...     cursor = connection.execute("select n, n * 0.5 as half from generate_series(1, 3) as n")
            ...     table = cursor.fetch_arrow_table()
            >>> table.num_rows, table.column("n").to_pylist()
            (3, [1, 2, 3])

        Contract: the table of types in [Columns](../columns.md).
        """
        return _columns.table(self._columnar().read())

    def fetch_record_batches(self, size: int = BATCH_ROWS) -> Iterator[Any]:
        """Fetch the rows that are left as `pyarrow.RecordBatch`es, one after the other.

        All batches have the same schema. Rows are taken from the cursor batch by batch, and fetches in between go on
        where the last batch ended.

        Args:
            size: the most rows of a batch; all but the last have as many, unless their values take more than 256 MiB.

        Raises:
            ProgrammingError: `size` is below 1; and as [`fetch_arrow_table`][scratchbird.Cursor.fetch_arrow_table].

        Example:
            >>> with connect(dsn) as connection:
            ...     cursor = connection.execute("select n from generate_series(1, 5) as n")
            ...     print([batch.num_rows for batch in cursor.fetch_record_batches(2)])
            [2, 2, 1]
        """
        _columns.check_size(size)
        return self._batches(self._columnar(), size)

    def _batches(self, reader: _core.ColumnReader, size: int) -> Iterator[Any]:
        while True:
            data = reader.read(size)
            if not data.num_rows:
                return
            yield _columns.batch(data)

    def fetch_numpy(self) -> Dict[str, Any]:
        """Fetch all rows that are left as NumPy arrays: a dict from the names of the columns, in their order.

        An array with NULLs is a masked array. Numbers, truth values, dates, timestamps (`datetime64`, in UTC where they
        have a zone) and vectors (one array of rows × dimensions) are arrays of their own type over the memory that they
        were decoded into; a column of any other type is an array of the objects that a row would hold.

        Raises:
            ModuleNotFoundError: NumPy is not installed.
            ProgrammingError: two columns have the same name; and as
                [`fetch_arrow_table`][scratchbird.Cursor.fetch_arrow_table].
            DataError: a value does not fit its column's type; the rows stay.

        Example:
            >>> with connect(dsn) as connection:
            ...     cursor = connection.execute("select n, n * 2 as twice from generate_series(1, 3) as n")
            ...     print(cursor.fetch_numpy()["twice"])
            [2 4 6]
        """
        reader = self._columnar()
        _columns.prepare("fetch_numpy()", [("numpy", "numpy")], self._columns)
        return _columns.arrays(reader.arrays())

    def fetch_df(self, *, dtype_backend: str = "numpy") -> Any:
        """Fetch all rows that are left as a `pandas.DataFrame`.

        Args:
            dtype_backend: `"numpy"` for NumPy's types, and pandas' nullable ones for integers and truth values with
                NULLs; `"pyarrow"` for columns of `pandas.ArrowDtype`, which needs pyarrow and pandas 1.5.

        Raises:
            ModuleNotFoundError: pandas, or what it needs here, is not installed.
            NotSupportedError: `"pyarrow"`, and pandas is older than 1.5.
            ProgrammingError: another `dtype_backend`; and as
                [`fetch_arrow_table`][scratchbird.Cursor.fetch_arrow_table].
            DataError: a value does not fit its column's type; the rows stay.

        Example:
            >>> with connect(dsn) as connection:
            ...     frame = connection.execute("select n from generate_series(1, 3) as n").fetch_df()
            >>> int(frame["n"].sum())
            6
        """
        _columns.check_backend(dtype_backend)
        _columns.check_pandas("fetch_df()", dtype_backend)
        reader = self._columnar()
        if dtype_backend == "pyarrow":
            return _columns.arrow_frame(reader.read())
        return _columns.frame(reader.arrays())

    def fetch_polars(self) -> Any:
        """Fetch all rows that are left as a `polars.DataFrame`. pyarrow is not needed.

        polars has neither intervals of months and days nor decimals of more than 38 digits: such columns are text.

        Raises:
            ModuleNotFoundError: polars is not installed.
            ProgrammingError: two columns have the same name; and as
                [`fetch_arrow_table`][scratchbird.Cursor.fetch_arrow_table].
            DataError: a value does not fit its column's type; the rows stay.

        Example:
            >>> with connect(dsn) as connection:
            ...     frame = connection.execute("select n from generate_series(1, 3) as n").fetch_polars()
            >>> frame.shape
            (3, 1)
        """
        reader = self._columnar()
        _columns.prepare("fetch_polars()", [("polars", "polars")], self._columns)
        return _columns.polars_frame(reader.read(plain=True))

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The rows that are left as an Arrow C stream: pyarrow, polars, DuckDB and pandas read a cursor by it.

        The rows are the stream's from then on, and decoded as it is read. A value that does not fit is an error of the
        reader's, with the same message.
        """
        return self._columnar().stream(requested_schema)

    def __arrow_c_schema__(self) -> Any:
        """The types of the rows that are left, an Arrow C schema; the rows stay. DuckDB asks for it before it reads."""
        return self._columnar().schema()
