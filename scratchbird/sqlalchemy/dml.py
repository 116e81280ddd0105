"""INSERT with ON CONFLICT (DIALECT 5.2)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.dialects.postgresql import dml


class Insert(dml.Insert):
    """INSERT, with `on_conflict_do_nothing()` and `on_conflict_do_update()`; `excluded` is the row that is there."""

    stringify_dialect = "scratchbird"
    inherit_cache = bool(dml.Insert.__dict__.get("inherit_cache"))


def insert(table: Any) -> Insert:
    """An INSERT that may say what becomes of rows that are there already.

    Example:
        >>> from sqlalchemy import Column, Integer, MetaData, Table
        >>> t = Table("t", MetaData(), Column("id", Integer, primary_key=True), Column("n", Integer))
        >>> new = insert(t).values(id=1, n=2)
        >>> print(new.on_conflict_do_update(index_elements=["id"], set_={"n": new.excluded.n}))
        INSERT INTO t (id, n) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET n = excluded.n
    """
    return Insert(table)
