"""Prints the rows of a result as an aligned table, and how long a step took."""

from __future__ import annotations

import contextlib
import numbers
import time
from typing import Any, Iterator, Sequence


def table(description: Sequence[Sequence[Any]], rows: Sequence[Sequence[Any]]) -> None:
    """Print rows under their column names; numbers to the right, NULL as a dash."""
    texts = [[str(column[0]) for column in description]]
    texts += [["-" if value is None else str(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts)]
    numeric = [all(isinstance(value, numbers.Number) or value is None for value in column) for column in zip(*rows)]
    numeric += [False] * (len(widths) - len(numeric))
    for line, row in enumerate(texts):
        cells = (cell.rjust(w) if right else cell.ljust(w) for cell, w, right in zip(row, widths, numeric))
        print("    " + "  ".join(cells).rstrip())
        if line == 0:
            print("    " + "  ".join("-" * width for width in widths))


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Print a title, and behind it the time that the block took."""
    started = time.perf_counter()
    yield
    print(f"{title}: {(time.perf_counter() - started) * 1000:.1f} ms", flush=True)
