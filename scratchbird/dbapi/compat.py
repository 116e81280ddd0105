"""The methods of the pure-Python driver, of connections."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Union

from scratchbird import _compat
from scratchbird._events import NotificationHandler
from scratchbird._steps import blocking
from scratchbird.dbapi.events import EventMethods
from scratchbird.rows import Row


class CompatMethods(EventMethods[Row]):
    """What connections of the pure-Python driver (0.1.0) offered, and this one offers in another form too."""

    def query_multi(self, sql: str, params: _compat.Params = None) -> List[Dict[str, Any]]:
        """Run a text of several statements, and return a dict for each result: `rows`, `rowCount`, `fields` (the
        description), `command` and `lastId`. Now: `execute` and `nextset`.

        Raises:
            DatabaseError: a statement failed; those before it have run.
        """
        return blocking(_compat.query_multi(self, sql, params))

    def execute_batch(self, sql: str, batch_params: Iterable[Any]) -> Dict[str, Any]:
        """Run a statement once for every set of values, and return `items`, with `index`, `rowCount`, `fields`,
        `command` and `lastId` for each, and `totalRowCount`. Now: `executemany`, which needs one round trip for many.

        Raises:
            DatabaseError: an execution failed; those before it have run.
        """
        return blocking(_compat.execute_batch(self, sql, batch_params))

    def execute_with_generated_keys(
        self, sql: str, params: _compat.Params = None, columns: Union[bool, str, Sequence[str]] = True
    ) -> List[Any]:
        """Run an INSERT, and return the key of each row: the first of `columns`, or of all columns of the table. Now:
        `execute(..., generated_keys=...)`.

        Raises:
            NotSupportedError: the server returns no rows of an INSERT.
        """
        return blocking(_compat.generated_keys(self, sql, params, columns))

    def call(self, sql: str, params: _compat.Params = None) -> Any:
        """Run `{call p(?)}` or `{? = call f(?)}` in a new cursor, and return the cursor. Now: `execute`, or a cursor's
        `callproc` and `callfunc`."""
        return self.execute(sql, params)

    def native_sql(self, sql: str, params: _compat.Params = None) -> str:
        """The statement as it is sent, with placeholders `$1 … $n` and escapes replaced.

        Args:
            sql: the statement.
            params: a sequence or a mapping, which says what placeholders count; without it none does.

        Example:
            >>> with connect(dsn) as connection:
            ...     connection.native_sql("select %s, %s", (1, 2))
            'select $1, $2'
        """
        return self._native_sql(sql, params)

    def copy_in(self, sql: str, data: Any, format: int = _compat.COPY_FORMAT_TEXT) -> int:  # noqa: A002 - its name
        """Run `COPY ... FROM STDIN` with all of `data`, and return the number of rows. Now: `cursor.copy_from`."""
        return blocking(_compat.copy_in(self, sql, data, format))

    def copy_out(self, sql: str, format: int = _compat.COPY_FORMAT_TEXT) -> bytes:  # noqa: A002 - its name
        """Run `COPY ... TO STDOUT`, and return everything. Now: `cursor.copy_to`.

        Raises:
            NotSupportedError: the server has no COPY out, or `format` is not text.
        """
        return blocking(_compat.copy_out(self, sql, format))

    def get_schema(
        self, collection_name: str = "tables", restrictions: Optional[Mapping[str, Any]] = None
    ) -> List[Dict[str, Any]]:
        """The rows of a collection of metadata. Now: `metadata.get`."""
        return blocking(_compat.get_schema(self, collection_name, restrictions))

    def query_metadata(
        self, collection_name: str = "tables", restrictions: Optional[Mapping[str, Any]] = None
    ) -> _compat.MetadataResult:
        """The rows of a collection of metadata to fetch, as tuples, with a description. Now: `metadata.get`."""
        return blocking(_compat.query_metadata(self, collection_name, restrictions))

    def ddl_editor_schema_payload(
        self, schema_pattern: Optional[str] = None, expand_schema_parents: bool = False
    ) -> Dict[str, Any]:
        """The tree of schemas: `schemaPattern`, `expandSchemaParents`, `schemaPaths`, `schemaTree`."""
        return blocking(_compat.schema_payload(self, schema_pattern, expand_schema_parents))

    def get_session_schema(self) -> Optional[str]:
        """The schema in which unqualified names are looked up, as the server says; `None` where it does not."""
        return blocking(_compat.get_session_schema(self))

    def set_session_schema(self, schema: Optional[str]) -> None:
        """Look up unqualified names in this schema, a path; `None` is `users.public`.

        Raises:
            NotSupportedError: the server looks in one schema only.
        """
        blocking(_compat.set_session_schema(self, schema))

    def on_notification(self, callback: NotificationHandler) -> None:
        """Have a function called with every notification. Now: `add_notification_handler`, or `notifications()`.

        Raises:
            NotSupportedError: the server delivers no notifications.
        """
        self.add_notification_handler(callback)
