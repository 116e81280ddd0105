"""Vectors and full text together: two rankings of the same rows, made one by reciprocal rank fusion.

Source: Cormack, Clarke and Büttcher, Reciprocal Rank Fusion (SIGIR 2009).
"""

from __future__ import annotations

import re
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from scratchbird import errors
from scratchbird._steps import Steps, awaiting, blocking
from scratchbird.bulk import quoted
from scratchbird.rows import tuple_row
from scratchbird.vector.faces import awaits, blocks
from scratchbird.vector.metric import MetricName
from scratchbird.vector.names import Table, listed
from scratchbird.vector.request import Found, Params, Request, matches, place_of, query_vector, request
from scratchbird.vector.searching import UNKNOWN_FUNCTION, candidates, found_for

WORD = re.compile(r"\w+")
LANGUAGE = re.compile(r"[a-z_]+")
NEEDED = "hybrid search needs a server with to_tsvector, to_tsquery, ts_rank and the operator @@"
JOINED = {"any": " | ", "all": " & "}


class HybridMatch(NamedTuple):
    """A row that was found by its vector, by its text, or by both.

    Attributes:
        score: the sum of 1 / (`constant` + rank) over the rankings that have the row; the greatest comes first.
        row: the row, as the connection's `row_factory` makes rows.
        distance: how far its vector is from the query, `None` where it was found by its text alone.
        rank: how well its text fits, as the server says, `None` where it was found by its vector alone.
    """

    score: float
    row: Any
    distance: Optional[float]
    rank: Optional[float]


def search_hybrid(
    conn: Any,
    table: Table,
    column: str,
    query: Any,
    text_column: str,
    text: str,
    k: int = 10,
    *,
    key: Union[str, Sequence[str]],
    metric: MetricName = "cosine",
    where: Optional[str] = None,
    params: Params = (),
    columns: Optional[Sequence[str]] = None,
    collection: bool = False,
    match: str = "any",
    language: str = "simple",
    weights: Tuple[float, float] = (1.0, 1.0),
    constant: float = 60.0,
    fetch_k: Optional[int] = None,
    timeout: Optional[float] = None,
) -> List[HybridMatch]:
    """Rows that fit by their vectors, their texts or both, the best first: two searches, and reciprocal rank fusion.

    The texts are searched with `to_tsvector`, `to_tsquery` and `ts_rank`, which the development server has. An index of
    the method `FULL_TEXT` on the text column serves the language `simple`.

    Args:
        conn, table, column, query, k, metric, where, params, collection, timeout: as of
            [`search`][scratchbird.vector.search].
        text_column: the column with the texts.
        text: words to look for. What is no letter, digit or underscore parts words, and means nothing else.
        key: the column, or the columns, by which a row is known.
        columns: the columns of the rows; all if not given.
        match: `any`, where one word is enough and more are better, or `all`.
        language: how words are reduced: `simple` not at all; `english` and others by their endings.
        weights: what the ranking by vectors and the one by texts count.
        constant: how little the first places count more than those after them.
        fetch_k: how many rows each ranking has; 4 × `k`, at least 20, if not given.

    Returns:
        At most `k` rows.

    Raises:
        ProgrammingError: as of `search`.
        NotSupportedError: the server has no full-text search by these functions. SBsql's documentation names none.

    Example:
        >>> with connect(dsn) as connection:
        ...     _ = connection.execute("create temporary table notes (id int, body text, v vector(2))")
        ...     _ = connection.execute("insert into notes values (1, 'red apples', '[1,0]')")
        ...     _ = connection.execute("insert into notes values (2, 'blue sky', '[0,1]')")
        ...     found = search_hybrid(connection, "notes", "v", [1, 0], "body", "apples", key="id", columns=["body"])
        ...     [(match.row, round(match.score, 4)) for match in found]
        [(('red apples',), 0.0328), (('blue sky',), 0.0161)]
    """
    condition, texts = (where, params), (text_column, match, language)
    asked = _asked(table, column, k, key, metric, condition, columns, collection, texts, fetch_k, timeout)
    return blocking(_hybrid(blocks(conn), asked, query_vector(query), text, k, weights, constant))


async def asearch_hybrid(
    conn: Any,
    table: Table,
    column: str,
    query: Any,
    text_column: str,
    text: str,
    k: int = 10,
    *,
    key: Union[str, Sequence[str]],
    metric: MetricName = "cosine",
    where: Optional[str] = None,
    params: Params = (),
    columns: Optional[Sequence[str]] = None,
    collection: bool = False,
    match: str = "any",
    language: str = "simple",
    weights: Tuple[float, float] = (1.0, 1.0),
    constant: float = 60.0,
    fetch_k: Optional[int] = None,
    timeout: Optional[float] = None,
) -> List[HybridMatch]:
    """As [`search_hybrid`][scratchbird.vector.search_hybrid], on the asyncio face."""
    condition, texts = (where, params), (text_column, match, language)
    asked = _asked(table, column, k, key, metric, condition, columns, collection, texts, fetch_k, timeout)
    return await awaiting(_hybrid(awaits(conn), asked, query_vector(query), text, k, weights, constant))


class _Asked(NamedTuple):
    """Both searches. Their rows begin with the key."""

    near: Request
    keys: List[str]
    text_sql: str
    joined: str


def _asked(
    table: Table,
    column: str,
    k: int,
    key: Union[str, Sequence[str]],
    metric: MetricName,
    where: Tuple[Optional[str], Params],
    columns: Optional[Sequence[str]],
    collection: bool,
    texts: Tuple[str, str, str],
    fetch_k: Optional[int],
    timeout: Optional[float],
) -> _Asked:
    text_column, match, language = texts
    if match not in JOINED:
        raise errors.ProgrammingError(f"match is 'any' or 'all', not {match!r}")
    if not LANGUAGE.fullmatch(language):
        raise errors.ProgrammingError(f"language is the name of one, not {language!r}")
    fetch = candidates(k, fetch_k)
    keys = [key] if isinstance(key, str) else list(key)
    listed(keys, "key")
    if columns is not None:
        listed(columns)
    # Both rankings give the same columns: with them rows of the one are put beside those of the other.
    shown = None if columns is None else [*keys, *columns]
    near = request(table, column, fetch, metric, *where, shown, None, None, collection, timeout)
    document = f"to_tsvector('{language}', {quoted(text_column)})"
    words = f"to_tsquery('{language}', ${len(near.params) + 1})"
    rank = f"ts_rank({document}, {words})"
    condition = "" if near.condition is None else f" AND ({near.condition})"
    own = "*" if shown is None else listed(shown)
    text_sql = (
        f"SELECT {listed(keys)}, {own}, {rank} AS text_rank FROM {near.table} WHERE {document} @@ {words}{condition} "
        f"ORDER BY {rank} DESC LIMIT {fetch}"
    )
    return _Asked(near, keys, text_sql, JOINED[match])


def _hybrid(
    conn: Any, asked: _Asked, query: Any, text: str, k: int, weights: Tuple[float, float], constant: float
) -> Steps[List[HybridMatch]]:
    near = asked.near
    if not conn._ranks_by_distance:
        raise errors.NotSupportedError(NEEDED + "; this one orders rows by a column alone")
    description, names, (found,) = yield from found_for(conn, near, [query])
    fused: Dict[Tuple[Any, ...], _Fused] = {}
    places = [place_of(names, name) for name in asked.keys]
    for place, one in enumerate(found, 1):
        entry = fused.setdefault(tuple(one.values[at] for at in places), _Fused(one.values))
        entry.distance = one.distance
        entry.score += weights[0] / (constant + place)
    words = [f"'{word}'" for word in WORD.findall(text)]
    if words:
        cursor = conn.cursor(row_factory=tuple_row)
        values = (*near.params, asked.joined.join(words))
        try:
            yield lambda: cursor.execute(asked.text_sql, values, timeout=near.timeout)
        except errors.DatabaseError as error:
            if error.sqlstate != UNKNOWN_FUNCTION:
                raise
            raise errors.NotSupportedError(f"{NEEDED}: {error}") from error
        rows = yield cursor.fetchall
        width = len(asked.keys)
        if not found:
            description = list(cursor.description or ())[width:-1]
        for place, row in enumerate(rows, 1):
            entry = fused.setdefault(row[:width], _Fused(row[width:-1]))
            entry.rank = row[-1]
            entry.score += weights[1] / (constant + place)
    best = sorted(fused.values(), key=lambda entry: -entry.score)[:k]
    hidden = 0 if near.columns is None else len(asked.keys)
    rows_found = [Found(0.0, entry.values[hidden:], None) for entry in best]
    width = len(description) if near.columns is None else len(near.columns)
    made = matches(conn, description[hidden:width], rows_found)
    return [HybridMatch(entry.score, one.row, entry.distance, entry.rank) for entry, one in zip(best, made)]


class _Fused:
    """A row in the making."""

    def __init__(self, values: Tuple[Any, ...]) -> None:
        self.values = values
        self.score = 0.0
        self.distance: Optional[float] = None
        self.rank: Optional[float] = None
