"""Calls of procedures and functions, of cursors."""

from __future__ import annotations

from typing import Any, Mapping, Optional, TypeVar, Union

from scratchbird import _calls
from scratchbird._steps import blocking
from scratchbird.callable import Var, VarType
from scratchbird.dbapi.copying import CopyMethods
from scratchbird.rows import Row

T = TypeVar("T")


class CallMethods(CopyMethods[Row]):
    """What a cursor offers to call procedures and functions."""

    def callproc(
        self,
        procname: str,
        parameters: _calls.Arguments = (),
        keyword_parameters: Optional[Mapping[str, Any]] = None,
        *,
        timeout: Optional[float] = None,
    ) -> Any:
        """Call a procedure (PEP 249). The rows that it returns are the cursor's result; `nextset()` goes on to more.

        Args:
            procname: its name, `schema.procedure` for one outside the current schema; or a whole `{call p(?)}`.
            parameters: its arguments, a sequence, or a mapping from the names of parameters. A [`Var`][scratchbird.Var]
                stands for an OUT parameter, or with a value for an INOUT one, and holds what came back afterwards.
            keyword_parameters: arguments by name, after those of a sequence.
            timeout: the most seconds that the call may take; the connection's `statement_timeout` if not given.

        Returns:
            A copy of the arguments, a list or a dict, with the values of OUT and INOUT parameters in their places.

        Raises:
            ProgrammingError: the name is not a path of identifiers, there is no such procedure, or a variable stands
                for a parameter that does not come back.
            DataError: what came back does not fit the type of its variable.
            NotSupportedError: variables and named arguments, where the server has no such parameters.

        Example:
            >>> with connect(dsn) as connection, connection.cursor() as cursor:
            ...     half = cursor.var(int)
            ...     _ = cursor.execute("create procedure halve(n int, out half int, inout total int) as begin "
            ...                        "half = :n / 2; total = :total + half; end")
            ...     cursor.callproc("halve", (10, half, 100))
            ...     connection.rollback()
            [10, 5, 105]
            >>> half.value
            5

        Contract: PEP 249 `.callproc()`; SBWP 3.2.2, out-parameter row.
        """
        return blocking(_calls.procedure(self, procname, parameters, keyword_parameters, timeout))

    def callfunc(
        self,
        name: str,
        return_type: Union[VarType[T], Var[T]] = None,
        parameters: _calls.Arguments = (),
        keyword_parameters: Optional[Mapping[str, Any]] = None,
        *,
        timeout: Optional[float] = None,
    ) -> Optional[T]:
        """Call a function, and return its result.

        Args:
            name: its name, `schema.function` for one outside the current schema.
            return_type: what the result becomes, as for `var()`; or a variable, which holds it too.
            parameters: its arguments, a sequence, or a mapping from the names of parameters.
            keyword_parameters: arguments by name, after those of a sequence.
            timeout: the most seconds that the call may take; the connection's `statement_timeout` if not given.

        Raises:
            ProgrammingError: the name is not a path of identifiers, or there is no such function.
            DataError: the result does not fit `return_type`.

        Example:
            >>> with connect(dsn) as connection:
            ...     connection.cursor().callfunc("lower", str, ["ABC"])
            'abc'
        """
        result: Optional[T] = blocking(
            _calls.function(self, name, return_type, parameters, keyword_parameters, timeout)
        )
        return result
