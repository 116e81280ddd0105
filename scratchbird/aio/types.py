"""Types of the server for classes of the program, of connections."""

from __future__ import annotations

from enum import Enum
from typing import Any, Mapping, Optional, Type

from scratchbird import typeinfo
from scratchbird._steps import awaiting
from scratchbird.aio.statements import AsyncStatementMethods
from scratchbird.rows import Row


class AsyncTypeMethods(AsyncStatementMethods[Row]):
    """What a connection offers for enumerations and composite types."""

    async def register_enum(
        self,
        name: str,
        cls: Type[Enum],
        mapping: Optional[Mapping[Any, str]] = None,
        *,
        timeout: Optional[float] = None,
    ) -> typeinfo.EnumInfo:
        """As [`Connection.register_enum`][scratchbird.Connection.register_enum], awaited."""
        return await awaiting(typeinfo.register_enum(self, name, cls, mapping, timeout))

    async def register_composite(self, name: str, factory: Any = None, *, timeout: Optional[float] = None) -> Any:
        """As [`Connection.register_composite`][scratchbird.Connection.register_composite], awaited."""
        return await awaiting(typeinfo.register_composite(self, name, factory, timeout))
