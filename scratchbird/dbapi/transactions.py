"""Transactions on the synchronous face: blocks, savepoints, characteristics and two-phase commit."""

from __future__ import annotations

from typing import List, Optional, Union

from scratchbird import _transactions
from scratchbird._steps import blocking
from scratchbird.dbapi.statements import StatementMethods
from scratchbird.isolation import UNSET, Level, Unset
from scratchbird.rows import Row
from scratchbird.transaction import Transaction
from scratchbird.twophase import Xid


class TransactionMethods(StatementMethods[Row]):
    """What a connection offers for transactions."""

    def transaction(
        self,
        isolation: Level = None,
        read_only: Optional[bool] = None,
        deferrable: Optional[bool] = None,
        savepoint_name: Optional[str] = None,
        force_rollback: bool = False,
        timeout: Optional[float] = None,
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
            timeout: the most seconds that each request of the block itself may take: its savepoint, its commit or
                rollback; as for `commit`. It does not limit the statements inside.

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
        return Transaction(self, isolation, read_only, deferrable, savepoint_name, force_rollback, timeout)

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

    def savepoint(self, name: str, *, timeout: Optional[float] = None) -> None:
        """Mark a place in the transaction to go back to.

        Args:
            name: may contain anything, and keeps its case.
            timeout: the most seconds it may take; the connection's `statement_timeout` if not given.

        Raises:
            ProgrammingError: in autocommit outside of a transaction; or the name is empty.
        """
        blocking(_transactions.savepoint(self, "SAVEPOINT {}", name, timeout))

    def release_savepoint(self, name: str, *, timeout: Optional[float] = None) -> None:
        """Forget a savepoint, and those after it; the work stays. The arguments are those of `savepoint`.

        Raises:
            DatabaseError: there is no such savepoint (3B001).
        """
        blocking(_transactions.savepoint(self, "RELEASE SAVEPOINT {}", name, timeout))

    def rollback_to_savepoint(self, name: str, *, timeout: Optional[float] = None) -> None:
        """Undo what was done since a savepoint, which stays. The arguments are those of `savepoint`.

        Raises:
            DatabaseError: there is no such savepoint (3B001).
        """
        blocking(_transactions.rollback_to(self, name, timeout))

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

    def tpc_prepare(self, *, timeout: Optional[float] = None) -> None:
        """First phase: make sure that the transaction can be committed, even if connection or server are lost from now
        on (PEP 249). After it only `tpc_commit` and `tpc_rollback` are possible.

        Args:
            timeout: the most seconds it may take, as for `commit`.

        Raises:
            ProgrammingError: without `tpc_begin`.
            DatabaseError: it cannot be prepared, and has been rolled back.
        """
        blocking(_transactions.tpc_prepare(self, timeout))

    def tpc_commit(self, xid: Union[Xid, str, None] = None, *, timeout: Optional[float] = None) -> None:
        """Second phase: commit what was prepared, or in one phase what was not (PEP 249).

        Args:
            xid: a transaction that was prepared before, perhaps by another connection; only outside of a transaction.
            timeout: the most seconds it may take, as for `commit`.

        Raises:
            ProgrammingError: without `tpc_begin`, or with a name inside a transaction, or there is no such transaction.
            OperationalError: the connection was lost; `outcome_unknown` says that it may have been committed.
        """
        blocking(_transactions.tpc_finish(self, True, xid, timeout))

    def tpc_rollback(self, xid: Union[Xid, str, None] = None, *, timeout: Optional[float] = None) -> None:
        """Second phase: roll back what was begun or prepared (PEP 249). The arguments are those of `tpc_commit`."""
        blocking(_transactions.tpc_finish(self, False, xid, timeout))

    def tpc_recover(self, *, timeout: Optional[float] = None) -> List[Xid]:
        """The transactions that are prepared and wait for `tpc_commit(xid)` or `tpc_rollback(xid)` (PEP 249).

        Args:
            timeout: the most seconds it may take; the connection's `statement_timeout` if not given.

        Raises:
            NotSupportedError: the server does not list them.
        """
        return blocking(_transactions.tpc_recover(self, timeout))
