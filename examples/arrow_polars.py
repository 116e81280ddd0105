"""Columns: Arrow tables and batches, polars, DuckDB, and one query over several connections.

    python examples/arrow_polars.py [DSN]

Without a DSN it starts a development server of its own. It needs pyarrow, polars and DuckDB.
"""

from __future__ import annotations

import contextlib
import sys

import duckdb
import penguins
import polars
import show

import scratchbird
from scratchbird import devserver


def main(dsn: str) -> None:
    rows = penguins.load()
    with scratchbird.connect(dsn) as conn:
        conn.execute("drop table if exists penguins")
        conn.execute(penguins.CREATE_TABLE)
        with show.step(f"load {len(rows)} rows with COPY"):
            conn.bulk_copy("penguins", rows, columns=penguins.Penguin._fields)
        conn.commit()

        with show.step("a result as an Arrow table"):
            birds = conn.execute("select * from penguins order by id").fetch_arrow_table()
        print(
            f"    {birds.num_rows} rows, {birds.nbytes} bytes; decimals are {birds.schema.field('bill_depth_mm').type}"
        )

        with show.step("a result as a polars frame"):
            frame = conn.execute("select species, island, body_mass_g from penguins").fetch_polars()
        masses = frame.group_by("species").agg(polars.col("body_mass_g").mean().round(1)).sort("species")
        show.table([("species",), ("body_mass_g",)], masses.rows())

        with show.step("polars asks by itself"):
            frame = polars.read_database(
                "select species, year from penguins where island = ?", conn, execute_options={"params": ("Dream",)}
            )
        print(f"    {frame.height} birds of Dream")

        with show.step("DuckDB joins a table with a cursor"):
            cursor = conn.execute("select id, year from penguins where sex = 'female'")  # noqa: F841 - DuckDB finds it by its name
            females = duckdb.sql("select cursor.year, count(*) from birds join cursor using (id) group by 1 order by 1")
            counted = females.fetchall()
        show.table([("year",), ("females",)], counted)

        with show.step("batches of a stream, one at a time in memory"):
            stream = conn.cursor().stream("select n, n * 0.5 as half from generate_series(1, 200000) as n")
            sizes = [batch.num_rows for batch in stream.fetch_record_batches(65_536)]
        print(f"    {sizes}")

    with show.step("one query over four connections"):
        whole = scratchbird.read_partitioned(dsn, "select * from penguins", partition_on="id", partitions=4)
    print(f"    {whole.num_rows} rows; the same: {whole.sort_by('id').equals(birds)}")


if __name__ == "__main__":
    with contextlib.ExitStack() as stack:
        given = sys.argv[1:]
        main(given[0] if given else stack.enter_context(devserver.start()).dsn)
