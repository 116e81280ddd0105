"""`executemany` and `setinputsizes`, of cursors."""

from __future__ import annotations

from typing import Any, AsyncIterable, Iterable, Optional, TypeVar, Union

from scratchbird import _core
from scratchbird._executemany import awaited_steps
from scratchbird._input_sizes import InputSizes, input_sizes
from scratchbird._shared import CursorBase, Params
from scratchbird._steps import awaiting
from scratchbird.rows import Row

C = TypeVar("C", bound="AsyncManyMethods[Any]")


class AsyncManyMethods(CursorBase, _core.AsyncCursor[Row]):
    """What a cursor offers to run a statement with many sets of values."""

    async def executemany(
        self: C,
        query: str,
        seq_of_params: Union[Iterable[Params], AsyncIterable[Params]],
        /,
        *,
        returning: bool = False,
        timeout: Optional[float] = None,
    ) -> C:
        """Run a statement once for every set of values. As `Cursor.executemany`, awaited.

        `seq_of_params` may be an asynchronous iterable too.
        """
        await awaiting(awaited_steps(_core.Executions(self, query, returning, timeout), seq_of_params))
        return self

    def setinputsizes(self, sizes: InputSizes) -> None:
        """Give types to the parameters of the next statement. As `Cursor.setinputsizes`: it does not wait."""
        self._set_input_sizes(input_sizes(sizes))
