"""What Alembic asks of a dialect: ALTER TABLE in SBsql, and which differences are none.

Contract: DIALECT 4.3.
"""

from __future__ import annotations

import re
from typing import Any, Callable, List, Optional

from alembic.autogenerate.render import _repr_type
from alembic.ddl.base import ColumnComment, ColumnName, RenameTable, alter_table, format_column_name, format_table_name
from alembic.ddl.impl import DefaultImpl
from sqlalchemy import Enum, schema, types
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.elements import quoted_name

from scratchbird.sqlalchemy.constraints import bare
from scratchbird.sqlalchemy.dialect import Dialect
from scratchbird.sqlalchemy.types import ARRAY, DOMAIN, MAP, NESTED, TUPLE

_FOUND_AS = {
    "blob": "bytea",
    "binary": "bytea",
    "varbinary": "bytea",
    "clob": "text",
    "smallmoney": "money",
    "dense_vector": "vector",
    "binary_vector": "bit",
}
"""Types that a catalogue may give by the name of a wider one, as the development server's does. They are types of their
own (DIALECT 3): what is found by its own name is not the wider one."""
_NOW = ("now()", "current_timestamp", "current_timestamp()", "localtimestamp")
_CAST = re.compile(r"CAST\(('(?:[^']|'')*') AS [\w ]+(?:\(\d+(?:,\s*\d+)?\))?\)", re.IGNORECASE)


class ScratchBirdImpl(DefaultImpl):
    """Alembic's half of the dialect; it finds it by its name."""

    __dialect__ = "scratchbird"
    transactional_ddl = True
    type_synonyms = (*DefaultImpl.type_synonyms, {"DOUBLE", "DOUBLE PRECISION", "FLOAT"})

    def compare_type(self, inspector_column: Any, metadata_column: Any) -> bool:
        """Whether the two columns differ in type. An enumeration is found again as a text with a condition."""
        wanted = metadata_column.type.dialect_impl(self.dialect)
        found = inspector_column.type
        if isinstance(wanted, Enum) and isinstance(found, (types.String, Enum)):
            return False
        if isinstance(wanted, MAP) and isinstance(found, MAP):
            # The catalogue does not keep what of.
            return False
        if isinstance(wanted, ARRAY) and isinstance(found, ARRAY):
            elements = (schema.Column("element", array.item_type) for array in (found, wanted))
            # A catalogue may lose the number of dimensions.
            return found.dimensions not in (None, wanted.dimensions) or self.compare_type(*elements)
        return bool(super().compare_type(inspector_column, metadata_column))

    def _column_types_match(self, inspector_params: Any, metadata_params: Any) -> bool:
        wanted, found = metadata_params.token0.lower(), inspector_params.token0.lower()
        if found in (wanted, _FOUND_AS.get(wanted)):
            # BIT and BIT VARYING differ in their second word.
            return found != "bit" or bool(inspector_params.tokens == metadata_params.tokens)
        return bool(super()._column_types_match(inspector_params, metadata_params))

    def compare_server_default(self, inspector_column: Any, metadata_column: Any, wanted: Any, found: Any) -> bool:
        """Whether the two columns differ in their default."""
        if metadata_column.primary_key and metadata_column is metadata_column.table._autoincrement_column:
            return False
        return _normal(wanted) != _normal(found)

    def _compare_identity_default(self, metadata_identity: Any, inspector_identity: Any) -> Any:
        # A key that counts by itself is an identity column, whether the model says so or not.
        if metadata_identity is None and inspector_identity is not None and not inspector_identity.always:
            return set(), set(), False
        return super()._compare_identity_default(metadata_identity, inspector_identity)

    def correct_for_autogen_constraints(
        self,
        conn_unique_constraints: Any,
        conn_indexes: Any,
        metadata_unique_constraints: Any,
        metadata_indexes: Any,
    ) -> None:
        """Leave out the indexes that unique constraints are made of."""
        for index in [index for index in conn_indexes if index.info.get("duplicates_constraint")]:
            conn_indexes.discard(index)

    def render_type(self, type_obj: Any, autogen_context: Any) -> Any:
        """The text of a type of this package in a migration."""
        if not type(type_obj).__module__.startswith("scratchbird.sqlalchemy"):
            return False
        autogen_context.imports.add("from scratchbird import sqlalchemy as sb")
        arguments = _arguments(type_obj, lambda inner: _repr_type(inner, autogen_context))
        return f"sb.{type_obj!r}" if arguments is None else f"sb.{type(type_obj).__name__}({', '.join(arguments)})"


def _arguments(type_obj: Any, text_of: Callable[[Any], str]) -> Optional[List[str]]:
    """The arguments of a type that is made of other types, whose texts are not their `repr`; `None` for any other."""
    if isinstance(type_obj, ARRAY):
        given = [text_of(type_obj.item_type)]
        return given if type_obj.dimensions is None else [*given, f"dimensions={type_obj.dimensions}"]
    if isinstance(type_obj, MAP):
        return [text_of(type_obj.key), text_of(type_obj.value)]
    if isinstance(type_obj, NESTED):
        return ["[" + ", ".join(f"({name!r}, {text_of(inner)})" for name, inner in type_obj.fields) + "]"]
    if isinstance(type_obj, TUPLE):
        return ["[" + ", ".join(text_of(inner) for inner in type_obj.types) + "]"]
    if isinstance(type_obj, DOMAIN):
        given = [repr(type_obj.name), text_of(type_obj.data_type)]
        for name in ("default", "not_null", "check", "schema"):
            value = getattr(type_obj, name)
            if value is not None and value is not False:
                given.append(f"{name}={_literal(value)}")
        return given
    return None


def _literal(value: Any) -> str:
    if not isinstance(value, ClauseElement):
        return repr(value)
    text = value.compile(dialect=Dialect(), compile_kwargs={"literal_binds": True})
    return f"sa.text({str(text)!r})"


def _normal(default: Any) -> Any:
    """A default without the differences of spelling."""
    if isinstance(default, schema.DefaultClause):
        default = default.arg
    if default is None:
        return None
    text = bare(str(default).strip())
    cast = _CAST.fullmatch(text)
    text = text if cast is None else cast.group(1)
    plain = text[1:-1] if text.startswith("'") and text.endswith("'") else text
    return "now" if plain.lower() in _NOW else plain


@compiles(ColumnName, "scratchbird")
def _rename_column(element: Any, compiler: Any, **kw: Any) -> str:
    compiler.dialect.validate_identifier(quoted_name(element.newname, quote=True))
    table = alter_table(compiler, element.table_name, element.schema)
    old, new = (format_column_name(compiler, name) for name in (element.column_name, element.newname))
    return f"{table} RENAME COLUMN {old} TO {new}"


@compiles(ColumnComment, "scratchbird")
def _comment_column(element: Any, compiler: Any, **kw: Any) -> str:
    table = format_table_name(compiler, element.table_name, element.schema)
    text = "NULL"
    if element.comment is not None:
        text = compiler.sql_compiler.render_literal_value(element.comment, types.String())
    return f"COMMENT ON COLUMN {table}.{format_column_name(compiler, element.column_name)} IS {text}"


@compiles(RenameTable, "scratchbird")
def _rename_table(element: Any, compiler: Any, **kw: Any) -> str:
    # The new name is one identifier (DIALECT 4.2).
    compiler.dialect.validate_identifier(quoted_name(element.new_table_name, quote=True))
    table = alter_table(compiler, element.table_name, element.schema)
    return f"{table} RENAME TO {compiler.preparer.quote(element.new_table_name)}"
