"""How results, connections and pools look in a notebook. No value is HTML of its own, and nothing shows a secret.

Nothing here asks a server: a cursor shows rows that are here already, and keeps them.
"""

from __future__ import annotations

import html
import inspect
from typing import Any, Iterable, List, Optional, Sequence, Tuple

from scratchbird import errors

SHOWN = 20
"""Rows that are shown of a result where nobody says how many."""

LONGEST = 200
"""Characters that are shown of a value."""

TYPES = {
    16: "boolean", 17: "bytea", 20: "int8", 21: "int2", 23: "int4", 25: "text", 26: "oid", 114: "json", 142: "xml",
    600: "point", 650: "cidr", 700: "float4", 701: "float8", 774: "macaddr8", 790: "money", 829: "macaddr",
    869: "inet", 1000: "boolean[]", 1007: "int4[]", 1009: "text[]", 1016: "int8[]", 1022: "float8[]", 1042: "bpchar",
    1043: "varchar", 1082: "date", 1083: "time", 1114: "timestamp", 1115: "timestamp[]", 1182: "date[]",
    1184: "timestamptz", 1185: "timestamptz[]", 1186: "interval", 1231: "numeric[]", 1266: "timetz", 1560: "bit",
    1562: "varbit", 1700: "numeric", 2950: "uuid", 2951: "uuid[]", 3614: "tsvector", 3802: "jsonb", 3904: "int4range",
    3906: "numrange", 3908: "tsrange", 3910: "tstzrange", 3912: "daterange", 3926: "int8range", 16384: "int128",
    16385: "decimal128", 16386: "vector",
}  # fmt: skip
"""The names of types by their OIDs, as the table of types in the documentation has them."""

NUMBERS = frozenset((20, 21, 23, 26, 700, 701, 790, 1700, 16384, 16385))
"""Types whose values stand at the right."""

RIGHT = ' style="text-align: right"'
LEFT = ' style="text-align: left"'


def type_name(oid: Any) -> str:
    """The name of a type; its number where it has none here."""
    return TYPES.get(oid, str(oid))


def shown(value: Any) -> str:
    """A value as text."""
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def cell(value: Any, aligned: str) -> str:
    """A value in its place."""
    inner = "<i>NULL</i>" if value is None else html.escape(shown(value))
    return f"<td{aligned}>{inner}</td>"


def counted(rows: int, what: str = "row") -> str:
    """So many of something."""
    return f"{rows:,} {what}{'' if rows == 1 else 's'}".replace(",", " ")


def took(seconds: float) -> str:
    """A time."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


def values_of(row: Any, names: Sequence[str]) -> Sequence[Any]:
    """The values of a row of any kind: of a tuple, a mapping or an object with attributes."""
    if isinstance(row, (tuple, list)):
        return row
    if isinstance(row, dict):
        return [row.get(name) for name in names]
    return [getattr(row, name, row if len(names) == 1 else None) for name in names]


def table(description: Sequence[Any], rows: Iterable[Any], footer: str) -> str:
    """Rows with their columns' names and types."""
    names = [column[0] for column in description]
    aligned = [RIGHT if column[1] in NUMBERS else LEFT for column in description]
    heads = "".join(
        f"<th{side}>{html.escape(column[0])}<br><small>{html.escape(type_name(column[1]))}</small></th>"
        for column, side in zip(description, aligned)
    )
    lines = [
        f"<tr>{''.join(cell(value, side) for value, side in zip(values_of(row, names), aligned))}</tr>" for row in rows
    ]
    return (
        f'<table class="scratchbird"><thead><tr>{heads}</tr></thead><tbody>{"".join(lines)}</tbody></table>'
        f"<small>{html.escape(footer)}</small>"
    )


def facts(title: str, pairs: Iterable[Tuple[str, Any]]) -> str:
    """A list of what is known."""
    lines = "".join(
        f"<tr><th{LEFT}>{html.escape(name)}</th><td{LEFT}>{html.escape(shown(value))}</td></tr>"
        for name, value in pairs
        if value not in (None, "")
    )
    return f'<table class="scratchbird"><caption>{html.escape(title)}</caption><tbody>{lines}</tbody></table>'


def now(result: Any) -> Any:
    """The result of a call that has nothing to wait for, on either face."""
    if not inspect.isawaitable(result):
        return result
    awaiting: Any = result.__await__()
    try:
        awaiting.send(None)
    except StopIteration as end:
        return end.value
    awaiting.close()
    raise errors.InterfaceError("the rows are not here yet")


def peek(cursor: Any, limit: int) -> Tuple[List[Any], int]:
    """The next rows of a cursor, which it keeps, and how many there are from there on."""
    here = cursor.rownumber
    if here is None:
        return [], 0
    rows = now(cursor.fetchmany(limit))
    now(cursor.scroll(here, "absolute"))
    return rows, max(len(rows), cursor.rowcount - here)


def cursor_html(cursor: Any) -> str:
    """A cursor: the rows that are left of its result, or what its statement did."""
    kind = type(cursor).__name__
    if cursor.closed:
        return facts(kind, [("state", "closed")])
    if cursor.description is None:
        return facts(kind, [("state", cursor.statusmessage or "no statement has been run")])
    return rows_html(cursor, SHOWN)


def rows_html(cursor: Any, limit: int, seconds: Optional[float] = None) -> str:
    """The rows that are left of a result, and how many there are."""
    description = cursor.description
    rows, left = peek(cursor, limit)
    footer = counted(left)
    if len(rows) < left:
        footer += f", {len(rows)} shown"
    if seconds is not None:
        footer += f", {took(seconds)}"
    return table(description, rows, footer)


def connection_html(connection: Any) -> str:
    """A connection: its server and its transaction. Neither its user nor anything that it was opened with."""
    kind = type(connection).__name__
    if connection.closed:
        return facts(kind, [("state", "closed")])
    info = connection.info
    return facts(
        kind,
        [
            ("server", f"{info.product} {info.server_version}".strip()),
            ("session", info.session_id),
            ("transaction", "autocommit" if connection.autocommit else info.transaction_status),
            ("TLS", info.tls_version or "none"),
            ("profile", info.server_profile),
        ],
    )


def pool_html(pool: Any) -> str:
    """A pool: its state and its numbers."""
    kind = type(pool).__name__
    stats = pool.get_stats()
    return facts(
        kind,
        [
            ("name", pool.name),
            ("state", "closed" if pool.closed else "open"),
            ("connections", f"{stats['pool_size']} of {stats['pool_min']} to {stats['pool_max']}"),
            ("available", stats["pool_available"]),
        ],
    )
