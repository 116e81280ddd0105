"""What `pandas.read_sql` and `DataFrame.to_sql` get of a bare connection.

pandas takes every DB-API connection that is not SQLAlchemy's for one of SQLite: it looks for the table in
`sqlite_master`, and makes it of SQLite's types, where INTEGER has 64 bits, REAL is a double, a truth value is an
integer and a timestamp may have a zone. A connection gives pandas, and nobody else, a cursor that understands this. All
else pandas does with plain DB-API calls.
"""

from __future__ import annotations

import datetime
import re
import sys
import weakref
from typing import Any, Dict, List, Optional, Tuple

from scratchbird.dbapi.cursor import Cursor
from scratchbird.metadata import escape
from scratchbird.rows import tuple_row

_PROBE = re.compile(r"\s*SELECT\s+name\s+FROM\s+sqlite_master\s+WHERE\s+type\s*(?:=|IN)", re.IGNORECASE)
_CREATE = re.compile(r"CREATE TABLE (?P<name>.+?) \(\n(?P<columns>.*)\n\)\Z", re.DOTALL)
_INSERT = re.compile(r'INSERT INTO (?P<name>(?:"(?:[^"]|"")*")|\S+) \(')
_COLUMN = re.compile(r'(?P<name>"(?:[^"]|"")*"|\S+) (?P<type>[A-Z]+)\Z')

_TYPES = {"INTEGER": "BIGINT", "REAL": "DOUBLE PRECISION"}
"""SQLite's types by the names of those that hold the same values."""


class _Made:
    """A table that pandas has made on a connection and not filled yet."""

    def __init__(self, name: str, columns: List[str]) -> None:
        self.name, self.columns = name, columns
        self.others: List[str] = []

    def statement(self, types: Dict[int, str]) -> str:
        """The CREATE TABLE, with these types in the place of what SQLite would take them for."""
        columns = []
        for index, column in enumerate(self.columns):
            found = _COLUMN.match(column)
            if found:
                own = found["type"]
                column = f"{found['name']} {types.get(index) or _TYPES.get(own, own)}"
            columns.append(column)
        return f"CREATE TABLE {self.name} (\n" + ",\n".join(columns) + "\n)"

    def types(self, rows: List[Any]) -> Dict[int, str]:
        """Types of columns that pandas' names do not tell: truth values, and moments with a zone."""
        found: Dict[int, str] = {}
        for index, column in enumerate(self.columns):
            parsed = _COLUMN.match(column)
            own = parsed["type"] if parsed else ""
            if own not in ("INTEGER", "TIMESTAMP"):
                continue
            first = next((row[index] for row in rows if len(row) > index and row[index] is not None), None)
            if own == "INTEGER" and isinstance(first, bool):
                found[index] = "BOOLEAN"
            elif own == "TIMESTAMP" and isinstance(first, datetime.datetime) and first.tzinfo is not None:
                found[index] = "TIMESTAMP WITH TIME ZONE"
        return found


_MADE: weakref.WeakKeyDictionary[Any, _Made] = weakref.WeakKeyDictionary()


class PandasCursor(Cursor[Tuple[Any, ...]]):
    """The cursor that pandas gets."""

    def execute(self, query: str, params: Any = None, /, **keywords: Any) -> Any:
        if params and _PROBE.match(query):
            return self._probed(params[0])
        created = _CREATE.match(query)
        if created:
            made = _Made(created["name"], created["columns"].split(",\n  "))
            _MADE[self.connection] = made
            return super().execute(made.statement({}), **keywords)
        made_before = _MADE.get(self.connection)
        if made_before is not None:
            if query.startswith("CREATE INDEX "):
                made_before.others.append(query)
            elif params and self._is_first_of(made_before, query):
                width = len(made_before.columns)
                self._remake(made_before, [params[at : at + width] for at in range(0, len(params), width)])
            else:
                _MADE.pop(self.connection, None)
        return super().execute(query, params, **keywords)

    def executemany(self, query: str, seq_of_params: Any, /, **keywords: Any) -> Any:
        made = _MADE.get(self.connection)
        if made is not None and isinstance(seq_of_params, list) and self._is_first_of(made, query):
            self._remake(made, seq_of_params)
        return super().executemany(query, seq_of_params, **keywords)

    def _probed(self, name: str) -> Any:
        """Answers from the catalogue whether there is a table or a view, where an unqualified name leads to it."""
        connection = self.connection
        super().execute("SELECT current_schema()")
        row = self.fetchone()
        schemas = {"users.public", (row[0] if row else None) or "public"}
        found = [
            table
            for table in connection.metadata.tables(table=escape(name))
            if table["table_name"] == name and _is_reached(table, schemas)
        ]
        self._answer: Optional[List[Tuple[Any, ...]]] = [(name,)] if found else []
        return self

    def fetchall(self) -> List[Tuple[Any, ...]]:
        answer = getattr(self, "_answer", None)
        if answer is None:
            rows: List[Tuple[Any, ...]] = super().fetchall()
            return rows
        self._answer = None
        return answer

    def _is_first_of(self, made: _Made, query: str) -> bool:
        inserted = _INSERT.match(query)
        return inserted is not None and inserted["name"] == made.name

    def _remake(self, made: _Made, rows: List[Any]) -> None:
        """Makes the table, which is empty, anew where its rows show types that its statement could not."""
        _MADE.pop(self.connection, None)
        types = made.types(rows)
        if types:
            super().execute(f"DROP TABLE {made.name}")
            super().execute(made.statement(types))
            for statement in made.others:
                super().execute(statement)


def _is_reached(table: Any, schemas: Any) -> bool:
    if table["table_type"] == "LOCAL TEMPORARY":
        return True
    return table["table_schema"] in schemas or table["schema_path"] in schemas


def pandas_cursor(connection: Any) -> Optional[PandasCursor]:
    """A cursor for pandas, where it is pandas that calls the function that calls this one."""
    if sys._getframe(2).f_globals.get("__name__") != "pandas.io.sql":
        return None
    return PandasCursor(connection, tuple_row)
