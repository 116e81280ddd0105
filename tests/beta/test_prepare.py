"""prepare() on a server that prepares by keeping the text."""

from __future__ import annotations

from typing import Any, Callable


def test_a_prepared_statement(connect: Callable[..., Any], dsn: str) -> None:
    """Nothing is kept under a name there: names gain nothing."""
    conn = connect(dsn)
    with conn.prepare("select ?, ?") as statement:
        assert [parameter.direction for parameter in statement.parameters] == ["in", "in"]
        assert statement.fetchrow((1, "a")) == (1, "a")
        assert statement.fetchrow((2, "b")) == (2, "b")
    conn.rollback()
