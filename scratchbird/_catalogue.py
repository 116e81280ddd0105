"""Reads the server's catalogue, one view a query, and joins, filters and sorts here: servers need not do it on views.

What a caller restricts by never reaches a statement; only values that came from the catalogue itself do, as parameters.
"""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Set, Tuple

from scratchbird import errors
from scratchbird._steps import Steps
from scratchbird.rows import dict_row

Row = Dict[str, Any]
Rows = Steps[List[Row]]

MISSING = ("42P01", "3F000", "42704", "42883")
"""SQLSTATEs of a view that a server does not have."""


class Collection(NamedTuple):
    """What makes the rows of a collection, and what they can be restricted by."""

    read: Callable[[Any, Mapping[str, Any]], Rows]
    restrictions: Mapping[str, Tuple[str, ...]]
    """By its name: the columns of which one has to match."""
    order: Tuple[str, ...]


def collection_rows(connection: Any, collection: Collection, restrictions: Mapping[str, Any]) -> Rows:
    """The rows of a collection that fit the restrictions, in its order."""
    rows = yield from collection.read(connection, restrictions)
    for name, wanted in restrictions.items():
        key = name.lower()
        columns = collection.restrictions.get(key, (key,))
        if wanted is None or not (key in collection.restrictions or any(key in row for row in rows)):
            continue
        patterns = patterns_of(name, wanted)
        leaves: Set[Any] = set()
        if key == "schema" and "schema_path" not in columns:
            leaves = yield from _leaves(connection, patterns)
        rows = [
            row
            for row in rows
            if any(
                _fits(patterns, value) or (value in leaves and not row.get("schema_path"))
                for value in _values(row, columns, key == "schema")
            )
        ]
    return sorted(rows, key=lambda row: [_sortable(row.get(column)) for column in collection.order])


# ---- Restrictions ----------------------------------------------------------------------------------------------------


MANY, ONE = object(), object()
"""What `%` and `_` stand for."""


class Pattern:
    """A pattern with the wildcards `%` and `_` and the escape `\\`, compared without regard to case.

    No regular expression: one with many wildcards would take for ever.
    """

    def __init__(self, text: str) -> None:
        self.parts: List[Any] = []
        characters = iter(text)
        for character in characters:
            if character == "%":
                self.parts.append(MANY)
            elif character == "_":
                self.parts.append(ONE)
            else:
                literal = next(characters, "\\") if character == "\\" else character
                self.parts.extend(literal.casefold())

    def fits(self, value: Any) -> bool:
        """Whether a value of a row fits; `None` never does."""
        if value is None:
            return False
        text, parts = str(value).casefold(), self.parts
        at = part = 0
        # Where the last `%` is, and how far it reaches: further, when what follows it does not fit.
        many, reached = -1, 0
        while at < len(text):
            if part < len(parts) and parts[part] is MANY:
                many, reached = part, at
                part += 1
            elif part < len(parts) and (parts[part] is ONE or parts[part] == text[at]):
                at += 1
                part += 1
            elif many >= 0:
                reached += 1
                at, part = reached, many + 1
            else:
                return False
        return all(rest is MANY for rest in parts[part:])


def patterns_of(name: str, wanted: Any) -> List[Pattern]:
    """The patterns of a restriction."""
    several = [wanted] if isinstance(wanted, str) else list(wanted) if isinstance(wanted, Iterable) else [wanted]
    if not all(isinstance(text, str) for text in several):
        raise errors.ProgrammingError(f"the restriction {name!r} is a text or several, not {wanted!r}")
    return [Pattern(text) for text in several]


def _fits(patterns: Sequence[Pattern], value: Any) -> bool:
    return any(pattern.fits(value) for pattern in patterns)


def _values(row: Row, columns: Sequence[str], are_paths: bool) -> Iterable[Any]:
    """The values to compare: of a path also its last part, by which schemas are known."""
    if are_paths and row.get("schema_path"):
        columns = ("schema_path",)
    for column in columns:
        value = row.get(column)
        yield value
        if are_paths and isinstance(value, str):
            yield value.rpartition(".")[2]


def _leaves(connection: Any, patterns: Sequence[Pattern]) -> Steps[Set[Any]]:
    """The names of the schemas whose full paths fit: most views know a schema by its last name alone."""
    if not any("." in pattern.parts for pattern in patterns):
        return set()
    schemas = yield from view(connection, "sys.schemas")
    return {row["schema_name"] for row in schemas if _fits(patterns, row.get("schema_path"))}


def _sortable(value: Any) -> Tuple[bool, Any]:
    return (value is not None, value if isinstance(value, (int, float)) else str(value))


# ---- Views -----------------------------------------------------------------------------------------------------------


def view(connection: Any, name: str, where: Optional[Tuple[str, Any]] = None) -> Rows:
    """The rows of a view, or those with a value in a column; none if the server does not have the view.

    `name` and the column are of this package, and never a caller's. A connection with `kept_views` is asked once.
    """
    kept = getattr(connection, "kept_views", None)
    if kept is None:
        rows = yield from _read_view(connection, name, where)
        return rows
    if (name, where) not in kept:
        kept[name, where] = yield from _read_view(connection, name, where)
    return list(kept[name, where])


def _read_view(connection: Any, name: str, where: Optional[Tuple[str, Any]]) -> Rows:
    cursor = connection.cursor(row_factory=dict_row)
    sql, values = f"SELECT * FROM {name}", None
    if where is not None:
        sql, values = f"{sql} WHERE {where[0]} = ?", (where[1],)
    try:
        yield lambda: cursor.execute(sql, values)
    except errors.DatabaseError as error:
        if error.sqlstate in MISSING:
            return []
        raise
    if cursor.description is None:
        return []
    fetched = yield cursor.fetchall
    yield cursor.close
    rules = connection._catalogue()
    return [_made_right(row, rules) for row in fetched] if rules else fetched


def _made_right(row: Row, rules: Mapping[str, Any]) -> Row:
    if rules["empty_is_null"]:
        row = {name: None if value == "" else value for name, value in row.items()}
    for wrong, right in rules["corrections"]:
        value = row.pop(right, None)
        if value is not None and wrong in row:
            row[wrong] = value
    for name in ("data_type", "datatype_name"):
        if isinstance(row.get(name), str):
            row[name] = _type_name(row[name], rules["type_prefix"])
    if "is_nullable" in row:
        row["is_nullable"] = {"true": "YES", "false": "NO"}.get(str(row["is_nullable"]).lower(), row["is_nullable"])
    if "table_type" in row:
        row["table_type"] = dict(rules["table_types"]).get(row["table_type"], row["table_type"])
    return row


def _type_name(text: str, prefix: str) -> str:
    name = text[len(prefix) :] if text.startswith(prefix) else text
    return re.sub(r",\s+", ",", name.lower())


def of(name: str, **only: str) -> Callable[[Any, Mapping[str, Any]], Rows]:
    """Reads a view, or those of its rows that have the given values."""

    def read(connection: Any, restrictions: Mapping[str, Any]) -> Rows:
        rows = yield from view(connection, name)
        return [row for row in rows if all(row.get(column) == value for column, value in only.items())]

    return read
