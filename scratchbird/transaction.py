"""`transaction()` blocks: what they send when they are entered and left, in which order, and what they refuse.

What has to be sent is yielded as a step, so that both faces of a connection share one logic.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from types import TracebackType
from typing import Any, List, Optional, Protocol, Type

from scratchbird._steps import Steps, awaiting, blocking
from scratchbird.errors import Error, ProgrammingError
from scratchbird.isolation import Characteristics, Level

__all__ = [
    "AsyncTransaction",
    "OutOfOrderTransactionNesting",
    "Rollback",
    "Transaction",
]

logger = logging.getLogger("scratchbird.transaction")


class Scope(enum.IntEnum):
    """What explicit transaction a connection is in."""

    PLAIN = 0
    BEGUN = 1
    BLOCK = 2
    TWO_PHASE = 3
    PREPARED = 4


class Controlled(Protocol):
    """What the blocks need of a connection; on the asyncio face `_end` and `_control` are awaited."""

    _characteristics: Characteristics
    _blocks: List[Block]
    _begun_with: Optional[str]

    @property
    def closed(self) -> bool: ...

    @property
    def in_transaction(self) -> bool: ...

    @property
    def _scope(self) -> int: ...

    def _set_scope(self, scope: int, opening: Optional[str]) -> None: ...

    def _check_transaction(self, isolation: bool, read_only: bool, two_phase: bool) -> None: ...

    def _remark_savepoint(self, possible: bool) -> None: ...

    def _end(self, commit: bool, timeout: Optional[float] = None) -> Any: ...

    def _control(self, sql: str, commits: bool, timeout: Optional[float] = None) -> Any: ...

    def close(self) -> Any: ...


class Rollback(Exception):
    """Leaves a [`transaction()`][scratchbird.Connection.transaction] block with a rollback, and without an error.

    Raised without an argument it ends the innermost block; with a block, it ends all blocks up to and with that one.

    Args:
        transaction: the block to leave.

    Example:
        >>> import scratchbird
        >>> with scratchbird.connect(dsn) as connection:
        ...     with connection.transaction() as outer:
        ...         with connection.transaction():
        ...             raise scratchbird.Rollback(outer)
        ...     print("both undone")
        both undone
    """

    def __init__(self, transaction: Optional[Block] = None) -> None:
        super().__init__(transaction)
        self.transaction = transaction

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.transaction!r})"


class OutOfOrderTransactionNesting(ProgrammingError):
    """A block was left before a block inside it: two threads or tasks use blocks of one connection at a time."""


def quote_name(name: str, what: str = "a savepoint") -> str:
    """A name as an identifier that may contain anything.

    Args:
        name: the name.
        what: what is named, for the error.

    Raises:
        ProgrammingError: it is empty, or contains a NUL character.

    Example:
        >>> quote_name('half "way"; drop table t')
        '"half ""way""; drop table t"'
    """
    if not isinstance(name, str) or not name or "\0" in name:
        raise ProgrammingError(f"not a name for {what}: {name!r}")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ProgrammingError(f"not a name for {what}: {name!r}") from None
    return '"' + name.replace('"', '""') + '"'


class Block:
    """What both faces of a [`transaction()`][scratchbird.Connection.transaction] block share."""

    def __init__(
        self,
        connection: Controlled,
        isolation: Level = None,
        read_only: Optional[bool] = None,
        deferrable: Optional[bool] = None,
        savepoint_name: Optional[str] = None,
        force_rollback: bool = False,
        timeout: Optional[float] = None,
    ) -> None:
        self._connection = connection
        self._timeout = timeout
        self._special = any(value is not None for value in (isolation, read_only, deferrable))
        self._asked = connection._characteristics.overlaid(isolation, read_only, deferrable)
        self._asked.check(connection)
        self._savepoint_name = savepoint_name
        self._sql_name = "" if savepoint_name is None else quote_name(savepoint_name)
        self._outer_scope = Scope.PLAIN
        self._outermost = False
        self._state = "new"
        self.force_rollback = force_rollback
        """Whether the block is rolled back even if it succeeds."""

    @property
    def connection(self) -> Any:
        """The connection whose transaction it is."""
        return self._connection

    @property
    def savepoint_name(self) -> Optional[str]:
        """The name of its savepoint; `None` for a whole transaction without one."""
        return self._savepoint_name

    @property
    def status(self) -> str:
        """`"new"`, `"active"`, `"committed"`, `"rolled back"`, or `"unknown"` after an end that failed."""
        return self._state

    def __repr__(self) -> str:
        name = "" if self._savepoint_name is None else f" {self._savepoint_name!r}"
        return f"<{type(self).__name__}{name} ({self._state}) at {id(self):#x}>"

    def _enter(self) -> Steps[None]:
        connection = self._connection
        if self._state != "new":
            raise ProgrammingError("a transaction() block is entered once only: ask the connection for another one")
        scope = Scope(connection._scope)
        if scope is Scope.PREPARED:
            raise ProgrammingError("the transaction is prepared: only tpc_commit() and tpc_rollback() are left")
        outermost = scope is Scope.PLAIN and not connection.in_transaction
        if self._special and not outermost:
            raise ProgrammingError(
                "isolation, read_only and deferrable belong to a whole transaction, not to a part of one"
            )
        if not outermost and self._savepoint_name is None:
            self._savepoint_name = f"sb_block_{len(connection._blocks) + 1}"
            # A name of our own needs no quotes, which not every server takes here.
            self._sql_name = self._savepoint_name
        if not outermost:
            connection._remark_savepoint(True)
        self._outer_scope, self._outermost = scope, outermost
        # From here on nothing commits by itself. The statement that opens the transaction goes out with the first one.
        opening = self._asked.sql if outermost else connection._characteristics.sql
        if scope is Scope.PLAIN:
            connection._set_scope(Scope.BLOCK, opening)
        elif scope is not Scope.BLOCK:
            self._keep_opening(Scope.BLOCK)
        connection._blocks.append(self)
        self._state = "active"
        if self._savepoint_name is None:
            return
        try:
            yield lambda: connection._control(f"SAVEPOINT {self._sql_name}", False, self._timeout)
        except BaseException:
            self._state = "unknown"
            if connection._blocks and connection._blocks[-1] is self:
                connection._blocks.pop()
            self._restore_scope()
            raise

    def _keep_opening(self, scope: Scope) -> None:
        """Changes the scope within a transaction, which has been opened already or is yet to be."""
        self._connection._set_scope(scope, self._connection._begun_with)

    def _restore_scope(self) -> None:
        if self._outer_scope is Scope.PLAIN:
            self._connection._set_scope(Scope.PLAIN, self._connection._characteristics.sql)
        elif self._outer_scope is not Scope.BLOCK:
            self._keep_opening(self._outer_scope)

    def _exit(self, error: Optional[BaseException]) -> Steps[bool]:
        if self._state != "active":
            raise ProgrammingError(f"the transaction() block is not active: {self!r}")
        connection = self._connection
        if not connection._blocks or connection._blocks[-1] is not self:
            yield from self._exit_out_of_order(error)
        try:
            if error is None and not self.force_rollback:
                yield from self._commit()
                return False
            yield from self._roll_back(error)
        finally:
            connection._blocks.pop()
            if not connection.closed:
                self._restore_scope()
        return isinstance(error, Rollback) and error.transaction in (None, self)

    def _exit_out_of_order(self, error: Optional[BaseException]) -> Steps[None]:
        connection = self._connection
        if self in connection._blocks:
            inner = connection._blocks[connection._blocks.index(self) + 1 :]
            connection._blocks.remove(self)
        else:
            inner = []
        self._state = "unknown"
        # Who owns which part of the work cannot be said any more: none of it is kept.
        yield connection.close
        raise OutOfOrderTransactionNesting(
            f"{self!r} is left before {inner!r} inside it; the connection is closed and its transaction rolled back"
        ) from error

    def _commit(self) -> Steps[None]:
        connection = self._connection
        self._state = "unknown"
        try:
            if self._outermost:
                yield lambda: connection._end(True, self._timeout)
            else:
                yield lambda: connection._control(f"RELEASE SAVEPOINT {self._sql_name}", False, self._timeout)
        except GeneratorExit:
            raise
        except BaseException:
            # What was not committed is not to stay for the next transaction to commit.
            yield from self._undo_or_close()
            raise
        self._state = "committed"

    def _roll_back(self, error: Optional[BaseException]) -> Steps[None]:
        self._state = "unknown"
        if self._connection.closed:
            # With the connection the work has gone; what the block raised says why.
            return
        if error is not None and not isinstance(error, Rollback):
            logger.debug("rolling back %r after %s", self, type(error).__name__)
        try:
            yield from self._undo()
        except GeneratorExit:
            raise
        except BaseException as failure:
            if not self._connection.closed:
                yield self._connection.close
            if error is None or not isinstance(failure, Exception):
                raise
            # What the block raised matters more. Nothing was kept: the connection is closed.
            logger.warning("the rollback of %r failed, the connection is closed: %s", self, failure)
            return
        self._state = "rolled back"

    def _undo(self) -> Steps[None]:
        connection = self._connection
        if self._outermost:
            yield lambda: connection._end(False, self._timeout)
            return
        yield lambda: connection._control(f"ROLLBACK TO SAVEPOINT {self._sql_name}", False, self._timeout)
        yield lambda: connection._control(f"RELEASE SAVEPOINT {self._sql_name}", False, self._timeout)
        connection._remark_savepoint(False)

    def _undo_or_close(self) -> Steps[None]:
        """Undoes what could not be committed, or makes sure that nobody commits it."""
        if self._connection.closed:
            return
        try:
            yield from self._undo()
        except (Error, asyncio.CancelledError, KeyboardInterrupt) as failure:
            logger.warning("the rollback of %r failed, the connection is closed: %s", self, failure)
            if not self._connection.closed:
                yield self._connection.close


class Transaction(Block):
    """A block of statements that take effect together or not at all.

    Made by [`Connection.transaction`][scratchbird.Connection.transaction].
    """

    def __enter__(self) -> Transaction:
        blocking(self._enter())
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> bool:
        return blocking(self._exit(exc))


class AsyncTransaction(Block):
    """A block of statements that take effect together or not at all.

    Made by [`AsyncConnection.transaction`][scratchbird.AsyncConnection.transaction].
    """

    async def __aenter__(self) -> AsyncTransaction:
        await awaiting(self._enter())
        return self

    async def __aexit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> bool:
        return await awaiting(self._exit(exc))
