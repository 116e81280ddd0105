"""prepare(): a statement that the server keeps, what is known of it, and that nothing disturbs it."""

from __future__ import annotations

import asyncio
import gc
from typing import Any, Callable

import pytest

import scratchbird
from scratchbird import Parameter
from scratchbird.rows import dict_row
from tests.statements.test_cache import FIRST, KEPT, Scripted, scripted  # noqa: F401 - a fixture

DESCRIBED = "PARSE DESCRIBE SYNC"


def test_its_methods(conn: Any) -> None:
    conn.execute("create temporary table prepared (id int, name text)")
    with conn.prepare("insert into prepared (id, name) values (%s, %s)") as insert:
        assert insert.execute((1, "one")).rowcount == 1
        assert insert.executemany([(n, str(n)) for n in range(2, 5)]).rowcount == 3
        assert insert.description is None
    select = conn.prepare("select id, name from prepared where id >= :low order by id", row_factory=dict_row)
    assert select.description is None
    assert select.fetch({"low": 3}) == [{"id": 3, "name": "3"}, {"id": 4, "name": "4"}]
    assert [column[0] for column in select.description] == ["id", "name"]
    assert select.fetchrow({"low": 4}) == {"id": 4, "name": "4"}
    assert select.fetchrow({"low": 9}) is None
    assert select.fetchval({"low": 1}, column=1) == "one"
    assert select.fetchval({"low": 9}) is None
    assert select.execute({"low": 4}).fetchall() == [{"id": 4, "name": "4"}]
    with pytest.raises(scratchbird.ProgrammingError):
        select.execute({"high": 4})
    select.close()


def test_parameters(conn: Any) -> None:
    conn.execute("create temporary table prepared (id bigint, name text)")
    statement = conn.prepare("select * from prepared where id = %s and name = %s and id > %s::int")
    assert [(p.type_code, p.type_name, p.direction) for p in statement.parameters] == [
        (20, "int8", "in"),
        (25, "text", "in"),
        (23, "int4", "in"),
    ]
    named = conn.prepare("select :low::int + :high::int")
    assert named.parameters == [
        Parameter("low", 23, "int4", None, "in"),
        Parameter("high", 23, "int4", None, "in"),
    ]
    assert conn.prepare("select 1").parameters == []
    assert (named.query, named.name, named.closed) == ("select :low::int + :high::int", None, False)


def test_it_is_prepared_once_whatever_the_cache_does(scripted: Scripted) -> None:  # noqa: F811
    conn = scripted.open(statement_cache_size=0)
    statement = conn.prepare("select ?", "totals")
    for n in range(3):
        statement.execute((n,))
    conn.execute("select ?", (7,))
    assert scripted.recorder.kinds() == [DESCRIBED, FIRST, KEPT, KEPT, KEPT]
    assert scripted.recorder.requests[1][0].name.startswith("totals")
    statement.close()
    conn.execute("select ?", (7,))
    conn.execute("select 2, ?", (7,))
    assert scripted.recorder.kinds()[-2:] == [FIRST, FIRST]
    assert scripted.recorder.requests[-1][0].name == ""


def test_without_parameters_it_is_prepared_too(scripted: Scripted) -> None:  # noqa: F811
    conn = scripted.open()
    statement = conn.prepare("select 1")
    for _ in range(3):
        statement.execute()
    assert scripted.recorder.kinds() == [DESCRIBED, FIRST, KEPT, KEPT]


def test_two_users_of_one_statement(scripted: Scripted) -> None:  # noqa: F811
    conn = scripted.open(statement_cache_size=0)
    one, other = conn.prepare("select ?"), conn.prepare("select ?")
    one.execute((1,))
    one.close()
    one.close()
    other.execute((1,))
    assert scripted.recorder.kinds()[2:] == [FIRST, KEPT]
    del other
    gc.collect()
    conn.execute("select ?", (1,))
    assert scripted.recorder.kinds()[-1] == FIRST


def test_what_cannot_be_prepared(conn: Any) -> None:
    for query in ("commit", "select 1; select 2", "", "{? = call f(?)}", "begin"):
        with pytest.raises(scratchbird.ProgrammingError):
            conn.prepare(query)
    for name in ("", "a\0b", "x" * 201):
        with pytest.raises(scratchbird.ProgrammingError):
            conn.prepare("select 1", name)
    statement = conn.prepare("select nothing from nowhere where a = %s")
    with pytest.raises(scratchbird.ProgrammingError):
        statement.execute((1,))


def test_closed(conn: Any) -> None:
    statement = conn.prepare("select %s::int")
    with statement:
        assert statement.fetchval((1,)) == 1
    assert statement.closed
    with pytest.raises(scratchbird.InterfaceError, match="closed"):
        statement.fetchval((1,))
    open_one = conn.prepare("select 1")
    conn.close()
    assert open_one.closed
    with pytest.raises(scratchbird.InterfaceError):
        open_one.execute()
    open_one.close()
    with pytest.raises(scratchbird.InterfaceError):
        conn.prepare("select 1")


def test_transactions_end_and_it_stays(conn: Any) -> None:
    statement = conn.prepare("select %s::int + 1")
    for n in range(3):
        assert statement.fetchval((n,)) == n + 1
        conn.rollback()
        with conn.transaction():
            assert statement.fetchval((n,)) == n + 1
        with pytest.raises(scratchbird.DataError), conn.transaction():
            conn.execute("select 1 / 0")
    assert not conn.in_transaction


@pytest.mark.parametrize("autocommit", [False, True])
def test_a_change_of_the_schema(connect: Callable[..., Any], dsn: str, ledger: str, autocommit: bool) -> None:
    """By the connection itself, and by another one."""
    conn = connect(dsn, autocommit=autocommit)
    statement = conn.prepare("select * from ledger where n >= %s")
    assert statement.fetch((0,)) == []
    conn.execute("alter table ledger add column other text")
    conn.execute("insert into ledger values (1, 'x')")
    conn.commit()
    assert statement.fetch((0,)) == [(1, "x")]
    assert [column[0] for column in statement.description] == ["n", "other"]
    conn.commit()
    with scratchbird.connect(dsn, autocommit=True) as admin:
        admin.execute("alter table ledger drop column other")
    conn.autocommit = True
    assert statement.fetch((0,)) == [(1,)]


def test_in_a_pipeline(conn: Any) -> None:
    statement = conn.prepare("select %s::int * 2")
    with conn.pipeline():
        cursors = [statement.execute((n,)) for n in range(5)]
    assert [cursor.fetchone() for cursor in cursors] == [(0,), (2,), (4,), (6,), (8,)]


def test_in_autocommit_nothing_stays_open(connect: Callable[..., Any], dsn: str, ledger: str) -> None:
    conn = connect(dsn, autocommit=True)
    statement = conn.prepare("select n from ledger where n = %s")
    assert not conn.in_transaction
    with scratchbird.connect(dsn, autocommit=True) as other:
        other.execute("alter table ledger add column free int", timeout=20)
    assert statement.fetch((1,)) == []


def test_in_a_pool(dsn: str) -> None:
    with scratchbird.ConnectionPool(dsn, min_size=1, max_size=1) as pool:
        with pool.connection() as conn:
            statement = conn.prepare("select %s::int")
            assert statement.fetchval((1,)) == 1
        assert statement.closed
        with pytest.raises(scratchbird.InterfaceError):
            statement.fetchval((1,))
        statement.close()
        with pool.connection() as conn, conn.prepare("select %s::int") as again:
            assert again.fetchval((2,)) == 2


def test_a_limit(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn)
    with conn.prepare("select pg_sleep(%s)") as statement, pytest.raises(scratchbird.OperationalError) as info:
        statement.execute((30,), timeout=0.1)
    assert info.value.sqlstate == "57014"
    conn.rollback()
    with pytest.raises(scratchbird.ProgrammingError):
        conn.prepare("select 1", timeout=-1)


@pytest.mark.anyio
async def test_tasks_share_it(aconn: Any) -> None:
    async with await aconn.prepare("select %s::int") as statement:
        found = await asyncio.gather(*(statement.fetchval((n,)) for n in range(20)))
    assert found == list(range(20))
