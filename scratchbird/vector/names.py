"""Names in statements: every one of them is quoted, so that it means exactly itself."""

from __future__ import annotations

from typing import Sequence, Tuple, Union

from scratchbird import errors
from scratchbird.bulk import quoted

Table = Union[str, Sequence[str]]
"""A name, a path of names with dots between them, or the names of a path one by one."""


def parts_of(table: Table) -> Tuple[str, ...]:
    """The names of a path."""
    names = tuple(table.split(".")) if isinstance(table, str) else tuple(table)
    if not names:
        raise errors.ProgrammingError("the table has no name")
    return names


def path(table: Table) -> str:
    """The quoted path.

    Example:
        >>> path("app.t; drop table t"), path(("app", "a.b")), path('a"b')
        ('"app"."t; drop table t"', '"app"."a.b"', '"a""b"')
    """
    return ".".join(quoted(name) for name in parts_of(table))


def listed(columns: Sequence[str], what: str = "columns") -> str:
    """Quoted names with commas between them."""
    if isinstance(columns, str):
        raise errors.ProgrammingError(f"{what} is a sequence of names, not one name: [{columns!r}]")
    if not columns:
        raise errors.ProgrammingError(f"{what} names no column")
    return ", ".join(quoted(name) for name in columns)
