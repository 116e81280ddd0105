"""Progress of loads on bars of tqdm's own."""

from __future__ import annotations

import io
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import tqdm
import tqdm.auto

import scratchbird
import scratchbird.pandas


@pytest.fixture
def table(conn: Any) -> str:
    conn.execute("create table barred (id int, name text)")
    return "barred"


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The bars that the driver makes of its own."""
    made: list[Any] = []

    class Kept(tqdm.tqdm):  # type: ignore[type-arg]
        def __init__(self, *args: Any, **keywords: Any) -> None:
            super().__init__(*args, file=io.StringIO(), **keywords)
            made.append(self)

    monkeypatch.setattr(tqdm.auto, "tqdm", Kept)
    return made


ROWS = [(n, f"row {n}") for n in range(20_000)]
TABLE = pa.table({"id": range(20_000), "name": [name for _, name in ROWS]})


@pytest.mark.parametrize("rows", [ROWS, TABLE, TABLE.to_pandas()], ids=["rows", "Arrow", "pandas"])
def test_a_bar_of_the_caller_follows_a_load(conn: Any, table: str, rows: Any) -> None:
    out = io.StringIO()
    with tqdm.tqdm(total=None, file=out, desc="loading", mininterval=0) as bar:
        assert conn.bulk_copy(table, rows, progress=bar) == 20_000
        assert (bar.n, bar.total) == (20_000, 20_000)
    assert "loading: 100%" in out.getvalue()
    assert "20000/20000" in out.getvalue()
    with tqdm.tqdm(total=40_000, file=out, initial=20_000) as bar:
        conn.cursor().executemany("insert into barred values (?, ?)", rows, progress=bar)
        assert bar.n == 40_000


def test_a_bar_of_its_own(conn: Any, table: str, bars: list[Any]) -> None:
    assert conn.bulk_copy(table, TABLE, progress=True) == 20_000
    [bar] = bars
    assert (bar.n, bar.total, bar.desc, bar.unit) == (20_000, 20_000, "barred", " rows")
    # It is closed.
    assert bar.disable
    # How many rows a generator has nobody knows.
    assert conn.bulk_copy(table, (row for row in ROWS), progress=True) == 20_000
    assert (bars[1].n, bars[1].total) == (20_000, None)


def test_a_load_that_fails_closes_its_bar(conn: Any, table: str, bars: list[Any]) -> None:
    def broken() -> Any:
        yield from ROWS[:100]
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        conn.bulk_copy(table, broken(), progress=True)
    assert bars[0].disable
    conn.rollback()


def test_frames_of_pandas_have_bars(dsn: str) -> None:
    frame = pd.DataFrame({"id": range(2500)})
    with scratchbird.connect(dsn) as connection, tqdm.tqdm(total=0, file=io.StringIO()) as bar:
        bar.total = None
        assert scratchbird.pandas.to_sql(frame, "barred_frame", connection, chunksize=500, progress=bar) == 2500
        assert (bar.n, bar.total) == (2500, 2500)
        connection.rollback()
