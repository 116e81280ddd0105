"""Exact ranking in Rust: for vectors that are here, and for servers that rank none."""

from __future__ import annotations

import heapq
from functools import partial
from typing import Any, List, Sequence, Tuple

from scratchbird import _core, errors
from scratchbird._steps import Steps
from scratchbird.rows import tuple_row
from scratchbird.vector.metric import MetricName, metric_of
from scratchbird.vector.request import Found, Request, counted, place_of

PIECE = 2000
"""Rows that are ranked together."""


def rerank(query: Any, vectors: Any, metric: MetricName = "cosine") -> List[float]:
    """The exact distances of vectors to a query.

    Args:
        query: a vector of n dimensions: a list of numbers, an array of NumPy or `array.array`, a `Vector`.
        vectors: a NumPy array of m × n, which is read where it lies whatever its strides, or an iterable of m vectors.
        metric: a [`Metric`][scratchbird.vector.Metric] or its name.

    Returns:
        m distances, computed in double precision, smallest for the nearest. The cosine distance of a vector of zeros,
        which has no direction, is NaN.

    Raises:
        DataError: the numbers of dimensions differ, or an element is NaN or infinite; it names the vector, from 0.
        ProgrammingError: no such metric.

    Example:
        >>> rerank([0.0, 0.0], [[3.0, 4.0], [0.0, 1.0]], "l2")
        [5.0, 1.0]
    """
    return _core._vector_distances(query, vectors, metric_of(metric).value)


def mmr(query: Any, vectors: Any, k: int, lambda_mult: float = 0.5) -> List[int]:
    """The indices of vectors that are near to a query and far from each other (maximal marginal relevance).

    Args:
        query, vectors: as of [`rerank`][scratchbird.vector.rerank].
        k: how many at most.
        lambda_mult: from 0, as different as possible, to 1, as near as possible.

    Returns:
        At most `k` indices, in the order of choice: the nearest comes first. Nearness is that of the cosine.

    Raises:
        DataError: the numbers of dimensions differ, or an element is NaN or infinite.
        ProgrammingError: `k` is less than 1, or `lambda_mult` not between 0 and 1.

    Example:
        >>> mmr([1.0, 0.0], [[1.0, 0.1], [1.0, 0.0], [0.5, 1.0]], k=2, lambda_mult=0.3)
        [1, 2]
    """
    return _core._vector_mmr(query, vectors, counted("k", k), checked_lambda(lambda_mult))


def checked_lambda(lambda_mult: float) -> float:
    """What lies between 0 and 1."""
    if not 0 <= lambda_mult <= 1:
        raise errors.ProgrammingError(f"lambda_mult lies between 0 and 1, not {lambda_mult!r}")
    return float(lambda_mult)


def ranked(query: Any, found: List[Found], request: Request) -> List[Found]:
    """What was found, by exact distances: the `k` nearest of them."""
    if not found:
        return found
    distances = _core._vector_distances(query, [one.vector for one in found], request.metric.value)
    exact = [one._replace(distance=distance) for one, distance in zip(found, distances)]
    return sorted(exact, key=_order)


def _order(found: Found) -> Tuple[bool, float]:
    # Behind all others what has no distance.
    return found.distance != found.distance, found.distance


class Nearest:
    """The nearest rows to one query of those seen so far."""

    def __init__(self, query: Any, request: Request) -> None:
        self._query, self._request = query, request
        self._best: List[Found] = []

    def add(self, rows: Sequence[Tuple[Any, ...]], vectors: Sequence[Any], shown: Sequence[int]) -> None:
        distances = _core._vector_distances(self._query, vectors, self._request.metric.value)
        each = zip(distances, rows, vectors)
        fresh = (Found(distance, tuple(row[at] for at in shown), vector) for distance, row, vector in each)
        self._best = heapq.nsmallest(self._request.k, [*self._best, *fresh], key=_order)

    def found(self) -> List[Found]:
        return self._best


def _rank(nearest: Sequence[Nearest], request: Request, cursor: Any, rows: Sequence[Tuple[Any, ...]]) -> None:
    """Shows rows to all of them, but for those without a vector."""
    names = [column[0] for column in cursor.description]
    at = place_of(names, request.column)
    shown = range(len(names)) if request.columns is None else [place_of(names, name) for name in request.columns]
    rows = [row for row in rows if row[at] is not None]
    if rows:
        vectors = [row[at] for row in rows]
        for one in nearest:
            one.add(rows, vectors, shown)


def fetched(connection: Any, request: Request, queries: Sequence[Any]) -> Steps[Tuple[List[Any], List[List[Found]]]]:
    """Reads all rows and ranks them, for each of the queries; gives the description of the columns besides."""
    cursor = connection.cursor(row_factory=tuple_row)
    # As they arrive: a table may be larger than the memory.
    stream = cursor.stream(request.everything(), request.params or None, batch=PIECE, timeout=request.timeout)
    following = getattr(stream, "__anext__", None) or partial(next, stream, None)
    nearest = [Nearest(query, request) for query in queries]
    try:
        while True:
            try:
                rows = yield following
            except StopAsyncIteration:
                break
            if rows is None:
                break
            _rank(nearest, request, cursor, rows)
    except GeneratorExit:
        # Nothing can be awaited any more; a stream that is dropped is given up.
        raise
    except BaseException:
        yield stream.close
        raise
    description = list(cursor.description or ())
    names = [column[0] for column in description]
    if request.columns is not None and names:
        description = [description[place_of(names, name)] for name in request.columns]
    return description, [one.found() for one in nearest]
