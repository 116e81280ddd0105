"""Prepared statements: what both faces share, and the description of a parameter.

Must not know: how the server keeps a statement; that is the core's.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Generic, List, NamedTuple, Optional, Sequence, Tuple

from scratchbird import _core, errors
from scratchbird._shared import Params
from scratchbird._steps import Steps
from scratchbird.rows import Row

__all__ = ["Parameter"]

_DIRECTIONS = ("in", "out", "inout", "return", "variadic")


class Parameter(NamedTuple):
    """A parameter of a prepared statement, as the server describes it (SBWP 3.3.3).

    Attributes:
        name: its name, where the statement or the server has one for it.
        type_code: the OID of its type, as in the description of a result; `None` where the server leaves it open.
        type_name: the name of its type, `None` where the server leaves it open.
        nullable: whether it may be NULL; `None` where the server does not say.
        direction: `"in"`, `"out"`, `"inout"`, `"return"` or `"variadic"`.

    Example:
        >>> with connect(dsn) as connection, connection.prepare("select $1::int + 1") as statement:
        ...     statement.parameters
        [Parameter(name=None, type_code=23, type_name='int4', nullable=None, direction='in')]
    """

    name: Optional[str]
    type_code: Optional[int]
    type_name: Optional[str]
    nullable: Optional[bool]
    direction: str


class StatementBase(Generic[Row]):
    """The state of a prepared statement, and what its methods do, as steps."""

    def __init__(
        self,
        connection: Any,
        query: str,
        name: Optional[str],
        row_factory: Any,
        timeout: Optional[float],
    ) -> None:
        self._connection = connection
        self._query = query
        self._name = name
        self._row_factory = row_factory
        self._closed = False
        self._description: Optional[List[Tuple[Any, ...]]] = None
        self._core = _core.Preparation(connection, query, name, timeout)

    @property
    def connection(self) -> Any:
        """The connection that it was prepared on."""
        return self._connection

    @property
    def query(self) -> str:
        """The SQL text, as it was given."""
        return self._query

    @property
    def name(self) -> Optional[str]:
        """What it was called in `prepare`; `None` for nothing."""
        return self._name

    @property
    def closed(self) -> bool:
        """True after `close`, and once its connection is closed."""
        return self._closed or bool(self._connection.closed)

    @property
    def parameters(self) -> List[Parameter]:
        """The parameters, in the order of the placeholders `$1 … $n`.

        A server that infers no types, as the beta, leaves them open.
        """
        described = self._core.parameters
        return [
            Parameter(name, oid, type_name, nullable, _DIRECTIONS[direction] if direction < len(_DIRECTIONS) else "in")
            for name, oid, type_name, nullable, direction in described
        ]

    @property
    def description(self) -> Optional[List[Tuple[Any, ...]]]:
        """The columns of its result, as of a cursor (PEP 249), from its first execution on; `None` before it, and where
        it returns no rows.

        The protocol describes the parameters of a prepared statement, and its columns with a result only (SBWP 3.3.2).
        """
        return self._description

    def __repr__(self) -> str:
        state = "closed" if self.closed else "open"
        return f"<{type(self).__name__} {self._query!r} ({state}) at {id(self):#x}>"

    def _let_go(self) -> None:
        self._closed = True
        self._core.release()

    def _cursor(self) -> Any:
        if self._closed:
            raise errors.InterfaceError("the prepared statement is closed")
        if self._row_factory is None:
            return self._connection.cursor()
        return self._connection.cursor(row_factory=self._row_factory)

    def _execute(self, params: Optional[Params], timeout: Optional[float]) -> Steps[Any]:
        cursor = self._cursor()
        yield partial(cursor.execute, self._query, params, timeout=timeout)
        self._description = cursor.description or self._description
        return cursor

    def _many(self, rows: Any, returning: bool, timeout: Optional[float]) -> Steps[Any]:
        cursor = self._cursor()
        yield partial(cursor.executemany, self._query, rows, returning=returning, timeout=timeout)
        self._description = cursor.description or self._description
        return cursor

    def _fetched(self, method: str, params: Optional[Params], timeout: Optional[float], *given: Any) -> Steps[Any]:
        cursor = yield from self._execute(params, timeout)
        result = yield partial(getattr(cursor, method), *given)
        # In a pipeline the columns come with the rows.
        self._description = cursor.description or self._description
        yield cursor.close
        return result


def described(parameters: Sequence[Parameter]) -> str:
    """The types of parameters, for a message.

    Example:
        >>> described([Parameter(None, 23, "integer", None, "in"), Parameter("n", None, None, None, "in")])
        '$1 integer, $2 unknown'
    """
    return ", ".join(f"${at} {parameter.type_name or 'unknown'}" for at, parameter in enumerate(parameters, 1))
