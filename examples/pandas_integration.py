"""pandas, by the fast road and with a bare connection: a frame into the database, queries, and a table back.

    python examples/pandas_integration.py [DSN]

Without a DSN it starts a development server of its own. It needs pandas and pyarrow.
"""

from __future__ import annotations

import contextlib
import sys
import warnings

import pandas as pd
import penguins
import show

import scratchbird
import scratchbird.pandas
from scratchbird import devserver

# pandas takes a connection that is not SQLAlchemy's for one of SQLite, works with it, and warns.
warnings.filterwarnings("ignore", message="pandas only supports SQLAlchemy")


def main(dsn: str) -> None:
    birds = pd.DataFrame(penguins.load(), columns=list(penguins.Penguin._fields))

    with scratchbird.connect(dsn) as conn:
        with show.step(f"to_sql of {len(birds)} rows by bulk copy"):
            scratchbird.pandas.to_sql(birds, "birds", conn, if_exists="replace", index=False)
        with show.step("read_sql by columns"):
            heavy = scratchbird.pandas.read_sql(
                "select species, island, body_mass_g from birds where body_mass_g > ?", conn, params=[5000]
            )
        print(heavy.groupby("species")["body_mass_g"].agg(["count", "mean"]).round(1).to_string())

        with show.step("pd.read_sql with a bare connection"):
            df = pd.read_sql("select id, species, sex from birds where year = ?", conn, params=(2009,))
        with show.step("df.to_sql with a bare connection"):
            df.to_sql("users_copy", conn, if_exists="replace")
        with show.step("pd.read_sql in chunks"):
            sizes = [len(chunk) for chunk in pd.read_sql("select * from users_copy", conn, chunksize=50)]
        print(f"    chunks of {sizes} rows")

        with show.step("a frame that does not fit"):
            try:
                conn.bulk_copy("birds", pd.DataFrame({"id": [1, 2], "species": ["Emperor", 7]}))
            except scratchbird.DataError as error:
                what = str(error)
        print(f"    {what}")
        for table in ("birds", "users_copy"):
            conn.execute(f"drop table {table}")


if __name__ == "__main__":
    with contextlib.ExitStack() as stack:
        main(sys.argv[1] if len(sys.argv) > 1 else stack.enter_context(devserver.start()).dsn)
