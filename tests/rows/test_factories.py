"""Row factories: what each makes, where they can be set, and who is asked when."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import scratchbird
from scratchbird import errors
from scratchbird.rows import dict_row, namedtuple_row, scalar_row, tuple_row

TWO = "select n as id, 'x' || n as name from generate_series(1, 3) as g(n)"


def run(conn: Any, factory: Any, sql: str = TWO) -> Any:
    return conn.cursor(row_factory=factory).execute(sql)


def test_tuple_row_is_the_default(conn: Any) -> None:
    assert conn.row_factory is tuple_row
    assert conn.cursor().row_factory is tuple_row
    assert run(conn, tuple_row).fetchone() == (1, "x1")
    assert conn.execute(TWO).fetchone() == (1, "x1")


@pytest.mark.parametrize("fetch", ["fetchone", "fetchmany", "fetchall", "iteration"])
def test_dict_row(conn: Any, fetch: str) -> None:
    cursor = run(conn, dict_row)
    first = {"id": 1, "name": "x1"}
    if fetch == "fetchone":
        assert cursor.fetchone() == first
        assert list(first) == ["id", "name"]
        assert [cursor.fetchone(), cursor.fetchone(), cursor.fetchone()][1:] == [{"id": 3, "name": "x3"}, None]
    elif fetch == "fetchmany":
        assert cursor.fetchmany(2) == [first, {"id": 2, "name": "x2"}]
        assert cursor.rownumber == 2
    elif fetch == "fetchall":
        assert cursor.fetchall()[0] == first
    else:
        assert [row["id"] for row in cursor] == [1, 2, 3]


def test_dict_row_has_null_and_the_last_of_equal_names(conn: Any) -> None:
    assert run(conn, dict_row, "select null as a, 1 as b, 2 as b").fetchone() == {"a": None, "b": 2}


def test_scalar_row(conn: Any) -> None:
    assert run(conn, scalar_row).fetchall() == [1, 2, 3]
    assert run(conn, scalar_row, "select null as a").fetchone() is None


def test_namedtuple_row(conn: Any) -> None:
    row = run(conn, namedtuple_row).fetchone()
    assert (row.id, row.name, row) == (1, "x1", (1, "x1"))
    assert repr(row) == "Row(id=1, name='x1')"
    assert row._replace(id=2)._asdict() == {"id": 2, "name": "x1"}
    other = run(conn, namedtuple_row).fetchone()
    assert type(other) is type(row)


def test_namedtuple_row_makes_names_of_any_column(conn: Any) -> None:
    row = run(
        conn, namedtuple_row, 'select 1 as "a b", 2 as "class", 3 as "_x", 4 as "1st", 5 as "count(*)"'
    ).fetchone()
    assert row._fields == ("a_b", "fclass", "f_x", "f1st", "count___")


def test_namedtuple_row_refuses_equal_names(conn: Any) -> None:
    cursor = run(conn, namedtuple_row, "select 1 as a, 2 as a")
    with pytest.raises(errors.ProgrammingError, match="several columns are named a"):
        cursor.fetchone()
    cursor.row_factory = tuple_row
    assert cursor.fetchone() == (1, 2)


def test_a_function_of_the_user(conn: Any) -> None:
    seen = []

    def factory(cursor: Any) -> Callable[[Any], Any]:
        seen.append([column[0] for column in cursor.description])
        return lambda values: (type(values), cursor.rowcount, values)

    cursor = run(conn, factory)
    assert seen == []
    assert cursor.fetchone() == (tuple, 3, (1, "x1"))
    assert len(cursor.fetchall()) == 2
    assert seen == [["id", "name"]]


def test_a_function_may_use_a_factory_of_the_module(conn: Any) -> None:
    def shouting(cursor: Any) -> Callable[[Any], Any]:
        make = dict_row(cursor)
        return lambda values: {key.upper(): value for key, value in make(values).items()}

    assert run(conn, shouting).fetchone() == {"ID": 1, "NAME": "x1"}


@pytest.mark.parametrize("factory", [dict_row, namedtuple_row, scalar_row, tuple_row])
def test_makers_can_be_called(dsn: str, factory: Any) -> None:
    with scratchbird.connect(dsn) as conn:
        cursor = run(conn, factory)
        assert factory(cursor)([1, "x1"]) == cursor.fetchone()


def test_a_maker_takes_as_many_values_as_there_are_columns(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        make = dict_row(run(conn, dict_row))
        with pytest.raises(errors.ProgrammingError, match="1 values for 2 columns"):
            make((1,))


def test_a_maker_of_other_columns_is_only_called(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        make = dict_row(run(conn, dict_row, "select 1 as other, 2 as names"))
        assert run(conn, lambda cursor: make).fetchone() == {"other": 1, "names": "x1"}


def test_each_result_of_a_statement_is_shaped_anew(conn: Any) -> None:
    cursor = conn.cursor(row_factory=dict_row)
    cursor.execute("select 1 as a; select 2 as b")
    assert cursor.fetchall() == [{"a": 1}]
    assert cursor.nextset()
    assert cursor.fetchall() == [{"b": 2}]


def test_the_factory_of_a_connection_goes_to_its_cursors(conn: Any) -> None:
    before = conn.cursor()
    conn.row_factory = dict_row
    assert conn.row_factory is dict_row
    assert conn.execute("select 1 as a").fetchone() == {"a": 1}
    assert before.execute("select 1 as a").fetchone() == (1,)
    assert run(conn, tuple_row, "select 1 as a").fetchone() == (1,)
    conn.row_factory = None
    assert conn.row_factory is tuple_row
    assert conn.execute("select 1 as a").fetchone() == (1,)


def test_connect_takes_a_factory(connect: Any, dsn: str) -> None:
    assert connect(dsn, row_factory=dict_row).execute("select 1 as a").fetchone() == {"a": 1}


def test_the_factory_of_a_cursor_counts_for_rows_that_are_still_to_come(conn: Any) -> None:
    cursor = conn.execute(TWO)
    assert cursor.fetchone() == (1, "x1")
    cursor.row_factory = scalar_row
    assert cursor.fetchone() == 2
    cursor.row_factory = dict_row
    assert cursor.fetchall() == [{"id": 3, "name": "x3"}]


def test_scroll_comes_back_to_rows(conn: Any) -> None:
    cursor = run(conn, scalar_row)
    assert cursor.fetchall() == [1, 2, 3]
    cursor.scroll(1, "absolute")
    assert cursor.fetchall() == [2, 3]
    cursor.scroll(-3)
    assert cursor.fetchone() == 1


@pytest.mark.parametrize("wrong", [3, "dict"])
def test_a_factory_is_a_callable(conn: Any, wrong: Any) -> None:
    with pytest.raises(errors.ProgrammingError, match="a row factory is a callable"):
        conn.cursor(row_factory=wrong)
    with pytest.raises(errors.ProgrammingError, match="a row factory is a callable"):
        conn.row_factory = wrong


def test_rows_that_could_not_be_made_are_still_there(conn: Any) -> None:
    def failing(cursor: Any) -> Any:
        def make(values: Any) -> Any:
            if values[0] == 2:
                raise LookupError("no second row")
            return values

        return make

    cursor = run(conn, failing)
    assert cursor.fetchone() == (1, "x1")
    for _ in range(2):
        with pytest.raises(LookupError, match="no second row"):
            cursor.fetchone()
    with pytest.raises(LookupError, match="no second row"):
        cursor.fetchall()
    assert cursor.rownumber == 1
    cursor.row_factory = tuple_row
    assert cursor.fetchall() == [(2, "x2"), (3, "x3")]


def test_a_factory_that_raises_leaves_the_result(conn: Any) -> None:
    def failing(cursor: Any) -> Any:
        raise LookupError("no factory today")

    cursor = run(conn, failing)
    with pytest.raises(LookupError):
        cursor.fetchall()
    cursor.row_factory = tuple_row
    assert len(cursor.fetchall()) == 3


def test_making_a_row_may_look_at_the_cursor(conn: Any) -> None:
    def looking(cursor: Any) -> Any:
        return lambda values: (cursor.rownumber, cursor.description[0][0], *values)

    assert run(conn, looking).fetchall()[0][1:] == ("id", 1, "x1")


def test_making_a_row_may_fetch_from_the_cursor(dsn: str) -> None:
    with scratchbird.connect(dsn) as conn:
        pairs = run(conn, lambda cursor: lambda values: (values[0], next(cursor, None) if values[0] == 1 else None))
        assert pairs.fetchone() == (1, (2, None))


def test_statements_without_rows_need_no_factory(conn: Any) -> None:
    cursor = conn.cursor(row_factory=dict_row)
    cursor.execute("create table rows_none (n int)")
    with pytest.raises(errors.ProgrammingError, match="no rows to fetch"):
        cursor.fetchone()
    assert cursor.execute("insert into rows_none (n) values (1)").rowcount == 1


def test_large_results_in_slices(conn: Any) -> None:
    rows = run(conn, dict_row, "select n as a, n + 1 as b from generate_series(1, 20000) as g(n)").fetchall()
    assert rows == [{"a": n, "b": n + 1} for n in range(1, 20001)]


def test_pools_take_a_factory(dsn: str) -> None:
    with scratchbird.ConnectionPool(dsn, min_size=1, row_factory=dict_row) as pool:
        with pool.connection() as conn:
            assert conn.execute("select 1 as a").fetchone() == {"a": 1}
            conn.row_factory = scalar_row
        with pool.connection() as conn:
            assert conn.execute("select 1 as a").fetchone() == {"a": 1}


@pytest.mark.anyio
async def test_pools_take_a_factory_async(dsn: str) -> None:
    async with scratchbird.AsyncConnectionPool(dsn, min_size=1, row_factory=dict_row) as pool:
        async with pool.connection() as conn:
            assert await (await conn.execute("select 1 as a")).fetchone() == {"a": 1}


def test_pooled_connect_takes_a_factory(connect: Any, dsn: str) -> None:
    scratchbird.pooling(max_size=2)
    try:
        conn = connect(dsn, row_factory=dict_row)
        assert conn.execute("select 1 as a").fetchone() == {"a": 1}
        conn.close()
        conn = connect(dsn)
        assert conn.execute("select 1 as a").fetchone() == (1,)
        conn.close()
    finally:
        scratchbird.pooling(enabled=False)


def test_classes_can_be_parametrised() -> None:
    for generic in (scratchbird.Cursor, scratchbird.AsyncCursor, scratchbird.Connection, scratchbird.AsyncConnection):
        assert generic[int] is not None  # type: ignore[index,unused-ignore]
