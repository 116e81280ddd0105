"""Cuts a query into partitions by the values of one of its columns. Sends nothing; `scratchbird.partitions` does.

The cuts are written into the statements as literals of values that were checked to be numbers, dates or timestamps, so
that a partition takes any style of placeholders, and can be handed to any program that runs SQL.
"""

from __future__ import annotations

import datetime
import decimal
from typing import Any, Callable, List, NamedTuple, Optional, Sequence, Tuple, Union

from scratchbird import errors
from scratchbird._shared import Params
from scratchbird._steps import Steps
from scratchbird.rows import tuple_row
from scratchbird.transaction import quote_name

Value = Union[int, decimal.Decimal, datetime.date, datetime.datetime]
"""What a column to partition on holds."""

Range = Tuple[Value, Value]

UTC = datetime.timezone.utc
EPOCH = datetime.datetime(1970, 1, 1)
MICROSECOND = datetime.timedelta(microseconds=1)
FINER = 6
"""Digits that cuts between decimals have more than the decimals."""


class Partition(NamedTuple):
    """A part of a query's rows: a statement that any connection can run, and that can be pickled.

    Attributes:
        query: the statement.
        params: its values, those that the whole query was given.
    """

    query: str
    params: Optional[Params]


class Kind(NamedTuple):
    """A kind of column: its values as numbers that can be divided, and as literals."""

    name: str
    number: Callable[[Any], int]
    literal: Callable[[int], str]


def integer(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def day(value: Any) -> int:
    if isinstance(value, datetime.datetime) or not isinstance(value, datetime.date):
        raise TypeError
    return value.toordinal()


def moment(value: Any) -> int:
    if not isinstance(value, datetime.datetime) or value.tzinfo is not None:
        raise TypeError
    return (value - EPOCH) // MICROSECOND


def zoned(value: Any) -> int:
    if not isinstance(value, datetime.datetime) or value.tzinfo is None:
        raise TypeError
    return moment(value.astimezone(UTC).replace(tzinfo=None))


def iso(microseconds: int) -> str:
    return (EPOCH + microseconds * MICROSECOND).isoformat(" ", "microseconds")


INTEGER = Kind("an int", integer, lambda number: str(number) if number >= 0 else f"({number})")
DAY = Kind("a date", day, lambda number: f"DATE '{datetime.date.fromordinal(number).isoformat()}'")
MOMENT = Kind("a datetime without a zone", moment, lambda number: f"TIMESTAMP '{iso(number)}'")
ZONED = Kind("a datetime with a zone", zoned, lambda number: f"CAST('{iso(number)}+00:00' AS TIMESTAMPTZ)")


def places(value: Any) -> int:
    """Digits behind the point."""
    if isinstance(value, int) and not isinstance(value, bool):
        return 0
    if not isinstance(value, decimal.Decimal):
        raise TypeError
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise errors.DataError(f"no range of partitions ends at {value}: give partition_range")
    return max(0, -exponent)


def fixed(scale: int) -> Kind:
    """Decimals of so many digits behind the point."""

    def number(value: Any) -> int:
        sign, digits, exponent = decimal.Decimal(value).as_tuple()
        whole: int = int("".join(map(str, digits))) * 10 ** (int(exponent) + scale)
        return -whole if sign else whole

    def literal(number: int) -> str:
        digits = str(abs(number)).rjust(scale + 1, "0")
        text = f"{digits[: len(digits) - scale]}.{digits[len(digits) - scale :]}"
        return f"(-{text})" if number < 0 else text

    return Kind("a Decimal or an int", number, literal)


KINDS = {20: INTEGER, 21: INTEGER, 23: INTEGER, 26: INTEGER, 16384: INTEGER, 1082: DAY, 1114: MOMENT, 1184: ZONED}
NUMERIC = 1700


def kind_of(name: str, oid: int, ends: Sequence[Value]) -> Kind:
    """How the values of a column are divided."""
    if oid == NUMERIC:
        try:
            return fixed(max(map(places, ends)) + FINER)
        except TypeError:
            raise refused(name, "a Decimal or an int", ends) from None
    try:
        return KINDS[oid]
    except KeyError:
        raise errors.ProgrammingError(
            f"partition_on is a column of integers, decimals, dates or timestamps; {name!r} is none (type {oid})"
        ) from None


def refused(name: str, kind: str, ends: Sequence[Any]) -> errors.ProgrammingError:
    """The error for a range of other values."""
    return errors.ProgrammingError(f"the range of {name!r} is of {kind}, not {tuple(ends)!r}")


def cuts(name: str, oid: int, ends: Range, partitions: int) -> List[str]:
    """The literals at which each partition but the first begins, evenly between the ends."""
    kind = kind_of(name, oid, ends)
    try:
        low, high = map(kind.number, ends)
    except TypeError:
        raise refused(name, kind.name, ends) from None
    if low > high:
        raise errors.ProgrammingError(f"the range of {name!r} ends before it begins: {tuple(ends)!r}")
    values = high - low + 1
    parts = min(partitions, values)
    return [kind.literal(low + part * values // parts) for part in range(1, parts)]


def inner(query: str) -> str:
    """The query as a table of another. Its last line may be a comment."""
    return f"(\n{query}\n) AS partitioned"


def statements(query: str, column: str, cut: Sequence[str]) -> List[str]:
    """A statement for each partition. The first has the NULLs; the ends are open, so that every row is in one."""
    source = f"SELECT * FROM {inner(query)} WHERE"
    if not cut:
        return [f"SELECT * FROM {inner(query)}"]
    made = [f"{source} {column} < {cut[0]} OR {column} IS NULL"]
    made += [f"{source} {column} >= {low} AND {column} < {high}" for low, high in zip(cut, cut[1:])]
    made.append(f"{source} {column} >= {cut[-1]}")
    return made


def check(partitions: Any, partition_range: Optional[Range]) -> None:
    """Refuses what cannot be planned."""
    if isinstance(partitions, bool) or not isinstance(partitions, int) or partitions < 1:
        raise errors.ProgrammingError(f"partitions is a number, at least 1, not {partitions!r}")
    if partition_range is not None and (isinstance(partition_range, str) or len(partition_range) != 2):
        raise errors.ProgrammingError("partition_range is the lowest and the highest value")


def found(description: Sequence[Any], partition_on: str) -> Tuple[str, int]:
    """The column's name as the result has it, and its type; names are compared as written first, then without case."""
    columns = [(described[0], described[1]) for described in description]
    exact = [column for column in columns if column[0] == partition_on]
    fitting = exact or [column for column in columns if column[0].lower() == partition_on.lower()]
    if len(fitting) > 1:
        raise errors.ProgrammingError(f"two columns have the name {partition_on!r}: name them apart with AS")
    if fitting:
        return fitting[0]
    names = ", ".join(repr(name) for name, _ in columns)
    raise errors.ProgrammingError(f"partition_on is {partition_on!r}; the columns of the query are {names}")


def planned(
    connection: Any,
    query: str,
    partition_on: str,
    partitions: int,
    params: Optional[Params],
    partition_range: Optional[Range],
    timeout: Optional[float],
) -> Steps[List[Partition]]:
    """The steps to the partitions of a query: what its columns are, and where their values begin and end."""
    check(partitions, partition_range)
    quote_name(partition_on, "a column")
    query = query.rstrip("; \t\r\n")
    cursor = connection.cursor(row_factory=tuple_row)
    yield lambda: cursor.execute(f"SELECT * FROM {inner(query)} WHERE 1 = 0", params, timeout=timeout)
    if not cursor.description:
        raise errors.NotSupportedError("the server does not say which columns a query without rows has")
    name, oid = found(cursor.description, partition_on)
    column = quote_name(name, "a column")
    if partition_range is None:
        kind_of(name, oid, (0,))
        ends = f"SELECT MIN({column}) AS low, MAX({column}) AS high FROM {inner(query)}"
        yield lambda: cursor.execute(ends, params, timeout=timeout)
        low, high = yield cursor.fetchone
    else:
        low, high = partition_range
    yield cursor.close
    cut = [] if low is None and high is None else cuts(name, oid, (low, high), partitions)
    return [Partition(statement, params) for statement in statements(query, column, cut)]
