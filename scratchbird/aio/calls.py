"""Calls of procedures and functions, of cursors."""

from __future__ import annotations

from typing import Any, Mapping, Optional, TypeVar, Union

from scratchbird import _calls
from scratchbird._steps import awaiting
from scratchbird.aio.copying import AsyncCopyMethods
from scratchbird.callable import Var, VarType
from scratchbird.rows import Row

T = TypeVar("T")


class AsyncCallMethods(AsyncCopyMethods[Row]):
    """What a cursor offers to call procedures and functions."""

    async def callproc(
        self,
        procname: str,
        parameters: _calls.Arguments = (),
        keyword_parameters: Optional[Mapping[str, Any]] = None,
        *,
        timeout: Optional[float] = None,
    ) -> Any:
        """Call a procedure. As [`Cursor.callproc`][scratchbird.Cursor.callproc], awaited."""
        return await awaiting(_calls.procedure(self, procname, parameters, keyword_parameters, timeout))

    async def callfunc(
        self,
        name: str,
        return_type: Union[VarType[T], Var[T]] = None,
        parameters: _calls.Arguments = (),
        keyword_parameters: Optional[Mapping[str, Any]] = None,
        *,
        timeout: Optional[float] = None,
    ) -> Optional[T]:
        """Call a function, and return its result. As [`Cursor.callfunc`][scratchbird.Cursor.callfunc], awaited."""
        return await awaiting(_calls.function(self, name, return_type, parameters, keyword_parameters, timeout))
