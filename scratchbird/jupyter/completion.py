"""Completes names of tables and of their columns in `%sql` and `%%sql`."""

from __future__ import annotations

import logging
import re
from typing import Any, Dict, List, Optional

log = logging.getLogger("scratchbird.jupyter")

SQL_CELL = re.compile(r"\A\s*%%sql\b")
SQL_LINE = re.compile(r"%sql\b")
WORD = re.compile(r"[\w.]*\Z")
MENTIONED = re.compile(r"\w+")


class Names:
    """The tables of a connection and their columns, asked for once until the next statement."""

    def __init__(self) -> None:
        self.tables: Optional[Dict[str, List[str]]] = None

    def forget(self) -> None:
        """What was known may have changed."""
        self.tables = None

    def of(self, connection: Any) -> Dict[str, List[str]]:
        """The columns of each table, as far as the connection can be asked now."""
        if self.tables is None:
            self.tables = asked(connection)
        return self.tables


def asked(connection: Any) -> Dict[str, List[str]]:
    """Asks the server, and leaves the connection as it was."""
    if connection.closed or connection.info.transaction_status == "failed":
        return {}
    idle = not connection.in_transaction
    try:
        found: Dict[str, List[str]] = {row["table_name"]: [] for row in connection.metadata.tables()}
        for row in connection.metadata.columns():
            found.setdefault(row["table_name"], []).append(row["column_name"])
        return found
    finally:
        if idle and connection.in_transaction:
            connection.rollback()


def word_before(text: str) -> str:
    """What is being written."""
    match = WORD.search(text)
    return match.group() if match else ""


def is_sql(text: str, line: str) -> bool:
    """Whether this is the text of a magic."""
    return SQL_CELL.match(text) is not None or SQL_LINE.search(line) is not None


def candidates(tables: Dict[str, List[str]], text: str, word: str) -> List[str]:
    """What a word may become: a table, a column of a table in the text, or behind a point a column of that table."""
    table, point, beginning = word.rpartition(".")
    if point:
        same = [name for name in tables if name.lower() == table.rpartition(".")[2].lower()]
        return [f"{table}.{column}" for name in same for column in tables[name] if starts(column, beginning)]
    mentioned = {found.lower() for found in MENTIONED.findall(text)}
    columns = [column for name in tables if name.lower() in mentioned for column in tables[name]]
    return list(dict.fromkeys(name for name in [*sorted(tables), *columns] if starts(name, word)))


def starts(name: str, beginning: str) -> bool:
    return name.lower().startswith(beginning.lower())


def matcher(magics: Any) -> Any:
    """A matcher for IPython's completer."""
    from IPython.core.completer import SimpleCompletion, context_matcher

    @context_matcher(identifier="scratchbird.sql")  # type: ignore[untyped-decorator]
    def complete(context: Any) -> Any:
        if magics.connection is None or not is_sql(context.full_text, context.line_with_cursor):
            return {"completions": []}
        word = word_before(context.text_until_cursor)
        try:
            tables = magics.names.of(magics.connection)
        except Exception:
            # Whoever writes a statement should not see this; the statement itself will say what is wrong.
            log.debug("names for completion could not be asked for", exc_info=True)
            return {"completions": []}
        # What is completed is the token of the completer, which may end at a point.
        kept = len(word) - len(context.token) if word.endswith(context.token) else 0
        found = candidates(tables, context.full_text, word)
        return {
            "completions": [SimpleCompletion(name[kept:], type="sql") for name in found],
            "matched_fragment": word[kept:],
            "suppress": bool(found),
            "ordered": True,
        }

    return complete
