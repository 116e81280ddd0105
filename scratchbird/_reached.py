"""Whether a name leads to a table or a view: what pandas' functions and ours ask before they write one."""

from __future__ import annotations

from functools import partial
from typing import Any, Optional

from scratchbird._steps import Steps
from scratchbird.metadata import escape
from scratchbird.rows import tuple_row


def is_there(connection: Any, name: str, schema: Optional[str] = None) -> Steps[bool]:
    """Whether there is such a table in a schema; without one, where its bare name leads to."""
    tables = yield partial(connection.metadata.tables, table=escape(name))
    tables = [table for table in tables if table["table_name"] == name]
    if schema is not None:
        return any(schema in (table["table_schema"], table["schema_path"]) for table in tables)
    # Tuples, whatever the connection makes of its rows.
    cursor = connection.cursor(row_factory=tuple_row)
    yield partial(cursor.execute, "SELECT current_schema()")
    row = yield cursor.fetchone
    reached = {"users.public", (row[0] if row else None) or "public"}
    return any(
        table["table_type"] == "LOCAL TEMPORARY" or reached & {table["table_schema"], table["schema_path"]}
        for table in tables
    )
