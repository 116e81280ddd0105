"""What both faces of a connection and of a cursor have in common and what costs no waiting."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Protocol, Sequence, Tuple, TypeVar, Union

from scratchbird import errors
from scratchbird._html import connection_html, cursor_html
from scratchbird._transactions import TransactionControl
from scratchbird.adapt import AdaptMethods
from scratchbird.callable import Var, VarType
from scratchbird.info import ConnectionInfo

T = TypeVar("T")

Params = Union[Sequence[Any], Mapping[str, Any]]
"""The values of one execution."""


class _CoreConnection(Protocol):
    """What the core's connections offer to `ConnectionBase`."""

    def _info(self) -> Dict[str, Any]: ...

    def _notices(self) -> List[Exception]: ...


DORMANT = (
    "a session cannot be left dormant to be attached to again: the protocol's messages for it end the connection on "
    "every server (SBWP 3.10)"
)


class ConnectionBase(TransactionControl, AdaptMethods):
    """PEP 249's optional attributes of a connection, and its state."""

    Warning = errors.Warning
    Error = errors.Error
    InterfaceError = errors.InterfaceError
    DatabaseError = errors.DatabaseError
    DataError = errors.DataError
    OperationalError = errors.OperationalError
    IntegrityError = errors.IntegrityError
    InternalError = errors.InternalError
    ProgrammingError = errors.ProgrammingError
    NotSupportedError = errors.NotSupportedError
    PipelineAborted = errors.PipelineAborted

    def _repr_html_(self) -> str:
        return connection_html(self)

    @property
    def info(self: _CoreConnection) -> ConnectionInfo:
        """The state of the connection: server, session, transaction, TLS."""
        return ConnectionInfo(**self._info())

    @property
    def messages(self: _CoreConnection) -> List[Tuple[type, Exception]]:
        """The server's notices since the last look, as pairs of class and exception (PEP 249)."""
        return [(notice.__class__, notice) for notice in self._notices()]

    def var(self, type: VarType[T] = None, value: Optional[T] = None) -> Var[T]:  # noqa: A002 - its name
        """A variable for an OUT or INOUT parameter, or for a function's result. See [`Var`][scratchbird.Var].

        Args:
            type: what it holds: a class, a type object of PEP 249, an OID, or `None` for anything.
            value: what it holds at first: the input of an INOUT parameter.

        Raises:
            DataError: `value` is not of the type.

        Example:
            >>> with connect(dsn) as connection:
            ...     connection.var(int, 3).value
            3
        """
        return Var(type, value)


class _CoreCursor(Protocol):
    """What the core's cursors offer to `CursorBase`."""

    @property
    def connection(self) -> Any: ...


class CursorBase(AdaptMethods):
    """PEP 249's cursor attributes and methods that cost no waiting."""

    def _repr_html_(self) -> str:
        return cursor_html(self)

    @property
    def messages(self: _CoreCursor) -> List[Tuple[type, Exception]]:
        """The server's notices since the last look, those of the connection (PEP 249)."""
        found: List[Tuple[type, Exception]] = self.connection.messages
        return found

    def var(self, type: VarType[T] = None, value: Optional[T] = None) -> Var[T]:  # noqa: A002 - its name
        """A variable for an OUT or INOUT parameter, or for a function's result. See [`Var`][scratchbird.Var]."""
        return Var(type, value)

    def setoutputsize(self, size: int, column: int = -1) -> None:
        """Accepted and ignored: values of any size are fetched whole (PEP 249)."""
