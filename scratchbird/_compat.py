"""The methods of connections that the pure-Python driver had, once for both faces."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple, Union

from scratchbird import errors
from scratchbird._catalogue import collection_rows
from scratchbird._collections import COLLECTIONS
from scratchbird._schema_tree import build_ddl_editor_schema_payload
from scratchbird._steps import Steps
from scratchbird.metadata import collection_name
from scratchbird.rows import tuple_row
from scratchbird.transaction import quote_name

COPY_FORMAT_TEXT = 0
"""The data of `copy_in` and `copy_out` is text."""

COPY_FORMAT_BINARY = 1
"""The data of `copy_in` is binary rows."""

DEFAULT_SCHEMA = "users.public"

Params = Union[Sequence[Any], Mapping[str, Any], None]


def _summary(cursor: Any) -> Dict[str, Any]:
    return {
        "rowCount": cursor.rowcount,
        "fields": cursor.description or [],
        "command": cursor.statusmessage,
        "lastId": cursor.lastrowid,
    }


def _rows(cursor: Any) -> Steps[List[Any]]:
    if cursor.description is None:
        return []
    rows: List[Any] = yield cursor.fetchall
    return rows


def query_multi(connection: Any, sql: str, params: Params) -> Steps[List[Dict[str, Any]]]:
    cursor = connection.cursor()
    yield lambda: cursor.execute(sql, params)
    results: List[Dict[str, Any]] = []
    more = True
    while more:
        rows = yield from _rows(cursor)
        results.append({"rows": rows, **_summary(cursor)})
        more = yield cursor.nextset
    return results


def execute_batch(connection: Any, sql: str, batch_params: Iterable[Any]) -> Steps[Dict[str, Any]]:
    items: List[Dict[str, Any]] = []
    total = 0
    cursor = connection.cursor()
    for index, params in enumerate(batch_params):
        yield lambda params=params: cursor.execute(sql, params)  # type: ignore[misc]
        items.append({"index": index, **_summary(cursor)})
        total += max(0, cursor.rowcount)
    return {"items": items, "totalRowCount": total}


def generated_keys(
    connection: Any, sql: str, params: Params, columns: Union[bool, str, Sequence[str]]
) -> Steps[List[Any]]:
    cursor = connection.cursor(row_factory=tuple_row)
    yield lambda: cursor.execute(sql, params, generated_keys=columns)
    rows = yield cursor.fetchall
    return [row[0] for row in rows]


def copy_in(connection: Any, sql: str, data: Any, data_format: int) -> Steps[int]:
    if data_format not in (COPY_FORMAT_TEXT, COPY_FORMAT_BINARY):
        raise errors.ProgrammingError(f"the format is COPY_FORMAT_TEXT or COPY_FORMAT_BINARY, not {data_format!r}")
    cursor = connection.cursor()
    rows: int = yield lambda: cursor.copy_from(sql, data)
    return rows


def copy_out(connection: Any, sql: str, data_format: int) -> Steps[bytes]:
    if data_format != COPY_FORMAT_TEXT:
        raise errors.NotSupportedError("copy_out gives text; read binary rows with cursor.copy(...)")
    cursor = connection.cursor()
    blocks: List[bytes] = []
    yield lambda: cursor.copy_to(sql, blocks.append)
    return b"".join(blocks)


# ---- Metadata --------------------------------------------------------------------------------------------------------


class MetadataResult:
    """The rows of a collection in the manner of a cursor: a description, and tuples to fetch."""

    def __init__(self, rows: List[Dict[str, Any]]) -> None:
        names = list(dict.fromkeys(name for row in rows for name in row))
        self.description = [(name, None, None, None, None, None, None) for name in names]
        """The columns, as `cursor.description` has them; the types are not told."""
        self.rowcount = len(rows)
        """The number of rows."""
        self._rows = iter([tuple(row.get(name) for name in names) for row in rows])

    def fetchone(self) -> Optional[Tuple[Any, ...]]:
        """The next row, `None` after the last."""
        return next(self._rows, None)

    def fetchall(self) -> List[Tuple[Any, ...]]:
        """All rows that are left."""
        return list(self._rows)

    def __iter__(self) -> MetadataResult:
        return self

    def __next__(self) -> Tuple[Any, ...]:
        return next(self._rows)


def get_schema(connection: Any, name: str, restrictions: Optional[Mapping[str, Any]]) -> Steps[List[Dict[str, Any]]]:
    rows = yield from collection_rows(connection, COLLECTIONS[collection_name(name)], dict(restrictions or {}))
    return rows


def query_metadata(connection: Any, name: str, restrictions: Optional[Mapping[str, Any]]) -> Steps[MetadataResult]:
    rows = yield from get_schema(connection, name, restrictions)
    return MetadataResult(rows)


def schema_payload(
    connection: Any, schema_pattern: Optional[str], expand_schema_parents: bool
) -> Steps[Dict[str, Any]]:
    rows = yield from get_schema(connection, "schemas", {"schema": schema_pattern})
    return build_ddl_editor_schema_payload(
        (row["schema_path"] for row in rows if row.get("schema_path")),
        schema_pattern=schema_pattern,
        expand_schema_parents=expand_schema_parents,
    )


def get_session_schema(connection: Any) -> Steps[Optional[str]]:
    cursor = connection.cursor(row_factory=tuple_row)
    yield lambda: cursor.execute("SELECT current_schema()")
    rows = yield cursor.fetchall
    schema: Optional[str] = rows[0][0] if rows else None
    return schema or None


def set_session_schema(connection: Any, schema: Optional[str]) -> Steps[None]:
    if schema is not None and not isinstance(schema, str):
        raise errors.ProgrammingError(f"a schema is a text or None, not {schema!r}")
    path = schema.strip() if schema else DEFAULT_SCHEMA
    path = DEFAULT_SCHEMA if path.lower() == "public" else path
    if connection._check_schema(path):
        cursor = connection.cursor()
        yield lambda: cursor.execute("SET SCHEMA " + ".".join(quote_name(part) for part in path.split(".")))
