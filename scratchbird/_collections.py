"""The collections of the catalogue (SBWP 8): which views they are made of, and what they can be restricted by."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Mapping, Tuple

from scratchbird._catalogue import Collection, Row, Rows, of, patterns_of, view
from scratchbird._steps import Steps

_LIMITED = re.compile(r"(?P<name>[a-z ]+?) *\( *(?P<first>\d+) *(?:, *(?P<second>-?\d+) *)?\)")
"""A type with its length, or with precision and scale."""


def _catalogs(connection: Any, restrictions: Mapping[str, Any]) -> Rows:
    rows = yield from view(connection, "sys.information.schemata")
    return [{"catalog_name": name} for name in {row.get("catalog_name") for row in rows} if name is not None]


def _schemas_by_id(connection: Any) -> Steps[Dict[str, Row]]:
    rows = yield from view(connection, "sys.schemas")
    return {str(row["schema_id"]): row for row in rows}


def _tables(connection: Any, restrictions: Mapping[str, Any]) -> Rows:
    schemas = yield from _schemas_by_id(connection)
    rows = yield from view(connection, "sys.tables")
    found: List[Row] = []
    for row in rows:
        schema = schemas.get(str(row["schema_id"]), {})
        names = {"table_schema": schema.get("schema_name"), "schema_path": schema.get("schema_path")}
        found.append({**names, **row})
    return found


def _columns(connection: Any, restrictions: Mapping[str, Any]) -> Rows:
    tables = yield from _tables(connection, restrictions)
    wanted = restrictions.get("table")
    if wanted is not None:
        patterns = patterns_of("table", wanted)
        tables = [table for table in tables if any(pattern.fits(table["table_name"]) for pattern in patterns)]
    if not tables:
        return []
    by_id = {str(table["table_id"]): table for table in tables}
    where = ("table_id", tables[0]["table_id"]) if len(tables) == 1 else None
    rows = yield from view(connection, "sys.columns", where)
    found: List[Row] = []
    for row in rows:
        table = by_id.get(str(row["table_id"]))
        if table is not None:
            names = {name: table[name] for name in ("table_schema", "table_name", "schema_path")}
            found.append({**names, **row, **_limits(row.get("data_type"))})
    return found


def _limits(data_type: Any) -> Row:
    """Length, precision and scale, which the text of a type says."""
    limits: Row = dict.fromkeys(("character_maximum_length", "numeric_precision", "numeric_scale"))
    said = _LIMITED.match(data_type) if isinstance(data_type, str) else None
    if said is None:
        return limits
    first, second = int(said["first"]), said["second"]
    if said["name"] in ("decimal", "numeric"):
        limits.update(numeric_precision=first, numeric_scale=int(second or 0))
    elif said["name"] in ("char", "varchar", "character", "character varying", "bit", "bit varying"):
        limits.update(character_maximum_length=first)
    return limits


def _of_relation(row: Row) -> Row:
    """The row of a view that names its table by `schema.table`."""
    schema, _, table = str(row.get("relation_path") or "").rpartition(".")
    return {"table_schema": schema.rpartition(".")[2] or None, "table_name": table or None, **row}


def _indexes(connection: Any, restrictions: Mapping[str, Any]) -> Rows:
    rows = yield from view(connection, "sys.catalog_readable.indexes")
    found = [_of_relation(row) for row in rows]
    if connection._catalogue().get("indexes_in_tree"):
        tree = yield from view(connection, "sys.catalog_readable.object_tree", ("object_kind", "index"))
        for row in tree:
            index: Row = dict.fromkeys(rows[0]) if rows else {}
            index.update(index_path=row["object_path"], index_name=row["object_name"], relation_path=row["parent_path"])
            found.append(_of_relation({**index, "visibility_state": row.get("visibility_state")}))
    return found


def _index_columns(connection: Any, restrictions: Mapping[str, Any]) -> Rows:
    rows = yield from view(connection, "sys.catalog_readable.index_columns")
    return [_of_relation(row) for row in rows]


def _place(row: Row) -> Any:
    """Where a constraint is: the path of its schema, or the last part of that where the server says no more."""
    return row.get("schema_path") or row["constraint_schema"]


def _key(row: Row) -> Tuple[Any, ...]:
    return (_place(row), row["constraint_name"], row["table_name"])


def _key_columns(connection: Any, constraint_type: str) -> Rows:
    constraints = yield from view(connection, "sys.information.table_constraints")
    keys = {_key(row) for row in constraints if row["constraint_type"] == constraint_type}
    rows = yield from view(connection, "sys.information.key_column_usage")
    return [row for row in rows if _key(row) in keys]


def _primary_keys(connection: Any, restrictions: Mapping[str, Any]) -> Rows:
    key_column = connection._catalogue().get("key_column")
    if key_column is None:
        found = yield from _key_columns(connection, "PRIMARY KEY")
        return found
    columns = yield from _columns(connection, restrictions)
    names = ("table_schema", "table_name", "column_name", "schema_path")
    return [
        {**{name: row[name] for name in names}, "ordinal_position": 1, "constraint_name": None}
        for row in columns
        if str(row.get(key_column)).lower() == "true"
    ]


def _foreign_keys(connection: Any, restrictions: Mapping[str, Any]) -> Rows:
    rows = yield from _key_columns(connection, "FOREIGN KEY")
    if not rows:
        return []
    rules = yield from view(connection, "sys.information.referential_constraints")
    usage = yield from view(connection, "sys.information.key_column_usage")
    # A rule has no table where the server keeps to the standard.
    by_name = {(_place(row), row["constraint_name"], row.get("table_name")): row for row in rules}
    targets = {(_place(row), row["constraint_name"], row["ordinal_position"]): row for row in usage}
    found: List[Row] = []
    for row in rows:
        rule = by_name.get(_key(row)) or by_name.get((_place(row), row["constraint_name"], None)) or {}
        place = rule.get("unique_schema_path") or rule.get("unique_constraint_schema")
        unique = (place, rule.get("unique_constraint_name"))
        target = targets.get((*unique, row.get("position_in_unique_constraint")), {})
        found.append(
            {
                **row,
                "referenced_table_schema": target.get("table_schema"),
                "referenced_schema_path": target.get("schema_path"),
                "referenced_table_name": target.get("table_name"),
                "referenced_column_name": target.get("column_name"),
                **{
                    name: rule.get(name)
                    for name in ("unique_constraint_name", "match_option", "update_rule", "delete_rule")
                },
            }
        )
    return found


_SCHEMA = {"schema": ("table_schema",), "catalog": ("table_catalog",)}
_IN_PATH = {"schema": ("table_schema", "schema_path")}
_TABLE = {**_SCHEMA, "table": ("table_name",)}
_ROUTINE = {"schema": ("routine_schema",), "catalog": ("routine_catalog",)}
_BY_TABLE = ("table_schema", "table_name")
_ROUTINES = "sys.information.routines"

COLLECTIONS: Dict[str, Collection] = {
    "catalogs": Collection(_catalogs, {"catalog": ("catalog_name",)}, ("catalog_name",)),
    "schemas": Collection(of("sys.schemas"), {"schema": ("schema_name", "schema_path")}, ("schema_path",)),
    "tables": Collection(
        _tables, {**_IN_PATH, "table": ("table_name",), "type": ("table_type",)}, ("schema_path", "table_name")
    ),
    "columns": Collection(
        _columns,
        {**_IN_PATH, "table": ("table_name",), "column": ("column_name",), "type": ("data_type",)},
        ("schema_path", "table_name", "ordinal_position"),
    ),
    "views": Collection(of("sys.information.views"), {**_TABLE, "view": ("table_name",)}, _BY_TABLE),
    "indexes": Collection(_indexes, {**_TABLE, "index": ("index_name",)}, (*_BY_TABLE, "index_name")),
    "index_columns": Collection(
        _index_columns,
        {**_TABLE, "index": ("index_name",), "column": ("column_name",)},
        (*_BY_TABLE, "index_name", "ordinal_position"),
    ),
    "constraints": Collection(
        of("sys.information.table_constraints"),
        {**_TABLE, "constraint": ("constraint_name",), "type": ("constraint_type",)},
        (*_BY_TABLE, "constraint_name"),
    ),
    "primary_keys": Collection(
        _primary_keys,
        {**_TABLE, "constraint": ("constraint_name",), "column": ("column_name",)},
        (*_BY_TABLE, "ordinal_position"),
    ),
    "foreign_keys": Collection(
        _foreign_keys,
        {**_TABLE, "constraint": ("constraint_name",), "column": ("column_name",)},
        (*_BY_TABLE, "constraint_name", "ordinal_position"),
    ),
    "routines": Collection(
        of(_ROUTINES),
        {**_ROUTINE, "routine": ("routine_name",), "type": ("routine_type",)},
        ("routine_schema", "routine_name"),
    ),
    "procedures": Collection(
        of(_ROUTINES, routine_type="PROCEDURE"),
        {**_ROUTINE, "procedure": ("routine_name",)},
        ("routine_schema", "routine_name"),
    ),
    "functions": Collection(
        of(_ROUTINES, routine_type="FUNCTION"),
        {**_ROUTINE, "function": ("routine_name",)},
        ("routine_schema", "routine_name"),
    ),
    "parameters": Collection(
        of("sys.information.parameters"),
        {"schema": ("specific_schema",), "routine": ("specific_name",), "parameter": ("parameter_name",)},
        ("specific_schema", "specific_name", "ordinal_position"),
    ),
    "sequences": Collection(
        of("sys.information.sequences"),
        {"schema": ("sequence_schema",), "sequence": ("sequence_name",)},
        ("sequence_schema", "sequence_name"),
    ),
    "domains": Collection(
        of("sys.information.domains"),
        {"schema": ("domain_schema",), "domain": ("domain_name",)},
        ("domain_schema", "domain_name"),
    ),
    "triggers": Collection(
        of("sys.information.triggers"),
        {"schema": ("trigger_schema",), "table": ("event_object_table",), "trigger": ("trigger_name",)},
        ("trigger_schema", "trigger_name"),
    ),
    "table_privileges": Collection(of("sys.information.table_privileges"), _TABLE, (*_BY_TABLE, "privilege_type")),
    "column_privileges": Collection(
        of("sys.information.column_privileges"),
        {**_TABLE, "column": ("column_name",)},
        (*_BY_TABLE, "column_name", "privilege_type"),
    ),
    "type_info": Collection(
        of("sys.information.scratchbird_datatype_descriptors"), {"type": ("type_name",)}, ("type_name",)
    ),
}
"""By name. A restriction that is none of a collection may still be the name of a column; any other is ignored."""
