"""The searches, in both faces."""

from __future__ import annotations

import functools
from typing import Any, Iterable, List, Optional, Sequence, Tuple

from scratchbird import _core, errors
from scratchbird._steps import Steps, awaiting, blocking
from scratchbird.rows import tuple_row
from scratchbird.vector.exact import checked_lambda, fetched, ranked
from scratchbird.vector.faces import awaits, blocks
from scratchbird.vector.metric import MetricName
from scratchbird.vector.names import Table
from scratchbird.vector.request import (
    Found,
    Match,
    Params,
    Request,
    counted,
    matches,
    query_vector,
    query_vectors,
    request,
)

UNKNOWN_FUNCTION = "42883"

PIPED = 100
"""Queries of a batch whose answers are awaited together."""


def search(
    conn: Any,
    table: Table,
    column: str,
    query: Any,
    k: int = 10,
    *,
    metric: MetricName = "cosine",
    where: Optional[str] = None,
    params: Params = (),
    columns: Optional[Sequence[str]] = None,
    ef_search: Optional[int] = None,
    probes: Optional[int] = None,
    collection: bool = False,
    rerank: Optional[int] = None,
    timeout: Optional[float] = None,
) -> List[Match]:
    """The rows whose vectors are nearest to a query, the nearest first.

    Args:
        conn: a connection.
        table: a name, `"schema.table"`, or the names of a path one by one: `("schema", "a.b")`. The driver quotes
            all names.
        column: the column with the vectors. Rows without one are not found. SEARCH looks in the vectors of the
            collection; the name says which column they are.
        query: a vector of the column's dimension: a list of numbers, a NumPy array of any stride or float, an
            `array.array`, a `Vector`.
        k: how many rows at most.
        metric: a [`Metric`][scratchbird.vector.Metric] or its name: `cosine`, `l2` or `inner_product`.
        where: SQL that the rows have to fulfil, written by you and sent as it is. Never put values into it: write
            placeholders, and give the values in `params`.
        params: the values, a sequence or a mapping.
        columns: the columns of the rows; all if not given.
        ef_search: how widely a graph index is searched. For collections; a hint.
        probes: how many lists of an inverted file are searched. For collections; a hint.
        collection: whether `table` is a vector collection, which is asked with SEARCH.
        rerank: how many rows to take from the server, `k` or more, of which the nearest by exact distance are given.
            For indexes that are approximate, or hold vectors of less precision.
        timeout: the most seconds each statement may take; the connection's `statement_timeout` if not given.

    Returns:
        At most `k` matches of a distance and a row.

    Raises:
        DataError: the query has another dimension than the column, or holds NaN or an infinity.
        ProgrammingError: there is no such table or column, an argument is out of range, or `where` does not end where
            its text ends.
        NotSupportedError: `ef_search` or `probes` without `collection`.

    Example:
        >>> with connect(dsn) as connection:
        ...     _ = connection.execute("create temporary table words (word text, language text, v vector(2))")
        ...     _ = connection.execute("insert into words values ('tree', 'en', '[1,0]'), ('Baum', 'de', '[1,0.1]')")
        ...     where = {"where": "language = ?", "params": ("de",)}
        ...     [match.row for match in search(connection, "words", "v", [1, 0], columns=["word"], **where)]
        [('Baum',)]

    Contract: DIALECT 10.
    """
    wanted = _wanted(table, column, k, metric, where, params, columns, ef_search, probes, collection, rerank, timeout)
    return blocking(_search(blocks(conn), wanted, k, [query_vector(query)]))[0]


async def asearch(
    conn: Any,
    table: Table,
    column: str,
    query: Any,
    k: int = 10,
    *,
    metric: MetricName = "cosine",
    where: Optional[str] = None,
    params: Params = (),
    columns: Optional[Sequence[str]] = None,
    ef_search: Optional[int] = None,
    probes: Optional[int] = None,
    collection: bool = False,
    rerank: Optional[int] = None,
    timeout: Optional[float] = None,
) -> List[Match]:
    """As [`search`][scratchbird.vector.search], on the asyncio face."""
    wanted = _wanted(table, column, k, metric, where, params, columns, ef_search, probes, collection, rerank, timeout)
    return (await awaiting(_search(awaits(conn), wanted, k, [query_vector(query)])))[0]


def search_batch(
    conn: Any,
    table: Table,
    column: str,
    queries: Iterable[Any],
    k: int = 10,
    *,
    metric: MetricName = "cosine",
    where: Optional[str] = None,
    params: Params = (),
    columns: Optional[Sequence[str]] = None,
    ef_search: Optional[int] = None,
    probes: Optional[int] = None,
    collection: bool = False,
    rerank: Optional[int] = None,
    timeout: Optional[float] = None,
) -> List[List[Match]]:
    """[`search`][scratchbird.vector.search] for many queries at once, which are sent without waiting for the answers.

    Args:
        queries: vectors, or a NumPy array of one vector a row. The other arguments are those of `search`.

    Returns:
        The matches of each query, in the order of the queries.

    Raises:
        DataError, ProgrammingError: as of `search`; the message names the query, from 0. `queries` is one vector.
    """
    wanted = _wanted(table, column, k, metric, where, params, columns, ef_search, probes, collection, rerank, timeout)
    return blocking(_search(blocks(conn), wanted, k, query_vectors(queries)))


async def asearch_batch(
    conn: Any,
    table: Table,
    column: str,
    queries: Iterable[Any],
    k: int = 10,
    *,
    metric: MetricName = "cosine",
    where: Optional[str] = None,
    params: Params = (),
    columns: Optional[Sequence[str]] = None,
    ef_search: Optional[int] = None,
    probes: Optional[int] = None,
    collection: bool = False,
    rerank: Optional[int] = None,
    timeout: Optional[float] = None,
) -> List[List[Match]]:
    """As [`search_batch`][scratchbird.vector.search_batch], on the asyncio face."""
    wanted = _wanted(table, column, k, metric, where, params, columns, ef_search, probes, collection, rerank, timeout)
    return await awaiting(_search(awaits(conn), wanted, k, query_vectors(queries)))


def search_mmr(
    conn: Any,
    table: Table,
    column: str,
    query: Any,
    k: int = 10,
    *,
    fetch_k: Optional[int] = None,
    lambda_mult: float = 0.5,
    metric: MetricName = "cosine",
    where: Optional[str] = None,
    params: Params = (),
    columns: Optional[Sequence[str]] = None,
    ef_search: Optional[int] = None,
    probes: Optional[int] = None,
    collection: bool = False,
    timeout: Optional[float] = None,
) -> List[Match]:
    """Rows that are near to a query and different from each other: [`mmr`][scratchbird.vector.mmr] of a search.

    Args:
        fetch_k: how many of the nearest rows to choose from; 4 × `k`, at least 20, if not given.
        lambda_mult: from 0, as different as possible, to 1, as near as possible. The other arguments are those of
            `search`.

    Returns:
        At most `k` matches, in the order of choice.
    """
    lambda_mult, fetch = checked_lambda(lambda_mult), candidates(k, fetch_k)
    wanted = request(table, column, fetch, metric, where, params, columns, ef_search, probes, collection, timeout, True)
    return blocking(_varied(blocks(conn), wanted, k, query_vector(query), lambda_mult))


async def asearch_mmr(
    conn: Any,
    table: Table,
    column: str,
    query: Any,
    k: int = 10,
    *,
    fetch_k: Optional[int] = None,
    lambda_mult: float = 0.5,
    metric: MetricName = "cosine",
    where: Optional[str] = None,
    params: Params = (),
    columns: Optional[Sequence[str]] = None,
    ef_search: Optional[int] = None,
    probes: Optional[int] = None,
    collection: bool = False,
    timeout: Optional[float] = None,
) -> List[Match]:
    """As [`search_mmr`][scratchbird.vector.search_mmr], on the asyncio face."""
    lambda_mult, fetch = checked_lambda(lambda_mult), candidates(k, fetch_k)
    wanted = request(table, column, fetch, metric, where, params, columns, ef_search, probes, collection, timeout, True)
    return await awaiting(_varied(awaits(conn), wanted, k, query_vector(query), lambda_mult))


def _wanted(
    table: Table,
    column: str,
    k: int,
    metric: MetricName,
    where: Optional[str],
    params: Params,
    columns: Optional[Sequence[str]],
    ef_search: Optional[int],
    probes: Optional[int],
    collection: bool,
    rerank: Optional[int],
    timeout: Optional[float],
) -> Request:
    fetch = counted("k", k)
    if rerank is not None:
        fetch = counted("rerank", rerank)
        if fetch < k:
            raise errors.ProgrammingError(f"rerank is k or more: {rerank} rows cannot be {k}")
    with_vector = rerank is not None
    return request(
        table, column, fetch, metric, where, params, columns, ef_search, probes, collection, timeout, with_vector
    )


def candidates(k: int, fetch_k: Optional[int]) -> int:
    """How many of the nearest rows are chosen from."""
    if fetch_k is None:
        return max(4 * counted("k", k), 20)
    return max(counted("fetch_k", fetch_k), counted("k", k))


def _search(conn: Any, wanted: Request, k: int, queries: List[Any]) -> Steps[List[List[Match]]]:
    description, _, answers = yield from found_for(conn, wanted, queries)
    if wanted.with_vector:
        answers = [ranked(query, found, wanted) for query, found in zip(queries, answers)]
    return [matches(conn, description, found[:k]) for found in answers]


def _varied(conn: Any, wanted: Request, k: int, query: Any, lambda_mult: float) -> Steps[List[Match]]:
    description, _, (found,) = yield from found_for(conn, wanted, [query])
    chosen = _core._vector_mmr(query, [one.vector for one in found], k, lambda_mult)
    return matches(conn, description, [found[place] for place in chosen])


Answers = Tuple[List[Any], List[str], List[List[Found]]]


def found_for(conn: Any, wanted: Request, queries: List[Any]) -> Steps[Answers]:
    """What the server finds for each query, or what is found here where it cannot."""
    if conn._ranks_by_distance:
        try:
            answers = yield from _asked(conn, wanted, queries)
            return answers
        except errors.DatabaseError as error:
            unknown = isinstance(error, errors.NotSupportedError) or error.sqlstate == UNKNOWN_FUNCTION
            if not unknown or conn.info.transaction_status == "failed":
                raise
    description, found = yield from fetched(conn, wanted, queries)
    return description, [column[0] for column in description], found


def _asked(conn: Any, wanted: Request, queries: List[Any]) -> Steps[Answers]:
    statement = wanted.statement
    description: List[Any] = []
    names: List[str] = []
    answers: List[List[Found]] = []
    for start in range(0, len(queries), PIPED):
        piece = queries[start : start + PIPED]
        cursors = yield from _executed(conn, statement, [(*wanted.params, query) for query in piece], wanted.timeout)
        for cursor in cursors:
            rows = yield cursor.fetchall
            description = list(cursor.description or ())
            names, found = wanted.read([column[0] for column in description], rows)
            answers.append(found)
    return description[: len(names)], names, answers


def _executed(conn: Any, statement: str, values: List[Any], timeout: Optional[float]) -> Steps[List[Any]]:
    """Executes a statement for each set of values, in a pipeline if there is more than one."""
    cursors = [conn.cursor(row_factory=tuple_row) for _ in values]
    if len(cursors) == 1:
        yield lambda: cursors[0].execute(statement, values[0], timeout=timeout)
        return cursors
    pipeline = conn.pipeline()
    is_async = hasattr(pipeline, "__aenter__")
    yield pipeline.__aenter__ if is_async else pipeline.__enter__
    leave = pipeline.__aexit__ if is_async else pipeline.__exit__
    try:
        for cursor, each in zip(cursors, values):
            yield functools.partial(cursor.execute, statement, each, timeout=timeout)
    except GeneratorExit:
        # The coroutine is thrown away: nothing can be awaited any more.
        conn._pipeline_leave()
        raise
    except BaseException as error:
        failure = error
        yield lambda: leave(type(failure), failure, failure.__traceback__)
        raise
    yield lambda: leave(None, None, None)
    return cursors
