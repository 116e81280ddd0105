"""Columns in reflection: type, default, identity, computed expression, comment."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from scratchbird.sqlalchemy.catalogue import Catalogue, Row
from scratchbird.sqlalchemy.named import DOMAIN
from scratchbird.sqlalchemy.names import DEFAULT_SCHEMA
from scratchbird.sqlalchemy.typenames import of_text

_SEQUENCES = ("next value for", "sequence_next:", "nextval(")


def columns_of(catalogue: Catalogue, schema: Optional[str], tables: List[Row], dialect: Any) -> Dict[str, Any]:
    """The columns of tables, in order."""
    by_id = {str(row["table_id"]): row["table_name"] for row in tables}
    found: Dict[str, List[Any]] = {row["table_name"]: [] for row in tables}
    details = {
        (name, row["column_name"]): row
        for name, rows in catalogue.of_table(catalogue.view("sys.information.columns", "table_name"), schema).items()
        for row in rows
    }
    comments = {
        (name, row["column_name"]): row.get("comment_text")
        for name, rows in catalogue.of_relation("sys.catalog_readable.columns", schema).items()
        for row in rows
    }
    for row in sorted(catalogue.collection("columns"), key=lambda row: int(row["ordinal_position"])):
        name = by_id.get(str(row["table_id"]))
        if name is not None:
            key = (name, row["column_name"])
            found[name].append(_column(row, details.get(key, {}), comments.get(key), catalogue, dialect))
    return found


def _column(row: Row, detail: Row, comment: Any, catalogue: Catalogue, dialect: Any) -> Dict[str, Any]:
    type_ = of_text(row["data_type"], dialect.ischema_names, row["column_name"])
    if detail.get("domain_name"):
        place = detail.get("domain_schema_path") or catalogue.path_of_leaf(
            detail.get("domain_schema"), row.get("schema_path") or DEFAULT_SCHEMA
        )
        type_ = DOMAIN(
            detail["domain_name"], type_, schema=None if place == DEFAULT_SCHEMA else place, create_type=False
        )
    # A server that guesses types takes the text of a number for the number.
    default = None if row.get("column_default") is None else str(row["column_default"])
    column: Dict[str, Any] = {
        "name": row["column_name"],
        "type": type_,
        "nullable": row["is_nullable"] != "NO",
        "default": default,
        "autoincrement": (default or "").lower().startswith(_SEQUENCES),
        "comment": comment or None,
    }
    if detail.get("is_identity") == "YES":
        column["identity"] = _identity(detail)
        column["autoincrement"] = True
        column["default"] = None
    if detail.get("is_generated") == "ALWAYS" and detail.get("generation_expression"):
        column["computed"] = {"sqltext": detail["generation_expression"], "persisted": True}
        column["default"] = None
    return column


def _identity(detail: Row) -> Dict[str, Any]:
    identity: Dict[str, Any] = {"always": detail.get("identity_generation") == "ALWAYS"}
    for key, column in (
        ("start", "identity_start"),
        ("increment", "identity_increment"),
        ("minvalue", "identity_minimum"),
        ("maxvalue", "identity_maximum"),
    ):
        if detail.get(column) is not None:
            identity[key] = int(detail[column])
    if detail.get("identity_cycle") is not None:
        identity["cycle"] = detail["identity_cycle"] == "YES"
    return identity
