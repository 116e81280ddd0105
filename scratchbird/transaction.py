"""Transactions: what they can be like, the blocks that end them, and the names of two-phase ones.

Nothing here waits. What has to be sent is yielded as a step, so that both faces of a connection share one logic; see
[`blocking`][scratchbird.transaction.blocking] and [`awaiting`][scratchbird.transaction.awaiting], which take the steps.
"""

from __future__ import annotations

import asyncio
import enum
import logging
from types import TracebackType
from typing import Any, Callable, Generator, List, NamedTuple, Optional, Protocol, Type, TypeVar, Union

from scratchbird.errors import Error, ProgrammingError

__all__ = [
    "AsyncTransaction",
    "IsolationLevel",
    "OutOfOrderTransactionNesting",
    "Rollback",
    "Transaction",
]

logger = logging.getLogger("scratchbird.transaction")

T = TypeVar("T")
Steps = Generator[Callable[[], Any], Any, T]
"""Yields what to call (and, on the asyncio face, to await); gets its result or its exception."""


class IsolationLevel(enum.Enum):
    """How much of other transactions a transaction sees (SBsql, and the names of standard SQL for the same).

    Wherever a level is taken its name will do too, in any case and with blanks, `_` or `-` between its words:
    `"serializable"`, `"READ COMMITTED"`, `"repeatable-read"`.

    Example:
        >>> IsolationLevel.of("repeatable read")
        <IsolationLevel.SNAPSHOT: 'SNAPSHOT'>
        >>> IsolationLevel.SERIALIZABLE is IsolationLevel.SNAPSHOT_TABLE_STABILITY
        True
    """

    READ_COMMITTED = "READ COMMITTED"
    """Every statement sees what was committed before."""
    READ_CONSISTENCY = "READ CONSISTENCY"
    """READ COMMITTED, where all of a statement sees the same state."""
    READ_COMMITTED_RECORD_VERSION = "READ COMMITTED RECORD VERSION"
    """READ COMMITTED, where a row being changed by another transaction is read in its committed version."""
    READ_COMMITTED_NO_RECORD_VERSION = "READ COMMITTED NO RECORD VERSION"
    """READ COMMITTED, where a row being changed by another transaction is waited for."""
    SNAPSHOT = "SNAPSHOT"
    """The whole transaction sees one state."""
    SNAPSHOT_TABLE_STABILITY = "SNAPSHOT TABLE STABILITY"
    """As if the transactions had run one after the other."""

    READ_UNCOMMITTED = "READ COMMITTED"  # noqa: PIE796 - an alias
    """The SQL name; nobody ever sees what is not committed, so that it is READ COMMITTED."""
    REPEATABLE_READ = "SNAPSHOT"  # noqa: PIE796 - an alias
    """The SQL name of SNAPSHOT."""
    SERIALIZABLE = "SNAPSHOT TABLE STABILITY"  # noqa: PIE796 - an alias
    """The SQL name of SNAPSHOT TABLE STABILITY."""

    @classmethod
    def of(cls, level: Union[IsolationLevel, str]) -> IsolationLevel:
        """The level of this name.

        Raises:
            ProgrammingError: there is none.
        """
        if isinstance(level, cls):
            return level
        if isinstance(level, str):
            name = "_".join(level.replace("-", " ").replace("_", " ").upper().split())
            if name in cls.__members__:
                return cls.__members__[name]
        known = ", ".join(name.replace("_", " ") for name in cls.__members__)
        raise ProgrammingError(f"not an isolation level: {level!r}; there are {known}")

    @property
    def sql(self) -> str:
        """The level in SET TRANSACTION, which knows this one level by its SQL name only."""
        return "SERIALIZABLE" if self is IsolationLevel.SNAPSHOT_TABLE_STABILITY else str(self.value)


class Unset(enum.Enum):
    """The type of [`UNSET`][scratchbird.transaction.UNSET]."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset.UNSET
"""Stands for an argument that was not given, where `None` has a meaning."""

Level = Union[IsolationLevel, str, None]


class Characteristics(NamedTuple):
    """What a transaction is to be like; `None` leaves it to the server.

    Example:
        >>> Characteristics(IsolationLevel.SNAPSHOT, read_only=True).sql
        'SET TRANSACTION ISOLATION LEVEL SNAPSHOT, READ ONLY'
        >>> print(Characteristics().sql)
        None
    """

    isolation: Optional[IsolationLevel] = None
    read_only: Optional[bool] = None
    deferrable: Optional[bool] = None

    def overlaid(self, isolation: Level, read_only: Optional[bool], deferrable: Optional[bool]) -> Characteristics:
        """These, with those that are given in their place."""
        return Characteristics(
            self.isolation if isolation is None else IsolationLevel.of(isolation),
            self.read_only if read_only is None else bool(read_only),
            self.deferrable if deferrable is None else bool(deferrable),
        )

    @property
    def sql(self) -> Optional[str]:
        """The statement that asks for it, if anything is asked for."""
        modes = []
        if self.isolation is not None:
            modes.append(f"ISOLATION LEVEL {self.isolation.sql}")
        if self.read_only is not None:
            modes.append("READ ONLY" if self.read_only else "READ WRITE")
        if self.deferrable is not None:
            modes.append("DEFERRABLE" if self.deferrable else "NOT DEFERRABLE")
        return "SET TRANSACTION " + ", ".join(modes) if modes else None

    def check(self, connection: Controlled) -> None:
        """Refuses what the server would accept and not keep.

        Raises:
            NotSupportedError: with the reason.
        """
        demanding = self.isolation not in (None, IsolationLevel.READ_COMMITTED) or bool(self.deferrable)
        connection._check_transaction(demanding, bool(self.read_only), False)


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

    def _remark_savepoint(self) -> None: ...

    def _end(self, commit: bool) -> Any: ...

    def _control(self, sql: str, commits: bool) -> Any: ...

    def close(self) -> Any: ...


def blocking(steps: Steps[T]) -> T:
    """Takes the steps one after the other."""
    try:
        step = next(steps)
        while True:
            try:
                result = step()
            except GeneratorExit:
                raise
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as end:
        value: T = end.value
        return value


async def awaiting(steps: Steps[T]) -> T:
    """Takes the steps one after the other, awaiting each."""
    try:
        step = next(steps)
        while True:
            try:
                result = await step()
            except GeneratorExit:
                # The coroutine is thrown away: nothing can be awaited any more.
                steps.close()
                raise
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(result)
    except StopIteration as end:
        value: T = end.value
        return value


class Rollback(Exception):
    """Leaves a [`transaction()`][scratchbird.Connection.transaction] block with a rollback, and without an error.

    Raised without an argument it ends the innermost block; with a block, it ends all blocks up to and with that one.

    Args:
        transaction: the block to leave.

    Example:
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


def quote_name(name: str) -> str:
    """A name as an identifier that may contain anything.

    Raises:
        ProgrammingError: it is empty, or contains a NUL character.

    Example:
        >>> quote_name('half "way"; drop table t')
        '"half ""way""; drop table t"'
    """
    if not isinstance(name, str) or not name or "\0" in name:
        raise ProgrammingError(f"not a name for a savepoint: {name!r}")
    try:
        name.encode()
    except UnicodeEncodeError:
        raise ProgrammingError(f"not a name for a savepoint: {name!r}") from None
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
    ) -> None:
        self._connection = connection
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
            yield lambda: connection._control(f"SAVEPOINT {self._sql_name}", False)
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
                yield lambda: connection._end(True)
            else:
                yield lambda: connection._control(f"RELEASE SAVEPOINT {self._sql_name}", False)
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
            yield lambda: connection._end(False)
            return
        yield lambda: connection._control(f"ROLLBACK TO SAVEPOINT {self._sql_name}", False)
        yield lambda: connection._control(f"RELEASE SAVEPOINT {self._sql_name}", False)
        connection._remark_savepoint()

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
