"""The blocking face (PEP 249): create a table, load it, query it, roll back, handle an error.

    python examples/basic_usage.py [DSN]

Without a DSN it starts a development server of its own.
"""

from __future__ import annotations

import contextlib
import sys

import penguins
import show

import scratchbird
from scratchbird import devserver


def main(dsn: str) -> None:
    birds = penguins.load()

    with show.step("connect over TLS"):
        conn = scratchbird.connect(dsn)
    print(f"    {conn.info.server_version}, {conn.info.tls_version}")

    cur = conn.cursor()
    cur.execute("drop table if exists penguins")
    with show.step("create the table"):
        cur.execute(penguins.CREATE_TABLE)
    with show.step(f"load {len(birds)} rows with executemany, and commit"):
        cur.executemany(penguins.INSERT, birds)
        conn.commit()

    with show.step("query with a named parameter"):
        cur.execute(
            "select id, island, bill_length_mm, body_mass_g, sex from penguins"
            " where species = :species order by body_mass_g desc limit 5",
            {"species": "Chinstrap"},
        )
        rows = cur.fetchall()
    show.table(cur.description, rows)

    with show.step("query with positional parameters"):
        cur.execute(
            "select species, count(*) as birds, round(avg(body_mass_g), 1) as mean_mass_g from penguins"
            " where year between %s and %s group by species order by species",
            (2007, 2009),
        )
        rows = cur.fetchall()
    show.table(cur.description, rows)

    with show.step("iterate over every row"):
        unmeasured = sum(1 for (mass,) in cur.execute("select body_mass_g from penguins") if mass is None)
    print(f"    {unmeasured} birds were not weighed")

    with show.step("delete, then roll back"):
        cur.execute("delete from penguins where island = ?", ("Dream",))
        deleted = cur.rowcount
        conn.rollback()
        kept = cur.execute("select count(*) from penguins").fetchone()[0]
    print(f"    {deleted} rows deleted, {kept} rows after the rollback")

    with show.step("an error, with its fields"):
        try:
            cur.execute(penguins.INSERT, birds[0])
        except scratchbird.IntegrityError as error:
            what = f"{type(error).__name__}: sqlstate {error.sqlstate}, constraint {error.constraint}"
            conn.rollback()
    print(f"    {what}")
    conn.close()


if __name__ == "__main__":
    with contextlib.ExitStack() as stack:
        main(sys.argv[1] if len(sys.argv) > 1 else stack.enter_context(devserver.start()).dsn)
