"""Keys, constraints, indexes and comments in reflection."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from sqlalchemy import util

from scratchbird.sqlalchemy.catalogue import Catalogue, Row
from scratchbird.sqlalchemy.names import DEFAULT_SCHEMA, schema_path
from scratchbird.sqlalchemy.versions import IS_14, VERSION

Answer = Dict[str, Any]


def _position(row: Row) -> int:
    return int(row.get("ordinal_position") or 0)


def _by_name(rows: List[Row]) -> Dict[Any, List[Row]]:
    found: Dict[Any, List[Row]] = {}
    for row in sorted(rows, key=_position):
        found.setdefault(row["constraint_name"], []).append(row)
    return dict(sorted(found.items(), key=lambda item: str(item[0])))


def _constraints(catalogue: Catalogue, schema: Optional[str], type_: str) -> Dict[str, List[Row]]:
    rows = catalogue.view("sys.information.table_constraints", "table_name")
    return catalogue.of_table([row for row in rows if row["constraint_type"] == type_], schema)


def _comments(catalogue: Catalogue, schema: Optional[str]) -> Dict[Any, Any]:
    """What is said of constraints, which SQLAlchemy 1.4 does not ask for."""
    if IS_14:
        return {}
    return {
        (table, row["constraint_name"]): row["comment_text"]
        for table, rows in catalogue.of_relation("sys.catalog_readable.constraints", schema).items()
        for row in rows
        if row.get("comment_text")
    }


def _comment(comments: Dict[Any, Any], table: str, name: Any) -> Dict[str, Any]:
    return {} if IS_14 else {"comment": comments.get((table, name))}


def primary_keys_of(catalogue: Catalogue, schema: Optional[str], tables: List[Row], dialect: Any) -> Answer:
    """The primary keys of tables."""
    keys = catalogue.of_table(catalogue.collection("primary_keys"), schema)
    comments = _comments(catalogue, schema)
    found: Answer = {}
    for table in tables:
        name = table["table_name"]
        rows = sorted(keys.get(name, []), key=_position)
        key: Dict[str, Any] = {
            "constrained_columns": [row["column_name"] for row in rows],
            "name": rows[0].get("constraint_name") if rows else None,
        }
        if rows:
            key.update(_comment(comments, name, key["name"]))
        found[name] = key
    return found


def foreign_keys_of(catalogue: Catalogue, schema: Optional[str], tables: List[Row], dialect: Any) -> Answer:
    """The foreign keys of tables."""
    keys = catalogue.of_table(catalogue.collection("foreign_keys"), schema)
    timings = {
        (table, row["constraint_name"]): row
        for table, rows in _constraints(catalogue, schema, "FOREIGN KEY").items()
        for row in rows
    }
    comments = _comments(catalogue, schema)
    near = schema_path(schema)
    found: Answer = {}
    for table in tables:
        found[table["table_name"]] = []
        for name, rows in _by_name(keys.get(table["table_name"], [])).items():
            place = rows[0].get("referenced_schema_path")
            place = place or catalogue.path_of_leaf(rows[0]["referenced_table_schema"], near)
            # As the schema was given, and not at all where names without one are looked up.
            referred = schema if place == near else None if place == DEFAULT_SCHEMA else place
            found[table["table_name"]].append(
                {
                    "name": name,
                    "constrained_columns": [row["column_name"] for row in rows],
                    "referred_schema": referred,
                    "referred_table": rows[0]["referenced_table_name"],
                    "referred_columns": [row["referenced_column_name"] for row in rows],
                    "options": _options(rows[0], timings.get((table["table_name"], name), {})),
                    **_comment(comments, table["table_name"], name),
                }
            )
    return found


def _options(row: Row, timing: Row) -> Dict[str, Any]:
    options: Dict[str, Any] = {}
    for key, column in (("onupdate", "update_rule"), ("ondelete", "delete_rule")):
        if row.get(column) not in (None, "", "NO ACTION"):
            options[key] = row[column]
    if timing.get("is_deferrable") == "YES":
        options["deferrable"] = True
        if timing.get("initially_deferred") == "YES":
            options["initially"] = "DEFERRED"
    if row.get("match_option") == "FULL":
        options["match"] = "FULL"
    return options


def unique_constraints_of(catalogue: Catalogue, schema: Optional[str], tables: List[Row], dialect: Any) -> Answer:
    """The unique constraints of tables."""
    unique = _constraints(catalogue, schema, "UNIQUE")
    usage = catalogue.of_table(catalogue.view("sys.information.key_column_usage", "table_name"), schema)
    comments = _comments(catalogue, schema)
    found: Answer = {}
    for table in tables:
        name = table["table_name"]
        names = {row["constraint_name"] for row in unique.get(name, [])}
        found[name] = [
            {
                "name": constraint,
                "column_names": [row["column_name"] for row in rows],
                **_comment(comments, name, constraint),
            }
            for constraint, rows in _by_name(usage.get(name, [])).items()
            if constraint in names
        ]
    return found


def check_constraints_of(catalogue: Catalogue, schema: Optional[str], tables: List[Row], dialect: Any) -> Answer:
    """The check constraints of tables."""
    checks = _constraints(catalogue, schema, "CHECK")
    path = schema_path(schema)
    # By name alone where the server keeps to the standard, which says no table here.
    clauses = {
        (row.get("table_name"), row["constraint_name"]): row["check_clause"]
        for row in catalogue.view("sys.information.check_constraints")
        if catalogue.is_in(row, path, row["constraint_schema"])
    }
    comments = _comments(catalogue, schema)
    found: Answer = {}
    for table in tables:
        name = table["table_name"]
        rows = sorted(checks.get(name, []), key=lambda row: str(row["constraint_name"]))
        found[name] = [
            {
                "name": row["constraint_name"],
                "sqltext": bare(
                    clauses.get((name, row["constraint_name"])) or clauses.get((None, row["constraint_name"])) or ""
                ),
                **_comment(comments, name, row["constraint_name"]),
            }
            for row in rows
        ]
    return found


def bare(text: str) -> str:
    """An expression without parentheses around all of it.

    Example:
        >>> bare("((a = 1) OR (b = 2))")
        '(a = 1) OR (b = 2)'
    """
    while text.startswith("(") and text.endswith(")"):
        depth, quoted = 0, False
        for at, character in enumerate(text):
            quoted ^= character == "'"
            if not quoted:
                depth += (character == "(") - (character == ")")
            if depth == 0 and at < len(text) - 1:
                return text
        text = text[1:-1].strip()
    return text


def indexes_of(catalogue: Catalogue, schema: Optional[str], tables: List[Row], dialect: Any) -> Answer:
    """The indexes of tables, but for those of primary keys."""
    indexes = catalogue.of_relation("sys.catalog_readable.indexes", schema)
    columns = catalogue.of_relation("sys.catalog_readable.index_columns", schema)
    unique = _constraints(catalogue, schema, "UNIQUE")
    found: Answer = {}
    for table in tables:
        name = table["table_name"]
        constraints = {row["constraint_name"] for row in unique.get(name, [])}
        found[name] = []
        for row in sorted(indexes.get(name, []), key=lambda row: str(row["index_name"])):
            if row.get("is_primary") == "YES":
                continue
            keys = [key for key in columns.get(name, []) if key["index_name"] == row["index_name"]]
            if IS_14 and any(key["column_name"] is None for key in keys):
                util.warn(f"Skipped unsupported reflection of expression-based index {row['index_name']}")
                continue
            index = _index(row, sorted(keys, key=_position))
            if row["index_name"] in constraints:
                index["duplicates_constraint"] = row["index_name"]
            found[name].append(index)
    return found


def _index(row: Row, columns: List[Row]) -> Dict[str, Any]:
    keys = [column for column in columns if column.get("is_included") != "YES"]
    included = [column["column_name"] for column in columns if column.get("is_included") == "YES"]
    index: Dict[str, Any] = {
        "name": row["index_name"],
        "unique": row.get("is_unique") == "YES",
        "column_names": [column["column_name"] for column in keys],
        "dialect_options": {"scratchbird_include": included},
    }
    if VERSION < (2, 1):
        index["include_columns"] = included
    if any(column["column_name"] is None for column in keys):
        index["expressions"] = [column["column_name"] or column.get("key_expression") for column in keys]
    sorting = {
        column["column_name"] or column.get("key_expression"): ("desc",)
        for column in keys
        if column.get("sort_direction") == "DESC"
    }
    if sorting:
        index["column_sorting"] = sorting
    if row.get("filter_expression"):
        index["dialect_options"]["scratchbird_where"] = bare(row["filter_expression"])
    family = str(row.get("index_family") or "BTREE")
    if family not in ("BTREE", "UNIQUE_BTREE", "EXPRESSION", "PARTIAL", "COVERING"):
        index["dialect_options"]["scratchbird_using"] = family.lower()
    return index


def comments_of(catalogue: Catalogue, schema: Optional[str], tables: List[Row], dialect: Any) -> Answer:
    """The comments of tables."""
    said = catalogue.of_relation("sys.catalog_readable.relations", schema)
    return {
        table["table_name"]: {
            "text": next((row["comment_text"] or None for row in said.get(table["table_name"], [])), None)
        }
        for table in tables
    }
