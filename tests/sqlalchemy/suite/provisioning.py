"""What SQLAlchemy's suite does differently from database to database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import inspect
from sqlalchemy.testing import provision


@provision.temp_table_keyword_args.for_db("scratchbird")
def temp_table_keyword_args(cfg: Any, eng: Any) -> Any:
    return {"prefixes": ["TEMPORARY"]}


def upsert(
    cfg: Any,
    table: Any,
    returning: Any,
    *,
    set_lambda: Any = None,
    sort_by_parameter_order: bool = False,
    index_elements: Any = None,
) -> Any:
    from scratchbird.sqlalchemy import insert

    statement = insert(table)
    if set_lambda:
        statement = statement.on_conflict_do_update(
            index_elements=index_elements or list(inspect(table).selectable.primary_key),
            set_=set_lambda(statement.excluded),
        )
    else:
        statement = statement.on_conflict_do_nothing()
    return statement.returning(*returning, sort_by_parameter_order=sort_by_parameter_order)


# SQLAlchemy 1.4 does not ask.
if hasattr(provision, "upsert"):
    provision.upsert.for_db("scratchbird")(upsert)


@provision.drop_all_schema_objects_pre_tables.for_db("scratchbird")
def drop_prepared_transactions(cfg: Any, eng: Any) -> None:
    with eng.connect() as connection:
        for xid in eng.dialect.do_recover_twophase(connection):
            eng.dialect.do_rollback_twophase(connection, xid, recover=True)
