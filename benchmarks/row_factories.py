"""How long a row takes to become a Python object, by row factory: 100 000 rows of 10 columns.

The rows are received before the clock starts; what is measured is `fetchall()`. Prints nanoseconds a row, the median of
several alternating runs.

    python benchmarks/row_factories.py [--rows 100000] [--runs 7] [--columns int|mixed]
"""

from __future__ import annotations

import argparse
import gc
import statistics
import time
from dataclasses import make_dataclass
from typing import Any, Dict, List, NamedTuple

import scratchbird
from scratchbird import devserver, rows

COLUMNS = [f"c{number}" for number in range(10)]
INTS = ", ".join(f"n + {number} AS {name}" for number, name in enumerate(COLUMNS))
MIXED = (
    "n AS c0, 'text ' || n AS c1, n * 1.5 AS c2, n % 2 = 0 AS c3, CAST(n AS TEXT) AS c4, "
    "CAST('2024-02-29' AS DATE) AS c5, n AS c6, CAST(n AS DOUBLE) AS c7, NULL AS c8, 'x' AS c9"
)


def factories() -> Dict[str, Any]:
    """The row factories to compare, by name; None is what a cursor does by itself."""
    found: Dict[str, Any] = {"default": None}
    point = make_dataclass("Point", [(name, object) for name in COLUMNS])
    frozen = make_dataclass("Frozen", [(name, object) for name in COLUMNS], frozen=True)
    named = NamedTuple("Named", [(name, object) for name in COLUMNS])  # type: ignore[misc]

    class Plain:
        def __init__(self, c0: Any, c1: Any, c2: Any, c3: Any, c4: Any, c5: Any, c6: Any, c7: Any, c8: Any, c9: Any):
            self.values = (c0, c1, c2, c3, c4, c5, c6, c7, c8, c9)

    found.update(
        {
            "tuple_row": rows.tuple_row,
            "dict_row": rows.dict_row,
            "namedtuple_row": rows.namedtuple_row,
            "scalar_row": rows.scalar_row,
            "class_row: dataclass": rows.class_row(point),
            "class_row: frozen dataclass": rows.class_row(frozen),
            "class_row: NamedTuple": rows.class_row(named),
            "class_row: plain class": rows.class_row(Plain),
            "user's own: dict(zip())": lambda cursor: lambda values: dict(zip(COLUMNS, values)),
        }
    )
    try:
        import pydantic
    except ImportError:
        return found
    model = pydantic.create_model("Model", **dict.fromkeys(COLUMNS, (Any, ...)))  # type: ignore[call-overload]
    found["class_row: pydantic"] = rows.class_row(model)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--columns", choices=["int", "mixed"], default="int")
    arguments = parser.parse_args()
    columns = INTS if arguments.columns == "int" else MIXED
    sql = f"SELECT {columns} FROM GENERATE_SERIES(1, {arguments.rows}) AS g(n)"
    taken: Dict[str, List[int]] = {}
    with devserver.start() as server, scratchbird.connect(server.dsn) as connection:
        for _ in range(arguments.runs):
            for name, factory in factories().items():
                cursor = connection.cursor() if factory is None else connection.cursor(row_factory=factory)
                cursor.execute(sql)
                gc.collect()
                started = time.perf_counter_ns()
                fetched = cursor.fetchall()
                taken.setdefault(name, []).append(time.perf_counter_ns() - started)
                assert len(fetched) == arguments.rows
                del fetched
                cursor.close()
    for name, times in taken.items():
        median, best = statistics.median(times) / arguments.rows, min(times) / arguments.rows
        print(f"{name:30} {median:8.0f} ns/row   best {best:.0f}")


if __name__ == "__main__":
    main()
