"""Procedures: OUT and INOUT parameters, named arguments, rows, and the escapes of JDBC."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Callable

import pytest

from scratchbird import DataError, NotSupportedError, ProgrammingError, Var


def test_out_and_inout_come_back_in_their_places(cur: Any) -> None:
    twice, total, label = cur.var(int), cur.var(int, 100), cur.var(str)
    result = cur.callproc("shift", [7, twice, total, label])
    assert result == [7, 14, 107, "by 7"]
    assert (twice.value, total.getvalue(), label.value) == (14, 107, "by 7")
    # The row of the parameters is no result of the cursor.
    assert cur.description is None
    assert cur.rowcount == -1
    assert cur.nextset() is None
    with pytest.raises(ProgrammingError):
        cur.fetchone()


def test_plain_values_are_arguments_too(cur: Any) -> None:
    assert cur.callproc("shift", (1, None, 5, None)) == [1, 2, 6, "by 1"]
    given = [2, None, 5, None]
    assert cur.callproc("shift", given) == [2, 4, 7, "by 2"]
    assert given == [2, None, 5, None], "the arguments themselves stay as they were"


def test_variables_of_the_connection_serve_again(conn: Any, cur: Any) -> None:
    total = conn.var(Decimal)
    for expected in (3, 6, 9):
        cur.callproc("shift", [3, None, total if total.value is not None else conn.var(int, 0), None])
        total.setvalue(0, cur.callproc("shift", [0, None, expected, None])[2])
        assert total.value == Decimal(expected)
        assert type(total.value) is Decimal


@pytest.mark.parametrize("by_keyword", [False, True])
def test_named_arguments(cur: Any, by_keyword: bool) -> None:
    twice, label = cur.var(int), cur.var(None)
    arguments = {"label": label, "total": 10, "amount": 4, "Twice": twice}
    result = cur.callproc("shift", keyword_parameters=arguments) if by_keyword else cur.callproc("shift", arguments)
    assert result == {"label": "by 4", "total": 14, "amount": 4, "Twice": 8}
    assert (twice.value, label.value) == (8, "by 4")


def test_positions_and_names_together(cur: Any) -> None:
    total = cur.var(int, 1)
    assert cur.callproc("shift", [5, cur.var(int)], {"label": None, "total": total}) == [5, 10]
    assert total.value == 6


def test_rows_are_the_result(cur: Any) -> None:
    assert cur.callproc("counting", [3]) == [3]
    assert [column[0] for column in cur.description] == ["n"]
    assert cur.fetchall() == [(1,), (2,), (3,)]
    assert cur.nextset() is None
    assert cur.callproc("counting", {"upto": 2}) == {"upto": 2}
    assert cur.fetchall() == [(1,), (2,)]


def test_a_procedure_without_results(cur: Any) -> None:
    assert cur.callproc("remember", ["x"]) == ["x"]
    assert cur.description is None
    assert cur.execute("select what from remembered").fetchall() == [("x",)]
    assert cur.callproc("remember", {"what": cur.var(str, "y")}) == {"what": "y"}


def test_escapes(cur: Any) -> None:
    twice = cur.var(int)
    assert cur.callproc("{call shift(?, ?, 1, null)}", [8, twice]) == [8, 16]
    assert twice.value == 16
    total = cur.var(int, 1)
    cur.execute("{call shift(8, null, ?, null)}", (total,))
    assert (total.value, cur.description) == (9, None)
    cur.execute("{call shift(:n, :twice, 1, null)}", {"n": 9, "twice": twice})
    assert twice.value == 18
    result = cur.callproc("{call shift(:n, :twice, 1, null)}", {"n": 1, "twice": None})
    assert result == {"n": 1, "twice": 2}
    cur.execute("{call counting(?)}", (2,))
    assert cur.fetchall() == [(1,), (2,)]


def test_without_variables_the_parameters_are_a_row(cur: Any) -> None:
    cur.execute("execute procedure shift(?, null, 1, null)", (2,))
    assert [column[0] for column in cur.description] == ["twice", "total", "label"]
    assert cur.fetchall() == [(4, 3, "by 2")]


def test_errors_of_the_call(cur: Any) -> None:
    with pytest.raises(ProgrammingError) as caught:
        cur.callproc("counting", [cur.var(int)])
    assert "argument 1" in str(caught.value)
    with pytest.raises(DataError) as data:
        cur.callproc("shift", [1, None, 1, cur.var(int)])
    assert "cannot hold str" in str(data.value)
    for name in ("shift(1)--", "a b", "", "a.", '"', '"a"b"', "shift; drop table remembered"):
        with pytest.raises(ProgrammingError, match="not the name of a procedure"):
            cur.callproc(name)
    with pytest.raises(ProgrammingError, match="not the name of a parameter"):
        cur.callproc("shift", {"a => 1, b": 1})
    with pytest.raises(ProgrammingError, match="by name twice"):
        cur.callproc("shift", {"a": 1}, {"b": 1})
    with pytest.raises(ProgrammingError, match="a sequence or a mapping"):
        cur.callproc("shift", "abc")
    with pytest.raises(ProgrammingError, match="keyword_parameters"):
        cur.callproc("{call shift(?)}", [], {"a": 1})


def test_a_call_that_fails_fills_nothing(conn: Any, cur: Any) -> None:
    cur.execute(
        "create procedure fails(out n int) as begin n = 1; signal sqlstate '22023' set message_text = 'no'; end"
    )
    number = cur.var(int)
    with pytest.raises(DataError):
        cur.callproc("fails", [number])
    assert number.value is None
    # What the failed call wanted is not wanted of the next statement.
    assert cur.execute("select 1").fetchall() == [(1,)]


def test_quoted_names_are_paths(cur: Any) -> None:
    cur.execute('create procedure "With.Dot"(out n int) as begin n = 1; end')
    number = cur.var(int)
    cur.callproc('"With.Dot"', [number])
    assert number.value == 1
    cur.callproc('users.public."With.Dot"', [number])


def test_a_variable_is_a_value_elsewhere(cur: Any) -> None:
    assert cur.execute("select ? + ?", (cur.var(int, 1), Var(None, 2))).fetchone() == (3,)
    assert cur.execute("select ?", (cur.var(int),)).fetchone() == (None,)


@pytest.fixture(scope="module")
def beta_dsn() -> Any:
    from tests.fix_server import start

    with start(profile="beta") as running:
        yield str(running.dsn)


def test_the_beta_reads_rows_by_select(connect: Callable[..., Any], beta_dsn: str) -> None:
    cursor = connect(beta_dsn).cursor()
    cursor.execute(
        "create procedure users.public.counting(upto int) returns (n int) as "
        "begin n = 1; while n <= :upto do begin suspend; n = n + 1; end end"
    )
    assert cursor.callproc("users.public.counting", [3]) == [3]
    assert cursor.fetchall() == [(1,), (2,), (3,)]
    cursor.execute("{call users.public.counting(?)}", (1,))
    assert cursor.fetchall() == [(1,)]
    for arguments in ([cursor.var(int)], {"upto": 3}):
        with pytest.raises(NotSupportedError):
            cursor.callproc("users.public.counting", arguments)
    assert cursor.callfunc("lower", str, ["ABC"]) == "abc"
    assert cursor.callfunc("abs", Decimal, [Decimal("-1.5")]) == Decimal("1.5")
    with pytest.raises(NotSupportedError, match="RETURNING"):
        cursor.execute("insert into t (a) values (?)", (1,), generated_keys=["a"])
