"""`connection.metadata`: what is in the database, as collections of rows that can be restricted.

Contract: SBWP 8, whose views the collections are made of.
"""

from __future__ import annotations

import abc
from typing import Any, Awaitable, Generic, List, Mapping, Optional, Sequence, Tuple, TypeVar, Union

from scratchbird import errors
from scratchbird._catalogue import Row, Rows, collection_rows
from scratchbird._collections import COLLECTIONS
from scratchbird._steps import awaiting, blocking

R = TypeVar("R")

Restriction = Union[str, Sequence[str], None]
"""A pattern with the wildcards `%` and `_`, or several of which one has to match; `None` restricts nothing."""


def escape(name: str) -> str:
    """The name as a restriction that fits nothing else: its `%`, `_` and `\\` stand for themselves.

    Example:
        >>> escape("order_items")
        'order\\\\_items'
    """
    for wildcard in ("\\", "%", "_"):
        name = name.replace(wildcard, "\\" + wildcard)
    return name


def collection_name(name: str) -> str:
    """The name of a collection in any spelling: `Primary Keys`, `primaryKeys` and `primary_keys` are the same.

    Raises:
        NotSupportedError: there is no such collection.
    """
    plain = "".join(character for character in name.lower() if character.isalnum())
    for known in COLLECTIONS:
        if known.replace("_", "") == plain:
            return known
    raise errors.NotSupportedError(f"there is no collection {name!r}; there are {', '.join(COLLECTIONS)}")


class MetadataMethods(abc.ABC, Generic[R]):
    """The collections, once for both faces: every method gives a list of rows, dicts by the names of the columns.

    Restrictions are patterns with the wildcards `%` and `_` and the escape `\\`, compared without regard to case; a
    sequence of patterns fits where one of them does. `schema` fits a schema's name and its full path alike.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @abc.abstractmethod
    def _take(self, rows: Rows) -> R:
        """Takes the steps, as this face does."""

    def _get(self, name: str, **restrictions: Restriction) -> R:
        return self.get(name, restrictions)

    @staticmethod
    def collections() -> List[str]:
        """The names of the collections."""
        return list(COLLECTIONS)

    @staticmethod
    def restrictions(collection: str) -> Tuple[str, ...]:
        """What a collection can be restricted by, besides the names of its columns.

        Raises:
            NotSupportedError: there is no such collection.
        """
        return tuple(COLLECTIONS[collection_name(collection)].restrictions)

    def get(self, collection: str, restrictions: Optional[Mapping[str, Restriction]] = None) -> R:
        """The rows of a collection.

        Args:
            collection: one of `collections()`.
            restrictions: patterns, by what `restrictions(collection)` lists or by names of columns; others are ignored.

        Raises:
            NotSupportedError: there is no such collection.
            ProgrammingError: a restriction is not a text.

        Example:
            >>> with connect(dsn) as connection:
            ...     _ = connection.execute("create temporary table bookcase (id int primary key, label varchar(9))")
            ...     [row["column_name"] for row in connection.metadata.get("columns", {"table": "BOOKCASE"})]
            ['id', 'label']
        """
        found = COLLECTIONS[collection_name(collection)]
        return self._take(collection_rows(self._connection, found, dict(restrictions or {})))

    def catalogs(self, catalog: Restriction = None) -> R:
        """The databases: catalog_name."""
        return self._get("catalogs", catalog=catalog)

    def schemas(self, schema: Restriction = None) -> R:
        """The schemas: schema_name, schema_path, schema_id, parent_schema_id, schema_owner …"""
        return self._get("schemas", schema=schema)

    def tables(self, schema: Restriction = None, table: Restriction = None, table_type: Restriction = None) -> R:
        """Tables and views: table_schema, schema_path, table_name, table_type, is_insertable_into, table_id …

        `table_type` is `BASE TABLE`, `VIEW`, `MATERIALIZED VIEW`, `LOCAL TEMPORARY` …
        """
        return self._get("tables", schema=schema, table=table, type=table_type)

    def columns(
        self,
        schema: Restriction = None,
        table: Restriction = None,
        column: Restriction = None,
        column_type: Restriction = None,
    ) -> R:
        """Columns: table_schema, table_name, column_name, ordinal_position, data_type, is_nullable, column_default,
        character_maximum_length, numeric_precision, numeric_scale …"""
        return self._get("columns", schema=schema, table=table, column=column, type=column_type)

    def views(self, schema: Restriction = None, view: Restriction = None) -> R:
        """Views: table_schema, table_name, view_definition …"""
        return self._get("views", schema=schema, view=view)

    def indexes(self, schema: Restriction = None, table: Restriction = None, index: Restriction = None) -> R:
        """Indexes: table_schema, table_name, index_name, index_path, relation_path, index_family …"""
        return self._get("indexes", schema=schema, table=table, index=index)

    def index_columns(
        self,
        schema: Restriction = None,
        table: Restriction = None,
        index: Restriction = None,
        column: Restriction = None,
    ) -> R:
        """Columns of indexes: table_schema, table_name, index_name, ordinal_position, column_name …"""
        return self._get("index_columns", schema=schema, table=table, index=index, column=column)

    def constraints(
        self,
        schema: Restriction = None,
        table: Restriction = None,
        constraint: Restriction = None,
        constraint_type: Restriction = None,
    ) -> R:
        """Constraints: table_schema, table_name, constraint_name, constraint_type …"""
        return self._get("constraints", schema=schema, table=table, constraint=constraint, type=constraint_type)

    def primary_keys(self, schema: Restriction = None, table: Restriction = None, constraint: Restriction = None) -> R:
        """Columns of primary keys: table_schema, table_name, column_name, ordinal_position, constraint_name …"""
        return self._get("primary_keys", schema=schema, table=table, constraint=constraint)

    def foreign_keys(self, schema: Restriction = None, table: Restriction = None, constraint: Restriction = None) -> R:
        """Columns of foreign keys: table_schema, table_name, column_name, referenced_table_schema,
        referenced_table_name, referenced_column_name, constraint_name, update_rule, delete_rule …"""
        return self._get("foreign_keys", schema=schema, table=table, constraint=constraint)

    def routines(self, schema: Restriction = None, routine: Restriction = None) -> R:
        """Procedures and functions: routine_schema, routine_name, routine_type, data_type, specific_name …"""
        return self._get("routines", schema=schema, routine=routine)

    def procedures(self, schema: Restriction = None, procedure: Restriction = None) -> R:
        """Procedures, as `routines`."""
        return self._get("procedures", schema=schema, procedure=procedure)

    def functions(self, schema: Restriction = None, function: Restriction = None) -> R:
        """Functions, as `routines`."""
        return self._get("functions", schema=schema, function=function)

    def parameters(self, schema: Restriction = None, routine: Restriction = None, parameter: Restriction = None) -> R:
        """Parameters of routines: specific_name, ordinal_position, parameter_mode, parameter_name, data_type …

        `routine` is the `specific_name` that `routines` gives.
        """
        return self._get("parameters", schema=schema, routine=routine, parameter=parameter)

    def sequences(self, schema: Restriction = None, sequence: Restriction = None) -> R:
        """Sequences: sequence_schema, sequence_name, data_type, start_value, increment …"""
        return self._get("sequences", schema=schema, sequence=sequence)

    def domains(self, schema: Restriction = None, domain: Restriction = None) -> R:
        """Domains: domain_schema, domain_name, data_type …"""
        return self._get("domains", schema=schema, domain=domain)

    def triggers(self, schema: Restriction = None, table: Restriction = None, trigger: Restriction = None) -> R:
        """Triggers: trigger_schema, trigger_name, event_manipulation, event_object_table, action_timing …"""
        return self._get("triggers", schema=schema, table=table, trigger=trigger)

    def table_privileges(self, schema: Restriction = None, table: Restriction = None) -> R:
        """Rights on tables: grantor, grantee, table_schema, table_name, privilege_type, is_grantable …"""
        return self._get("table_privileges", schema=schema, table=table)

    def column_privileges(self, schema: Restriction = None, table: Restriction = None, column: Restriction = None) -> R:
        """Rights on columns: grantor, grantee, table_schema, table_name, column_name, privilege_type …"""
        return self._get("column_privileges", schema=schema, table=table, column=column)

    def type_info(self, type_name: Restriction = None) -> R:
        """Data types: type_name, standard_type_name, native_type_code, precision, scale, literal_prefix …"""
        return self._get("type_info", type=type_name)


class Metadata(MetadataMethods[List[Row]]):
    """What is in the database of a connection; `connection.metadata`."""

    def _take(self, rows: Rows) -> List[Row]:
        return blocking(rows)


class AsyncMetadata(MetadataMethods[Awaitable[List[Row]]]):
    """What is in the database of an asyncio connection; `connection.metadata`. The collections are awaited."""

    def _take(self, rows: Rows) -> Awaitable[List[Row]]:
        return awaiting(rows)


__all__ = ["AsyncMetadata", "Metadata", "Restriction", "collection_name", "escape"]
