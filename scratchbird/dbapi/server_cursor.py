"""`ServerCursor`: a cursor in the server, whose rows are fetched bit by bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, List, NoReturn, Optional, cast

from scratchbird import _columns
from scratchbird._columns import BATCH_ROWS
from scratchbird._server_cursor import ServerCursorBase, refuse
from scratchbird._shared import Params
from scratchbird._steps import blocking
from scratchbird.dbapi.cursor import Cursor
from scratchbird.rows import Row, RowFactory

if TYPE_CHECKING:
    from scratchbird import _core


class ServerCursor(ServerCursorBase, Cursor[Row]):
    """A cursor in the server: the result stays there, and only the rows that are fetched travel.

    Made by [`Connection.cursor`][scratchbird.Connection.cursor] with a name. It lives until it is closed or its
    transaction ends; with `withhold` until its connection does.
    """

    def __new__(
        cls,
        connection: _core.Connection[Any],
        name: str,
        row_factory: Optional[RowFactory[Any]] = None,
        scrollable: Optional[bool] = None,
        withhold: bool = False,
        itersize: Optional[int] = None,
    ) -> ServerCursor[Row]:
        self = cast("ServerCursor[Row]", super().__new__(cls, connection, row_factory))
        self._begin(name, scrollable, withhold, itersize)
        return self

    def _run(self, *args: Any, **keywords: Any) -> Any:
        return super().execute(*args, **keywords)

    def _built(self) -> List[Any]:
        return super().fetchall()

    def _shut(self) -> None:
        super().close()

    def _reader(self) -> _core.ColumnReader:
        return super()._columnar()

    def _columnar(self) -> _core.ColumnReader:
        reader: _core.ColumnReader = blocking(self._columns_left())
        return reader

    def fetch_record_batches(self, size: int = BATCH_ROWS) -> Iterator[Any]:
        """Fetch the rows that are left as `pyarrow.RecordBatch`es, in constant memory: each is fetched from the server
        when it is asked for.

        All batches have the types that the rows of the first ask for; numerics without a declared scale are text,
        because the rest of the rows is not known.

        Args:
            size: the rows of a batch; the last has fewer, and one whose values take more than 256 MiB.

        Raises:
            ProgrammingError: `size` is below 1; iteration has fetched rows ahead; and as
                [`fetch_arrow_table`][scratchbird.Cursor.fetch_arrow_table].
            DataError: a value does not fit its column's type; the rows of this batch stay.
            InterfaceError: the cursor was closed, or declared for another query, between two batches.

        Example:
            >>> with connect(dsn) as connection:
            ...     cursor = connection.cursor("numbers")
            ...     _ = cursor.execute("select n from generate_series(1, 5) as n")
            ...     print([batch.num_rows for batch in cursor.fetch_record_batches(2)])
            [2, 2, 1]
        """
        _columns.check_size(size)
        result = self._result
        return self._parts(blocking(self._part(size)), size, result)

    def _parts(self, first: _core.ColumnReader, size: int, result: object) -> Iterator[Any]:
        reader: Optional[_core.ColumnReader] = first
        while reader is not None:
            data = reader.read(size)
            if data.num_rows:
                yield _columns.batch(data)
            reader = blocking(self._next_part(size, reader, result))

    def __arrow_c_stream__(self, requested_schema: Any = None) -> Any:
        """The rows that are left as an Arrow C stream, in constant memory: each batch is fetched from the server,
        `itersize` rows, when the reader asks for it, by the thread that reads. The types are those of
        [`fetch_record_batches`][scratchbird.ServerCursor.fetch_record_batches].
        """
        size, result = self.itersize, self._result
        latest = blocking(self._part(size))

        def more() -> Optional[_core.ColumnReader]:
            nonlocal latest
            reader: Optional[_core.ColumnReader] = blocking(self._next_part(size, latest, result))
            if reader is not None:
                latest = reader
            return reader

        return latest.stream(requested_schema, more)

    def __arrow_c_schema__(self) -> Any:
        """The types of the rows that are left, an Arrow C schema; fetches `itersize` rows to see them, which stay."""
        return blocking(self._part(self.itersize)).schema()

    def execute(
        self,
        query: str,
        params: Optional[Params] = None,
        *,
        timeout: Optional[float] = None,
        generated_keys: Any = None,
    ) -> ServerCursor[Row]:
        """Declare the cursor for a query, in the place of one it was declared for before.

        Args:
            query: a query, with placeholders as for any cursor.
            params: the values, a sequence or a mapping, or None.
            timeout: the most seconds it may take, and every fetch after it; the connection's `statement_timeout` if not
                given.
            generated_keys: for cursors without a name.

        Raises:
            ProgrammingError: it is not a query; or in autocommit outside of a transaction, without `withhold`.
        """
        if generated_keys:
            raise refuse("execute(generated_keys=...)")
        blocking(self._declare(query, params, timeout))
        return self

    def fetchone(self) -> Optional[Row]:
        """Fetch the next row, `None` after the last. A round trip, unless iteration has fetched it already."""
        row: Optional[Row] = blocking(self._one())
        return row

    def fetchmany(self, size: Optional[int] = None) -> List[Row]:
        """Fetch up to `size` rows (`arraysize` if not given, which is `itersize` at first), empty after the last."""
        return blocking(self._some(self.arraysize if size is None else size))

    def fetchall(self) -> List[Row]:
        """Fetch all rows that are left."""
        return blocking(self._some(None))

    def scroll(self, value: int, mode: str = "relative") -> None:
        """Move in the result: `relative` by `value` rows, `absolute` to row `value` (the first is 0).

        Raises:
            IndexError: the position is outside of the result. A cursor with `scrollable=True` stays where it was; any
                other stands behind the last row then.
            ProgrammingError: it would go backwards, and `scrollable` is False.
        """
        blocking(self._scroll(value, mode))

    def close(self) -> None:
        """Close the cursor, in the server too. Closing twice is no error."""
        blocking(self._close())

    def nextset(self) -> None:
        """`None`: there is one result."""

    def __iter__(self) -> ServerCursor[Row]:
        self._check()
        return self

    def __next__(self) -> Row:
        if not self._ahead and not blocking(self._refill()):
            raise StopIteration
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
