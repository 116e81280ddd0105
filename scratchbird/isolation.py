"""What transactions can be like: isolation levels, read-only, deferrable. Knows nothing of blocks; sends nothing."""

from __future__ import annotations

import enum
from typing import NamedTuple, Optional, Protocol, Union

from scratchbird.errors import ProgrammingError

__all__ = ["IsolationLevel"]


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
    """The type of `UNSET`."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset.UNSET
"""Stands for an argument that was not given, where `None` has a meaning."""

Level = Union[IsolationLevel, str, None]


class Judge(Protocol):
    """A connection, which knows what its server keeps."""

    def _check_transaction(self, isolation: bool, read_only: bool, two_phase: bool) -> None: ...


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

    def check(self, connection: Judge) -> None:
        """Refuses what the server would accept and not keep.

        Raises:
            NotSupportedError: with the reason.
        """
        demanding = self.isolation not in (None, IsolationLevel.READ_COMMITTED) or bool(self.deferrable)
        connection._check_transaction(demanding, bool(self.read_only), False)
