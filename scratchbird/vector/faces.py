"""Which face a connection is of. A function of the other one would send nothing, and say nothing of it."""

from __future__ import annotations

from typing import Any

from scratchbird import _core, errors


def blocks(conn: Any) -> Any:
    """A connection of the blocking face."""
    if not isinstance(conn, _core.Connection):
        raise errors.InterfaceError(
            f"a connection of the blocking face is needed, not {type(conn).__name__}; "
            "the functions for asyncio begin with a, as asearch()"
        )
    return conn


def awaits(conn: Any) -> Any:
    """A connection of the asyncio face."""
    if not isinstance(conn, _core.AsyncConnection):
        raise errors.InterfaceError(
            f"a connection of the asyncio face is needed, not {type(conn).__name__}; "
            "the functions for the blocking face have no a before their names, as search()"
        )
    return conn
