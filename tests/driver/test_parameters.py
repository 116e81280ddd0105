"""Placeholders of every style, and what is no placeholder."""

from __future__ import annotations

from typing import Any

import pytest

import scratchbird


@pytest.mark.parametrize(
    ("sql", "values"),
    [
        ("select %s, %s", (1, "a")),
        ("select %s, %s", [1, "a"]),
        ("select %(n)s, %(s)s", {"n": 1, "s": "a"}),
        ("select :n, :s", {"n": 1, "s": "a"}),
        ("select ?, ?", (1, "a")),
        ("select $1, $2", (1, "a")),
        ("select $2, $1", ("a", 1)),
    ],
)
def test_every_style(cur: Any, sql: str, values: Any) -> None:
    assert cur.execute(sql, values).fetchone() == (1, "a")


def test_a_name_may_stand_twice(cur: Any) -> None:
    assert cur.execute("select :x, :y, :x", {"x": "a", "y": "b"}).fetchone() == ("a", "b", "a")
    assert cur.execute("select $1, $1", ("a",)).fetchone() == ("a", "a")


def test_more_names_than_needed_are_fine(cur: Any) -> None:
    assert cur.execute("select :x", {"x": 1, "unused": 2}).fetchone() == (1,)


@pytest.mark.parametrize(
    ("sql", "values", "row"),
    [
        ("select 'a%sb', ?", (1,), ("a%sb", 1)),
        ("select ':name', :name", {"name": 1}, (":name", 1)),
        ("select 'it''s ?', ?", (1,), ("it's ?", 1)),
        ('select ? as "a ? b"', (1,), (1,)),
        ("select ? -- what ? about :this", (1,), (1,)),
        ("select /* ? :x */ ?", (1,), (1,)),
        ("select ? // a ? b", (1,), (1,)),
        ("select ? # a ? b", (1,), (1,)),
        ("select $$a ? b$$, ?", (1,), ("a ? b", 1)),
        ("select $t$a $1 b$t$, ?", (1,), ("a $1 b", 1)),
        ("select cast('5' as text)::int + ?", (1,), (6,)),
        ("select 7 % 4, ?", (1,), (3, 1)),
        ("select 7 %% 4, %s", (1,), (3, 1)),
        ("select '100%%', %s", (1,), ("100%", 1)),
        ("select '\\', ?", (1,), ("\\", 1)),
    ],
)
def test_what_is_no_placeholder(cur: Any, sql: str, values: Any, row: tuple[Any, ...]) -> None:
    assert cur.execute(sql, values).fetchone() == row


@pytest.mark.parametrize("sql", ["select '100%'", "select 7 % 4", "select ':x'", "select '?'", "select '%s'"])
def test_without_parameters_nothing_is_rewritten(cur: Any, sql: str) -> None:
    assert cur.execute(sql).fetchone() in [("100%",), (3,), (":x",), ("?",), ("%s",)]


@pytest.mark.parametrize(
    ("sql", "values", "message"),
    [
        ("select ?, ?", (1,), "2"),
        ("select ?", (1, 2), "2"),
        ("select %s", (), "1"),
        ("select $1, $3", (1, 2), "3"),
        ("select :there, :absent", {"there": 1}, "absent"),
        ("select %(absent)s", {}, "absent"),
    ],
)
def test_a_wrong_count_or_name_is_a_programming_error(cur: Any, sql: str, values: Any, message: str) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match=message):
        cur.execute(sql, values)
    assert cur.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize("values", ["ab", b"ab", 5, {1, 2}, object()])
def test_parameters_are_a_sequence_or_a_mapping(cur: Any, values: Any) -> None:
    with pytest.raises((scratchbird.ProgrammingError, TypeError)):
        cur.execute("select ?, ?", values)


def test_styles_do_not_mix(cur: Any) -> None:
    with pytest.raises(scratchbird.ProgrammingError):
        cur.execute("select ?, :name", {"name": 1})


def test_a_mapping_of_any_class(cur: Any) -> None:
    class Defaults(dict):  # type: ignore[type-arg]
        def __missing__(self, key: str) -> str:
            return f"default {key}"

    assert cur.execute("select :x", Defaults()).fetchone() == ("default x",)


def test_an_error_in_a_parameter_leaves_the_connection_usable(cur: Any) -> None:
    class Unknown:
        pass

    with pytest.raises((scratchbird.ProgrammingError, scratchbird.InterfaceError, scratchbird.NotSupportedError)):
        cur.execute("select %s", (Unknown(),))
    assert cur.execute("select 1").fetchone() == (1,)
