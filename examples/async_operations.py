"""The asyncio face: the same operations awaited, and several connections at once.

    python examples/async_operations.py [DSN]

Without a DSN it starts a development server of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from typing import Any

import penguins
import show

import scratchbird
from scratchbird import devserver


async def heaviest(dsn: str, island: str) -> Any:
    """The heaviest bird of an island, asked on a connection of its own; leaving the block closes it."""
    async with await scratchbird.connect_async(dsn) as conn:
        cur = await conn.execute(
            "select species, sex, body_mass_g from penguins where island = %(island)s and body_mass_g is not null"
            " order by body_mass_g desc limit 1",
            {"island": island},
        )
        row = await cur.fetchone()
    return (island, *row)


async def main(dsn: str) -> None:
    birds = penguins.load()

    with show.step("connect over TLS"):
        conn = await scratchbird.connect_async(dsn)

    cur = conn.cursor()
    await cur.execute("drop table if exists penguins")
    await cur.execute(penguins.CREATE_TABLE)
    with show.step(f"load {len(birds)} rows with executemany, and commit"):
        await cur.executemany(penguins.INSERT, birds)
        await conn.commit()

    with show.step("query with a positional parameter"):
        await cur.execute("select id, species, bill_depth_mm, sex from penguins where id = ?", (4,))
        rows = await cur.fetchall()
    show.table(cur.description, rows)

    with show.step("iterate over every row"):
        masses = [mass async for (mass,) in await conn.execute("select body_mass_g from penguins")]
    print(f"    {len(masses)} rows, {masses.count(None)} without a mass")

    islands = sorted({bird.island for bird in birds})
    with show.step(f"ask {len(islands)} questions on as many connections at once"):
        rows = await asyncio.gather(*(heaviest(dsn, island) for island in islands))
    show.table([("island",), ("species",), ("sex",), ("body_mass_g",)], rows)

    with show.step("update, then roll back"):
        await cur.execute("update penguins set body_mass_g = 0")
        updated = cur.rowcount
        await conn.rollback()
    await cur.execute("select count(*) from penguins where body_mass_g = 0")
    print(f"    {updated} rows updated, {(await cur.fetchone())[0]} weightless birds after the rollback")

    with show.step("an error, with its fields"):
        try:
            await conn.execute("select beak from penguins")
        except scratchbird.ProgrammingError as error:
            what = f"{type(error).__name__}: sqlstate {error.sqlstate}"
            await conn.rollback()
    print(f"    {what}")
    await conn.close()


if __name__ == "__main__":
    with contextlib.ExitStack() as stack:
        asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else stack.enter_context(devserver.start()).dsn))
