"""`%sql` and `%%sql`: which connection, which variables, which result. What runs the statements is `running`."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import Any, Dict, Optional

from IPython.core.display_functions import display
from IPython.core.error import UsageError as ShownAsUsage
from IPython.core.magic import Magics, line_cell_magic, magics_class, needs_local_scope, no_var_expand

import scratchbird
from scratchbird._statement_text import verb
from scratchbird.jupyter import plan
from scratchbird.jupyter.arguments import (
    DSN,
    USAGE,
    Arguments,
    UsageError,
    named_parameters,
    parameters,
    parse,
    statements,
)
from scratchbird.jupyter.completion import Names
from scratchbird.jupyter.result import SqlResult
from scratchbird.jupyter.running import Bar, run

NONE = (
    "%sql has no connection yet. Give it a connection string (%sql scratchbird://user@host/database), the name of a "
    "variable (%sql --connection conn), or set the SCRATCHBIRD_* environment variables, such as SCRATCHBIRD_HOST."
)


KINDS = (scratchbird.Connection, scratchbird.AsyncConnection, scratchbird.ConnectionPool)


def of_environment() -> bool:
    """Whether the environment says where the server is."""
    return any(name in os.environ for name in ("SCRATCHBIRD_HOST", "SCRATCHBIRD_SERVICE", "SCRATCHBIRD_DB"))


@magics_class
class SqlMagics(Magics):
    """The magics, and the connection that they use."""

    shell: Any

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.connection: Any = None
        self.pool: Any = None
        self.opened: Dict[str, Any] = {}
        """What `%sql` has opened, by connection string; that of the environment by none."""
        self.names = Names()

    # IPython would paste what stands in {} and behind $ into the statement.
    @no_var_expand
    @needs_local_scope
    @line_cell_magic
    def sql(self, line: str = "", cell: Optional[str] = None, local_ns: Optional[Dict[str, Any]] = None) -> Any:
        """Run SQL. `%sql?` says how."""
        try:
            arguments = parse(line, cell)
            variables = {**self.shell.user_ns, **(local_ns or {})}
            if arguments.close:
                self.close()
                return None
            word = arguments.statement
            named = variables.get(word)
            is_text = isinstance(named, str) and DSN.match(named) is not None
            if arguments.connection is None and (is_text or isinstance(named, KINDS)):
                # A line that is nothing but the name of a connection, or of a connection string.
                arguments = arguments._replace(connection=word, statement="")
            self.choose(arguments, variables)
            connection = self.current()
        except UsageError as error:
            raise ShownAsUsage(str(error)) from None
        if not arguments.statement:
            return connection
        found = self.executed(connection, arguments, parameters(arguments.statement, variables))
        if arguments.target is not None:
            self.shell.user_ns[arguments.target] = found
            return None
        return found

    def choose(self, arguments: Arguments, variables: Dict[str, Any]) -> None:
        """Takes the connection that the line names."""
        given = arguments.connection
        if given is None:
            return
        found = given if "://" in given else variables.get(given)
        if isinstance(found, str):
            self.connection, self.pool = self.open(found), None
        elif isinstance(found, scratchbird.AsyncConnection):
            raise UsageError(f"{given} is a connection of the asyncio face: %sql runs on those of scratchbird.connect")
        elif isinstance(found, scratchbird.ConnectionPool):
            self.connection, self.pool = None, found
        elif isinstance(found, scratchbird.Connection):
            self.connection, self.pool = found, None
        else:
            raise UsageError(f"{given} is neither a connection string nor a variable with a connection or a pool")

    def open(self, dsn: str) -> Any:
        """The connection for a connection string: a cell that is run again opens no other."""
        known = self.opened.get(dsn)
        if known is None or known.closed:
            known = self.opened[dsn] = scratchbird.connect(dsn or None, autocommit=True)
        return known

    def current(self) -> Any:
        """The connection in use, or the pool."""
        if self.pool is not None:
            return self.pool
        if self.connection is None:
            if not of_environment():
                raise UsageError(NONE)
            self.connection = self.open("")
        if self.connection.closed:
            raise UsageError(f"the connection is closed\n\n{USAGE}")
        return self.connection

    def executed(self, source: Any, arguments: Arguments, params: Any) -> Any:
        """The result of a statement."""
        self.names.forget()
        if not isinstance(source, scratchbird.ConnectionPool):
            return self.run(source, arguments, params)
        # Results are made before the connection goes back: what follows runs on another.
        with source.connection() as connection:
            return self.run(connection, arguments, params)

    def run(self, connection: Any, arguments: Arguments, params: Any) -> Any:
        bar = Bar(display) if arguments.progress else None
        began = time.perf_counter()
        cursor = connection.cursor(row_factory=scratchbird.rows.tuple_row)
        query, timeout = arguments.statement, arguments.timeout
        # The protocol takes several statements at once, but no parameters with them.
        for text in statements(query) if params else [query]:
            own = {name: params[name] for name in named_parameters(text)} if params else None
            run(connection, partial(cursor.execute, text, own or None, timeout=timeout), bar)
        # Of several statements the last is the result, as of several lines of Python.
        while cursor._sets_left():
            cursor.nextset()
        result = SqlResult(cursor, time.perf_counter() - began, arguments.limit)
        if cursor.description is None:
            return result
        if arguments.kind == "table":
            tree = plan.read(cursor.description, result.rows()) if verb(query) == "EXPLAIN" else None
            return result if tree is None else tree
        return getattr(result, arguments.kind)()

    def close(self) -> None:
        """Closes what `%sql` has opened; connections of variables are let go."""
        while self.opened:
            self.opened.popitem()[1].close()
        self.connection = self.pool = None
        self.names.forget()


SqlMagics.sql.__doc__ = USAGE
