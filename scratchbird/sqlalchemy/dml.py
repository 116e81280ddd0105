"""Data changes that only SBsql has in this form: INSERT with ON CONFLICT, UPSERT and MERGE (DIALECT 5.2)."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from sqlalchemy import sql
from sqlalchemy.dialects.postgresql import dml
from sqlalchemy.sql import coercions, elements, roles
from sqlalchemy.sql.base import Executable


class Insert(dml.Insert):
    """INSERT, with `on_conflict_do_nothing()` and `on_conflict_do_update()`; `excluded` is the row that is there."""

    stringify_dialect = "scratchbird"
    inherit_cache = bool(dml.Insert.__dict__.get("inherit_cache"))


def insert(table: Any) -> Insert:
    """An INSERT that may say what becomes of rows that are there already.

    Args:
        table: the table.

    Example:
        >>> from sqlalchemy import Column, Integer, MetaData, Table
        >>> t = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("n", Integer))
        >>> new = insert(t).values(id=1, n=2)
        >>> print(new.on_conflict_do_update(index_elements=["id"], set_={"n": new.excluded.n}))
        INSERT INTO t (id, n) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = excluded.n
    """
    return Insert(table)


class Upsert(sql.Insert):
    """UPSERT: an INSERT that changes the row of the same primary key where there is one."""

    stringify_dialect = "scratchbird"
    inherit_cache = True


def upsert(table: Any) -> Upsert:
    """An UPSERT; its methods are those of an INSERT.

    Args:
        table: the table, which has a primary key.

    Example:
        >>> from sqlalchemy import Column, Integer, MetaData, Table
        >>> t = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("n", Integer))
        >>> print(upsert(t).values(id=1, n=2))
        UPSERT INTO t (id, n) VALUES ($1, $2)
    """
    return Upsert(table)


class Merge(Executable, elements.ClauseElement):
    """MERGE of rows into a table. Made by `merge()`; every method returns a new statement."""

    __visit_name__ = "scratchbird_merge"
    stringify_dialect = "scratchbird"
    inherit_cache = False
    _execution_options = Executable._execution_options.union({"autocommit": True})

    def __init__(self, table: Any, source: Any, on: Any) -> None:
        self.table = coercions.expect(roles.FromClauseRole, table)
        self.source = coercions.expect(roles.FromClauseRole, source)
        self.on = coercions.expect(roles.WhereHavingRole, on)
        self.actions: Tuple[Tuple[str, Optional[Any], Dict[Any, Any]], ...] = ()

    def _with(self, action: str, condition: Any, values: Dict[Any, Any]) -> Merge:
        new = self.__class__.__new__(self.__class__)
        new.__dict__.update(self.__dict__)
        columns = [self.table.c[key] if isinstance(key, str) else key for key in values]
        changes = {
            column: coercions.expect(roles.ExpressionElementRole, value, type_=column.type)
            for column, value in zip(columns, values.values())
        }
        given = None if condition is None else coercions.expect(roles.WhereHavingRole, condition)
        new.actions = (*self.actions, (action, given, changes))
        return new

    def when_matched_update(self, values: Dict[Any, Any], condition: Any = None) -> Merge:
        """Change rows that are there. The keys of `values` are columns, or their names."""
        return self._with("update", condition, values)

    def when_matched_delete(self, condition: Any = None) -> Merge:
        """Delete rows that are there."""
        return self._with("delete", condition, {})

    def when_not_matched_insert(self, values: Dict[Any, Any], condition: Any = None) -> Merge:
        """Insert rows that are not there."""
        return self._with("insert", condition, values)

    def text(self, compiler: Any, **kw: Any) -> str:
        """The statement, of a compiler."""
        quote, process = compiler.preparer.quote, compiler.process
        parts: List[str] = [
            f"MERGE INTO {process(self.table, asfrom=True, **kw)} USING {process(self.source, asfrom=True, **kw)} "
            f"ON {process(self.on, **kw)}"
        ]
        for action, condition, changes in self.actions:
            when = "NOT MATCHED" if action == "insert" else "MATCHED"
            given = "" if condition is None else f" AND {process(condition, **kw)}"
            names = [quote(column.name) for column in changes]
            values = [process(value.self_group(), **kw) for value in changes.values()]
            if action == "insert":
                then = f"INSERT ({', '.join(names)}) VALUES ({', '.join(values)})"
            elif action == "update":
                then = "UPDATE SET " + ", ".join(f"{name} = {value}" for name, value in zip(names, values))
            else:
                then = "DELETE"
            parts.append(f"WHEN {when}{given} THEN {then}")
        return " ".join(parts)


def merge(table: Any, source: Any, on: Any) -> Merge:
    """A MERGE of the rows of a source into a table.

    Args:
        table: the table, or an alias of it.
        source: a table, an alias or a subquery.
        on: which rows belong together.

    Example:
        >>> from sqlalchemy import Column, Integer, MetaData, Table
        >>> columns = lambda: [Column("id", Integer, primary_key=True), Column("n", Integer)]
        >>> t, s = Table("t", MetaData(), *columns()), Table("s", MetaData(), *columns())
        >>> print(merge(t, s, t.c.id == s.c.id).when_matched_update({"n": s.c.n}))
        MERGE INTO t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET n = s.n
    """
    return Merge(table, source, on)
