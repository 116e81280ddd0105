"""Reads the catalogue for reflection: one view a query, matched here, kept in the inspector's cache.

Contract: DIALECT 13. Most views know a schema by the last part of its path. Where a server adds the whole path, that
decides; where it does not, tables of the same name in two schemas of the same last name share their keys and indexes.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

from scratchbird._catalogue import collection_rows, view
from scratchbird._collections import COLLECTIONS
from scratchbird.metadata import escape
from scratchbird.sqlalchemy.names import DEFAULT_SCHEMA, schema_path

Row = Dict[str, Any]

TEMPORARY = ("LOCAL TEMPORARY", "GLOBAL TEMPORARY")
VIEWS = ("VIEW", "MATERIALIZED VIEW")


class _Keeping:
    """A connection that remembers the views it has read."""

    def __init__(self, connection: Any, kept_views: Dict[Any, List[Row]]) -> None:
        self._connection, self.kept_views = connection, kept_views

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


class Catalogue:
    """The catalogue as one connection sees it.

    Args:
        read: carries out steps of the driver and returns what they return.
        cache: where what was read is kept; nothing is kept without one.
        only: the one table that is asked for, to read less.
    """

    def __init__(self, read: Callable[[Any], Any], cache: Optional[Dict[Any, Any]], only: Optional[str] = None) -> None:
        self._read = read
        self._cache = cache if cache is not None else {}
        self._only = only

    def _kept(self, key: Tuple[Any, ...], read: Callable[[Any], Any]) -> List[Row]:
        whole = ("scratchbird", key[0], None)
        if whole in self._cache:
            return list(self._cache[whole])
        full_key = ("scratchbird", *key)
        if full_key not in self._cache:
            views = self._cache.setdefault(("scratchbird", "views"), {})
            self._cache[full_key] = self._read(lambda connection: read(_Keeping(connection, views)))
        return list(self._cache[full_key])

    def view(self, name: str, column: Optional[str] = None) -> List[Row]:
        """The rows of a view; of the one table that is asked for, where the view has a column for its name."""
        where = (column, self._only) if column is not None and self._only is not None else None
        return self._kept((name, where), lambda connection: view(connection, name, where))

    def collection(self, name: str) -> List[Row]:
        """The rows of a collection of the driver's metadata."""
        restrictions = {"table": escape(self._only)} if self._only is not None else {}
        key = (name, self._only)
        return self._kept(key, lambda connection: collection_rows(connection, COLLECTIONS[name], restrictions))

    # ---- Tables ------------------------------------------------------------------------------------------------------

    def tables(self, schema: Optional[str]) -> List[Row]:
        """The tables and views of a schema, and temporary ones in the default schema."""
        path = schema_path(schema)
        return [
            row
            for row in self.collection("tables")
            if (row["schema_path"] == path or (row["table_type"] in TEMPORARY and path == DEFAULT_SCHEMA))
            and (self._only is None or row["table_name"] == self._only)
        ]

    def paths(self) -> List[str]:
        """The paths of all schemas."""
        return [row["schema_path"] for row in self._kept(("sys.schemas", None), lambda c: view(c, "sys.schemas"))]

    def path_of_leaf(self, leaf: Any, near: str) -> str:
        """The path of a schema that a view knows by its last part: the one nearby, or the only one, or the first."""
        if near.rpartition(".")[2] == leaf:
            return near
        found = sorted(path for path in self.paths() if path.rpartition(".")[2] == leaf)
        return DEFAULT_SCHEMA if DEFAULT_SCHEMA in found or not found else found[0]

    # ---- What belongs to a table -------------------------------------------------------------------------------------

    def is_in(self, row: Row, path: str, leaf: Any) -> bool:
        """Whether a row is about something in a schema: by the path that it says, or else by the last part alone."""
        said, last = row.get("schema_path"), path.rpartition(".")[2]
        if leaf is not None and leaf != last:
            return False
        if said is None or said == path:
            return True
        # The beta server says the last part where a path belongs.
        return bool(said == last) and said not in self.paths()

    def of_table(self, rows: Iterable[Row], schema: Optional[str]) -> Dict[str, List[Row]]:
        """Rows by the name of their table, of those in a schema."""
        path = schema_path(schema)
        found: Dict[str, List[Row]] = {}
        for row in rows:
            if self.is_in(row, path, row.get("table_schema")):
                found.setdefault(row["table_name"], []).append(row)
        return found

    def of_relation(self, name: str, schema: Optional[str]) -> Dict[str, List[Row]]:
        """Rows of a view that names tables by `schema.table`, by the name of the table."""
        path = schema_path(schema)
        prefix = path.rpartition(".")[2] + "."
        found: Dict[str, List[Row]] = {}
        for row in self.view(name):
            relation = str(row.get("relation_path") or "")
            if relation.startswith(prefix) and self.is_in(row, path, prefix[:-1]):
                found.setdefault(relation[len(prefix) :], []).append(row)
        return found
