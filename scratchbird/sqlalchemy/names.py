"""Names: which are quoted, and schemas that are paths (`users.public`, `app.reporting.daily`).

Contract: DIALECT 1 (quoting, reserved words) and 2 (folding, schema paths).
"""

from __future__ import annotations

from typing import Any, List, Optional

from sqlalchemy import util
from sqlalchemy.sql import compiler
from sqlalchemy.sql.elements import quoted_name

DEFAULT_SCHEMA = "users.public"
"""Where names without a schema are looked up."""

_RESERVED_TEXT = """
    all alter analyse analyze and any array as asc asymmetric authorization begin between binary both by call case
    cast check cluster collate column commit concurrently constraint copy create cross current_catalog current_date
    current_role current_schema current_time current_timestamp current_user default deferrable delete desc describe
    distinct do document drop else end except execute exists explain failover false fetch for foreign freeze from
    full grant graph group having ilike in initially inner insert intersect interval into is isnull join json
    lateral leading left like limit listen local localtime localtimestamp lock member merge mysql natural node not
    notify notnull null off offset on only or order outer overlaps path placing postgresql prepare primary quorum
    range reconcile recreate references refresh regex reindex release rename replace returning revoke right rollback
    row rows savepoint search select session_user set show similar some sqlite start symmetric system_user table
    tablesample then throttle timestamp to top topology trailing trim true truncate union unique unknown unlisten
    unnest update upsert user using values variadic vector verbose view wal when where window with xml xor
"""
RESERVED = frozenset(_RESERVED_TEXT.split())
"""Words that begin a statement or a clause, or are literals: a name like one of these is quoted."""


class IdentifierPreparer(compiler.IdentifierPreparer):
    """Quotes what needs it, and every part of a schema's path on its own."""

    reserved_words = RESERVED
    illegal_initial_characters = compiler.ILLEGAL_INITIAL_CHARACTERS | {"$"}

    def quote_schema(self, schema: str, force: Any = None) -> str:
        """The path of a schema. Of a name in `quoted_name(..., quote=True)` a dot is a part, and no separator."""
        if force is not None:
            util.warn_deprecated(
                "The IdentifierPreparer.quote_schema.force parameter is deprecated: it has no effect.", version="1.3"
            )
        if isinstance(schema, quoted_name) and schema.quote is False:
            # As it is: also what schema_translate_map will be asked about.
            return str(schema)
        return ".".join(self.quote(part) for part in path_parts(schema))


def path_parts(schema: str) -> List[str]:
    """The names in the path of a schema. `public` alone is the default schema, which is what client libraries mean.

    Example:
        >>> path_parts("app.reporting"), path_parts("public")
        (['app', 'reporting'], ['users', 'public'])
    """
    if isinstance(schema, quoted_name) and schema.quote:
        return [schema]
    if schema == "public":
        schema = DEFAULT_SCHEMA
    return schema.split(".")


def schema_path(schema: Optional[str]) -> str:
    """The whole path of a schema as the catalogue has it; the default schema where none is given."""
    return ".".join(path_parts(schema)) if schema else DEFAULT_SCHEMA
