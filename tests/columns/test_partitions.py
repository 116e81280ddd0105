"""Reads of one query in partitions: each row once, one table and its types, where connections come from, failures."""

from __future__ import annotations

import asyncio
import datetime
import inspect
import pickle
import threading
from decimal import Decimal
from typing import Any, Callable, Iterator

import pyarrow as pa
import pytest

import scratchbird
from tests.fix_server import start

Read = Callable[..., Any]
NUMBERS = "select n, n * 1.5 as half from generate_series(1, 1000) as n"


def finish(result: Any) -> Any:
    async def awaited() -> Any:
        return await result

    return asyncio.run(awaited()) if inspect.isawaitable(result) else result


@pytest.fixture(params=["sync", "async"])
def read(request: pytest.FixtureRequest) -> Read:
    """`read_partitioned` of either face, where the source is a connection string."""
    whole = scratchbird.read_partitioned if request.param == "sync" else scratchbird.read_partitioned_async
    return lambda *args, **kwargs: finish(whole(*args, **kwargs))


@pytest.fixture
def values(dsn: str) -> Iterator[Callable[[str, str], None]]:
    """`values(type, rows)` makes the table `parted (v type, n int)`, which is dropped after the test."""

    def make(type_: str, rows: str) -> None:
        with scratchbird.connect(dsn) as connection:
            connection.execute(f"create table parted (v {type_}, n int)")
            if rows:
                connection.execute(f"insert into parted (v, n) values {rows}")

    yield make
    with scratchbird.connect(dsn, autocommit=True) as connection:
        connection.execute("drop table if exists parted")


def plan(dsn: str, query: str = "select v, n from parted", partition_on: str = "v", **options: Any) -> list[Any]:
    """What each partition holds, planned by both faces alike."""

    async def planned() -> Any:
        async with await scratchbird.connect_async(dsn) as connection:
            return await scratchbird.plan_partitions_async(connection, query, partition_on=partition_on, **options)

    with scratchbird.connect(dsn) as connection:
        parts = scratchbird.plan_partitions(connection, query, partition_on=partition_on, **options)
        assert asyncio.run(planned()) == parts
        assert pickle.loads(pickle.dumps(parts)) == parts
        return [sorted(n for _, n in connection.execute(*part).fetchall()) for part in parts]


def test_the_rows_are_those_of_the_query_in_the_order_of_the_partitions(read: Read, dsn: str) -> None:
    table = read(dsn, NUMBERS + " order by n desc;\n", partition_on="n", partitions=4)
    with scratchbird.connect(dsn) as connection:
        whole = connection.execute(NUMBERS).fetch_arrow_table()
    assert table.schema.equals(whole.schema)
    assert table.sort_by("n").combine_chunks().equals(whole.combine_chunks())
    found = [(n - 1) // 250 for n in table.column("n").to_pylist()]
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("type_", "rows", "expected"),
    [
        ("int", "(1,1), (2,2), (3,3), (10,10), (null,0)", [[0, 1, 2, 3], [], [10]]),
        ("bigint", f"({-(2**63)},1), (-5,2), ({2**63 - 1},3)", [[1], [2], [3]]),
        ("smallint", "(-3,1), (-2,2), (-1,3)", [[1], [2], [3]]),
        ("numeric", "(0.1,1), (0.2,2), (0.3,3), (null,4)", [[1, 4], [2], [3]]),
        ("numeric(12,2)", "(-1000.25,1), (-0.01,2), (0,3), (1000.25,4)", [[1], [2, 3], [4]]),
        ("numeric", f"(1,1), ({10**60},2)", [[1], [], [2]]),
        ("date", "('2024-02-29',1), ('2024-03-01',2), ('2024-03-02',3)", [[1], [2], [3]]),
        # The ends of what a timestamp of Python holds.
        ("timestamp", "('0001-01-01',1), ('5000-01-01 12:00',2), ('9999-12-31 23:59:59.999999',3)", [[1], [2], [3]]),
        ("timestamptz", "('2024-01-01 00:00+5',1), ('2024-01-01 00:00Z',2), ('2024-01-01 00:00-5',3)", [[1], [2], [3]]),
    ],
)  # fmt: skip
def test_every_row_is_in_one_partition(values: Any, dsn: str, type_: str, rows: str, expected: list[list[int]]) -> None:
    values(type_, rows)
    assert plan(dsn, partitions=3) == expected


def test_few_values_and_none(values: Any, dsn: str) -> None:
    values("int", "")
    assert plan(dsn, partitions=8) == [[]]
    with scratchbird.connect(dsn) as connection:
        connection.execute("insert into parted (v, n) values (null, 1), (null, 2)")
    assert plan(dsn, partitions=8) == [[1, 2]]
    with scratchbird.connect(dsn) as connection:
        connection.execute("insert into parted (v, n) values (7, 3), (7, 4)")
    assert plan(dsn, partitions=8) == [[1, 2, 3, 4]]
    with scratchbird.connect(dsn) as connection:
        connection.execute("insert into parted (v, n) values (9, 5)")
    assert plan(dsn, partitions=8) == [[1, 2, 3, 4], [], [5]]
    assert plan(dsn, partitions=1) == [[1, 2, 3, 4, 5]]


def test_one_value_of_a_fraction(values: Any, dsn: str) -> None:
    values("numeric(20,10)", "(0.0000000001, 1), (0.0000000001, 2)")
    assert plan(dsn, partitions=4) == [[1, 2]]


def test_a_range_of_ones_own(values: Any, dsn: str) -> None:
    values("int", "(1,1), (50,2), (99,3), (1000,4), (-1000,5), (null,6)")
    assert plan(dsn, partitions=2, partition_range=(0, 99)) == [[1, 5, 6], [2, 3, 4]]
    for wrong in [(9, 1), (1, 2, 3), ("a", "b"), (Decimal(1), Decimal(2)), "12", (True, 5)]:
        with pytest.raises(scratchbird.ProgrammingError, match="range"):
            plan(dsn, partitions=2, partition_range=wrong)


@pytest.mark.parametrize(
    ("type_", "given"),
    [
        ("date", (datetime.datetime(2024, 1, 1), datetime.datetime(2024, 1, 2))),
        ("timestamp", (datetime.date(2024, 1, 1), datetime.date(2024, 1, 2))),
        ("timestamp", (datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc), datetime.datetime(2025, 1, 1))),
        ("timestamptz", (datetime.datetime(2024, 1, 1), datetime.datetime(2025, 1, 1))),
        ("numeric", (1.5, 2.5)),
        ("numeric", ("1 or 1=1", "2")),
        ("int", ("1) or (1=1", 2)),
    ],
)
def test_a_range_of_other_values(values: Any, dsn: str, type_: str, given: Any) -> None:
    values(type_, "")
    with pytest.raises(scratchbird.ProgrammingError, match="the range of 'v' is of"):
        plan(dsn, partitions=2, partition_range=given)


def test_ends_that_are_no_numbers(values: Any, dsn: str) -> None:
    values("numeric", "(1,1), (2,2), ('NaN',3)")
    with pytest.raises(scratchbird.DataError, match="NaN: give partition_range"):
        plan(dsn, partitions=2)
    assert plan(dsn, partitions=2, partition_range=(Decimal(1), Decimal(3))) == [[1], [2, 3]]


def test_names_and_kinds_of_columns(dsn: str) -> None:
    query = 'select 1 as n, 2 as "the ""way""", \'x\' as t, cast(1.5 as double) as f, 3 as twice, 4 as twice'
    assert plan(dsn, "select 1 as n, 2 as m", partition_on="N", partitions=2) == [[2]]
    with scratchbird.connect(dsn) as connection:
        [part] = scratchbird.plan_partitions(
            connection, 'select 1 as "n", 2 as "the ""way"""', partition_on='the "way"', partitions=2
        )
        assert connection.execute(*part).fetchall() == [(1, 2)]
    for name, message in [
        ("m", "the columns of the query are 'n', 'the \"way\"', 't', 'f', 'twice', 'twice'"),
        ("t", "'t' is none"),
        ("f", "'f' is none"),
        ("twice", "two columns"),
        ('n"; drop table x', "the columns of the query"),
        ("", "not a name"),
    ]:
        with pytest.raises(scratchbird.ProgrammingError, match=message):
            plan(dsn, query, partition_on=name, partitions=2)
    for number in [0, -1, 1.5, True, "4"]:
        with pytest.raises(scratchbird.ProgrammingError, match="partitions is a number"):
            plan(dsn, query, partition_on="n", partitions=number)


@pytest.mark.parametrize(
    ("query", "params"),
    [
        ("select n, n from generate_series(1, ?) as n -- the last line is a comment", (9,)),
        ("select n, n from generate_series(1, :last) as n;", {"last": 9}),
        ("select n, n from generate_series(1, %(last)s) as n", {"last": 9}),
        ("with a as (select n from generate_series(1, $1) as n) select n, n as m from a where 'a ? :b %s' <> ''", (9,)),
    ],
)
def test_placeholders_of_every_style(read: Read, dsn: str, query: str, params: Any) -> None:
    query = query.replace("select n, n from", "select n, n as m from")
    table = read(dsn, query, partition_on="n", partitions=3, params=params)
    assert sorted(table.column("n").to_pylist()) == list(range(1, 10))
    assert plan(dsn, query, partition_on="n", partitions=3, params=params) == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]


TYPES_THAT_FOLLOW_VALUES = [
    "case when n < 5 then n else cast(n as numeric) / 8 end",
    "case when n < 5 then cast(n as numeric) else cast('1e40' as numeric) + n end",
    "case when n > 5 then cast(n as numeric) / 8 else null end",
    "case when n > 5 then cast('[1,2,3]' as vector) else null end",
    "case when n > 5 then cast('{{1,2},{3,4}}' as int[]) else cast('{}' as int[]) end",
    "case when n > 5 then cast('{{1,2},{3,4}}' as int[]) else null end",
    "array[cast(n as numeric) / 8]",
    "cast(null as numeric)",
    "gen_random_uuid() is not null",
]


@pytest.mark.parametrize("expression", TYPES_THAT_FOLLOW_VALUES)
def test_the_types_are_those_of_the_whole(read: Read, dsn: str, expression: str) -> None:
    query = f"select n, {expression} as x from generate_series(1, 9) as n"
    table = read(dsn, query, partition_on="n", partitions=4)
    with scratchbird.connect(dsn) as connection:
        whole = connection.execute(query).fetch_arrow_table()
    assert table.schema.equals(whole.schema)
    assert table.combine_chunks().equals(whole.combine_chunks())


def test_numbers_that_no_decimal_holds_are_text(read: Read, dsn: str) -> None:
    number = "case when n < 5 then n + 0.0000000001 else cast('NaN' as numeric) end"
    query = f"select n, {number} as x from generate_series(1, 9) as n"
    table = read(dsn, query, partition_on="n", partitions=3)
    assert table.column("x").type == pa.string()
    assert table.column("x").to_pylist()[2:5] == ["3.0000000001", "4.0000000001", "NaN"]


def test_types_that_do_not_fit_together(read: Read, dsn: str) -> None:
    vectors = "cast(case when n < 5 then '[1]' else '[1,2]' end as vector)"
    arrays = "cast(case when n < 5 then '{1}' else '{{1}}' end as int[])"
    for expression in (vectors, arrays):
        with pytest.raises(scratchbird.DataError, match="column 'x'"):
            read(dsn, f"select n, {expression} as x from generate_series(1, 8) as n", partition_on="n", partitions=2)


def test_a_pool_lends_no_more_than_it_has(make_pool: Any) -> None:
    pool = make_pool(min_size=1, max_size=2)
    if make_pool.is_async:
        reading = scratchbird.read_partitioned_async(pool._target, NUMBERS, partition_on="n", partitions=7)
        table = pool._loop.run_until_complete(reading)
    else:
        table = scratchbird.read_partitioned(pool, NUMBERS, partition_on="n", partitions=7)
    assert sorted(table.column("n").to_pylist()) == list(range(1, 1001))
    assert pool.get_stats()["pool_size"] <= 2
    assert pool.get_stats()["pool_available"] == pool.get_stats()["pool_size"]


def test_a_function_makes_connections(dsn: str) -> None:
    made = []

    def make() -> Any:
        made.append(scratchbird.connect(dsn, application_name="parts"))
        return made[-1]

    table = scratchbird.read_partitioned(make, NUMBERS, partition_on="n", partitions=4, connections=2)
    assert table.num_rows == 1000
    assert len(made) == 5
    assert all(connection.closed for connection in made)
    later = []

    async def make_async() -> Any:
        later.append(await scratchbird.connect_async(dsn))
        return later[-1]

    reading = scratchbird.read_partitioned_async(make_async, NUMBERS, partition_on="n", partitions=4)
    assert finish(reading).num_rows == 1000
    assert len(later) == 5
    assert all(connection.closed for connection in later)


def test_one_connection_sees_one_state(values: Any, conn: Any, dsn: str) -> None:
    values("int", "(1,1), (2,2), (3,3), (4,4)")
    target = getattr(conn, "_target", conn)
    with conn.transaction(isolation="SNAPSHOT"):
        assert conn.execute("select count(*) from parted").fetchone() == (4,)
        with scratchbird.connect(dsn) as other:
            other.execute("insert into parted (v, n) values (2, 9), (5, 5)")
        options = {"partition_on": "v", "partitions": 3}
        if target is conn:
            table = scratchbird.read_partitioned(conn, "select v, n from parted", **options)
        else:
            reading = scratchbird.read_partitioned_async(target, "select v, n from parted", **options)
            table = conn._loop.run_until_complete(reading)
        assert table.column("n").to_pylist() == [1, 2, 3, 4]
    assert not conn.closed


def test_one_failure_ends_them_all(read: Read, dsn: str) -> None:
    slow = (
        "select n, case when n = 9 then 1 / (9 - n) else 1 end as x, pg_sleep(case when n < 9 then 50 else 0 end) as s"
    )
    with pytest.raises(scratchbird.DataError, match="division by zero"):
        read(dsn, f"{slow} from generate_series(1, 9) as n", partition_on="n", partitions=9, partition_range=(1, 9))


def test_a_connection_that_cannot_be_cancelled_hides_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the server is gone: the first error is the one that is raised, and all readers end."""
    from scratchbird import partitions

    asked = threading.Event()

    class Lost:
        def __enter__(self) -> Lost:
            return self

        def __exit__(self, *exc: object) -> None:
            return None

        def cancel(self) -> None:
            asked.set()
            raise scratchbird.InterfaceError("the connection is closed")

    begun = threading.Event()

    def read(connection: Any, part: Any, timeout: Any) -> None:
        if part.query == "first":
            assert begun.wait(30)
            raise scratchbird.OperationalError("the server is gone")
        begun.set()
        assert asked.wait(30)

    monkeypatch.setattr(partitions, "read", read)
    parts = [scratchbird.Partition(query, None) for query in ("first", "second")]
    with pytest.raises(scratchbird.OperationalError, match="gone"):
        partitions.Readers(Lost, None).read(parts, 2)


def test_an_interrupted_read_ends_its_statements(dsn: str) -> None:
    from scratchbird import partitions

    query = "select n, pg_sleep(50) as s from generate_series(1, 3) as n"
    readers = partitions.Readers(lambda: scratchbird.connect(dsn), None)
    with scratchbird.connect(dsn) as connection:
        parts = scratchbird.plan_partitions(connection, query, partition_on="n", partitions=3, partition_range=(1, 3))
    started = threading.Event()

    class Watched(list):  # type: ignore[type-arg]
        def append(self, item: Any) -> None:
            super().append(item)
            started.set()

    readers.running = Watched()

    def submit() -> Iterator[Any]:
        yield from parts
        assert started.wait(30)
        raise KeyboardInterrupt

    class Interrupted:
        def __iter__(self) -> Iterator[Any]:
            return submit()

    with pytest.raises(KeyboardInterrupt):
        readers.read(Interrupted(), 3)  # type: ignore[arg-type]
    assert not readers.running


def test_a_cancelled_task_ends_its_statements(dsn: str) -> None:
    async def main() -> None:
        query = "select n, pg_sleep(50) as s from generate_series(1, 3) as n"
        reading = scratchbird.read_partitioned_async(dsn, query, partition_on="n", partitions=3, partition_range=(1, 3))
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(reading, 1)

    asyncio.run(main())


def test_sources_that_are_none(read: Read, dsn: str) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match="a source is"):
        read(7, NUMBERS, partition_on="n", partitions=2)
    with pytest.raises(scratchbird.ProgrammingError, match="connections is a number"):
        read(dsn, NUMBERS, partition_on="n", partitions=2, connections=0)


def test_without_pyarrow_no_connection_is_made(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ModuleNotFoundError, match=r"scratchbird\[arrow\]"):
        read("scratchbird://nobody@nowhere.invalid/x", NUMBERS, partition_on="n", partitions=2)


def test_a_server_without_subqueries() -> None:
    with start(profile="beta") as server, scratchbird.connect(server.dsn) as connection:
        connection.execute("create table t (k int)")
        connection.commit()
        with pytest.raises(scratchbird.NotSupportedError):
            scratchbird.plan_partitions(connection, "select k from t", partition_on="k", partitions=3)
