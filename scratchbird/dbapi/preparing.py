"""Prepared statements, of connections."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Iterable, List, Optional, Type, cast, overload

from scratchbird._shared import Params
from scratchbird._steps import blocking
from scratchbird.dbapi.cursor import Cursor
from scratchbird.dbapi.statements import StatementMethods
from scratchbird.prepared import StatementBase
from scratchbird.rows import Row, RowFactory, T


class PreparedStatement(StatementBase[Row]):
    """A statement that the server keeps prepared.

    Made by [`Connection.prepare`][scratchbird.Connection.prepare].
    As a context manager it closes. It belongs to its connection: a pool's connection ends it by going back.
    """

    def execute(self, params: Optional[Params] = None, *, timeout: Optional[float] = None) -> Cursor[Row]:
        """Run it in a new cursor, and return the cursor.

        Args:
            params: the values, a sequence or a mapping, or None; as for [`Cursor.execute`][scratchbird.Cursor.execute].
            timeout: the most seconds it may take; the connection's `statement_timeout` if not given.

        Raises:
            InterfaceError: the statement is closed, or its connection is.
            DatabaseError: as for a cursor's `execute`.
        """
        return cast("Cursor[Row]", blocking(self._execute(params, timeout)))

    def executemany(
        self, seq_of_params: Iterable[Params], *, returning: bool = False, timeout: Optional[float] = None
    ) -> Cursor[Row]:
        """Run it once for every set of values in a new cursor, and return the cursor.

        Arguments and errors are those of [`Cursor.executemany`][scratchbird.Cursor.executemany].
        """
        return cast("Cursor[Row]", blocking(self._many(seq_of_params, returning, timeout)))

    def fetch(self, params: Optional[Params] = None, *, timeout: Optional[float] = None) -> List[Row]:
        """Run it, and fetch all rows. The arguments are those of `execute`.

        Raises:
            ProgrammingError: it returns no rows.
        """
        return cast("List[Row]", blocking(self._fetched("fetchall", params, timeout)))

    def fetchrow(self, params: Optional[Params] = None, *, timeout: Optional[float] = None) -> Optional[Row]:
        """Run it, and fetch the first row, `None` where there is none. The arguments are those of `execute`."""
        return cast("Optional[Row]", blocking(self._fetched("fetchone", params, timeout)))

    def fetchval(self, params: Optional[Params] = None, *, column: int = 0, timeout: Optional[float] = None) -> Any:
        """Run it, and fetch one value of the first row, `None` where there is no row.

        Args:
            params: as for `execute`.
            column: the index of the column, from 0.
            timeout: as for `execute`.
        """
        return blocking(self._fetched("fetchval", params, timeout, column))

    def close(self) -> None:
        """Let the server forget the statement, with the next one that has parameters. Twice is no error.

        Nothing is sent at once, so that nothing has to be waited for.
        """
        self._let_go()

    def __enter__(self) -> PreparedStatement[Row]:
        return self

    def __exit__(
        self,
        exc_type: Optional[Type[BaseException]],
        exc: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        self._let_go()


class PrepareMethods(StatementMethods[Row]):
    """What a connection offers to prepare statements."""

    @overload
    def prepare(
        self, query: str, name: Optional[str] = None, *, timeout: Optional[float] = None
    ) -> PreparedStatement[Row]: ...

    @overload
    def prepare(
        self,
        query: str,
        name: Optional[str] = None,
        *,
        row_factory: RowFactory[T],
        timeout: Optional[float] = None,
    ) -> PreparedStatement[T]: ...

    def prepare(
        self,
        query: str,
        name: Optional[str] = None,
        *,
        row_factory: Optional[RowFactory[Any]] = None,
        timeout: Optional[float] = None,
    ) -> PreparedStatement[Any]:
        """Prepare a statement for many executions: the server reads it once, and describes its parameters.

        It is kept from its first execution on until it is closed, whatever `statement_cache_size` and
        `prepare_threshold` say. After a change of the schema it is prepared again by itself. Most programs need no
        `prepare`: what comes again is kept without it.

        Args:
            query: one statement, with placeholders as for [`Cursor.execute`][scratchbird.Cursor.execute].
            name: the begin of the name by which the server knows it, which its log may show.
            row_factory: what makes its rows; the connection's if not given.
            timeout: the most seconds that the preparation may take; the connection's `statement_timeout` if not given.

        Raises:
            ProgrammingError: it is not one statement, or is transaction control. What else is wrong with it, servers
                say when it is executed (SBWP 3.3.1).
            InterfaceError: the connection is closed.

        Example:
            >>> with connect(dsn) as connection, connection.prepare("select %s::int * 2") as double:
            ...     [double.fetchval((n,)) for n in range(3)]
            [0, 2, 4]

        Contract: SBWP 3.3.
        """
        statement: PreparedStatement[Any] = PreparedStatement(self, query, name, row_factory, timeout)
        statement._core.prepare()
        return statement
