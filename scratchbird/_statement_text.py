"""The text of a statement for logs and traces: without its literals, so that no value appears.

It must not know who shows it.
"""

from __future__ import annotations

import functools
import re

LONGEST = 100_000
"""Characters of a statement that are looked at; what follows is cut off."""

_TOKENS = re.compile(
    r"""
    (?P<name>"(?:[^"]|"")*"?)
    | (?P<dollar>\$(?P<tag>[A-Za-z_]\w*|)\$.*?(?:\$(?P=tag)\$|\Z))
    | (?P<escaped>\b[Ee]'(?:[^'\\]|''|\\.)*(?:'|\Z))
    | (?P<text>(?:\b[A-Za-z])?'(?:[^']|'')*(?:'|\Z))
    | (?P<line>--[^\n]*)
    | (?P<block>/\*(?:[^*/]|\*(?!/)|/(?!\*)|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z))*(?:\*/|\Z))
    | (?P<marker>[$:%]\w+|%\(\w+\)s)
    | (?P<word>[^\W\d]\w*)
    | (?P<number>\d[\w.]*|\.\d[\w.]*)
    """,
    re.VERBOSE | re.DOTALL,
)


@functools.lru_cache(maxsize=512)
def sanitized(sql: str) -> str:
    """A statement without its literals and comments: every literal becomes `?`, and nothing of a comment stays.

    Args:
        sql: the statement; what is longer than 100 000 characters is cut off.

    Example:
        >>> sanitized("select * from users where name = 'O''Hara' and age > 42 -- me")
        'select * from users where name = ? and age > ?'
    """

    def replacement(match: re.Match[str]) -> str:
        kind = match.lastgroup if match.lastgroup != "tag" else "dollar"
        if kind in ("name", "marker", "word"):
            return match.group()
        return " " if kind in ("line", "block") else "?"

    return re.sub(r"\s+", " ", _TOKENS.sub(replacement, sql[:LONGEST])).strip()


def verb(text: str) -> str:
    """The first word of a statement in capitals; empty where it begins with something else."""
    match = re.match(r"[A-Za-z]+", text.lstrip("( "))
    return match.group().upper() if match else ""
