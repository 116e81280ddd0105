"""`bulk_copy`, of connections."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Optional, Sequence

from scratchbird import bulk
from scratchbird.dbapi.statements import StatementMethods
from scratchbird.rows import Row


class BulkMethods(StatementMethods[Row]):
    """What a connection offers to load many rows."""

    def bulk_copy(
        self,
        table: str,
        rows: Iterable[Any],
        *,
        columns: Optional[Sequence[str]] = None,
        batch_size: int = bulk.BATCH,
        on_progress: Optional[Callable[[int], Any]] = None,
        timeout: Optional[float] = None,
    ) -> int:
        """Copy rows into a table, and return their number; all rows are stored, or none.

        Args:
            table: its name, `schema.table` outside of the current schema. Names are quoted, never pasted.
            rows: sequences or mappings; a generator will do.
            columns: the columns to fill: the keys of the first row, or all of the table, if not given.
            batch_size: rows between two calls of `on_progress`.
            on_progress: called with the number of rows so far.
            timeout: the most seconds that the COPY may take.

        Raises:
            DataError: a value cannot be sent; the message names the row, from 0, and the column.
            DatabaseError: the server reports another number of rows than were sent.
        """
        return bulk.bulk_copy(self, table, rows, columns, batch_size, on_progress, timeout)
