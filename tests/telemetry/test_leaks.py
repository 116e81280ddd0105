"""Objects that go while an exception is on its way: what is told of them does not disturb it."""

from __future__ import annotations

from typing import Any

import pytest

import scratchbird


def test_a_copy_that_is_left(ledger: str, conn: Any, collected: Any) -> None:
    collected.instrument()
    for _ in range(3):
        with pytest.raises(KeyError):
            with conn.cursor() as cursor, cursor.copy("COPY ledger (n) FROM STDIN"):
                raise KeyError
    assert [span.attributes["error.type"] for span in collected.spans()] == ["cancelled"] * 3


def test_a_connection_that_is_left(dsn: str) -> None:
    def fail() -> str:
        raise KeyError

    with pytest.warns(ResourceWarning, match="unclosed scratchbird Connection"):
        with pytest.raises(KeyError):
            scratchbird.connect(dsn).execute(fail())
