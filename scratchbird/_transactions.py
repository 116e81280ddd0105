"""The methods of connections that are about transactions, once for both faces, as steps to be taken or awaited."""

from __future__ import annotations

from typing import Any, List, Optional, Protocol, Union

from scratchbird import errors
from scratchbird._steps import Steps
from scratchbird.isolation import UNSET, Characteristics, IsolationLevel, Level, Unset
from scratchbird.transaction import Block, Controlled, Scope, quote_name
from scratchbird.twophase import Xid

_PREPARED = "the transaction is prepared: only tpc_commit() and tpc_rollback() are left"


class Session(Controlled, Protocol):
    """A connection with the state of `TransactionControl`."""

    autocommit: bool
    _begun_with: Optional[str]
    _xid: Optional[Xid]

    def execute(self, query: str, /, *, timeout: Optional[float] = None) -> Any: ...

    def commit(self) -> Any: ...


class TransactionControl:
    """The state of a connection's transactions, and what both faces say of it without waiting."""

    def __init__(self, session: Any) -> None:
        self._characteristics = Characteristics()
        self._blocks: List[Block] = []
        self._begun_with: Optional[str] = None
        self._xid: Optional[Xid] = None

    @property
    def isolation_level(self) -> Optional[IsolationLevel]:
        """The isolation level of transactions from the next one on; `None` leaves it to the server.

        It can be set to an [`IsolationLevel`][scratchbird.IsolationLevel] or to the name of one. It is sent with the
        first statement of each transaction, and holds in autocommit too.

        Raises:
            ProgrammingError: on a change inside a transaction, or to what is not a level.
            NotSupportedError: the server would accept the level and not keep it.
        """
        return self._characteristics.isolation

    @isolation_level.setter
    def isolation_level(self: Session, level: Level) -> None:
        set_session(self, isolation_level=level)

    @property
    def read_only(self) -> Optional[bool]:
        """Whether transactions may not write, from the next one on; `None` leaves it to the server.

        Raises:
            ProgrammingError: on a change inside a transaction.
            NotSupportedError: the server would let them write all the same.
        """
        return self._characteristics.read_only

    @read_only.setter
    def read_only(self: Session, value: Optional[bool]) -> None:
        set_session(self, read_only=value)

    @property
    def deferrable(self) -> Optional[bool]:
        """Whether transactions may wait at their begin for a state that needs no checks, from the next one on; only
        SERIALIZABLE READ ONLY ones ever do. `None` leaves it to the server.

        Raises:
            ProgrammingError: on a change inside a transaction.
        """
        return self._characteristics.deferrable

    @deferrable.setter
    def deferrable(self: Session, value: Optional[bool]) -> None:
        set_session(self, deferrable=value)

    def xid(self, format_id: int, gtrid: str, bqual: str) -> Xid:
        """A name for a two-phase transaction (PEP 249).

        Args:
            format_id: says how the other two are formed; 0 to 2³¹ - 1.
            gtrid: the global transaction, at most 64 bytes.
            bqual: the branch of it, at most 64 bytes.

        Raises:
            ProgrammingError: a part is out of its bounds.
        """
        return Xid.of(format_id, gtrid, bqual)


# ---- Steps -----------------------------------------------------------------------------------------------------------


def outside(connection: Session, what: str) -> None:
    """Fails inside of any transaction that has been begun, or that holds work."""
    if connection.closed:
        raise errors.InterfaceError("the connection is closed")
    if connection.in_transaction or connection._scope != Scope.PLAIN:
        raise errors.ProgrammingError(f"{what} inside a transaction: commit or roll back first")


def set_session(
    connection: Session,
    isolation_level: Union[Level, Unset] = UNSET,
    read_only: Union[bool, Unset, None] = UNSET,
    deferrable: Union[bool, Unset, None] = UNSET,
    autocommit: Union[bool, Unset] = UNSET,
) -> None:
    old = connection._characteristics
    new = Characteristics(
        old.isolation
        if isinstance(isolation_level, Unset)
        else None
        if isolation_level is None
        else IsolationLevel.of(isolation_level),
        old.read_only if isinstance(read_only, Unset) else _flag(read_only),
        old.deferrable if isinstance(deferrable, Unset) else _flag(deferrable),
    )
    outside(connection, "the characteristics of transactions cannot change")
    new.check(connection)
    if not isinstance(autocommit, Unset):
        connection.autocommit = bool(autocommit)
    connection._characteristics = new
    connection._set_scope(Scope.PLAIN, new.sql)


def begin(connection: Session, isolation: Level, read_only: Optional[bool], deferrable: Optional[bool]) -> None:
    asked = connection._characteristics.overlaid(isolation, read_only, deferrable)
    outside(connection, "begin() is not possible")
    asked.check(connection)
    connection._begun_with = asked.sql
    connection._set_scope(Scope.BEGUN, asked.sql)


def savepoint(connection: Session, template: str, name: str, timeout: Optional[float]) -> Steps[None]:
    sql = template.format(quote_name(name))
    if connection._scope == Scope.PREPARED:
        raise errors.ProgrammingError(_PREPARED)
    if connection.autocommit and connection._scope == Scope.PLAIN:
        raise errors.ProgrammingError("savepoints need a transaction: use begin() or transaction() in autocommit")
    yield lambda: connection._control(sql, False, timeout)


def rollback_to(connection: Session, name: str, timeout: Optional[float]) -> Steps[None]:
    connection._remark_savepoint(False)
    yield from savepoint(connection, "ROLLBACK TO SAVEPOINT {}", name, timeout)


def tpc_begin(connection: Session, xid: Union[Xid, str]) -> None:
    name = Xid.take(xid)
    outside(connection, "tpc_begin() is not possible")
    connection._check_transaction(False, False, True)
    connection._xid = name
    connection._begun_with = connection._characteristics.sql
    connection._set_scope(Scope.TWO_PHASE, connection._begun_with)


def tpc_end(connection: Session) -> None:
    connection._xid = None
    if not connection.closed:
        connection._set_scope(Scope.PLAIN, connection._characteristics.sql)


def tpc_current(connection: Session, method: str) -> Xid:
    """The name of the two-phase transaction that is under way."""
    if connection.closed:
        raise errors.InterfaceError("the connection is closed")
    if connection._scope == Scope.BLOCK and connection._xid is not None:
        raise errors.ProgrammingError(f"{method}() cannot be used inside a transaction() block")
    if connection._xid is None:
        raise errors.ProgrammingError(f"{method}() needs tpc_begin() first")
    return connection._xid


def tpc_prepare(connection: Session, timeout: Optional[float]) -> Steps[None]:
    xid = tpc_current(connection, "tpc_prepare")
    if connection._scope == Scope.PREPARED:
        raise errors.ProgrammingError("the transaction has already been prepared")
    try:
        yield lambda: connection._control(f"PREPARE TRANSACTION {xid.literal}", True, timeout)
    except errors.Error:
        # What cannot be prepared is rolled back, so that all branches can be.
        if not connection.closed:
            yield lambda: connection._end(False)
        tpc_end(connection)
        raise
    connection._set_scope(Scope.PREPARED, None)


def tpc_finish(connection: Session, commit: bool, xid: Union[Xid, str, None], timeout: Optional[float]) -> Steps[None]:
    method, verb = ("tpc_commit", "COMMIT") if commit else ("tpc_rollback", "ROLLBACK")
    if xid is not None:
        name = Xid.take(xid)
        outside(connection, f"{method}() with the name of a transaction is not possible")
        connection._check_transaction(False, False, True)
        yield lambda: connection._control(f"{verb} PREPARED {name.literal}", True, timeout)
        return
    name = tpc_current(connection, method)
    if connection._scope == Scope.PREPARED:
        # After an error it can be tried again.
        yield lambda: connection._control(f"{verb} PREPARED {name.literal}", True, timeout)
    else:
        try:
            yield lambda: connection._end(commit, timeout)
        except errors.Error:
            if commit and not connection.closed:
                yield lambda: connection._end(False)
            tpc_end(connection)
            raise
    tpc_end(connection)


def tpc_recover(connection: Session, timeout: Optional[float]) -> Steps[List[Xid]]:
    connection._check_transaction(False, False, True)
    if connection._scope == Scope.PREPARED:
        raise errors.ProgrammingError(_PREPARED)
    clean = connection._scope == Scope.PLAIN and not connection.in_transaction
    try:
        cursor = yield lambda: connection.execute("SHOW PREPARED TRANSACTIONS", timeout=timeout)
    except errors.DatabaseError as error:
        if error.is_disconnect or error.sqlstate == "57014":
            raise
        raise errors.NotSupportedError("this server does not list its prepared transactions") from error
    rows = yield cursor.fetchall
    if clean and connection.in_transaction:
        yield lambda: connection._end(False)
    return [Xid.parse(row[0]) for row in rows]


def leave(connection: Session, failed: bool) -> Steps[None]:
    """The end of the connection's own `with` block."""
    if connection.closed or connection._scope == Scope.PREPARED:
        # What is prepared is not this connection's any more.
        return
    if failed:
        yield lambda: connection._end(False)
    elif connection.in_transaction:
        yield connection.commit


def _flag(value: Optional[bool]) -> Optional[bool]:
    return None if value is None else bool(value)
