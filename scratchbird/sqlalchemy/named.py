"""Domains: types with a name, made and dropped with the tables that use them (DIALECT 3, Domains)."""

from __future__ import annotations

from typing import Any, Optional

from sqlalchemy import types as sqltypes
from sqlalchemy.engine import Connection
from sqlalchemy.schema import DDLElement
from sqlalchemy.sql import type_api
from sqlalchemy.sql.sqltypes import SchemaType


class CreateDomain(DDLElement):
    """CREATE DOMAIN."""

    __visit_name__ = "create_domain"

    def __init__(self, element: Any) -> None:
        self.element = element


class DropDomain(DDLElement):
    """DROP DOMAIN."""

    __visit_name__ = "drop_domain"

    def __init__(self, element: Any, if_exists: bool = False) -> None:
        self.element, self.if_exists = element, if_exists


class DOMAIN(SchemaType, sqltypes.TypeEngine):  # type: ignore[type-arg]
    """A type of one's own: another type with a name, a default and conditions.

    It is created before the first table that has a column of it, and dropped after the last.

    Args:
        name: its name.
        data_type: what it is made of: any type, also an `Enum`.
        default: its default, a text or an expression.
        not_null: whether it refuses NULL.
        check: a condition, in which the value is VALUE.
        schema: where it is.
        metadata: the collection that creates and drops it.
        create_type: whether it is created and dropped with tables at all.

    Example:
        >>> from sqlalchemy import Integer
        >>> DOMAIN("positive", Integer(), check="VALUE > 0").name
        'positive'
    """

    __visit_name__ = "DOMAIN"

    def __init__(
        self,
        name: str,
        data_type: Any,
        # None by keyword alone: SQLAlchemy copies a type by the arguments that have a place.
        default: Any = None,
        not_null: bool = False,
        check: Any = None,
        schema: Optional[str] = None,
        metadata: Any = None,
        create_type: bool = True,
        **kw: Any,
    ) -> None:
        self.data_type = type_api.to_instance(data_type)
        self.default, self.not_null, self.check = default, not_null, check
        super().__init__(name=name, schema=schema, metadata=metadata, **kw)
        # From SQLAlchemy 2.1 on the class above has one of its own.
        self.create_type = create_type

    @property
    def operator_classes(self) -> Any:
        """What its columns can be asked: what those of the type beneath can."""
        return self.data_type.operator_classes

    def literal_processor(self, dialect: Any) -> Any:
        return self.data_type.dialect_impl(dialect).literal_processor(dialect)

    def bind_processor(self, dialect: Any) -> Any:
        return self.data_type.dialect_impl(dialect).bind_processor(dialect)

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        return self.data_type.dialect_impl(dialect).result_processor(dialect, coltype)

    def create(self, bind: Any, checkfirst: bool = True) -> None:
        """CREATE DOMAIN, unless there is one."""
        if bind.dialect.name == "scratchbird" and not (checkfirst and self._is_there(bind)):
            bind.execute(CreateDomain(self))

    def drop(self, bind: Any, checkfirst: bool = True) -> None:
        """DROP DOMAIN, if there is one."""
        if bind.dialect.name == "scratchbird" and (not checkfirst or self._is_there(bind)):
            bind.execute(DropDomain(self))

    def _is_there(self, bind: Any) -> bool:
        # What only writes statements down, as Alembic's offline mode does, has nothing to ask.
        return isinstance(bind, Connection) and bool(bind.dialect.has_domain(bind, self.name, self.schema))

    def _on_table_create(self, target: Any, bind: Any, checkfirst: Any = False, **kw: Any) -> None:
        if self.create_type:
            self.create(bind, checkfirst=True)

    def _on_table_drop(self, target: Any, bind: Any, checkfirst: Any = False, **kw: Any) -> None:
        # Other tables may still use one that belongs to the collection; that drops it.
        if self.create_type and self.metadata is None and not kw.get("_is_metadata_operation"):
            self.drop(bind, checkfirst=True)

    def _on_metadata_create(self, target: Any, bind: Any, checkfirst: Any = False, **kw: Any) -> None:
        if self.create_type:
            self.create(bind, checkfirst=True)

    def _on_metadata_drop(self, target: Any, bind: Any, checkfirst: Any = False, **kw: Any) -> None:
        if self.create_type:
            self.drop(bind, checkfirst=True)


__all__ = ["DOMAIN", "CreateDomain", "DropDomain"]
