"""`setinputsizes`: types for the parameters of the next statement."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

import scratchbird


def test_a_type_object_forces_the_type(cur: Any) -> None:
    cur.setinputsizes([scratchbird.NUMBER])
    assert cur.execute("select ?", ["12.50"]).fetchone() == (Decimal("12.50"),)
    assert cur.execute("select ?", ["12.50"]).fetchone() == ("12.50",)


def test_an_oid_forces_the_type_and_none_leaves_it(cur: Any) -> None:
    cur.setinputsizes([20, None, 25])
    assert cur.execute("select ?, ?, ?", [1, 2, 3]).fetchone() == (1, 2, "3")
    assert [column[1] for column in cur.description] == [20, 23, 25]


def test_a_value_of_the_group_keeps_its_type(cur: Any) -> None:
    cur.setinputsizes([scratchbird.NUMBER])
    cur.execute("select ?", [1])
    assert cur.description[0][1] == 23


def test_null_has_the_type(cur: Any) -> None:
    cur.setinputsizes([scratchbird.DATETIME, 17])
    assert cur.execute("select ?, ?", [None, None]).fetchone() == (None, None)
    assert cur.description[0][1] == scratchbird.DATETIME
    assert cur.description[1][1] == scratchbird.BINARY


def test_names(cur: Any) -> None:
    cur.setinputsizes({"b": scratchbird.STRING})
    assert cur.execute("select :a, :b", {"a": 1, "b": 2}).fetchone() == (1, "2")


def test_executemany_takes_them_for_all_rows(cur: Any) -> None:
    cur.execute("create temporary table sized (a text)")
    cur.setinputsizes([scratchbird.STRING])
    cur.executemany("insert into sized (a) values (?)", [(1,), (None,), (2.5,), ("x",)])
    assert cur.execute("select a from sized").fetchall() == [("1",), (None,), ("2.5",), ("x",)]


@pytest.mark.parametrize("text", ["1 or 1 = 1", "", "x", "1;drop table t"])
def test_a_text_that_is_no_number_is_not_sent_as_one(cur: Any, text: str) -> None:
    cur.setinputsizes([scratchbird.NUMBER])
    with pytest.raises(scratchbird.DataError, match="parameter 1"):
        cur.execute("select ?", [text])


@pytest.mark.parametrize("sizes", [[object()], [-1], [True], ["NUMBER"], {"a": 1.5}])
def test_what_is_no_type_is_refused(cur: Any, sizes: Any) -> None:
    with pytest.raises(scratchbird.ProgrammingError, match="setinputsizes"):
        cur.setinputsizes(sizes)


@pytest.mark.parametrize(
    ("sql", "params", "sizes"), [("select ?", [1], [None, None]), ("select :a", {"a": 1}, {"b": 20})]
)
def test_types_for_parameters_that_are_not_there(cur: Any, sql: str, params: Any, sizes: Any) -> None:
    cur.setinputsizes(sizes)
    with pytest.raises(scratchbird.ProgrammingError, match="setinputsizes"):
        cur.execute(sql, params)
