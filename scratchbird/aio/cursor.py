"""`AsyncCursor`: runs statements and fetches their rows."""

from __future__ import annotations

from types import TracebackType
from typing import Optional, Type

from scratchbird.aio.calls import AsyncCallMethods
from scratchbird.aio.columns import AsyncColumnMethods
from scratchbird.aio.many import AsyncManyMethods
from scratchbird.aio.streaming import AsyncStreamMethods
from scratchbird.rows import Row


class AsyncCursor(AsyncCallMethods[Row], AsyncColumnMethods[Row], AsyncManyMethods[Row], AsyncStreamMethods[Row]):
    """Runs statements and fetches their rows. Made by `AsyncConnection.cursor`."""

    async def __aenter__(self) -> AsyncCursor[Row]:
        return self

    async def __aexit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()
