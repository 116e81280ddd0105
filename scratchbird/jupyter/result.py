"""What `%sql` gives: the rows of a statement, shown as a table, and as any kind of frame on demand."""

from __future__ import annotations

from typing import Any, Iterator, List, Sequence

from scratchbird._html import SHOWN, counted, facts, peek, rows_html, shown, took, type_name


class SqlResult:
    """The result of one statement.

    Attributes:
        cursor: the cursor that has it.
        seconds: how long the statement took, its rows included.
        rowcount: the rows of the result, or those that were changed.
        columns: the names of the columns.
        types: the names of their types.
    """

    def __init__(self, cursor: Any, seconds: float, limit: int = SHOWN) -> None:
        self.cursor, self.seconds, self.limit = cursor, seconds, limit

    @property
    def rowcount(self) -> int:
        """The rows of the result, or those that were changed; -1 where nobody counted."""
        count: int = self.cursor.rowcount
        return count

    @property
    def columns(self) -> List[str]:
        """The names of the columns."""
        return [column[0] for column in self.cursor.description or ()]

    @property
    def types(self) -> List[str]:
        """The names of their types."""
        return [type_name(column[1]) for column in self.cursor.description or ()]

    def _begin(self) -> Any:
        self.cursor.scroll(0, "absolute")
        return self.cursor

    def rows(self) -> List[Any]:
        """All rows, tuples unless the connection has a row factory."""
        rows: List[Any] = self._begin().fetchall()
        return rows

    def df(self, **options: Any) -> Any:
        """A `pandas.DataFrame`; the options are those of `fetch_df`."""
        return self._begin().fetch_df(**options)

    def polars(self) -> Any:
        """A `polars.DataFrame`."""
        return self._begin().fetch_polars()

    def arrow(self) -> Any:
        """A `pyarrow.Table`."""
        return self._begin().fetch_arrow_table()

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows())

    def __len__(self) -> int:
        return self.rowcount if self.cursor.description else 0

    def _repr_html_(self) -> str:
        if self.cursor.description is None:
            return facts("statement", [("done", self._done())])
        return rows_html(self._begin(), self.limit, self.seconds)

    def _done(self) -> str:
        rows = "" if self.rowcount < 0 else f", {counted(self.rowcount)}"
        return f"{self.cursor.statusmessage or 'done'}{rows}, {took(self.seconds)}"

    def __repr__(self) -> str:
        if self.cursor.description is None:
            return self._done()
        rows, total = peek(self._begin(), self.limit)
        heads = [f"{name} ({kind})" for name, kind in zip(self.columns, self.types)]
        lines = text_table(heads, rows)
        left = "" if len(rows) == total else f", {len(rows)} shown"
        return "\n".join([*lines, f"{counted(total)}{left}, {took(self.seconds)}"])


def text_table(heads: Sequence[str], rows: Sequence[Any]) -> List[str]:
    """Rows below their heads."""
    cells = [["NULL" if value is None else shown(value).replace("\n", " ") for value in row] for row in rows]
    widths = [max([len(head), *(len(line[at]) for line in cells)]) for at, head in enumerate(heads)]
    return ["  ".join(value.ljust(width) for value, width in zip(line, widths)).rstrip() for line in [heads, *cells]]
