"""One statement and its rows, in one call of a connection."""

from __future__ import annotations

from typing import Any, List, Optional, overload

from scratchbird._shared import Params
from scratchbird.dbapi.statements import StatementMethods
from scratchbird.rows import Row, RowFactory, T


class FetchMethods(StatementMethods[Row]):
    """What a connection offers to run a statement and fetch from it at once."""

    @overload
    def fetch(self, query: str, params: Optional[Params] = None, *, timeout: Optional[float] = None) -> List[Row]: ...

    @overload
    def fetch(
        self,
        query: str,
        params: Optional[Params] = None,
        *,
        row_factory: RowFactory[T],
        timeout: Optional[float] = None,
    ) -> List[T]: ...

    def fetch(
        self,
        query: str,
        params: Optional[Params] = None,
        *,
        row_factory: Optional[RowFactory[Any]] = None,
        timeout: Optional[float] = None,
    ) -> List[Any]:
        """Run a statement and fetch all its rows.

        Args:
            query: the SQL text, as for [`Cursor.execute`][scratchbird.Cursor.execute].
            params: the values, a sequence or a mapping, or None.
            row_factory: what makes the rows; the connection's if not given.
            timeout: the most seconds the statement may take.

        Raises:
            ProgrammingError: the statement is wrong, or returns no rows.

        Example:
            >>> connection.fetch("select n from generate_series(1, 2) as g(n)")  # doctest: +SKIP
            [(1,), (2,)]
        """
        with self.cursor(row_factory=row_factory or self.row_factory) as cursor:
            return cursor.execute(query, params, timeout=timeout).fetchall()

    @overload
    def fetchrow(
        self, query: str, params: Optional[Params] = None, *, timeout: Optional[float] = None
    ) -> Optional[Row]: ...

    @overload
    def fetchrow(
        self,
        query: str,
        params: Optional[Params] = None,
        *,
        row_factory: RowFactory[T],
        timeout: Optional[float] = None,
    ) -> Optional[T]: ...

    def fetchrow(
        self,
        query: str,
        params: Optional[Params] = None,
        *,
        row_factory: Optional[RowFactory[Any]] = None,
        timeout: Optional[float] = None,
    ) -> Optional[Any]:
        """Run a statement and fetch its first row, None where there is none. The arguments and errors are those of
        [`fetch`][scratchbird.Connection.fetch].

        Example:
            >>> connection.fetchrow("select 1 as id, 'x' as name")  # doctest: +SKIP
            (1, 'x')
        """
        with self.cursor(row_factory=row_factory or self.row_factory) as cursor:
            return cursor.execute(query, params, timeout=timeout).fetchone()

    def fetchval(
        self, query: str, params: Optional[Params] = None, *, column: int = 0, timeout: Optional[float] = None
    ) -> Any:
        """Run a statement and fetch one value of its first row, None where there is no row.

        Args:
            query: the SQL text, as for [`Cursor.execute`][scratchbird.Cursor.execute].
            params: the values, a sequence or a mapping, or None.
            column: the index of the column, from 0.
            timeout: the most seconds the statement may take.

        Raises:
            ProgrammingError: the statement is wrong, returns no rows, or has no such column.

        Example:
            >>> connection.fetchval("select count(*) from generate_series(1, 9)")  # doctest: +SKIP
            9
        """
        with self.cursor() as cursor:
            return cursor.execute(query, params, timeout=timeout).fetchval(column)
