"""`AsyncCursor`: runs statements and fetches their rows."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Optional, Sequence, Type

from scratchbird._shared import call_statement
from scratchbird.aio.copying import AsyncCopyMethods
from scratchbird.rows import Row


class AsyncCursor(AsyncCopyMethods[Row]):
    """Runs statements and fetches their rows. Made by `AsyncConnection.cursor`."""

    async def callproc(self, procname: str, parameters: Sequence[Any] = ()) -> Sequence[Any]:
        """Call a procedure. As [`Cursor.callproc`][scratchbird.Cursor.callproc], awaited."""
        await self.execute(call_statement(procname, parameters), tuple(parameters))
        return parameters

    async def __aenter__(self) -> AsyncCursor[Row]:
        return self

    async def __aexit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()
