"""Vectors: birds that are alike, found by what was measured on them.

    python examples/vector_search.py [DSN]

Four measurements of a bird are a vector of four dimensions; birds of one species lie close together. Without a DSN it
starts a development server of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import Counter

import numpy as np
import penguins
import show

import scratchbird
from scratchbird import devserver, vector

CREATE_TABLE = """
create table penguin_vectors (
    id int primary key,
    species varchar(20) not null,
    island varchar(20) not null,
    measures vector(4) not null
)
"""


def main(dsn: str) -> None:
    birds = [bird for bird in penguins.load() if bird.body_mass_g is not None]
    measured = np.array(
        [[bird.bill_length_mm, bird.bill_depth_mm, bird.flipper_length_mm, bird.body_mass_g] for bird in birds],
        dtype=np.float32,
    )
    # Millimetres and grams cannot be compared: every measure in units of how much it varies.
    measures = (measured - measured.mean(axis=0)) / measured.std(axis=0)

    with scratchbird.connect(dsn) as conn:
        conn.execute("drop table if exists penguin_vectors")
        conn.execute(CREATE_TABLE)
        with show.step(f"load {len(birds)} vectors from NumPy with bulk_copy"):
            conn.bulk_copy(
                "penguin_vectors", ((bird.id, bird.species, bird.island, row) for bird, row in zip(birds, measures))
            )
        with show.step("make an index"):
            vector.create_index(conn, "penguin_vectors", "measures", metric="l2")
        for index in vector.indexes(conn, "penguin_vectors"):
            print(f"    {index.name}: {index.method} on {index.column}")

        with show.step("find the birds most like the first one"):
            found = vector.search(
                conn, "penguin_vectors", "measures", measures[0], 4, metric="l2", columns=["id", "species", "island"]
            )
        columns = [("id",), ("species",), ("island",), ("distance",)]
        show.table(columns, [(*match.row, round(match.distance, 3)) for match in found])

        with show.step("the same among those of another island"):
            found = vector.search(
                conn, "penguin_vectors", "measures", measures[0], 4, metric="l2", columns=["id", "species", "island"],
                where="island = %s", params=("Dream",),
            )  # fmt: skip
        show.table(columns, [(*match.row, round(match.distance, 3)) for match in found])

        with show.step("four of the 40 most alike that differ most from each other"):
            found = vector.search_mmr(
                conn, "penguin_vectors", "measures", measures[0], 4, fetch_k=40, lambda_mult=0.2, metric="l2",
                columns=["id", "species", "island"],
            )  # fmt: skip
        show.table(columns, [(*match.row, round(match.distance, 3)) for match in found])

        with show.step(f"{len(birds)} searches in a pipeline"):
            answers = vector.search_batch(
                conn, "penguin_vectors", "measures", measures, 6, metric="l2", columns=["id", "species"]
            )
        right = 0
        for bird, found in zip(birds, answers):
            # The nearest to a bird is itself, which is no witness.
            votes = Counter(species for id_, species in (match.row for match in found) if id_ != bird.id)
            right += votes.most_common(1)[0][0] == bird.species
        print(f"    the five nearest name the species of {right} of {len(birds)} birds")

        with show.step("all vectors as one array"):
            stored = conn.execute("select measures from penguin_vectors order by id").fetch_numpy()["measures"]
        print(f"    {stored.shape[0]} rows x {stored.shape[1]} dimensions, {stored.dtype}")
        distances = vector.rerank(stored[0], stored, "l2")
        print(f"    exact distances to the first bird: {min(distances):.1f} to {max(distances):.3f}")

    asyncio.run(collection(dsn, birds, measures))


async def collection(dsn: str, birds: list[penguins.Penguin], measures: np.ndarray) -> None:
    """The other road: a vector collection, on the asyncio face."""
    async with await scratchbird.connect_async(dsn) as conn:
        await conn.execute("drop vector collection if exists penguin_flock")
        await conn.execute(
            "create vector collection penguin_flock dimension 4 metric cosine index method hnsw "
            "payload (id int, embedding vector)"
        )
        await conn.bulk_copy("penguin_flock", ((bird.id, row) for bird, row in zip(birds, measures)))
        with show.step("SEARCH of a vector collection"):
            found = await vector.asearch(
                conn, "penguin_flock", "embedding", measures[0], 3, collection=True, columns=["id"], ef_search=100
            )
        show.table([("id",), ("distance",)], [(*match.row, round(match.distance, 5)) for match in found])


if __name__ == "__main__":
    with contextlib.ExitStack() as stack:
        main(sys.argv[1] if len(sys.argv) > 1 else stack.enter_context(devserver.start()).dsn)
