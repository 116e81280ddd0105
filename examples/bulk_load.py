"""Loading many rows: rows, an Arrow stream, a NumPy array, with progress; and what becomes of a stream that fails.

    python examples/bulk_load.py [DSN]

Without a DSN it starts a development server of its own. It needs pyarrow and NumPy.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Iterator

import numpy as np
import pyarrow as pa
import show

import scratchbird
from scratchbird import devserver

ROWS = 100_000
SCHEMA = pa.schema({"id": pa.int64(), "label": pa.string(), "reading": pa.float64()})


def batches(rows: int, first: int = 0) -> Iterator[pa.RecordBatch]:
    """Readings, a batch at a time: a stream needs no more memory than that."""
    random = np.random.default_rng(7)
    for start in range(first, first + rows, 10_000):
        ids = np.arange(start, start + 10_000)
        yield pa.record_batch([ids, [f"sensor {n % 100}" for n in ids], random.normal(size=10_000)], schema=SCHEMA)


def torn(rows: int) -> Iterator[pa.RecordBatch]:
    """A stream whose source fails after so many rows."""
    yield from batches(rows, first=ROWS)
    raise OSError("the source is gone")


def main(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        conn.execute("drop table if exists readings")
        conn.execute("create table readings (id bigint primary key, label varchar(20), reading double precision)")

        with show.step(f"bulk_copy of {ROWS} tuples"):
            conn.bulk_copy("readings", ((n, f"sensor {n % 100}", n / 7) for n in range(ROWS)))
        conn.execute("delete from readings")

        told: list[int] = []
        with show.step(f"bulk_copy of {ROWS} rows of an Arrow stream"):
            stream = pa.RecordBatchReader.from_batches(SCHEMA, batches(ROWS))
            # With tqdm: progress=True
            conn.bulk_copy("readings", stream, progress=told.append)
        print(f"    told of progress {len(told)} times, last at {told[-1]} rows")
        conn.commit()

        with show.step("executemany of a NumPy array with fields"):
            changes = np.zeros(1000, dtype=[("id", "i8"), ("reading", "f8")])
            changes["id"] = np.arange(1000)
            conn.cursor().executemany("update readings set reading = :reading where id = :id", changes)

        with show.step("a stream that fails half-way"):
            try:
                conn.bulk_copy("readings", pa.RecordBatchReader.from_batches(SCHEMA, torn(50_000)))
            except scratchbird.DataError as error:
                what = str(error).splitlines()[0]
            conn.rollback()
        print(f"    {what}")
        print(f"    {conn.execute('select count(*) from readings').fetchval()} rows are stored")
        conn.execute("drop table readings")


if __name__ == "__main__":
    with contextlib.ExitStack() as stack:
        main(sys.argv[1] if len(sys.argv) > 1 else stack.enter_context(devserver.start()).dsn)
