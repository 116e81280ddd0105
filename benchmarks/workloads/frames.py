"""Columns out, 100 000 rows of ten columns, and frames in, of 5 000 rows: pandas' own way takes 50 s for 100 000."""

from __future__ import annotations

import time
from typing import Any, List, Tuple

from benchmarks.contest import Workload

ROWS, FRAME_ROWS = 100_000, 5_000


def _frame() -> Tuple[Any]:
    import numpy as np
    import pandas as pd

    numbers = np.arange(FRAME_ROWS)
    columns = {
        "id": numbers,
        "name": [f"row {n}" for n in numbers],
        "ratio": numbers / 7,
        "at": pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(numbers, unit="s"),
        "price": np.round(numbers * 0.37, 2),
        "active": numbers % 2 == 0,
        "code": [f"{n:016x}" for n in numbers],
        "half": (numbers / 2).astype("f4"),
        "small": (numbers % 1000).astype("i4"),
        "parent": pd.array(np.where(numbers % 3, numbers, -1), dtype="Int64").to_numpy(),
    }
    return (pd.DataFrame(columns),)


FRAMES: List[Workload] = [
    Workload(
        "to-pandas",
        "to_pandas",
        lambda: (ROWS,),
        1,
        "ms",
        targets={"sync": (0.25, "psycopg")},
        scale=1e3,
        rivals=("psycopg",),
    ),
]
"""What servers that answer from memory are asked."""

_TO_ARROW = Workload(
    "end-to-end-to-arrow",
    "to_arrow",
    lambda: (ROWS,),
    1,
    "ms",
    targets={"sync": (0.5, "adbc")},
    scale=1e3,
    rounds=5,
)
_CPU = "ms of the client's CPU time, all threads"

FRAMES_END_TO_END: List[Workload] = [
    _TO_ARROW,
    _TO_ARROW._replace(name="end-to-end-to-arrow-cpu", unit=_CPU, clock=time.process_time),
    Workload(
        "end-to-end-to-sql",
        "to_sql",
        _frame,
        1,
        "ms",
        targets={"sync": (0.2, "psycopg")},
        scale=1e3,
        rounds=3,
        rivals=("psycopg",),
    ),
]
"""What needs a database, because ADBC and SQLAlchemy ask theirs for more than rows."""
