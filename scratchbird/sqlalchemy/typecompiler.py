"""From SQLAlchemy's types to the names of SBsql's.

Contract: DIALECT 3. `INT8` is one byte there and is never what an integer becomes.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import types as sqltypes
from sqlalchemy.exc import CompileError
from sqlalchemy.sql import compiler

from scratchbird.sqlalchemy import literals


def _sized(name: str, *parameters: Any) -> str:
    given = [str(parameter) for parameter in parameters if parameter is not None]
    return f"{name}({', '.join(given)})" if given else name


class TypeCompiler(compiler.GenericTypeCompiler):
    """Writes types as columns and casts take them."""

    # ---- What SQLAlchemy calls by the standard's names ---------------------------------------------------------------

    def visit_BIGINT(self, type_: Any, **kw: Any) -> str:
        return "BIGINT"

    def visit_FLOAT(self, type_: Any, **kw: Any) -> str:
        # FLOAT(p) is not taken in columns (DIALECT 3); up to 24 bits fit a REAL.
        precision = type_.precision
        return "DOUBLE" if precision is None or precision > 24 else "REAL"

    def visit_DOUBLE(self, type_: Any, **kw: Any) -> str:
        return "DOUBLE"

    def visit_DOUBLE_PRECISION(self, type_: Any, **kw: Any) -> str:
        return "DOUBLE"

    def visit_double(self, type_: Any, **kw: Any) -> str:
        return "DOUBLE"

    def visit_NUMERIC(self, type_: Any, **kw: Any) -> str:
        # NUMERIC(p, s) loses p and s; DECIMAL keeps them.
        return self.visit_DECIMAL(type_, **kw)

    def visit_DECIMAL(self, type_: Any, **kw: Any) -> str:
        if type_.precision is None:
            return "DECIMAL"
        return _sized("DECIMAL", type_.precision, type_.scale)

    def visit_CLOB(self, type_: Any, **kw: Any) -> str:
        return "CLOB"

    def visit_NCLOB(self, type_: Any, **kw: Any) -> str:
        return "NCLOB"

    def visit_NVARCHAR(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARCHAR(type_, **kw)

    def visit_NCHAR(self, type_: Any, **kw: Any) -> str:
        return self.visit_CHAR(type_, **kw)

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:
        return _sized("VARCHAR", type_.length) + self._collation(type_)

    def visit_CHAR(self, type_: Any, **kw: Any) -> str:
        return _sized("CHAR", type_.length) + self._collation(type_)

    def visit_TEXT(self, type_: Any, **kw: Any) -> str:
        return "TEXT" + self._collation(type_)

    def _collation(self, type_: Any) -> str:
        if not type_.collation:
            return ""
        return " COLLATE " + self.dialect.identifier_preparer.quote(type_.collation)

    def visit_string(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARCHAR(type_, **kw)

    def visit_unicode(self, type_: Any, **kw: Any) -> str:
        return self.visit_VARCHAR(type_, **kw)

    def visit_unicode_text(self, type_: Any, **kw: Any) -> str:
        return self.visit_TEXT(type_, **kw)

    def visit_large_binary(self, type_: Any, **kw: Any) -> str:
        return self.visit_BLOB(type_, **kw)

    def visit_BINARY(self, type_: Any, **kw: Any) -> str:
        return _sized("BINARY", type_.length)

    def visit_VARBINARY(self, type_: Any, **kw: Any) -> str:
        return _sized("VARBINARY", type_.length)

    def visit_BLOB(self, type_: Any, **kw: Any) -> str:
        return "BLOB"

    def visit_BOOLEAN(self, type_: Any, **kw: Any) -> str:
        return "BOOLEAN"

    def visit_datetime(self, type_: Any, **kw: Any) -> str:
        return self.visit_TIMESTAMP(type_, **kw)

    def visit_DATETIME(self, type_: Any, **kw: Any) -> str:
        return self.visit_TIMESTAMP(type_, **kw)

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:
        name = "TIMESTAMPTZ" if type_.timezone else "TIMESTAMP"
        return _sized(name, getattr(type_, "precision", None))

    def visit_TIME(self, type_: Any, **kw: Any) -> str:
        return _sized("TIMETZ" if type_.timezone else "TIME", getattr(type_, "precision", None))

    def visit_interval(self, type_: Any, **kw: Any) -> str:
        return "INTERVAL"

    def visit_INTERVAL(self, type_: Any, **kw: Any) -> str:
        return "INTERVAL" if not getattr(type_, "fields", None) else f"INTERVAL {type_.fields}"

    def visit_uuid(self, type_: Any, **kw: Any) -> str:
        if not type_.native_uuid:
            return super().visit_uuid(type_, **kw)
        return "UUID"

    def visit_UUID(self, type_: Any, **kw: Any) -> str:
        return "UUID"

    def visit_JSON(self, type_: Any, **kw: Any) -> str:
        return "JSON"

    def visit_enum(self, type_: Any, **kw: Any) -> str:
        # Of the server's own type where that can tell the values; as text, with a CHECK, where asked for.
        if not type_.native_enum:
            return self.visit_VARCHAR(type_, **kw)
        return self.visit_ENUM(type_, **kw)

    def visit_ENUM(self, type_: Any, **kw: Any) -> str:
        if not type_.enums:
            raise CompileError("an enumeration needs its values: ENUM8('a', 'b')")
        word = "ENUM8" if len(type_.enums) <= 256 else "ENUM16"
        values = ", ".join(literals.quoted(value) for value in type_.enums)
        return f"{word}({values})"

    # ---- SBsql's own -------------------------------------------------------------------------------------------------

    def visit_scratchbird(self, type_: Any, **kw: Any) -> str:
        """The types of this package whose name says all."""
        return str(type_.sql_name)

    def visit_JSONB(self, type_: Any, **kw: Any) -> str:
        return "JSONB"

    def visit_ARRAY(self, type_: Any, **kw: Any) -> str:
        inner = type_.item_type
        text = self.process(inner, **kw)
        for _ in range((type_.dimensions or 1) if not isinstance(inner, sqltypes.ARRAY) else 1):
            text = f"ARRAY<{text}>"
        return text

    def visit_MAP(self, type_: Any, **kw: Any) -> str:
        return f"MAP<{self.process(type_.key, **kw)}, {self.process(type_.value, **kw)}>"

    def visit_TUPLE(self, type_: Any, **kw: Any) -> str:
        return _sized(type(type_).__name__, *(self.process(one, **kw) for one in type_.types))

    def visit_NESTED(self, type_: Any, **kw: Any) -> str:
        quote = self.dialect.identifier_preparer.quote
        return _sized("NESTED", *(f"{quote(name)} {self.process(one, **kw)}" for name, one in type_.fields))

    def visit_VECTOR(self, type_: Any, **kw: Any) -> str:
        return _sized(type_.sql_name, type_.dim)

    def visit_BIT(self, type_: Any, **kw: Any) -> str:
        return _sized("BIT VARYING" if type_.varying else "BIT", type_.length)

    def visit_DOMAIN(self, type_: Any, **kw: Any) -> str:
        preparer = self.dialect.identifier_preparer
        path = preparer.quote_schema(type_.schema or self.dialect.default_schema_name or "users.public")
        return f"{path}.{preparer.quote(type_.name)}"


def _as_named(self: TypeCompiler, type_: Any, **kw: Any) -> str:
    return str(type_.__visit_name__)


# Types of PostgreSQL's dialect that have the same name here.
for _name in ("BYTEA", "CIDR", "INET", "MACADDR", "MACADDR8", "MONEY", "TSVECTOR"):
    setattr(TypeCompiler, f"visit_{_name}", _as_named)
