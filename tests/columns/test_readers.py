"""Programs that read from us in their own way: polars by a connection, DuckDB by tables and cursors."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import polars
import pyarrow as pa
import pytest
import sqlalchemy

import scratchbird

ROWS = """select n, 'row ' || n as name, cast(n * 1.5 as numeric(9,2)) as half, date '2026-01-01' + n as day,
    case when n = 2 then null else n end as gaps from generate_series(1, 3) as n"""


def test_polars_reads_a_connection(dsn: str) -> None:
    with scratchbird.connect(dsn) as connection:
        frame = polars.read_database(ROWS, connection)
        assert frame.rows()[1] == (2, "row 2", Decimal("3.00"), datetime.date(2026, 1, 3), None)
        half = frame.dtypes[2]
        assert frame.dtypes == [polars.Int64, polars.String, half, polars.Date, polars.Int64]
        assert isinstance(half, polars.Decimal)
        assert half.scale == 2
        chosen = polars.read_database(
            "select ? as a, ? as b", connection, execute_options={"params": (1, "x"), "timeout": 30}
        )
        assert chosen.rows() == [(1, "x")]
        parts = polars.read_database(ROWS, connection, iter_batches=True, batch_size=2)
        assert [part.height for part in parts] == [2, 1]
        assert polars.read_database(ROWS, connection.cursor()).height == 3
        assert not connection.closed


def test_polars_reads_sqlalchemy(dsn: str) -> None:
    engine = sqlalchemy.create_engine(dsn)
    try:
        with engine.connect() as connection:
            assert polars.read_database(ROWS, connection).height == 3
    finally:
        engine.dispose()


def test_polars_has_the_rows_that_are_left(dsn: str) -> None:
    with scratchbird.connect(dsn) as connection:
        assert polars.from_arrow(connection.execute(ROWS).fetch_arrow_table()).height == 3
        table = scratchbird.read_partitioned(dsn, ROWS, partition_on="n", partitions=2)
        assert polars.from_arrow(table)["half"].to_list() == [Decimal("1.50"), Decimal("3.00"), Decimal("4.50")]


def test_params_have_a_name(conn: Any) -> None:
    assert conn.cursor().execute("select ? + 1", params=(41,)).fetchone() == (42,)
    assert conn.cursor("named").execute("select ? + 1", params=(41,)).fetchone() == (42,)


def test_duckdb_reads_tables(dsn: str) -> None:
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not made for this Python")
    with scratchbird.connect(dsn) as connection, duckdb.connect() as duck:
        ours = connection.execute(ROWS).fetch_arrow_table()
        assert duck.from_arrow(ours).filter("n > 1").order("n").fetchall()[0][:2] == (2, "row 2")
        assert duck.sql("select sum(half), count(gaps) from ours").fetchall() == [(Decimal("9.00"), 2)]


def test_duckdb_reads_cursors(conn: Any) -> None:
    """DuckDB asks for the types before it reads. What it is given then must not be the rows."""
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not made for this Python")
    with duckdb.connect() as duck:
        cursor = conn.execute(ROWS)
        cursor = getattr(cursor, "_target", cursor)
        assert duck.sql("select n, name from cursor order by n").fetchall() == [
            (1, "row 1"),
            (2, "row 2"),
            (3, "row 3"),
        ]
        cursor = conn.execute(ROWS)
        cursor = getattr(cursor, "_target", cursor)
        assert duck.from_arrow(cursor).aggregate("count(*)").fetchall() == [(3,)]


def test_the_types_do_not_take_rows(conn: Any) -> None:
    cursor = conn.execute(ROWS)
    schema = pa.schema(getattr(cursor, "_target", cursor))
    assert schema.names == ["n", "name", "half", "day", "gaps"]
    table = cursor.fetch_arrow_table()
    assert table.num_rows == 3
    assert table.schema.equals(schema)
