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
from decimal import Decimal
from typing import Any, List, Optional, Tuple

from scratchbird._reached import is_there
from scratchbird._steps import blocking
from scratchbird.dbapi.cursor import Cursor
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

    def statement(self) -> str:
        """The CREATE TABLE, with types that hold what SQLite's of these names do."""
        columns = []
        for column in self.columns:
            found = _COLUMN.match(column)
            if found:
                own = found["type"]
                column = f"{found['name']} {_TYPES.get(own, own)}"
            columns.append(column)
        return f"CREATE TABLE {self.name} (\n" + ",\n".join(columns) + "\n)"

    def changes(self, rows: List[Any]) -> List[Tuple[str, str]]:
        """Columns, and types that pandas' names do not tell: truth values, moments with a zone, bytes and decimals."""
        found: List[Tuple[str, str]] = []
        for index, column in enumerate(self.columns):
            parsed = _COLUMN.match(column)
            own = parsed["type"] if parsed else ""
            if parsed is None or own not in ("INTEGER", "TIMESTAMP", "TEXT"):
                continue
            first = next((row[index] for row in rows if len(row) > index and row[index] is not None), None)
            if own == "INTEGER" and isinstance(first, bool):
                # There is no way from 64 bits to a truth value, but one in two steps.
                found += [(parsed["name"], "INTEGER"), (parsed["name"], "BOOLEAN")]
            elif own == "TIMESTAMP" and isinstance(first, datetime.datetime) and first.tzinfo is not None:
                found.append((parsed["name"], "TIMESTAMP WITH TIME ZONE"))
            elif own == "TEXT" and isinstance(first, (bytes, Decimal)):
                # Of objects of several classes the text is what holds them all.
                kind, type_ = (bytes, "BYTEA") if isinstance(first, bytes) else (Decimal, "NUMERIC")
                if all(len(row) <= index or row[index] is None or isinstance(row[index], kind) for row in rows):
                    found.append((parsed["name"], type_))
        return found


_MADE: weakref.WeakKeyDictionary[Any, _Made] = weakref.WeakKeyDictionary()


class PandasCursor(Cursor[Tuple[Any, ...]]):
    """The cursor that pandas gets."""

    _answer: Optional[List[Tuple[Any, ...]]] = None

    def execute(self, query: str, params: Any = None, **keywords: Any) -> Any:
        if params and _PROBE.match(query):
            return self._probed(params[0])
        created = _CREATE.match(query)
        if created:
            made = _Made(created["name"], created["columns"].split(",\n  "))
            _MADE[self.connection] = made
            return super().execute(made.statement(), **keywords)
        if params:
            known = _MADE.get(self.connection)
            if known is not None and _is_into(known, query):
                width = len(known.columns)
                self._retype(known, [params[at : at + width] for at in range(0, len(params), width)])
        return super().execute(query, params, **keywords)

    def executemany(self, query: str, seq_of_params: Any, /, **keywords: Any) -> Any:
        made = _MADE.get(self.connection)
        if made is not None and isinstance(seq_of_params, list) and _is_into(made, query):
            self._retype(made, seq_of_params)
        return super().executemany(query, seq_of_params, **keywords)

    def _probed(self, name: str) -> Any:
        """Answers from the catalogue whether there is a table or a view, where an unqualified name leads to it."""
        connection = self.connection
        _MADE.pop(connection, None)
        self._answer = [(name,)] if blocking(is_there(connection, name)) else []
        return self

    def fetchall(self) -> List[Tuple[Any, ...]]:
        answer = self._answer
        if answer is None:
            rows: List[Tuple[Any, ...]] = super().fetchall()
            return rows
        self._answer = None
        return answer

    def _retype(self, made: _Made, rows: List[Any]) -> None:
        """Changes the types of a table that was just made, where its first rows show what its statement could not."""
        _MADE.pop(self.connection, None)
        for column, type_ in made.changes(rows):
            super().execute(f"ALTER TABLE {made.name} ALTER COLUMN {column} TYPE {type_}")


def _is_into(made: _Made, query: str) -> bool:
    inserted = _INSERT.match(query)
    return inserted is not None and inserted["name"] == made.name


def pandas_cursor(connection: Any) -> Optional[PandasCursor]:
    """A cursor for pandas, where it is pandas that calls the function that calls this one."""
    if sys._getframe(2).f_globals.get("__name__") != "pandas.io.sql":
        return None
    return PandasCursor(connection, tuple_row)
