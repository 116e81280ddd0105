"""`Cursor`: runs statements and fetches their rows."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Optional, Sequence, Type

from scratchbird._shared import call_statement
from scratchbird.dbapi.copying import CopyMethods
from scratchbird.rows import Row


class Cursor(CopyMethods[Row]):
    """Runs statements and fetches their rows. Made by [`Connection.cursor`][scratchbird.Connection.cursor]."""

    def callproc(self, procname: str, parameters: Sequence[Any] = ()) -> Sequence[Any]:
        """Call a procedure (PEP 249). The rows it returns are the cursor's result.

        Args:
            procname: its name, `schema.procedure` for one outside the current schema.
            parameters: its arguments.

        Returns:
            The arguments, unchanged: SBsql procedures return rows, not OUT parameters.

        Raises:
            ProgrammingError: the name is not a path of identifiers, or there is no such procedure.
        """
        self.execute(call_statement(procname, parameters), tuple(parameters))
        return parameters

    def __enter__(self) -> Cursor[Row]:
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()
