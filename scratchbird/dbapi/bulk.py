"""`bulk_copy`, of connections."""

from __future__ import annotations

from typing import Any, Callable, Optional, Sequence

from scratchbird import _frame_loads, bulk
from scratchbird._frames import is_frame
from scratchbird._progress import Progress
from scratchbird.dbapi.statements import StatementMethods
from scratchbird.rows import Row


class BulkMethods(StatementMethods[Row]):
    """What a connection offers to load many rows."""

    def bulk_copy(
        self,
        table: str,
        rows: Any,
        *,
        columns: Optional[Sequence[str]] = None,
        batch_size: int = bulk.BATCH,
        on_progress: Optional[Callable[[int], Any]] = None,
        progress: Progress = None,
        timeout: Optional[float] = None,
    ) -> int:
        """Copy rows into a table, and return their number; all rows are stored, or none.

        Args:
            table: its name, `schema.table` outside of the current schema. Names are quoted, never pasted.
            rows: sequences or mappings; a generator will do.
                Or a frame: an Arrow table, batch or stream (`__arrow_c_stream__`, `__arrow_c_array__`), a pandas,
                polars or other (`__dataframe__`) frame, a NumPy array with fields or of two dimensions; see
                [Loading frames](../frames.md).
            columns: the columns to fill: the keys of the first row, or all of the table, if not given. Of a frame its
                columns of these names, all if not given; an array without fields has columns by position.
            batch_size: rows between two calls of `on_progress`.
            on_progress: called with the number of rows so far.
            progress: a function of the number of rows so far, a bar of tqdm's (or anything with `update(n)`), or True
                for a bar of its own.
            timeout: the most seconds that the COPY may take.

        Raises:
            DataError: a value cannot be sent; the message names the row, from 0, and the column. A column of a frame
                whose type does not go into the table's: before any row is sent.
            DatabaseError: the server reports another number of rows than were sent.
        """
        if is_frame(rows):
            return _frame_loads.bulk_copy(self, table, rows, columns, on_progress, timeout, progress)
        return bulk.bulk_copy(self, table, rows, columns, batch_size, on_progress, timeout, progress)
