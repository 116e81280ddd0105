"""What is asked for: the statement for it, and how its rows are read."""

from __future__ import annotations

import functools
import sys
from array import array
from dataclasses import dataclass
from numbers import Real
from typing import Any, Callable, Iterable, List, Mapping, NamedTuple, Optional, Sequence, Tuple, Union

from scratchbird import _core, errors
from scratchbird.bulk import quoted
from scratchbird.rows import tuple_row
from scratchbird.types import Vector
from scratchbird.vector.metric import Metric, MetricName, metric_of
from scratchbird.vector.names import Table, listed, path

Params = Union[Sequence[Any], Mapping[str, Any]]

DISTANCE = "distance"


class Match(NamedTuple):
    """A row that was found.

    Attributes:
        distance: how far its vector is from the query. Of the inner product it is the negative.
        row: the row, as the connection's `row_factory` makes rows; a tuple if nothing else was said.
    """

    distance: float
    row: Any


class Found(NamedTuple):
    """A row that was found, as a tuple, with its vector where that was asked for."""

    distance: float
    values: Tuple[Any, ...]
    vector: Any


# One is made for each row of each search: without the function in Python that calling the class is.
_found: Callable[[Tuple[Any, ...]], Found] = functools.partial(tuple.__new__, Found)
_match: Callable[[Tuple[Any, Any]], Match] = functools.partial(tuple.__new__, Match)


@dataclass(frozen=True)
class Request:
    """A search, checked."""

    table: str
    column: str
    k: int
    metric: Metric
    condition: Optional[str]
    params: List[Any]
    columns: Optional[Sequence[str]]
    hints: str
    collection: bool
    with_vector: bool
    timeout: Optional[float]

    @functools.cached_property
    def statement(self) -> str:
        """The statement; the query is its last parameter."""
        return self._of_collection() if self.collection else self._of_table()

    @property
    def _query(self) -> str:
        # As a constructor around the parameter: servers may take one for a text (DIALECT 8).
        return f"vector(${len(self.params) + 1})"

    def _of_table(self) -> str:
        column = quoted(self.column)
        distance = f"{self.metric.function}({column}, {self._query})"
        columns = "*" if self.columns is None else listed(self.columns)
        vector = f", {column}" if self.with_vector else ""
        where = f"{column} IS NOT NULL"
        if self.condition is not None:
            where += f" AND ({self.condition})"
        return (
            f"SELECT {columns}{vector}, {distance} AS {DISTANCE} FROM {self.table} WHERE {where} "
            f"ORDER BY {distance} LIMIT {self.k}"
        )

    def _of_collection(self) -> str:
        fields = ""
        if self.columns is not None:
            names = [*self.columns, self.column] if self.with_vector else self.columns
            fields = f", OUTPUT_FIELDS ({listed(names)})"
        where = "" if self.condition is None else f" WHERE ({self.condition})"
        return (
            f"SEARCH {self.table} WITH (VECTOR = {self._query}, METRIC = {self.metric.word}, "
            f"LIMIT = {self.k}{self.hints}{fields}){where}"
        )

    def everything(self) -> str:
        """The statement for all rows, for where the server ranks none. Some servers make nothing of a select list."""
        where = "" if self.condition is None else f" WHERE {self.condition}"
        return f"SELECT * FROM {self.table}{where}"

    def read(self, names: Sequence[str], rows: Sequence[Tuple[Any, ...]]) -> Tuple[List[str], List[Found]]:
        """The rows of `statement`: the names of the columns that were asked for, and what was found."""
        if not names or names[-1].lower() != DISTANCE:
            raise errors.NotSupportedError(f"the server does not say how far the rows of {self.table} are")
        if not self.with_vector:
            return list(names[:-1]), [_found((row[-1], row[:-1], None)) for row in rows]
        if self.collection and self.columns is None:
            at = place_of(names, self.column)
            return list(names[:-1]), [_found((row[-1], row[:-1], row[at])) for row in rows]
        return list(names[:-2]), [_found((row[-1], row[:-2], row[-2])) for row in rows]


def place_of(names: Sequence[str], column: str) -> int:
    """Where a column is in a result."""
    lowered = column.lower()
    for place, name in enumerate(names):
        if name.lower() == lowered:
            return place
    raise errors.ProgrammingError(f"there is no column {column!r}; there are {', '.join(map(repr, names))}")


def request(
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
    timeout: Optional[float],
    with_vector: bool = False,
) -> Request:
    """Checks what was asked for, once for searches that differ in their queries alone."""
    names = columns if columns is None or isinstance(columns, str) else tuple(columns)
    asked = (table, column, k, metric, where, params, names, ef_search, probes, collection, timeout, with_vector)
    if where is None and not params:
        try:
            return _kept(table, column, k, metric, where, (), *asked[6:])
        except TypeError:
            # Something of it cannot be a key.
            pass
    return _checked(*asked)


def _checked(
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
    timeout: Optional[float],
    with_vector: bool = False,
) -> Request:
    if where is None and params:
        raise errors.ProgrammingError("params are the values of where=, which is not given")
    condition, values = (None, []) if where is None else _core._condition(where, params)
    quoted(column)
    if columns is not None:
        listed(columns)
    return Request(
        path(table),
        column,
        counted("k", k),
        metric_of(metric),
        condition,
        values,
        columns,
        _hints(ef_search, probes, collection),
        collection,
        with_vector,
        timeout,
    )


_kept = functools.lru_cache(maxsize=256, typed=True)(_checked)


def counted(name: str, value: Any) -> int:
    """A whole number of at least 1."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < 1:
        raise errors.ProgrammingError(f"{name} is a whole number, 1 or more, not {value!r}")
    return int(value)


def _hints(ef_search: Optional[int], probes: Optional[int], collection: bool) -> str:
    if ef_search is None and probes is None:
        return ""
    if not collection:
        raise errors.NotSupportedError(
            "SBsql has no ef_search and no probes for ORDER BY, only for SEARCH of a vector collection (DIALECT 10)"
        )
    hints = ""
    if ef_search is not None:
        hints += f", EF_SEARCH = {counted('ef_search', ef_search)}"
    if probes is not None:
        hints += f", NPROBE = {counted('probes', probes)}"
    return hints


def query_vectors(queries: Iterable[Any]) -> List[Any]:
    """What is searched for, of a batch.

    Raises:
        DataError, ProgrammingError: as of `query_vector`, with the place of the query; or `queries` is one vector.
    """
    vectors = []
    for place, query in enumerate(queries):
        if isinstance(query, Real) or getattr(query, "ndim", None) == 0:
            raise errors.ProgrammingError(
                f"queries is several vectors, or an array of one vector a row; this one holds {query!r}. "
                "For a single vector there is search()"
            )
        vectors.append(query_vector(query, place))
    return vectors


def query_vector(query: Any, place: Optional[int] = None) -> Any:
    """What is searched for, as a parameter that travels as a vector. Of a batch, the query at a place.

    Raises:
        DataError: it is empty, has more than one dimension of its own, or holds NaN or an infinity.
        ProgrammingError: it holds something else than numbers.
    """
    if isinstance(query, Vector) or _core._is_finite_vector(query):
        return query
    which = "the query" if place is None else f"query {place}"
    numpy = sys.modules.get("numpy")
    if numpy is not None and not isinstance(query, (list, tuple, array)) and hasattr(query, "__array__"):
        query = numpy.asarray(query)
        if query.ndim != 1 or query.size == 0:
            raise errors.DataError(f"{which} is an array of shape {query.shape}, not one vector")
        if query.dtype.kind not in "iuf":
            raise errors.ProgrammingError(f"{which} is an array of {query.dtype}, not of numbers")
        if query.dtype.kind != "f":
            query = query.astype("float64")
        if not numpy.isfinite(query).all():
            dimension = int(numpy.flatnonzero(~numpy.isfinite(query))[0])
            raise errors.DataError(f"{which}, dimension {dimension}: a vector holds finite numbers only")
        return query
    try:
        return Vector(query)
    except ValueError as error:
        raise errors.DataError(f"{which}: {error}") from None
    except TypeError as error:
        raise errors.ProgrammingError(f"{which} is no vector: {error}") from None


class _Described:
    """What a row factory asks a cursor for."""

    def __init__(self, connection: Any, description: Sequence[Any]) -> None:
        self.connection, self.description = connection, description
        self._columns = tuple(column[0] for column in description)


def matches(connection: Any, description: Sequence[Any], found: Sequence[Found]) -> List[Match]:
    """What was found, with the rows that the connection makes of these columns."""
    factory = connection.row_factory
    if factory is tuple_row:
        return [_match(one[:2]) for one in found]
    make_row = factory(_Described(connection, description))
    return [_match((one.distance, make_row(one.values))) for one in found]
