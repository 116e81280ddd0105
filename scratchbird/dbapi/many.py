"""`executemany` and `setinputsizes`, of cursors."""

from __future__ import annotations

from typing import Any, Optional, TypeVar

from scratchbird import _core, _frames
from scratchbird._executemany import blocking_steps
from scratchbird._frame_loads import many_steps
from scratchbird._frames import is_frame
from scratchbird._input_sizes import InputSizes, input_sizes
from scratchbird._progress import Progress, telling
from scratchbird._shared import CursorBase
from scratchbird._steps import blocking
from scratchbird.bulk import BATCH, Count, length
from scratchbird.rows import Row

C = TypeVar("C", bound="ManyMethods[Any]")


class ManyMethods(CursorBase, _core.Cursor[Row]):
    """What a cursor offers to run a statement with many sets of values."""

    def executemany(
        self: C,
        query: str,
        seq_of_params: Any,
        /,
        *,
        returning: bool = False,
        timeout: Optional[float] = None,
        progress: Progress = None,
    ) -> C:
        """Run a statement once for every set of values, in a few large requests.

        All sets or none take effect: an error undoes the rows before it, back to the begin of the call. Rows are taken
        from the iterable as they are sent, so that a generator of any length takes little memory.

        Args:
            query: the SQL text, as for `execute`.
            seq_of_params: an iterable of sequences or of mappings. Or a frame, as
                [`bulk_copy`][scratchbird.Connection.bulk_copy] takes it, whose columns are the parameters: by name
                for `:name` and `%(name)s`, else in their order. Its types are checked against those that the server
                says the parameters of an INSERT have, before the first row goes.
            returning: keep the result of every row: the cursor is at the first, `nextset` steps to the next one.
            timeout: the most seconds all of them together may take, as for `execute`.
            progress: a function of the number of rows so far, a bar of tqdm's (or anything with `update(n)`), or True
                for a bar of its own.

        Returns:
            The cursor itself; `rowcount` is the total of all sets, `rowcounts` has the count of each.

        Raises:
            DatabaseError: as `execute`; `row_index` is the row, from 0, where the server says which.

        Example:
            >>> with connect(dsn) as connection:
            ...     cursor = connection.execute("create temporary table many (a int)")
            ...     cursor.executemany("insert into many (a) values (?)", [(1,), (2,)]).rowcount
            2

        Contract: PEP 249 `.executemany()`; SBWP 3.3.5 and 4.4.
        """
        if is_frame(seq_of_params):
            frame = _frames.frame(seq_of_params, "executemany()")
            with telling(progress, frame.rows, "executemany") as told:
                blocking(many_steps(self, query, frame, returning, timeout, told, False))
        elif progress is None:
            blocking(blocking_steps(_core.Executions(self, query, returning, timeout), seq_of_params))
        else:
            with telling(progress, length(seq_of_params), "executemany") as told:
                count = Count(BATCH, told)
                many = _core.Executions(self, query, returning, timeout)
                blocking(blocking_steps(many, count.of_any(seq_of_params)))
                count.end()
        return self

    def setinputsizes(self, sizes: InputSizes) -> None:
        """Give types to the parameters of the next `execute` or `executemany` (PEP 249).

        Args:
            sizes: for each parameter a type object (`scratchbird.NUMBER`, `STRING`, `BINARY`, `DATETIME`, `ROWID`), a
                type OID, or None to leave it; a sequence, or a mapping for named parameters. A value whose own type is
                in the group of a type object keeps it. The type also holds for NULL.

        Raises:
            ProgrammingError: something that is no type. When the statement is run: more types than parameters.
            DataError: when the statement is run: a text that is no number cannot be sent as one.

        Example:
            >>> with connect(dsn) as connection:
            ...     cursor = connection.cursor()
            ...     cursor.setinputsizes([NUMBER])
            ...     cursor.execute("select ?", ["12.50"]).fetchone()
            (Decimal('12.50'),)
        """
        self._set_input_sizes(input_sizes(sizes))
