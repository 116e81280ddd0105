"""Pipelines, of connections."""

from __future__ import annotations

from scratchbird import _core
from scratchbird.pipeline import Pipeline
from scratchbird.rows import Row


class PipelineMethods(_core.Connection[Row]):
    """What a connection offers to send many statements at once."""

    def pipeline(self) -> Pipeline:
        """A block whose statements are sent without waiting for the answers of those before them.

        Inside it `execute` queues a statement; a fetch waits for the answer it needs, leaving the block or
        `sync()` for all. What was done between two syncs holds together, or is undone together.

        Example:
            >>> with connect(dsn) as connection:
            ...     with connection.pipeline():
            ...         cursors = [connection.execute("select $1 * 2", (n,)) for n in range(3)]
            ...     [cursor.fetchone() for cursor in cursors]
            [(0,), (2,), (4,)]

        Contract: SBWP 4.5.
        """
        return Pipeline(self)
