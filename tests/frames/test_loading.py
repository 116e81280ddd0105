"""Frames into tables: every road, every exporter, on both faces."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Callable

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pytest

import scratchbird

TYPES = """
create table {} (
    b boolean, i2 smallint, i4 int, i8 bigint, f4 real, f8 double precision, n numeric(12, 3), m numeric, t text,
    v varchar(10), x bytea, u uuid, j jsonb, d date, tm time, ts timestamp, tz timestamptz, iv interval, a int[],
    s text[], r int4range, vec vector(3)
)
"""
VALUES = """
insert into {} values
    (true, -3, 7, 9007199254740993, 0.1, 0.1, 123456789.125, 12345678901234567890.5, 'Zoë "x", {{y}}', 'abc',
     '\\x00ff', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{{"k": [1, null]}}', '2026-02-28', '12:34:56.789',
     '2026-02-28 12:34:56.789012', '2026-02-28 12:34:56.789012+02', '1 month 2 days 03:04:05.678', '{{1,2,3}}',
     '{{a,"b,c",NULL}}', '[1,5)', '[1,2.5,-3]'),
    (null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null,
     null, null, null),
    (false, 32767, -2147483648, -1, '-Infinity', 1e300, -0.001, 0, '', '', '', '00000000-0000-0000-0000-000000000000',
     'null', '0001-01-01', '00:00', '1999-12-31 23:59:59', '9999-12-31 00:00+00', '-1 day', '{{}}', '{{}}', 'empty',
     '[0,0,0]')
"""


@pytest.fixture
def all_types(conn: Any) -> Any:
    for name in ("one", "two"):
        conn.execute(TYPES.format(name))
    conn.execute(VALUES.format("one"))
    return conn


def differing(conn: Any) -> Any:
    both = "select b, i2, i4, i8, f4, f8, n, m, t, v, x, u, j::text, d, tm, ts, tz, iv, a, s, r, vec::text from {}"
    first, second = both.format("one"), both.format("two")
    query = f"select * from ({first} except all {second}) a union all select * from ({second} except all {first}) b"
    return conn.execute(query).fetchall()


@pytest.mark.parametrize("way", ["bulk_copy", "executemany", "copy"])
def test_what_was_fetched_goes_back_as_it_was(all_types: Any, way: str) -> None:
    conn = all_types
    table = conn.execute("select * from one").fetch_arrow_table()
    if way == "bulk_copy":
        assert conn.bulk_copy("two", table) == 3
    elif way == "executemany":
        places = ", ".join("?" for _ in table.column_names)
        assert conn.cursor().executemany(f"insert into two values ({places})", table).rowcount == 3
    else:
        with conn.cursor().copy(f"copy two ({', '.join(table.column_names)}) from stdin") as copy:
            copy.write_rows(table)
        assert copy.rowcount == 3
    assert differing(conn) == []


def frame_of(kind: str) -> Any:
    data = {"id": [1, 2, 3], "label": ["a", None, "ü"], "price": [1.5, 2.5, None]}
    table = pa.table(data)
    if kind == "table":
        return table
    if kind == "batch":
        return table.to_batches()[0]
    if kind == "reader":
        return table.to_reader(max_chunksize=1)
    if kind == "pandas":
        return pd.DataFrame(data, index=[7, 8, 9])
    if kind == "polars":
        return polars.DataFrame(data)
    if kind == "duckdb":
        return pytest.importorskip("duckdb", reason="DuckDB is not made for this Python").arrow(table)
    if kind == "structured":
        made = np.array(
            [(1, "a", 1.5), (2, "", 2.5), (3, "ü", 0)], dtype=[("id", "i8"), ("label", "U3"), ("price", "f8")]
        )
        return np.ma.MaskedArray(made, mask=[(0, 0, 0), (0, 1, 0), (0, 0, 1)])
    if kind == "array":

        class Array:
            def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
                return table.to_batches()[0].__arrow_c_array__(requested_schema)

        return Array()
    assert kind == "interchange"

    class Interchange:
        def __dataframe__(self, **keywords: Any) -> Any:
            return table.__dataframe__(**keywords)

    return Interchange()


KINDS = ["table", "batch", "reader", "pandas", "polars", "duckdb", "structured", "array", "interchange"]
STORED = [(1, "a", Decimal("1.50")), (2, None, Decimal("2.50")), (3, "ü", None)]


@pytest.fixture
def priced(conn: Any) -> Any:
    conn.execute("create table priced (id int, label varchar(10), price numeric(8, 2))")
    return conn


def stored(conn: Any, table: str = "priced") -> Any:
    return conn.execute(f"select * from {table} order by 1").fetchall()


@pytest.mark.parametrize("kind", KINDS)
def test_every_exporter(priced: Any, kind: str) -> None:
    assert priced.bulk_copy("priced", frame_of(kind)) == 3
    assert stored(priced) == STORED


@pytest.mark.parametrize("kind", ["table", "pandas", "structured"])
def test_executemany_by_position_and_by_name(priced: Any, kind: str) -> None:
    cursor = priced.cursor()
    assert cursor.executemany("insert into priced values (?, ?, ?)", frame_of(kind)).rowcount == 3
    assert stored(priced) == STORED
    update = "update priced set label = :label, price = :price + 1 where id = :id"
    assert cursor.executemany(update, frame_of(kind)).rowcount == 3
    assert stored(priced)[0] == (1, "a", Decimal("2.50"))


def test_columns_are_chosen_by_name_whatever_their_order(priced: Any) -> None:
    table = pa.table({"PRICE": [1], "extra": ["no"], "Id": [5]})
    assert priced.bulk_copy("priced", table, columns=["id", "price"]) == 1
    assert stored(priced) == [(5, None, Decimal("1.00"))]
    with pytest.raises(scratchbird.ProgrammingError, match="no column 'extra'"):
        priced.bulk_copy("priced", table)
    with pytest.raises(scratchbird.ProgrammingError, match="the frame has no column 'label'"):
        priced.bulk_copy("priced", table, columns=["label"])


def test_arrays_of_two_dimensions_have_columns_by_position(conn: Any) -> None:
    conn.execute("create table grid (a int, b int)")
    assert conn.bulk_copy("grid", np.arange(6).reshape(3, 2)) == 3
    assert conn.bulk_copy("grid", np.array([[1.0, 2.0]]), columns=["b", "a"]) == 1
    assert conn.execute("select * from grid order by a, b").fetchall() == [(0, 1), (2, 1), (2, 3), (4, 5)]
    with pytest.raises(scratchbird.ProgrammingError, match="3 columns of the array for 2"):
        conn.bulk_copy("grid", np.zeros((1, 3)))


def test_vectors_from_every_kind_of_list(conn: Any) -> None:
    conn.execute("create table points (id int, v vector(2))")
    numbers = np.array([[1, 2], [0.5, -4]], dtype="f4")
    for index, values in enumerate(
        [
            pa.FixedSizeListArray.from_arrays(pa.array(numbers.reshape(-1)), 2),
            pa.array(numbers.tolist(), pa.list_(pa.float64())),
            pa.LargeListArray.from_arrays([0, 2, 4], pa.array(numbers.astype("f2").reshape(-1))),
        ]
    ):
        assert conn.bulk_copy("points", pa.table({"id": [index, index], "v": values})) == 2
    fields = np.zeros(2, dtype=[("id", "i4"), ("v", "f8", (2,))])
    fields["id"], fields["v"] = 9, numbers
    assert conn.bulk_copy("points", fields) == 2
    rows = conn.execute("select v::text, count(*) from points group by 1 order by 1").fetchall()
    assert rows == [("[0.5,-4]", 4), ("[1,2]", 4)]


def test_categories_durations_and_structs(conn: Any) -> None:
    conn.execute("create table mixed (c text, d interval, j jsonb, e int)")
    frame = pd.DataFrame(
        {
            "c": pd.Categorical(["low", "high", None, "low"]),
            "d": pd.to_timedelta([1, 2, None, 3], unit="s"),
            "j": [{"a": 1, "b": [True, None]}, {"a": 'q"\n'}, None, {}],
            "e": pd.Categorical([3, 4, 3, None]),
        }
    )
    assert conn.bulk_copy("mixed", frame) == 4
    rows = conn.execute("select c, extract(epoch from d)::int, j::text, e from mixed").fetchall()
    assert rows == [
        ("low", 1, '{"a": 1, "b": [true, null]}', 3),
        ("high", 2, '{"a": "q\\"\\n"}', 4),
        (None, None, None, 3),
        ("low", 3, "{}", None),
    ]
    structs = pa.array(
        [{"k": 1, "l": ["x"], "at": None}], pa.struct({"k": pa.int8(), "l": pa.list_(pa.string()), "at": pa.date32()})
    )
    assert conn.bulk_copy("mixed", pa.table({"j": structs})) == 1
    assert conn.execute("select j::text from mixed where c is null and e is null").fetchval() == (
        '{"k": 1, "l": ["x"], "at": null}'
    )


def test_objects_of_classes_that_arrow_does_not_know(conn: Any) -> None:
    import ipaddress
    import uuid

    key = uuid.UUID(int=5)
    conn.execute("create table objects (u uuid, i inet, n numeric(5, 2))")
    frame = pd.DataFrame({"u": [key, None], "i": [ipaddress.ip_address("10.0.0.1"), None], "n": [Decimal("1.25"), 2]})
    assert conn.bulk_copy("objects", frame) == 2
    row = conn.execute("select u, host(i), n from objects where u is not null").fetchone()
    assert row == (key, "10.0.0.1", Decimal("1.25"))


def test_no_rows(priced: Any) -> None:
    seen: list[int] = []
    assert priced.bulk_copy("priced", pa.table({"id": pa.array([], pa.int64())}), progress=seen.append) == 0
    assert priced.bulk_copy("priced", pd.DataFrame({"id": []})) == 0
    assert priced.cursor().executemany("insert into priced (id) values (?)", pa.table({"id": pa.array([], pa.int8())}))
    assert seen == [0]
    assert stored(priced) == []


def test_many_rows_and_progress(conn: Any) -> None:
    conn.execute("create table many (id bigint, name text)")
    table = pa.table({"id": range(50_000), "name": [f"row {n}" for n in range(50_000)]})
    seen: list[int] = []
    assert conn.bulk_copy("many", table.to_reader(max_chunksize=999), progress=seen.append) == 50_000
    assert len(seen) > 3
    assert seen == sorted(seen)
    assert seen[-1] == 50_000
    assert conn.execute("select count(*), sum(id), max(name) from many").fetchone() == (50_000, 1249975000, "row 9999")
    seen.clear()
    cursor = conn.cursor().executemany("insert into many values (?, ?)", table.slice(0, 2500), progress=seen.append)
    assert cursor.rowcount == 2500
    assert seen[-1] == 2500


class Bar:
    """What of a bar of tqdm's is used."""

    def __init__(self) -> None:
        self.n, self.total = 0, None

    def update(self, more: int) -> None:
        self.n += more


def test_bars(conn: Any) -> None:
    conn.execute("create table bars (id int)")
    for rows in (pa.table({"id": range(30)}), [(n,) for n in range(30)]):
        bar = Bar()
        assert conn.bulk_copy("bars", rows, progress=bar) == 30
        assert (bar.n, bar.total) == (30, 30)
    bar = Bar()
    conn.cursor().executemany("insert into bars values (?)", ((n,) for n in range(30)), progress=bar)
    assert bar.n == 30
    with pytest.raises(scratchbird.ProgrammingError, match="progress is"):
        conn.bulk_copy("bars", [(1,)], progress="yes")


def test_autocommit_keeps_all_or_nothing(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn, autocommit=True)
    conn.execute("create table kept (id int)")
    try:
        assert conn.bulk_copy("kept", pa.table({"id": [1, 2]})) == 2
        with pytest.raises(scratchbird.DataError):
            conn.bulk_copy("kept", pa.table({"id": [3, 2**40]}))
        with pytest.raises(scratchbird.DataError):
            conn.cursor().executemany("insert into kept values (?)", pa.table({"id": [4, 2**40]}))
        assert stored(conn, "kept") == [(1,), (2,)]
    finally:
        conn.execute("drop table kept")


def test_copy_from_takes_frames_and_types(priced: Any) -> None:
    statement = "copy priced (id, label) from stdin"
    assert priced.cursor().copy_from(statement, frame_of("pandas")) == 3
    with pytest.raises(scratchbird.DataError, match='column "id": Utf8 does not go into int4'):
        with priced.cursor().copy(statement) as copy:
            copy.set_types(["int4", "text"])
            copy.write_rows(pa.table({"id": ["x"], "label": ["y"]}))


def test_copy_from_asks_the_table_for_its_types(conn: Any) -> None:
    conn.execute('create table "odd ""name" (id int, "at" timestamptz, v vector(2), price numeric(6, 2))')
    try:
        frame = pa.table({"v": pa.array([[1, 2]], pa.list_(pa.float32(), 2)), "price": [Decimal("1.5")], "id": [1]})
        statement = 'COPY "odd ""name" (id, v, "price") FROM STDIN'
        assert conn.cursor().copy_from(statement, frame) == 1
        kept = conn.execute('select id, v::text, price from "odd ""name"')
        assert kept.fetchall() == [(1, "[1,2]", Decimal("1.50"))]
        for name, values, message in [
            ("at", pa.array([0], pa.timestamp("us")), 'column "at": .*does not go into timestamptz'),
            ("v", pa.array([[1.0, 2.0, 3.0]]), 'column "v": a vector of 3 dimensions, the column takes 2'),
            ("price", pa.array([Decimal("1.555")]), 'column "price": 1.555 does not fit'),
        ]:
            with pytest.raises(scratchbird.DataError, match=message):
                wrong = pa.table({"id": [2], name: values})
                conn.cursor().copy_from(f'copy "odd ""name" (id, "{name}") from stdin', wrong)
        for frame in (np.zeros((1, 2)), pa.table({"id": [1], "at": [None]})):
            with pytest.raises(scratchbird.ProgrammingError, match=r"2 columns of the .* for 4 "):
                conn.cursor().copy_from('copy "odd ""name" from stdin', frame)
        assert conn.execute('select count(*) from "odd ""name"').fetchone() == (1,)
    finally:
        conn.execute('drop table "odd ""name"')


def test_batches_in_a_list_and_lazy_frames(priced: Any) -> None:
    table = frame_of("table")
    assert priced.bulk_copy("priced", table.to_batches(max_chunksize=1)) == 3
    assert priced.bulk_copy("priced", tuple(table.to_batches())) == 3
    with pytest.raises(scratchbird.DataError, match="the batches are not of one table"):
        priced.bulk_copy("priced", [*table.to_batches(), pa.record_batch({"id": [1]})])
    assert priced.bulk_copy("priced", polars.LazyFrame({"id": [1, 2]}).filter(polars.col("id") > 1)) == 1


def test_a_single_column_is_no_frame(priced: Any) -> None:
    for column in (pa.chunked_array([[1]]), polars.Series("id", [1])):
        with pytest.raises(scratchbird.ProgrammingError, match="is one column: make a frame of it"):
            priced.bulk_copy("priced", column)


def test_rows_are_still_rows(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        conn.execute("create temporary table priced (id int, label varchar(10), price numeric(8, 2))")
        assert conn.bulk_copy("priced", conn.execute("select 1, 'one', 2.5")) == 1
        rows = np.empty(1, dtype=object)
        rows[0] = (2, "two", None)
        assert conn.bulk_copy("priced", rows) == 1
        assert stored(conn) == [(1, "one", Decimal("2.50")), (2, "two", None)]
        conn.rollback()
