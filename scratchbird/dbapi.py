"""The synchronous face: `connect`, `Connection` and `Cursor` of PEP 249.

Every method that waits is a method of the Rust core; this module adds what PEP 249 wants around it.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any, Callable, Iterable, List, Mapping, Optional, Sequence, Tuple, Type, Union

from scratchbird import _core, _pool_switch, _transactions, bulk, errors
from scratchbird._shared import ConnectionBase, CursorBase, call_statement
from scratchbird._steps import blocking
from scratchbird.copy import Copy
from scratchbird.isolation import UNSET, Level, Unset
from scratchbird.transaction import Transaction
from scratchbird.twophase import Xid

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

    def copy(self, statement: str, *, columns: Optional[Sequence[str]] = None, timeout: Optional[float] = None) -> Copy:
        """A COPY into the server or out of it, for a `with` block.

        Args:
            statement: `COPY t (a, b) FROM STDIN` or `COPY t TO STDOUT`, with the words that the server knows.
            columns: names for the rows that are written, where neither the statement nor the rows say them.
            timeout: the most seconds that all of it may take; the connection's `statement_timeout` if not given.

        Raises:
            ProgrammingError: the statement is not a COPY from STDIN or to STDOUT, or the server refuses it.
            NotSupportedError: the server does not offer it.

        Example:
            >>> with cursor.copy("COPY point (x, y) FROM STDIN") as copy:  # doctest: +SKIP
            ...     copy.write_rows((n, n * n) for n in range(1_000_000))
            >>> cursor.rowcount  # doctest: +SKIP
            1000000
        """
        return Copy(self, statement, columns, timeout)

    def copy_from(
        self,
        statement: str,
        source: Any,
        *,
        columns: Optional[Sequence[str]] = None,
        timeout: Optional[float] = None,
    ) -> int:
        """Run `COPY ... FROM STDIN` with all of `source`, and return the number of rows.

        Args:
            statement: the COPY statement.
            source: a file, bytes, text, or an iterable of blocks or of rows.
            columns: as for `copy`.
            timeout: as for `copy`.
        """
        return bulk.copy_from(self, statement, source, columns, timeout)

    def copy_to(self, statement: str, target: Any, *, timeout: Optional[float] = None) -> int:
        """Run `COPY ... TO STDOUT` into a binary or text file, or a function of blocks; return the number of rows."""
        return bulk.copy_to(self, statement, target, timeout)

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

    def transaction(
        self,
        isolation: Level = None,
        read_only: Optional[bool] = None,
        deferrable: Optional[bool] = None,
        savepoint_name: Optional[str] = None,
        force_rollback: bool = False,
    ) -> Transaction:
        """Run statements that take effect together or not at all.

        The block commits when it succeeds and rolls back when it raises. A block inside another, or inside a
        transaction that holds work already, is a part of it: a savepoint, which is undone alone. Raise
        [`Rollback`][scratchbird.Rollback] to leave a block, or several, without an error. In autocommit nothing
        commits by itself until the block ends.

        Args:
            isolation: an [`IsolationLevel`][scratchbird.IsolationLevel] or its name; that of the connection if not
                given.
            read_only: whether it may not write.
            deferrable: whether it may wait at its begin; of use to SERIALIZABLE READ ONLY transactions only.
            savepoint_name: a name for the savepoint. A whole transaction gets a savepoint only if this is given.
            force_rollback: roll back even if the block succeeds, as tests do.

        Raises:
            ProgrammingError: on `commit()`, `rollback()` or their SQL inside the block; for characteristics on a part
                of a transaction; and, as `OutOfOrderTransactionNesting`, where a block ends before one inside it.
            NotSupportedError: the server does not keep the characteristics.
            OperationalError: at the end; `outcome_unknown` says that the connection was lost during the commit.

        Example:
            >>> with connect(dsn) as connection:
            ...     with connection.transaction(isolation="SNAPSHOT", read_only=True):
            ...         connection.execute("select 1").fetchone()
            (1,)
        """
        return Transaction(self, isolation, read_only, deferrable, savepoint_name, force_rollback)

    def begin(
        self, isolation: Level = None, read_only: Optional[bool] = None, deferrable: Optional[bool] = None
    ) -> None:
        """Begin a transaction that `commit()` or `rollback()` ends, in autocommit too.

        Outside of autocommit a transaction begins with the first statement anyway, and this is a way to say how that
        one is to be. The arguments are those of `transaction`. Nothing is sent before the first statement.

        Raises:
            ProgrammingError: inside a transaction.
            NotSupportedError: the server does not keep the characteristics.
        """
        _transactions.begin(self, isolation, read_only, deferrable)

    def savepoint(self, name: str) -> None:
        """Mark a place in the transaction to go back to. The name may contain anything, and keeps its case.

        Raises:
            ProgrammingError: in autocommit outside of a transaction; or the name is empty.
        """
        blocking(_transactions.savepoint(self, "SAVEPOINT {}", name))

    def release_savepoint(self, name: str) -> None:
        """Forget a savepoint, and those after it; the work stays.

        Raises:
            DatabaseError: there is no such savepoint (3B001).
        """
        blocking(_transactions.savepoint(self, "RELEASE SAVEPOINT {}", name))

    def rollback_to_savepoint(self, name: str) -> None:
        """Undo what was done since a savepoint, which stays.

        Raises:
            DatabaseError: there is no such savepoint (3B001).
        """
        blocking(_transactions.rollback_to(self, name))

    def set_session(
        self,
        isolation_level: Union[Level, Unset] = UNSET,
        read_only: Union[bool, Unset, None] = UNSET,
        deferrable: Union[bool, Unset, None] = UNSET,
        autocommit: Union[bool, Unset] = UNSET,
    ) -> None:
        """Say what transactions are to be like from the next one on. What is not given stays; `None` leaves it to the
        server.

        Raises:
            ProgrammingError: inside a transaction, or not a level.
            NotSupportedError: the server does not keep the characteristics.
        """
        _transactions.set_session(self, isolation_level, read_only, deferrable, autocommit)

    def set_isolation_level(self, level: Level) -> None:
        """Set `isolation_level`."""
        _transactions.set_session(self, isolation_level=level)

    def set_read_only(self, value: Optional[bool]) -> None:
        """Set `read_only`."""
        _transactions.set_session(self, read_only=value)

    def set_deferrable(self, value: Optional[bool]) -> None:
        """Set `deferrable`."""
        _transactions.set_session(self, deferrable=value)

    def tpc_begin(self, xid: Union[Xid, str]) -> None:
        """Begin a two-phase transaction of this name (PEP 249). Nothing commits by itself until it ends.

        Args:
            xid: what `xid()` gave, or any text of at most 199 bytes.

        Raises:
            ProgrammingError: inside a transaction.
            NotSupportedError: the server has no prepared transactions.
        """
        _transactions.tpc_begin(self, xid)

    def tpc_prepare(self) -> None:
        """First phase: make sure that the transaction can be committed, even if connection or server are lost from now
        on (PEP 249). After it only `tpc_commit` and `tpc_rollback` are possible.

        Raises:
            ProgrammingError: without `tpc_begin`.
            DatabaseError: it cannot be prepared, and has been rolled back.
        """
        blocking(_transactions.tpc_prepare(self))

    def tpc_commit(self, xid: Union[Xid, str, None] = None) -> None:
        """Second phase: commit what was prepared, or in one phase what was not (PEP 249).

        Args:
            xid: a transaction that was prepared before, perhaps by another connection; only outside of a transaction.

        Raises:
            ProgrammingError: without `tpc_begin`, or with a name inside a transaction, or there is no such transaction.
            OperationalError: the connection was lost; `outcome_unknown` says that it may have been committed.
        """
        blocking(_transactions.tpc_finish(self, True, xid))

    def tpc_rollback(self, xid: Union[Xid, str, None] = None) -> None:
        """Second phase: roll back what was begun or prepared (PEP 249). The argument is that of `tpc_commit`."""
        blocking(_transactions.tpc_finish(self, False, xid))

    def tpc_recover(self) -> List[Xid]:
        """The transactions that are prepared and wait for `tpc_commit(xid)` or `tpc_rollback(xid)` (PEP 249).

        Raises:
            NotSupportedError: the server does not list them.
        """
        return blocking(_transactions.tpc_recover(self))

    def bulk_copy(
        self,
        table: str,
        rows: Iterable[Any],
        *,
        columns: Optional[Sequence[str]] = None,
        batch_size: int = bulk.BATCH,
        on_progress: Optional[Callable[[int], Any]] = None,
        timeout: Optional[float] = None,
    ) -> int:
        """Copy rows into a table, and return their number; all rows are stored, or none.

        Args:
            table: its name, `schema.table` outside of the current schema. Names are quoted, never pasted.
            rows: sequences or mappings; a generator will do.
            columns: the columns to fill: the keys of the first row, or all of the table, if not given.
            batch_size: rows between two calls of `on_progress`.
            on_progress: called with the number of rows so far.
            timeout: the most seconds that the COPY may take.

        Raises:
            DataError: a value cannot be sent; the message names the row, from 0, and the column.
            DatabaseError: the server reports another number of rows than were sent.
        """
        return bulk.bulk_copy(self, table, rows, columns, batch_size, on_progress, timeout)

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
            blocking(_transactions.leave(self, exc_type is not None))
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
    pools = _pool_switch.active()
    if pools is not None:
        return pools.pools(dsn, {**named, **options}).sync.getconn()
    return Connection(_core.connect(dsn, {**named, **options}))


Row = Tuple[Any, ...]
Rows = List[Row]
