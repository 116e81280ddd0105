"""Reflection: what is in the database, from the `sys.*` views. What a server leaves empty there is empty here.

Every question is answered for all tables of a schema at once, from a few views; for one table it is the same answer
for that name alone.
"""

from __future__ import annotations

import functools
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from sqlalchemy import exc

from scratchbird._steps import blocking
from scratchbird.sqlalchemy import constraints
from scratchbird.sqlalchemy.catalogue import TEMPORARY, VIEWS, Catalogue, Row
from scratchbird.sqlalchemy.columns import columns_of
from scratchbird.sqlalchemy.names import schema_path
from scratchbird.sqlalchemy.versions import IS_14

if not IS_14:
    from sqlalchemy.engine import ObjectKind, ObjectScope


def kept(method: Any) -> Any:
    """Keep the answers of a method in the inspector's cache, where there is one."""
    # SQLAlchemy 1.4's own decorator of this kind cannot take annotations.

    @functools.wraps(method)
    def answer(self: Any, connection: Any, *args: Any, **kw: Any) -> Any:
        cache = kw.get("info_cache")
        if cache is None:
            return method(self, connection, *args, **kw)
        said = tuple((key, value) for key, value in kw.items() if key not in ("info_cache", "unreflectable"))
        key = (method.__name__, args, said)
        if key not in cache:
            cache[key] = method(self, connection, *args, **kw)
        return cache[key]

    return answer


class Reflection:
    """The half of the dialect that answers inspectors."""

    ischema_names: Dict[str, Any]

    def _read(self, connection: Any, steps: Callable[[Any], Any]) -> Any:
        """Carry out steps of the driver's metadata on a connection."""
        return blocking(steps(self._driver_connection(connection)))  # type: ignore[attr-defined]

    def _catalogue(self, connection: Any, only: Optional[str] = None, **kw: Any) -> Catalogue:
        def read(steps: Callable[[Any], Any]) -> Any:
            # As any statement it begins the transaction that it is a part of.
            if not connection.in_transaction() and (not IS_14 or connection._is_future):
                connection.begin()
            return self._read(connection, steps)

        return Catalogue(read, kw.get("info_cache"), only)

    # ---- Names -------------------------------------------------------------------------------------------------------

    @kept
    def get_schema_names(self, connection: Any, **kw: Any) -> List[str]:
        return sorted(self._catalogue(connection, **kw).paths())

    def has_schema(self, connection: Any, schema_name: str, **kw: Any) -> bool:
        return schema_path(schema_name) in self._catalogue(connection, **kw).paths()

    def _names(self, connection: Any, schema: Optional[str], types: Tuple[str, ...], **kw: Any) -> List[str]:
        rows = self._catalogue(connection, **kw).tables(schema)
        return sorted(row["table_name"] for row in rows if row["table_type"] in types)

    @kept
    def get_table_names(self, connection: Any, schema: Optional[str] = None, **kw: Any) -> List[str]:
        return self._names(connection, schema, ("BASE TABLE",), **kw)

    @kept
    def get_view_names(self, connection: Any, schema: Optional[str] = None, **kw: Any) -> List[str]:
        return self._names(connection, schema, ("VIEW",), **kw)

    @kept
    def get_materialized_view_names(self, connection: Any, schema: Optional[str] = None, **kw: Any) -> List[str]:
        return self._names(connection, schema, ("MATERIALIZED VIEW",), **kw)

    @kept
    def get_temp_table_names(self, connection: Any, schema: Optional[str] = None, **kw: Any) -> List[str]:
        return self._names(connection, None, TEMPORARY, **kw)

    @kept
    def get_temp_view_names(self, connection: Any, schema: Optional[str] = None, **kw: Any) -> List[str]:
        # The language has no temporary views (DIALECT 4.5).
        return []

    @kept
    def has_table(self, connection: Any, table_name: str, schema: Optional[str] = None, **kw: Any) -> bool:
        self._ensure_has_table_connection(connection)  # type: ignore[attr-defined]
        return bool(self._catalogue(connection, table_name, **kw).tables(schema))

    @kept
    def get_sequence_names(self, connection: Any, schema: Optional[str] = None, **kw: Any) -> List[str]:
        path = schema_path(schema)
        rows = self._catalogue(connection, **kw).view("sys.information.sequences")
        places = (path, path.rpartition(".")[2])
        return sorted(row["sequence_name"] for row in rows if row["sequence_schema"] in places)

    @kept
    def has_sequence(self, connection: Any, sequence_name: str, schema: Optional[str] = None, **kw: Any) -> bool:
        return sequence_name in self.get_sequence_names(connection, schema, **kw)

    def has_domain(self, connection: Any, name: str, schema: Optional[str] = None, **kw: Any) -> bool:
        """Whether there is a domain of this name."""
        catalogue, path = self._catalogue(connection, **kw), schema_path(schema)
        rows = catalogue.view("sys.information.domains")
        return any(row["domain_name"] == name and catalogue.is_in(row, path, row["domain_schema"]) for row in rows)

    @kept
    def get_view_definition(self, connection: Any, view_name: str, schema: Optional[str] = None, **kw: Any) -> str:
        catalogue = self._catalogue(connection, view_name, **kw)
        if not any(row["table_type"] in VIEWS for row in catalogue.tables(schema)):
            raise exc.NoSuchTableError(f"{schema}.{view_name}" if schema else view_name)
        rows = catalogue.of_table(catalogue.view("sys.information.views", "table_name"), schema).get(view_name, [])
        return str(rows[0]["view_definition"] or "") if rows else ""

    # ---- One table, or several at once -------------------------------------------------------------------------------

    def _of_one(self, connection: Any, table_name: str, schema: Optional[str], answer: Any, **kw: Any) -> Any:
        catalogue = self._catalogue(connection, table_name, **kw)
        found = catalogue.tables(schema)
        if not found:
            raise exc.NoSuchTableError(f"{schema}.{table_name}" if schema else table_name)
        # A temporary table hides one of the same name.
        row = next((row for row in found if row["table_type"] in TEMPORARY), found[0])
        return answer(catalogue, schema, [row], self)[table_name]

    @kept
    def get_columns(self, connection: Any, table_name: str, schema: Optional[str] = None, **kw: Any) -> Any:
        return self._of_one(connection, table_name, schema, columns_of, **kw)

    @kept
    def get_pk_constraint(self, connection: Any, table_name: str, schema: Optional[str] = None, **kw: Any) -> Any:
        return self._of_one(connection, table_name, schema, constraints.primary_keys_of, **kw)

    @kept
    def get_foreign_keys(self, connection: Any, table_name: str, schema: Optional[str] = None, **kw: Any) -> Any:
        kw.pop("postgresql_ignore_search_path", None)
        return self._of_one(connection, table_name, schema, constraints.foreign_keys_of, **kw)

    @kept
    def get_indexes(self, connection: Any, table_name: str, schema: Optional[str] = None, **kw: Any) -> Any:
        return self._of_one(connection, table_name, schema, constraints.indexes_of, **kw)

    @kept
    def get_unique_constraints(self, connection: Any, table_name: str, schema: Optional[str] = None, **kw: Any) -> Any:
        return self._of_one(connection, table_name, schema, constraints.unique_constraints_of, **kw)

    @kept
    def get_check_constraints(self, connection: Any, table_name: str, schema: Optional[str] = None, **kw: Any) -> Any:
        return self._of_one(connection, table_name, schema, constraints.check_constraints_of, **kw)

    @kept
    def get_table_comment(self, connection: Any, table_name: str, schema: Optional[str] = None, **kw: Any) -> Any:
        return self._of_one(connection, table_name, schema, constraints.comments_of, **kw)

    if not IS_14:

        def _of_many(
            self, connection: Any, schema: Any, filter_names: Any, scope: Any, kind: Any, answer: Any, **kw: Any
        ) -> Iterator[Tuple[Tuple[Optional[str], str], Any]]:
            catalogue = self._catalogue(connection, **kw)
            rows = [row for row in catalogue.tables(schema) if _is_wanted(row, scope, kind)]
            if filter_names:
                rows = [row for row in rows if row["table_name"] in filter_names]
            found = answer(catalogue, schema, rows, self)
            return (((schema, name), value) for name, value in found.items())

        def get_multi_columns(self, connection: Any, **kw: Any) -> Any:
            return self._of_many(connection, answer=columns_of, **kw)

        def get_multi_pk_constraint(self, connection: Any, **kw: Any) -> Any:
            return self._of_many(connection, answer=constraints.primary_keys_of, **kw)

        def get_multi_foreign_keys(self, connection: Any, **kw: Any) -> Any:
            kw.pop("postgresql_ignore_search_path", None)
            return self._of_many(connection, answer=constraints.foreign_keys_of, **kw)

        def get_multi_indexes(self, connection: Any, **kw: Any) -> Any:
            return self._of_many(connection, answer=constraints.indexes_of, **kw)

        def get_multi_unique_constraints(self, connection: Any, **kw: Any) -> Any:
            return self._of_many(connection, answer=constraints.unique_constraints_of, **kw)

        def get_multi_check_constraints(self, connection: Any, **kw: Any) -> Any:
            return self._of_many(connection, answer=constraints.check_constraints_of, **kw)

        def get_multi_table_comment(self, connection: Any, **kw: Any) -> Any:
            return self._of_many(connection, answer=constraints.comments_of, **kw)


def _is_wanted(row: Row, scope: Any, kind: Any) -> bool:
    temporary = row["table_type"] in TEMPORARY
    if not (ObjectScope.TEMPORARY if temporary else ObjectScope.DEFAULT) & scope:
        return False
    kinds = {"VIEW": ObjectKind.VIEW, "MATERIALIZED VIEW": ObjectKind.MATERIALIZED_VIEW}
    return bool(kinds.get(row["table_type"], ObjectKind.TABLE) & kind)
