"""Functions: their results, and the variables that hold them."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest

import scratchbird
from scratchbird import NUMBER, STRING, DataError, ProgrammingError, Var


def test_the_result_of_a_function(cur: Any) -> None:
    assert cur.callfunc("plus", int, [2, 3]) == 5
    assert cur.callfunc("plus", parameters=(2, 3)) == 5
    assert cur.callfunc("plus", str, {"b": 3, "a": 2}) == "5"
    assert cur.callfunc("plus", float, [2], {"b": 3}) == 5.0
    assert cur.callfunc("plus", NUMBER, [None, 1]) is None
    # It is no row of the cursor.
    assert cur.description is None
    held = cur.var(Decimal)
    assert cur.callfunc("plus", held, [1, 1]) == Decimal(2) == held.value


def test_the_escape(cur: Any) -> None:
    result = cur.var(int)
    cur.execute("{? = call plus(?, ?)}", (result, 4, 5))
    assert (result.value, cur.description) == (9, None)
    cur.execute("{%s = call plus(%s, 1)}", [result, 4])
    assert result.value == 5
    cur.execute("{:r = call plus(:a, :a)}", {"a": 4, "r": result})
    assert result.value == 8
    assert cur.callproc("{? = call plus(?, ?)}", [result, 1, 2]) == [3, 1, 2]
    # Without a variable it is a row.
    assert cur.execute("{? = call plus(?, ?)}", (4, 5)).fetchone() == (9,)
    with pytest.raises(ProgrammingError, match="the variable of the result"):
        cur.execute("{? = call plus(?, ?)}", (1, 4, 5))


def test_what_a_result_cannot_become(cur: Any) -> None:
    with pytest.raises(DataError, match="cannot hold str 'abc'"):
        cur.callfunc("lower", int, ["ABC"])
    with pytest.raises(ProgrammingError, match="not the name"):
        cur.callfunc("lower('x')--", str)
    with pytest.raises(ProgrammingError):
        cur.callfunc("nosuchfunction", str, [1])


@pytest.mark.parametrize(
    ("kind", "value", "held"),
    [
        (int, Decimal("3"), 3),
        (int, "12", 12),
        (float, Decimal("1.5"), 1.5),
        (Decimal, 7, Decimal(7)),
        (Decimal, 0.1, Decimal("0.1")),
        (str, 5, "5"),
        (bool, "t", True),
        (bool, 0, False),
        (bytes, "\\x00ff", b"\x00\xff"),
        (bytes, bytearray(b"a"), b"a"),
        (uuid.UUID, "11111111-1111-1111-1111-111111111111", uuid.UUID(int=0x11111111111111111111111111111111)),
        (datetime.date, "2026-01-02", datetime.date(2026, 1, 2)),
        (datetime.datetime, "2026-01-02 03:04:05", datetime.datetime(2026, 1, 2, 3, 4, 5)),
        (list, [1], [1]),
        (None, object, object),
        (23, "any", "any"),
        (NUMBER, Decimal(1), Decimal(1)),
        (STRING, "x", "x"),
    ],
)
def test_variables_convert_what_says_the_same(kind: Any, value: Any, held: Any) -> None:
    variable: Var[Any] = Var(kind, value)
    assert variable.value == held
    assert type(variable.value) is type(held)
    variable.setvalue(0, None)
    assert variable.getvalue() is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (int, 1.5),
        (int, "x"),
        (int, True),
        (int, float("nan")),
        (float, "x"),
        (Decimal, "x"),
        (bool, 2),
        (bytes, "text"),
        (str, b"x"),
        (str, True),
        (datetime.date, datetime.datetime(2026, 1, 1)),
        (datetime.date, "yesterday"),
        (list, (1,)),
        (NUMBER, "1"),
        (STRING, 1),
    ],
)
def test_variables_refuse_what_does_not(kind: Any, value: Any) -> None:
    with pytest.raises(DataError, match="cannot hold"):
        Var(kind, value)


def test_variables_have_one_position_and_a_type() -> None:
    with pytest.raises(ProgrammingError, match="position 0"):
        Var(int).getvalue(1)
    with pytest.raises(ProgrammingError, match="position 0"):
        Var(int).setvalue(1, 1)
    with pytest.raises(ProgrammingError, match="the type of a variable"):
        Var("int")  # type: ignore[arg-type]
    assert repr(scratchbird.Var(int, 1)) == "scratchbird.Var(int, 1)"
