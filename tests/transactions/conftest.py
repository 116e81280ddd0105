"""What is committed, as another connection sees it."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest

import scratchbird


@pytest.fixture
def committed(ledger: str, dsn: str) -> Iterator[Callable[[], list[int]]]:
    """The committed numbers in `ledger`, in order."""
    with scratchbird.connect(dsn, autocommit=True) as observer:
        yield lambda: [n for (n,) in observer.execute("select n from ledger order by n").fetchall()]


@pytest.fixture
def put() -> Callable[..., None]:
    """Puts a number into `ledger`."""

    def insert(connection: Any, number: int) -> None:
        connection.execute("insert into ledger (n) values (%s)", (number,))

    return insert


def bare(transaction: Any) -> Any:
    """The block itself, whichever face drives it."""
    return vars(transaction).get("_target", transaction)
