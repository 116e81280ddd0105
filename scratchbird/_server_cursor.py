"""Server-side cursors: what they send, in which order, and what they refuse, once for both faces.

A cursor is declared, fetched from and closed in SQL. Both faces run the steps that are yielded here; what is called
is the ordinary cursor's, so that rows are built as everywhere.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Deque, List, Optional

from scratchbird import errors
from scratchbird._html import facts
from scratchbird._server_columns import ServerColumns
from scratchbird._steps import Steps
from scratchbird.transaction import Scope, quote_name

NO_SUCH_CURSOR = "34000"


class ServerCursorBase(ServerColumns):
    """The state of a server-side cursor. `_run`, `_built`, `_shut` and `_reader` are those of the ordinary cursor."""

    _run: Any
    _built: Any
    _shut: Any
    _reader: Any
    connection: Any
    closed: Any
    arraysize: Any

    itersize: int
    """How many rows iteration fetches at a time."""

    def _begin(self, name: str, scrollable: Optional[bool], withhold: bool, itersize: Optional[int]) -> None:
        self._name = name
        self._sql_name = quote_name(name, "a cursor")
        self._scrollable = scrollable
        self._withhold = withhold
        default = self.connection._server_cursor()
        self.itersize = default if itersize is None else itersize
        if self.itersize < 1:
            raise errors.ProgrammingError("itersize is at least 1")
        self.arraysize = self.itersize
        self._declared = False
        # The `timeout` of execute(), which holds for what follows it too.
        self._limit: Optional[float] = None
        self._reset()

    def _reset(self) -> None:
        # Rows that the server has given, rows of them that nobody has asked for yet, and whether it had no more.
        self._fetched = 0
        self._ahead: Deque[Any] = deque()
        self._at_end = False
        self._lend_nothing()

    @property
    def name(self) -> str:
        """The name of the cursor in the server."""
        return self._name

    @property
    def scrollable(self) -> Optional[bool]:
        """Whether it can move backwards; `None` leaves it to the server."""
        return self._scrollable

    @property
    def withhold(self) -> bool:
        """Whether it outlives its transaction."""
        return self._withhold

    @property
    def rownumber(self) -> Optional[int]:
        """The index of the next row in the result, from 0; `None` without a result."""
        return self._fetched - len(self._ahead) if self._declared else None

    @property
    def rowcount(self) -> int:
        """-1: how many rows there are is not known before they have been fetched."""
        return -1

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r} ({self._state()}) at {id(self):#x}>"

    def _repr_html_(self) -> str:
        # Its rows are in the server.
        return facts(type(self).__name__, [("name", self._name), ("state", self._state())])

    def _state(self) -> str:
        return "closed" if self.closed else "open" if self._declared else "not executed"

    def _declare(self, query: str, params: Any, timeout: Optional[float]) -> Steps[None]:
        connection = self.connection
        if connection.autocommit and Scope(connection._scope) is Scope.PLAIN and not self._withhold:
            raise errors.ProgrammingError(
                "a server-side cursor lives in a transaction, and in autocommit each statement is one: use "
                "transaction(), or withhold=True"
            )
        yield from self._end()
        self._limit = timeout
        scroll = {None: "", True: "SCROLL ", False: "NO SCROLL "}[self._scrollable]
        hold = " WITH HOLD" if self._withhold else ""
        text = f"DECLARE {self._sql_name} {scroll}CURSOR{hold} FOR {query}"
        yield lambda: self._run(text, params, timeout=timeout)
        self._declared = True
        self._reset()
        # Nothing is fetched, but the columns are known.
        yield lambda: self._run(f"FETCH FORWARD 0 FROM {self._sql_name}", None, timeout=timeout)

    def _end(self) -> Steps[None]:
        if not self._declared:
            return
        self._declared = False
        self._reset()
        if self.connection.closed:
            return
        try:
            yield lambda: self._run(f"CLOSE {self._sql_name}", None, timeout=self._limit)
        except errors.Error as error:
            # Its transaction has ended, and it with it.
            if error.sqlstate != NO_SUCH_CURSOR:
                raise

    def _close(self) -> Steps[None]:
        if self.closed:
            return
        try:
            yield from self._end()
        finally:
            yield self._shut

    def _check(self) -> None:
        if self.closed:
            raise errors.InterfaceError("the cursor is closed")
        if not self._declared:
            raise errors.ProgrammingError("there is no result to fetch from: no statement has been run")

    def _fetch(self, direction: str) -> Steps[List[Any]]:
        yield lambda: self._run(f"FETCH {direction} FROM {self._sql_name}", None, timeout=self._limit)
        rows: List[Any] = yield self._built
        return rows

    def _take(self, size: int) -> List[Any]:
        """Rows that are here already."""
        ahead = self._ahead
        return [ahead.popleft() for _ in range(min(size, len(ahead)))]

    def _some(self, size: Optional[int]) -> Steps[List[Any]]:
        """Up to `size` rows; all that are left without it."""
        self._check()
        yield from self._reclaim()
        rows = self._take(len(self._ahead) if size is None else size)
        left = None if size is None else size - len(rows)
        if self._at_end or left == 0:
            return rows
        more = yield from self._fetch("ALL" if left is None else f"FORWARD {left}")
        self._fetched += len(more)
        self._at_end = left is None or len(more) < left
        return rows + more if rows else more

    def _one(self) -> Steps[Any]:
        rows = yield from self._some(1)
        return rows[0] if rows else None

    def _refill(self) -> Steps[bool]:
        """Fetches rows for iteration; false after the last."""
        rows = yield from self._some(self.itersize)
        self._ahead.extend(rows)
        return bool(rows)

    def _scroll(self, value: int, mode: str) -> Steps[None]:
        self._check()
        yield from self._reclaim()
        here = self._fetched - len(self._ahead)
        if mode not in ("relative", "absolute"):
            raise errors.ProgrammingError(f"scroll mode is 'relative' or 'absolute', not {mode!r}")
        target = value if mode == "absolute" else here + value
        if target < 0:
            raise IndexError("the position lies before the first row")
        if here <= target <= self._fetched:
            self._take(target - here)
        elif target > self._fetched:
            yield from self._forward(target, here)
        else:
            yield from self._back(target)

    def _forward(self, target: int, here: int) -> Steps[None]:
        found: List[Any] = []
        if not self._at_end:
            found = yield from self._fetch(f"RELATIVE {target - self._fetched}")
        if found:
            self._fetched = target
            self._ahead.clear()
            return
        if not self._at_end:
            # The server's cursor stands behind the last row now; how many there are nobody has said.
            self._at_end = True
            if self._scrollable:
                yield from self._back(here)
            else:
                self._fetched = here
                self._ahead.clear()
        raise IndexError("the position lies behind the last row")

    def _back(self, target: int) -> Steps[None]:
        if self._scrollable is False:
            raise errors.ProgrammingError("the cursor moves forward only: ask for it with scrollable=True")
        yield from self._fetch(f"ABSOLUTE {target}")
        self._fetched = target
        self._ahead.clear()
        self._at_end = False


def nothing() -> Steps[None]:
    """No step."""
    yield from ()


def check_unnamed(scrollable: Optional[bool], withhold: bool, itersize: Optional[int]) -> None:
    """Refuses what only a cursor with a name can have."""
    if scrollable is not None or withhold or itersize is not None:
        raise errors.ProgrammingError("scrollable, withhold and itersize are for a cursor with a name")


def refuse(method: str) -> errors.NotSupportedError:
    """What a method says that a server-side cursor does not have."""
    return errors.NotSupportedError(f"{method} is for cursors without a name")
