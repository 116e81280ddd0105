"""The synchronous face: `connect`, `Connection` and `Cursor` of PEP 249.

Every method that waits is a method of the Rust core; this package adds what PEP 249 wants around it, one file for each
group of methods. `scratchbird.aio` has the same files with the same names, awaited.
"""

from __future__ import annotations

from scratchbird.dbapi.connect import connect
from scratchbird.dbapi.connection import Connection
from scratchbird.dbapi.cursor import Cursor
from scratchbird.dbapi.preparing import PreparedStatement
from scratchbird.dbapi.server_cursor import ServerCursor

__all__ = [
    "Connection",
    "Cursor",
    "PreparedStatement",
    "ServerCursor",
    "apilevel",
    "connect",
    "paramstyle",
    "threadsafety",
]

apilevel = "2.0"
"""The PEP 249 level."""

threadsafety = 2
"""Threads may share the module and connections; requests of a shared connection queue in order."""

paramstyle = "pyformat"
"""`%s` and `%(name)s`; `?`, `$1` and `:name` work too."""
