"""Dask and ray over our partitions and connections."""

from __future__ import annotations

from typing import Any, Iterator

import dask
import dask.dataframe as dd
import pandas as pd
import pytest

import scratchbird

QUERY = "select id, kind, amount from events"


@pytest.fixture
def events(dsn: str) -> Iterator[str]:
    """A table of 1000 rows."""
    with scratchbird.connect(dsn) as connection:
        connection.execute("create table events (id int primary key, kind text, amount double)")
        connection.execute("insert into events select n, 'k' || n % 3, n / 2.0 from generate_series(1, 1000) as n")
    yield dsn
    with scratchbird.connect(dsn, autocommit=True) as connection:
        connection.execute("drop table events")


OLD = pytest.mark.skipif(
    not hasattr(pd, "ArrowDtype"),
    reason="dask of this Python takes named tuples apart, and its pandas knows neither Arrow's types nor SQLAlchemy 2",
)


@OLD
def test_dask_maps_partitions(events: str) -> None:
    with scratchbird.connect(events) as connection:
        parts = scratchbird.plan_partitions(connection, QUERY, partition_on="id", partitions=4)

    def read(part: scratchbird.Partition) -> Any:
        with scratchbird.connect(events) as connection:
            return connection.execute(part.query, part.params).fetch_df(dtype_backend="pyarrow")

    frame = dd.from_map(read, parts)
    assert frame.npartitions == 4
    with dask.config.set(scheduler="threads"):
        assert len(frame) == 1000
        assert frame.groupby("kind")["amount"].sum().compute().to_dict() == {
            "k0": 83416.5,
            "k1": 83583.5,
            "k2": 83250.0,
        }


@OLD
def test_dask_reads_tables_through_sqlalchemy(events: str) -> None:
    with dask.config.set(scheduler="threads"):
        frame = dd.read_sql_table("events", events, index_col="id", npartitions=3)
        assert frame.npartitions == 3
        assert frame["amount"].sum().compute() == 250250.0


def test_the_shards_of_ray(events: str) -> None:
    """What ray's `read_sql` sends for shards, and that its default, of which the documentation warns, is refused."""

    def shard(function: str, block: int) -> str:
        return f"SELECT * FROM ({QUERY}) as T WHERE MOD(ABS({function}(id)), 4) = {block}"

    with scratchbird.connect(events) as connection:
        blocks = [connection.execute(shard("ABS", block)).fetchall() for block in range(4)]
        assert [len(block) for block in blocks] == [250] * 4
        assert len({row[0] for block in blocks for row in block}) == 1000
        with pytest.raises(scratchbird.ProgrammingError, match="md5"):
            connection.execute(shard("MD5", 0))


@pytest.mark.timeout(300)
@pytest.mark.filterwarnings("default")  # those of ray
def test_ray_reads_a_query(events: str) -> None:
    ray = pytest.importorskip("ray", reason="ray is large, and not among the tools of this project")
    pytest.importorskip("ray.data")
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    try:

        def connect() -> Any:
            return scratchbird.connect(events)

        whole = ray.data.read_sql(QUERY, connect)
        assert (whole.count(), whole.sum("amount")) == (1000, 250250.0)
        shared = ray.data.read_sql(QUERY, connect, shard_keys=["id"], shard_hash_fn="ABS", override_num_blocks=4)
        assert (shared.count(), shared.sum("amount")) == (1000, 250250.0)

        with connect() as connection:
            parts = scratchbird.plan_partitions(connection, QUERY, partition_on="id", partitions=4)

        def read(batch: Any) -> Any:
            [query] = batch["query"]
            with connect() as connection:
                return connection.execute(query).fetch_arrow_table()

        planned = ray.data.from_items([{"query": part.query} for part in parts]).map_batches(read, batch_size=1)
        assert (planned.count(), planned.sum("amount")) == (1000, 250250.0)
    finally:
        ray.shutdown()
