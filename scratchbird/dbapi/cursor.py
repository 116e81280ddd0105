"""`Cursor`: runs statements and fetches their rows."""

from __future__ import annotations

from types import TracebackType
from typing import Optional, Type

from scratchbird.dbapi.calls import CallMethods
from scratchbird.dbapi.columns import ColumnMethods
from scratchbird.dbapi.many import ManyMethods
from scratchbird.dbapi.streaming import StreamMethods
from scratchbird.rows import Row


class Cursor(CallMethods[Row], ColumnMethods[Row], ManyMethods[Row], StreamMethods[Row]):
    """Runs statements and fetches their rows. Made by [`Connection.cursor`][scratchbird.Connection.cursor]."""

    def __enter__(self) -> Cursor[Row]:
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()
