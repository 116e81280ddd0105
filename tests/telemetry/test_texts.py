"""Texts of statements without their literals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchbird import telemetry


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("select 'a''b', x'00ff', E'c', 1.5e3, .5, -7", "select ?, ?, ?, ?, ?, -?"),
        ('select "it\'s" from t1 where a = $1 and b = :name and c = %(x)s', None),
        ("select $$hunter2$$, $t$ $$ hunter2 $t$ /* hunter2 */ , 1 -- hunter2", "select ?, ? , ?"),
        (r"select 'C:\', 'hunter2'", "select ?, ?"),
        (r"select E'it\'s hunter2', 1", "select ?, ?"),
        ("select 1 /* a /* hunter2 */ hunter2 */ , 2", "select ? , ?"),
        ("select a::int from t", None),
        ("select 'never closed hunter2", "select ?"),
        ("select $a$never closed hunter2", "select ?"),
        ("/* never closed hunter2", ""),
        ("/* a /* never closed hunter2", ""),
        ("", ""),
    ],
)
def test_literals_are_hidden(sql: str, text: str | None) -> None:
    assert telemetry.sanitized(sql) == (sql if text is None else text)


@given(st.text())
def test_no_literal_stays(value: str) -> None:
    quoted = "'" + value.replace("'", "''") + "'"
    assert telemetry.sanitized(f"select {quoted} from t") == "select ? from t"


def test_long_statements_are_cut_off() -> None:
    text = telemetry.sanitized("select a from t where n in (" + "1, " * 200_000 + "2)")
    assert len(text) <= 100_000
