"""What is done around one statement: sequences run beforehand, and cursors in the server for large results."""

from __future__ import annotations

import itertools
import re
from typing import Any

from sqlalchemy import schema
from sqlalchemy.engine import default

from scratchbird.sqlalchemy import guessed
from scratchbird.sqlalchemy.versions import IS_14

_numbers = itertools.count(1)

_NO_QUERY = re.compile(
    r"\s*(?:INSERT|UPDATE|DELETE|MERGE|UPSERT|CREATE|RECREATE|ALTER|DROP|TRUNCATE|RENAME|COMMENT|GRANT|REVOKE|SET|LOCK"
    r"|EXECUTE|CALL)\b",
    re.IGNORECASE,
)
"""What begins a statement that no cursor can be declared for."""

_RETURNING = re.compile(r"\bRETURNING\b", re.IGNORECASE)


class ExecutionContext(default.DefaultExecutionContext):
    """The context of a statement."""

    def type_nulls(self, cursor: Any, parameters: Any) -> None:
        """Give parameters that are NULL the type that the statement knows: alone they have none."""
        compiled = self.compiled
        names = getattr(compiled, "positiontup", None)
        # With IN or several rows the names are not those of the parameters.
        if compiled is None or not names or len(names) != len(parameters):
            return
        lookup = self.dialect.oid_of_type
        cursor.setinputsizes(
            [lookup(compiled.binds[name].type, value is None) for name, value in zip(names, parameters)]
        )

    def get_result_processor(self, type_: Any, colname: str, coltype: Any) -> Any:
        if self.dialect.grammar.guesses_types:
            return guessed.processor(type_, self.dialect)
        return type_._cached_result_processor(self.dialect, coltype)

    if not IS_14:

        def _prepare_set_input_sizes(self) -> Any:
            # Few statements have a parameter whose type has to be said.
            if self.isddl or self.is_text or self.dialect._has_events:
                return super()._prepare_set_input_sizes()
            compiled: Any = self.compiled
            return super()._prepare_set_input_sizes() if compiled.says_types else None

    if IS_14:
        _rows = -1

        def post_exec(self) -> None:
            # A closed cursor has forgotten it.
            self._rows = self.cursor.rowcount

        @property
        def rowcount(self) -> int:
            return self._rows

    def create_server_side_cursor(self) -> Any:
        # As an option of a connection, or with `AsyncConnection.stream`, it is said of statements of all kinds.
        changes = self.isinsert or self.isupdate or self.isdelete or self.isddl
        text = self.statement if self.compiled is None else self.compiled.string
        if changes or _NO_QUERY.match(str(text)):
            # `AsyncConnection.stream` takes nothing else for a result that has rows.
            self._is_server_side = self.dialect.is_async and _RETURNING.search(str(text)) is not None
            return self.create_default_cursor()
        connection = self._dbapi_connection
        # Outside of a transaction the server keeps the rows of a cursor for as long as the connection lives.
        return connection.cursor(f"sqlalchemy_{next(_numbers)}", withhold=bool(connection.autocommit))

    def fire_sequence(self, seq: Any, type_: Any) -> Any:
        name = self.identifier_preparer.format_sequence(seq)
        return self._execute_scalar(f"SELECT NEXT VALUE FOR {name}", type_)

    def get_insert_default(self, column: Any) -> Any:
        # The key of a row that the server cannot return: its own DEFAULT is carried out beforehand.
        if column.primary_key and column is column.table._autoincrement_column and column.default is None:
            found = column.server_default
            if isinstance(found, schema.DefaultClause) and isinstance(found.arg, schema.Sequence):
                return self.fire_sequence(found.arg, column.type)
        return super().get_insert_default(column)
