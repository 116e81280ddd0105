"""`executemany` and `setinputsizes`, of cursors."""

from __future__ import annotations

from typing import Any, Optional, TypeVar

from scratchbird import _core, _frames
from scratchbird._executemany import awaited_steps
from scratchbird._frame_loads import many_steps
from scratchbird._frames import is_frame
from scratchbird._input_sizes import InputSizes, input_sizes
from scratchbird._progress import Progress, telling
from scratchbird._shared import CursorBase
from scratchbird._steps import awaiting
from scratchbird.bulk import BATCH, Count, length
from scratchbird.rows import Row

C = TypeVar("C", bound="AsyncManyMethods[Any]")


class AsyncManyMethods(CursorBase, _core.AsyncCursor[Row]):
    """What a cursor offers to run a statement with many sets of values."""

    async def executemany(
        self: C,
        query: str,
        seq_of_params: Any,
        /,
        *,
        returning: bool = False,
        timeout: Optional[float] = None,
        progress: Progress = None,
    ) -> C:
        """Run a statement once for every set of values. As `Cursor.executemany`, awaited.

        `seq_of_params` may be an asynchronous iterable too.
        """
        if is_frame(seq_of_params):
            frame = _frames.frame(seq_of_params, "executemany()")
            with telling(progress, frame.rows, "executemany") as told:
                await awaiting(many_steps(self, query, frame, returning, timeout, told, True))
        elif progress is None:
            await awaiting(awaited_steps(_core.Executions(self, query, returning, timeout), seq_of_params))
        else:
            with telling(progress, length(seq_of_params), "executemany") as told:
                count = Count(BATCH, told)
                many = _core.Executions(self, query, returning, timeout)
                await awaiting(awaited_steps(many, count.of_any(seq_of_params)))
                count.end()
        return self

    def setinputsizes(self, sizes: InputSizes) -> None:
        """Give types to the parameters of the next statement. As `Cursor.setinputsizes`: it does not wait."""
        self._set_input_sizes(input_sizes(sizes))
