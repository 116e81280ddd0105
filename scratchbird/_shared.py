"""What both faces of a connection and of a cursor have in common and what costs no waiting."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Protocol, Sequence, Tuple, Union

from scratchbird import errors
from scratchbird._transactions import TransactionControl
from scratchbird.adapt import AdaptMethods
from scratchbird.info import ConnectionInfo

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

    @property
    def info(self: _CoreConnection) -> ConnectionInfo:
        """The state of the connection: server, session, transaction, TLS."""
        return ConnectionInfo(**self._info())

    @property
    def messages(self: _CoreConnection) -> List[Tuple[type, Exception]]:
        """The server's notices since the last look, as pairs of class and exception (PEP 249)."""
        return [(type(notice), notice) for notice in self._notices()]


class _CoreCursor(Protocol):
    """What the core's cursors offer to `CursorBase`."""

    @property
    def connection(self) -> Any: ...


class CursorBase(AdaptMethods):
    """PEP 249's cursor attributes and methods that cost no waiting."""

    @property
    def messages(self: _CoreCursor) -> List[Tuple[type, Exception]]:
        """The server's notices since the last look, those of the connection (PEP 249)."""
        found: List[Tuple[type, Exception]] = self.connection.messages
        return found

    def setinputsizes(self, sizes: Sequence[Any]) -> None:
        """Accepted and ignored: a parameter's type follows from its value (PEP 249)."""

    def setoutputsize(self, size: int, column: int = -1) -> None:
        """Accepted and ignored: values of any size are fetched whole (PEP 249)."""


def call_statement(name: str, parameters: Sequence[Any]) -> str:
    """The statement that calls a procedure, with a placeholder for every parameter.

    Args:
        name: the procedure's name, a dotted path of identifiers.
        parameters: its arguments.

    Raises:
        ProgrammingError: the name is not a path of identifiers.

    Example:
        >>> call_statement("reports.totals", (2024, "x"))
        'EXECUTE PROCEDURE reports.totals(?, ?)'
    """
    for part in name.split("."):
        quoted = len(part) > 2 and part[0] == part[-1] == '"' and '"' not in part[1:-1]
        if not (quoted or part.isidentifier()):
            raise errors.ProgrammingError(f"not the name of a procedure: {name!r}")
    return f"EXECUTE PROCEDURE {name}({', '.join('?' for _ in parameters)})"
