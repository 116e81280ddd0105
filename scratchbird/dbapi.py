"""The synchronous face: `connect`, `Connection` and `Cursor` of PEP 249.

Every method that waits is a method of the Rust core; this module adds what PEP 249 wants around it.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Iterable, List, Mapping, Optional, Sequence, Tuple, Type, Union

from scratchbird import _core, errors
from scratchbird._shared import ConnectionBase, CursorBase, call_statement

if TYPE_CHECKING:
    import os

    Params = Union[Sequence[Any], Mapping[str, Any]]

apilevel = "2.0"
"""The PEP 249 level."""

threadsafety = 2
"""Threads may share the module and connections; requests of a shared connection queue in order."""

paramstyle = "pyformat"
"""`%s` and `%(name)s`; `?`, `$1` and `:name` work too."""


class Cursor(CursorBase, _core.Cursor):
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

    def __enter__(self) -> Cursor:
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self.close()


class Connection(ConnectionBase, _core.Connection):
    """A session with a server. Made by [`connect`][scratchbird.connect].

    As a context manager it commits when the block succeeds, rolls back when it raises, and closes.
    """

    def cursor(self) -> Cursor:
        """A new cursor on this connection (PEP 249).

        Raises:
            InterfaceError: the connection is closed.
        """
        return Cursor(self)

    def execute(self, query: str, params: Optional[Params] = None, *, timeout: Optional[float] = None) -> Cursor:
        """Run a statement in a new cursor, and return it. See [`Cursor.execute`][scratchbird.Cursor.execute]."""
        return self.cursor().execute(query, params, timeout=timeout)

    def executemany(self, query: str, seq_of_params: Iterable[Params], *, timeout: Optional[float] = None) -> Cursor:
        """Run a statement once for every set of values in a new cursor, and return the cursor."""
        return self.cursor().executemany(query, seq_of_params, timeout=timeout)

    def set_autocommit(self, value: bool) -> None:
        """Set `autocommit`, as a method so that both faces have the same name for it."""
        self.autocommit = value

    def __enter__(self) -> Connection:
        if self.closed:
            raise errors.InterfaceError("the connection is closed")
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        try:
            if not self.closed:
                if exc_type is None:
                    self.commit()
                else:
                    self.rollback()
        finally:
            self.close()


def connect(
    dsn: Optional[str] = None,
    *,
    host: Optional[str] = None,
    port: Optional[int] = None,
    user: Optional[str] = None,
    password: Optional[str] = None,
    database: Optional[str] = None,
    sslmode: Optional[str] = None,
    sslrootcert: Union[str, os.PathLike[str], None] = None,
    connect_timeout: Optional[float] = None,
    autocommit: Optional[bool] = None,
    application_name: Optional[str] = None,
    **options: Any,
) -> Connection:
    """Connect to a server.

    Keyword arguments win over the DSN, and both over the `SCRATCHBIRD_*` environment variables.

    Args:
        dsn: a URI `scratchbird://user:password@host:port/database?key=value`, or a string of `key=value` pairs.
        host: the server's name or address, or a path of a Unix-domain socket; `localhost` if not given.
        port: the TCP port, 3092 if not given.
        user: the user's name.
        password: the password.
        database: the database's name.
        sslmode: `require` (TLS, the default), `verify-ca`, `verify-full`, or `disable`.
        sslrootcert: a PEM file with the certificate authorities to trust.
        connect_timeout: the most seconds an attempt may take, 30 if not given; 0 waits for ever.
        autocommit: whether every statement commits by itself; False if not given.
        application_name: shown by the server's monitoring.
        **options: any other key of the connection string.

    Returns:
        An open connection, inside a transaction.

    Raises:
        InterfaceError: an option is unknown, malformed or contradicts another.
        OperationalError: the server cannot be reached, TLS failed, or the login was refused (SQLSTATE 08001, 28000).
        NotSupportedError: the server asks for what this driver does not offer.

    Contract: PEP 249 `connect`; SBWP 7.
    """
    named = {
        "host": host,
        "port": port,
        "user": user,
        "password": password,
        "database": database,
        "sslmode": sslmode,
        "sslrootcert": sslrootcert,
        "connect_timeout": connect_timeout,
        "autocommit": autocommit,
        "application_name": application_name,
    }
    return Connection(_core.connect(dsn, {**named, **options}))


Row = Tuple[Any, ...]
Rows = List[Row]
