"""Reads of one query over several connections at once: its rows in partitions, which land in one table.

A partition is a statement, so that programs that spread work over machines can run it too.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import threading
from typing import TYPE_CHECKING, Any, Awaitable, Callable, List, Optional, Sequence, Union

from scratchbird import _columns, _partition_plan, errors
from scratchbird._one_table import one_table
from scratchbird._partition_plan import Partition, Range
from scratchbird._shared import Params
from scratchbird._steps import awaiting, blocking
from scratchbird.aio import AsyncConnection, connect_async
from scratchbird.dbapi import Connection, connect
from scratchbird.pool import AsyncConnectionPool, ConnectionPool

if TYPE_CHECKING:
    from concurrent.futures import Future

Source = Union[str, ConnectionPool[Any], Connection[Any], Callable[[], Connection[Any]]]
"""Where connections come from."""

AsyncSource = Union[str, AsyncConnectionPool[Any], AsyncConnection[Any], Callable[[], Awaitable[AsyncConnection[Any]]]]

LOOK_AGAIN = 0.1
"""Seconds after which statements that should have been cancelled are cancelled again."""


def plan_partitions(
    connection: Connection[Any],
    query: str,
    *,
    partition_on: str,
    partitions: int,
    params: Optional[Params] = None,
    partition_range: Optional[Range] = None,
    timeout: Optional[float] = None,
) -> List[Partition]:
    """Cut a query into parts that together have each of its rows once.

    The range of the column's values is divided evenly. The first part also has the rows where it is NULL; the first and
    the last have whatever lies outside of the range. There are fewer parts where there are fewer values, and one where
    there is no row.

    Args:
        connection: where the range is asked for.
        query: one query, with placeholders as for `execute`. Its ORDER BY has no effect.
        partition_on: a column of its result, of integers, decimals, dates or timestamps; best one with an index.
        partitions: the most parts.
        params: the values, a sequence or a mapping, or None.
        partition_range: the lowest and the highest value, to spare the server the search for them.
        timeout: the most seconds for each of the two statements that look for columns and range.

    Raises:
        ProgrammingError: there is no such column, or it is of another type; and as `execute`.
        DataError: a range ends at NaN or infinity.
        NotSupportedError: the server has no subqueries with conditions, as the beta.

    Example:
        >>> with connect(dsn) as connection:
        ...     parts = plan_partitions(
        ...         connection, "select n from generate_series(1, 10) as n", partition_on="n", partitions=3
        ...     )
        ...     [connection.execute(*part).fetchall() for part in parts]
        [[(1,), (2,), (3,)], [(4,), (5,), (6,)], [(7,), (8,), (9,), (10,)]]
    """
    return blocking(
        _partition_plan.planned(connection, query, partition_on, partitions, params, partition_range, timeout)
    )


async def plan_partitions_async(
    connection: AsyncConnection[Any],
    query: str,
    *,
    partition_on: str,
    partitions: int,
    params: Optional[Params] = None,
    partition_range: Optional[Range] = None,
    timeout: Optional[float] = None,
) -> List[Partition]:
    """Cut a query into parts. As [`plan_partitions`][scratchbird.plan_partitions], awaited."""
    return await awaiting(
        _partition_plan.planned(connection, query, partition_on, partitions, params, partition_range, timeout)
    )


def read_partitioned(
    source: Source,
    query: str,
    *,
    partition_on: str,
    partitions: int,
    params: Optional[Params] = None,
    partition_range: Optional[Range] = None,
    connections: Optional[int] = None,
    timeout: Optional[float] = None,
) -> Any:
    """Read a query over several connections at once, into one `pyarrow.Table`.

    The rows come in the order of the partitions, whichever ended first. The types are those that
    [`fetch_arrow_table`][scratchbird.Cursor.fetch_arrow_table] has for the whole.

    The connections do not share a snapshot, since the protocol has none to share: rows that others change meanwhile may
    be in the table as before or as after, and twice or not at all where `partition_on` changes. With one connection as
    `source` the partitions are read one after the other in its transaction, which sees one state where its isolation
    is SNAPSHOT.

    Args:
        source: a connection string, a pool, a function that makes a connection, or one connection.
        query: one query, with placeholders as for `execute`. Its ORDER BY has no effect.
        partition_on: a column of its result, of integers, decimals, dates or timestamps; best one with an index.
        partitions: the most parts; see [`plan_partitions`][scratchbird.plan_partitions].
        params: the values, a sequence or a mapping, or None.
        partition_range: the lowest and the highest value, to spare the server the search for them.
        connections: how many are used at once; if not given, one for each part, of a pool no more than its `max_size`.
        timeout: the most seconds for each statement.

    Raises:
        ModuleNotFoundError: pyarrow is not installed.
        DataError: a value does not fit its column's type; or the types of the parts do not fit together.
        Error: what one of the partitions raised; the others are cancelled.

    Example:
        >>> table = read_partitioned(
        ...     dsn, "select n, n * 2 as twice from generate_series(1, 1000) as n", partition_on="n", partitions=4
        ... )
        >>> table.num_rows, table.column("twice")[999].as_py()
        (1000, 2000)

    Contract: the table of types in [Columns](../columns.md).
    """
    _columns.prepare("read_partitioned()", [("pyarrow", "arrow")])
    check_connections(connections)
    options = (partition_on, partitions, params, partition_range, timeout)
    if isinstance(source, Connection):
        parts = blocking(_partition_plan.planned(source, query, *options))
        return one_table([read(source, part, timeout) for part in parts])
    lend = lender(source)
    with lend() as connection:
        parts = blocking(_partition_plan.planned(connection, query, *options))
        if len(parts) == 1:
            return one_table([read(connection, parts[0], timeout)])
    return one_table(Readers(lend, timeout).read(parts, widest(source, parts, connections)))


def lender(source: Any) -> Callable[[], Any]:
    """What makes a connection for a `with` block."""
    if isinstance(source, str):
        return lambda: connect(source)
    if isinstance(source, ConnectionPool):
        lend: Callable[[], Any] = source.connection
        return lend
    if callable(source):
        made: Callable[[], Any] = source
        return made
    raise wrong(source)


def wrong(source: object) -> errors.ProgrammingError:
    """The error for a source of no connections."""
    kind = type(source).__name__
    return errors.ProgrammingError(f"a source is a connection string, a pool, a connection or a function, not {kind}")


def widest(source: object, parts: Sequence[Partition], connections: Optional[int]) -> int:
    """How many partitions are read at once."""
    most = source.max_size if isinstance(source, (ConnectionPool, AsyncConnectionPool)) else len(parts)
    return max(1, min(most, len(parts), connections or len(parts)))


def check_connections(connections: Optional[int]) -> None:
    """Refuses a number of connections that is none."""
    if connections is not None and connections < 1:
        raise errors.ProgrammingError(f"connections is a number, at least 1, not {connections!r}")


def read(connection: Any, part: Partition, timeout: Optional[float]) -> Any:
    """The table of a partition."""
    with connection.cursor() as cursor:
        return cursor.execute(part.query, part.params, timeout=timeout).fetch_arrow_table()


class Readers:
    """Threads that read partitions, and that end together."""

    def __init__(self, lend: Callable[[], Any], timeout: Optional[float]) -> None:
        self.lend, self.timeout = lend, timeout
        self.stopped = False
        self.lock = threading.Lock()
        self.running: List[Any] = []

    def read(self, parts: Sequence[Partition], threads: int) -> List[Any]:
        """The tables of the partitions, in their order."""
        from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

        with ThreadPoolExecutor(threads, "scratchbird-partition") as executor:
            futures: List[Future[Any]] = []
            try:
                for part in parts:
                    futures.append(executor.submit(self.one, part))
                wait(futures, return_when=FIRST_EXCEPTION)
                for future in futures:
                    if future.done():
                        future.result()
                return [future.result() for future in futures]
            finally:
                self.stop(futures)

    def one(self, part: Partition) -> Any:
        """Reads a partition, unless another has failed."""
        with self.lend() as connection:
            with self.lock:
                if self.stopped:
                    return None
                self.running.append(connection)
            try:
                return read(connection, part, self.timeout)
            finally:
                with self.lock:
                    self.running.remove(connection)

    def stop(self, futures: Sequence[Future[Any]]) -> None:
        """Cancels what still runs, and waits for it."""
        from concurrent.futures import wait

        with self.lock:
            self.stopped = True
        for future in futures:
            future.cancel()
        while wait(futures, LOOK_AGAIN if self.running else None).not_done:
            with self.lock:
                for connection in self.running:
                    # What has become of one that cannot be asked to, its reader says.
                    with contextlib.suppress(errors.Error):
                        connection.cancel()


async def read_partitioned_async(
    source: AsyncSource,
    query: str,
    *,
    partition_on: str,
    partitions: int,
    params: Optional[Params] = None,
    partition_range: Optional[Range] = None,
    connections: Optional[int] = None,
    timeout: Optional[float] = None,
) -> Any:
    """Read a query over several connections at once, into one `pyarrow.Table`. As
    [`read_partitioned`][scratchbird.read_partitioned], awaited.

    Args:
        source: a connection string, an `AsyncConnectionPool`, a function that gives an asyncio connection or a
            coroutine of one, or one asyncio connection.

    Example:
        >>> async def main() -> None:
        ...     query = "select n from generate_series(1, 1000) as n"
        ...     print((await read_partitioned_async(dsn, query, partition_on="n", partitions=4)).num_rows)
        >>> asyncio.run(main())
        1000
    """
    _columns.prepare("read_partitioned_async()", [("pyarrow", "arrow")])
    check_connections(connections)
    options = (partition_on, partitions, params, partition_range, timeout)
    if isinstance(source, AsyncConnection):
        parts = await awaiting(_partition_plan.planned(source, query, *options))
        return one_table([await read_async(source, part, timeout) for part in parts])
    lend = lender_async(source)
    async with await lend() as connection:
        parts = await awaiting(_partition_plan.planned(connection, query, *options))
        if len(parts) == 1:
            return one_table([await read_async(connection, parts[0], timeout)])
    places = asyncio.Semaphore(widest(source, parts, connections))

    async def one(part: Partition) -> Any:
        async with places, await lend() as connection:
            return await read_async(connection, part, timeout)

    tasks = [asyncio.ensure_future(one(part)) for part in parts]
    try:
        return one_table(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def lender_async(source: Any) -> Callable[[], Awaitable[Any]]:
    """What makes a connection for an `async with` block."""

    async def made() -> Any:
        if isinstance(source, str):
            return await connect_async(source)
        if isinstance(source, AsyncConnectionPool):
            return source.connection()
        connection = source()
        return await connection if inspect.isawaitable(connection) else connection

    if not isinstance(source, (str, AsyncConnectionPool)) and not callable(source):
        raise wrong(source)
    return made


async def read_async(connection: Any, part: Partition, timeout: Optional[float]) -> Any:
    """The table of a partition."""
    async with connection.cursor() as cursor:
        await cursor.execute(part.query, part.params, timeout=timeout)
        return await cursor.fetch_arrow_table()


__all__ = [
    "Partition",
    "plan_partitions",
    "plan_partitions_async",
    "read_partitioned",
    "read_partitioned_async",
]
