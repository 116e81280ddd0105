"""The exceptions of PEP 249, with the fields of an SBWP error as attributes.

Pure Python: this module knows nothing of connections or of the wire. The driver's core chooses the class by
SQLSTATE (SBWP section 6.2) and builds the exception with [`from_fields`][scratchbird.errors.from_fields].
"""

from __future__ import annotations

from typing import Mapping, Sequence, Tuple, Union

__all__ = [
    "CircuitOpen",
    "DataError",
    "DatabaseError",
    "Error",
    "IntegrityError",
    "InterfaceError",
    "InternalError",
    "NotSupportedError",
    "OperationalError",
    "PipelineAborted",
    "PoolClosed",
    "PoolTimeout",
    "ProgrammingError",
    "ServerDefectWarning",
    "TooManyRequests",
    "Warning",
    "from_fields",
]

Field = Union[str, int, Tuple[Tuple[str, Exception], ...], None]


class Warning(Exception):  # noqa: A001 - PEP 249 names it so
    """An important notice, such as data that was truncated while inserting; SQLSTATE class 01 (PEP 249)."""


class ServerDefectWarning(Warning, UserWarning):
    """The server is one with known defects, and a statement or a value met one that the driver cannot make good.

    Given through the `warnings` module, once a connection and kind, where the connection parameter `server_defects` is
    `warn`. [The page on the beta server](../beta-server.md) lists the kinds.

    Attributes:
        defect: the kind, such as `"text-semicolon"`.

    Example:
        >>> import warnings
        >>> warnings.simplefilter("error", ServerDefectWarning)
    """

    def __init__(self, message: str, defect: str = "") -> None:
        super().__init__(message)
        self.defect = defect


class Error(Exception):
    """The base class of all errors of this driver (PEP 249).

    The message of an error with an SQLSTATE begins with `[SQLSTATE] `. Details and hints of the server follow on
    lines of their own. Every field is an attribute too, `None` where it is not known:

    Attributes:
        sqlstate: the five characters of the SQLSTATE, such as `"23505"`.
        severity: `"ERROR"` or `"FATAL"`, as the server says.
        detail: the server's detail; the beta server's dotted diagnostic code is here.
        hint: the server's advice.
        position: where in the statement, in characters, the first is 1.
        constraint: the violated constraint's name.
        schema: the schema of the object concerned.
        table: the table concerned.
        column: the column concerned.
        datatype: the data type concerned.
        statement: the SQL text that failed.
        is_retryable: whether the same transaction, run again from its beginning, may succeed.
        is_disconnect: whether the connection is gone with this error.
        host_errors: where none of several hosts could be connected to, each with its own error.
        row_index: the row of `executemany` that the error is about, the first is 0; `None` elsewhere, and where the
            server did not say which.

    Example:
        >>> error = from_fields("IntegrityError", "duplicate key", {"sqlstate": "23505", "constraint": "t_pkey"})
        >>> str(error), error.sqlstate, error.constraint, error.hint
        ('[23505] duplicate key', '23505', 't_pkey', None)
    """

    # Defaults live on the class, so that an exception without a field costs nothing for it.
    sqlstate: str | None = None
    severity: str | None = None
    detail: str | None = None
    hint: str | None = None
    position: int | None = None
    constraint: str | None = None
    schema: str | None = None
    table: str | None = None
    column: str | None = None
    datatype: str | None = None
    statement: str | None = None
    row_index: int | None = None
    is_retryable: bool = False
    is_disconnect: bool = False
    host_errors: tuple[tuple[str, Exception], ...] = ()

    @property
    def outcome_unknown(self) -> bool:
        """Whether the work may have been committed or not: the connection was lost between a commit and its answer."""
        return self.sqlstate == "08007"


class InterfaceError(Error):
    """Misuse of the driver rather than of the database: a closed cursor, a bad connection string (PEP 249)."""


class DatabaseError(Error):
    """An error of the database; raised itself where no subclass fits (PEP 249)."""


class DataError(DatabaseError):
    """A problem with the data: out of range, malformed, division by zero; SQLSTATE class 22 (PEP 249)."""


class OperationalError(DatabaseError):
    """A failure of operation: connection lost, login refused, cancelled, out of resources (PEP 249)."""


class PipelineAborted(OperationalError):
    """A statement before this one in its pipeline failed; this one has no effect."""


class PoolTimeout(OperationalError):
    """A pool had no connection to lend within the time limit. Its `__cause__` says why the last attempt to connect
    failed, where that is what keeps the pool empty."""


class TooManyRequests(OperationalError):
    """As many callers wait for a connection of the pool as its `max_waiting` allows."""


class PoolClosed(OperationalError):
    """The pool is closed, was closed while the caller waited, or is not open yet."""


class CircuitOpen(OperationalError):
    """The pool does not try to connect for a while, because too many attempts have failed in a row."""


class IntegrityError(DatabaseError):
    """A violated constraint; SQLSTATE class 23 (PEP 249)."""


class InternalError(DatabaseError):
    """An internal error of the database; SQLSTATE classes 58 and XX (PEP 249)."""


class ProgrammingError(DatabaseError):
    """A wrong statement: syntax, unknown table, wrong number of parameters; SQLSTATE class 42 (PEP 249)."""


class NotSupportedError(DatabaseError):
    """Something the server or the driver does not support; SQLSTATE class 0A (PEP 249)."""


_CLASSES: dict[str, type[Exception]] = {
    cls.__name__: cls
    for cls in (
        Warning,
        Error,
        InterfaceError,
        DatabaseError,
        DataError,
        OperationalError,
        PipelineAborted,
        PoolTimeout,
        TooManyRequests,
        PoolClosed,
        CircuitOpen,
        IntegrityError,
        InternalError,
        ProgrammingError,
        NotSupportedError,
    )
}

_TEXT_FIELDS = (
    "sqlstate",
    "severity",
    "detail",
    "hint",
    "constraint",
    "schema",
    "table",
    "column",
    "datatype",
    "statement",
)


def from_fields(class_name: str, message: str, fields: Mapping[str, Field]) -> Exception:
    """Build an exception from what the wire or the client says of an error.

    Args:
        class_name: the PEP 249 class by name, such as `"IntegrityError"`; an unknown name gives DatabaseError.
        message: the primary message, without SQLSTATE, detail or hint.
        fields: attributes of [`Error`][scratchbird.errors.Error] by name; None and unknown names are left out.

    Returns:
        The exception, not raised.

    Example:
        >>> error = from_fields("ProgrammingError", "unknown table", {"sqlstate": "42P01", "hint": "create it"})
        >>> print(error)
        [42P01] unknown table
        HINT: create it
    """
    sqlstate = fields.get("sqlstate")
    text = f"[{sqlstate}] {message}" if sqlstate else message
    for label in ("detail", "hint"):
        if fields.get(label):
            text += f"\n{label.upper()}: {fields[label]}"
    error = _CLASSES.get(class_name, DatabaseError)(text)
    for name in _TEXT_FIELDS:
        value = fields.get(name)
        if value is not None:
            setattr(error, name, str(value))
    position = fields.get("position")
    if position is not None:
        setattr(error, "position", int(str(position)))  # noqa: B010 - Warning does not declare the fields
    for name in ("is_retryable", "is_disconnect"):
        if fields.get(name):
            setattr(error, name, True)
    if fields.get("host_errors"):
        setattr(error, "host_errors", fields["host_errors"])  # noqa: B010
    return error


def in_row(error: BaseException, first: int, last: int, places: Sequence[str] = ()) -> None:
    """Say of an error of this driver which rows of `executemany` it is about, in its message and in `row_index`.

    Args:
        error: the exception; one that is not of this driver stays as it is.
        first: the first row it may be about, from 0.
        last: the last one.
        places: the columns, or the parameters, one of which it is about, where that is known.

    Example:
        >>> error = from_fields("IntegrityError", "duplicate key", {"sqlstate": "23505", "detail": "(1) is there"})
        >>> in_row(error, 7, 7)
        >>> print(error)
        [23505] duplicate key (row 7 of executemany)
        DETAIL: (1) is there
        >>> error.row_index
        7
    """
    if not isinstance(error, Error):
        return
    rows = f"row {first}" if first == last else f"one of the rows {first} to {last}"
    head, newline, rest = str(error).partition("\n")
    where = ", ".join([f"{rows} of executemany", *([" or ".join(places)] if places else [])])
    error.args = (f"{head} ({where}){newline}{rest}", *error.args[1:])
    if first == last:
        error.row_index = first
