"""The methods of the pure-Python driver, of connections."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Union

from scratchbird import _compat
from scratchbird._events import NotificationHandler
from scratchbird._steps import awaiting
from scratchbird.aio.events import AsyncEventMethods
from scratchbird.rows import Row


class AsyncCompatMethods(AsyncEventMethods[Row]):
    """What connections of the pure-Python driver (0.1.0) offered, and this one offers in another form too."""

    async def query_multi(self, sql: str, params: _compat.Params = None) -> List[Dict[str, Any]]:
        """As [`Connection.query_multi`][scratchbird.Connection.query_multi], awaited."""
        return await awaiting(_compat.query_multi(self, sql, params))

    async def execute_batch(self, sql: str, batch_params: Iterable[Any]) -> Dict[str, Any]:
        """As [`Connection.execute_batch`][scratchbird.Connection.execute_batch], awaited."""
        return await awaiting(_compat.execute_batch(self, sql, batch_params))

    async def execute_with_generated_keys(
        self, sql: str, params: _compat.Params = None, columns: Union[bool, str, Sequence[str]] = True
    ) -> List[Any]:
        """As `Connection.execute_with_generated_keys`, awaited."""
        return await awaiting(_compat.generated_keys(self, sql, params, columns))

    async def call(self, sql: str, params: _compat.Params = None) -> Any:
        """As [`Connection.call`][scratchbird.Connection.call], awaited."""
        return await self.execute(sql, params)

    def native_sql(self, sql: str, params: _compat.Params = None) -> str:
        """As [`Connection.native_sql`][scratchbird.Connection.native_sql]."""
        return self._native_sql(sql, params)

    async def copy_in(self, sql: str, data: Any, format: int = _compat.COPY_FORMAT_TEXT) -> int:  # noqa: A002 - its name
        """As [`Connection.copy_in`][scratchbird.Connection.copy_in], awaited."""
        return await awaiting(_compat.copy_in(self, sql, data, format))

    async def copy_out(self, sql: str, format: int = _compat.COPY_FORMAT_TEXT) -> bytes:  # noqa: A002 - its name
        """As [`Connection.copy_out`][scratchbird.Connection.copy_out], awaited."""
        return await awaiting(_compat.copy_out(self, sql, format))

    async def get_schema(
        self, collection_name: str = "tables", restrictions: Optional[Mapping[str, Any]] = None
    ) -> List[Dict[str, Any]]:
        """The rows of a collection of metadata. Now: `metadata.get`."""
        return await awaiting(_compat.get_schema(self, collection_name, restrictions))

    async def query_metadata(
        self, collection_name: str = "tables", restrictions: Optional[Mapping[str, Any]] = None
    ) -> _compat.MetadataResult:
        """The rows of a collection of metadata to fetch, as tuples, with a description. Now: `metadata.get`."""
        return await awaiting(_compat.query_metadata(self, collection_name, restrictions))

    async def ddl_editor_schema_payload(
        self, schema_pattern: Optional[str] = None, expand_schema_parents: bool = False
    ) -> Dict[str, Any]:
        """As [`Connection.ddl_editor_schema_payload`][scratchbird.Connection.ddl_editor_schema_payload], awaited."""
        return await awaiting(_compat.schema_payload(self, schema_pattern, expand_schema_parents))

    async def get_session_schema(self) -> Optional[str]:
        """As [`Connection.get_session_schema`][scratchbird.Connection.get_session_schema], awaited."""
        return await awaiting(_compat.get_session_schema(self))

    async def set_session_schema(self, schema: Optional[str]) -> None:
        """As [`Connection.set_session_schema`][scratchbird.Connection.set_session_schema], awaited."""
        await awaiting(_compat.set_session_schema(self, schema))

    async def on_notification(self, callback: NotificationHandler) -> None:
        """As [`Connection.on_notification`][scratchbird.Connection.on_notification], awaited.

        `callback` may be a coroutine function.
        """
        await self.add_notification_handler(callback)
