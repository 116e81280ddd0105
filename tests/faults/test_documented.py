"""The table of docs/failures.md is what the fault tests test."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

from tests.faults.operations import DELAYS, LOSSES, OPERATIONS
from tests.faults.test_once import WRITES

PAGE = Path(__file__).parents[2] / "docs" / "failures.md"

FAULTS = {
    "delay": "a delay",
    "dribble": "single bytes",
    "cut": "a cut",
    "half_close": "a half-close",
    "reset": "a reset",
    "corrupt": "a flipped bit",
    "black_hole": "silence",
}
CALLS = {
    "query": "`execute` without parameters",
    "parameters": "`execute` with parameters",
    "fetch": "`execute` and `fetchall` of 2000 rows",
    "many": "`executemany`",
    "pipeline": "`pipeline()`",
    "stream": "`stream()`",
    "server_cursor": "`cursor(name)`",
    "copy_in": "COPY in",
    "copy_out": "COPY out",
    "rollback": "`rollback()`",
    "ping": "`ping()`",
}
COMMITS = {
    "commit": "`commit()`",
    "transaction": "the end of `transaction()`",
    "autocommit": "`execute` under autocommit",
    "pipeline": "`pipeline()` under autocommit",
    "many": "`executemany` under autocommit",
    "copy": "`bulk_copy` and `commit()`",
}


def table() -> Iterator[str]:
    """The lines, from what is tested: the operations, and the kinds of faults that end a connection or delay it."""
    yield "| | " + " | ".join(FAULTS.values()) + " |"
    yield "| --- " * (len(FAULTS) + 1) + "|"
    yield row("connecting", "08001, 08006", DELAYS)
    for name in OPERATIONS:
        yield row(CALLS[name], "08006", DELAYS)
    for name in WRITES:
        yield row(COMMITS[name], "08006, 08007", DELAYS)
    yield row("a connection of a pool", "replaced", DELAYS)


def row(title: str, lost: str, slow: tuple[str, ...]) -> str:
    cells = ["goes on" if kind in slow else lost for kind in FAULTS]
    return f"| {title} | " + " | ".join(cells) + " |"


def test_every_kind_of_fault_has_a_name() -> None:
    assert set(FAULTS) == set(LOSSES) | set(DELAYS)
    assert set(CALLS) == set(OPERATIONS)
    assert set(COMMITS) == set(WRITES)


def test_the_table_is_the_matrix() -> None:
    written = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert written == list(table())
