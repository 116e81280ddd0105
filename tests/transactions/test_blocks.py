"""`transaction()` blocks: what they commit, what they undo, how they nest, and what they refuse."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import scratchbird
from scratchbird import OutOfOrderTransactionNesting, ProgrammingError, Rollback
from tests.transactions.conftest import bare

Connect = Callable[..., Any]
Committed = Callable[[], "list[int]"]
Put = Callable[..., None]


@pytest.fixture(params=[False, True], ids=["manual", "autocommit"])
def either(request: pytest.FixtureRequest, ledger: str, connect: Connect, dsn: str) -> Any:
    """A connection with and without autocommit."""
    return connect(dsn, autocommit=request.param)


def test_commits_at_the_end(either: Any, committed: Committed, put: Put) -> None:
    with either.transaction() as block:
        put(either, 1)
        put(either, 2)
        assert committed() == []
        assert either.in_transaction
        assert block.status == "active"
    assert committed() == [1, 2]
    assert block.status == "committed"
    assert not either.in_transaction


def test_rolls_back_on_an_error(either: Any, committed: Committed, put: Put) -> None:
    with pytest.raises(ZeroDivisionError), either.transaction() as block:
        put(either, 1)
        raise ZeroDivisionError
    assert block.status == "rolled back"
    assert not either.in_transaction
    put(either, 2)
    either.commit()
    assert committed() == [2]


def test_rolls_back_on_an_error_of_the_server(either: Any, committed: Committed, put: Put) -> None:
    with pytest.raises(scratchbird.DatabaseError), either.transaction():
        put(either, 1)
        either.execute("select * from no_such_table")
    assert committed() == []


def test_force_rollback(either: Any, committed: Committed, put: Put) -> None:
    with either.transaction(force_rollback=True) as block:
        put(either, 1)
    assert committed() == []
    assert block.status == "rolled back"
    with either.transaction():
        put(either, 2)
        with either.transaction(force_rollback=True):
            put(either, 3)
    assert committed() == [2]


def test_an_empty_block_sends_nothing_to_begin_with(either: Any, committed: Committed) -> None:
    with either.transaction():
        assert not either.in_transaction
    assert committed() == []


def test_nested_blocks_are_parts(either: Any, committed: Committed, put: Put) -> None:
    with either.transaction():
        put(either, 1)
        with either.transaction() as kept:
            put(either, 2)
        with pytest.raises(ZeroDivisionError), either.transaction() as undone:
            put(either, 3)
            with either.transaction():
                put(either, 4)
            raise ZeroDivisionError
        put(either, 5)
        assert committed() == []
    assert committed() == [1, 2, 5]
    assert (kept.status, undone.status) == ("committed", "rolled back")
    assert kept.savepoint_name == undone.savepoint_name
    assert kept.savepoint_name is not None


def test_an_error_that_passes_all_blocks_undoes_all(either: Any, committed: Committed, put: Put) -> None:
    with pytest.raises(ZeroDivisionError), either.transaction():
        put(either, 1)
        with either.transaction():
            put(either, 2)
            raise ZeroDivisionError
    assert committed() == []


def test_rollback_leaves_the_innermost_block(either: Any, committed: Committed, put: Put) -> None:
    with either.transaction():
        put(either, 1)
        with either.transaction() as inner:
            put(either, 2)
            raise Rollback
        put(either, 3)
    assert committed() == [1, 3]
    assert inner.status == "rolled back"


def test_rollback_leaves_an_outer_block(either: Any, committed: Committed, put: Put) -> None:
    with either.transaction():
        put(either, 1)
        with either.transaction() as outer:
            put(either, 2)
            with either.transaction() as inner:
                put(either, 3)
                raise Rollback(bare(outer))
            pytest.fail("the block around was to be left too")
        put(either, 4)
    assert committed() == [1, 4]
    assert (inner.status, outer.status) == ("rolled back", "rolled back")


def test_rollback_of_another_block_is_an_error_like_any(either: Any, committed: Committed, put: Put) -> None:
    with either.transaction() as finished:
        put(either, 1)
    with pytest.raises(Rollback), either.transaction():
        put(either, 2)
        raise Rollback(bare(finished))
    assert committed() == [1]


@pytest.mark.parametrize("name", ["outer", "Of Two Words", 'half "way', "x; drop table ledger", "ünïcode", "'", "{}"])
def test_names_of_savepoints(either: Any, committed: Committed, put: Put, name: str) -> None:
    with either.transaction(savepoint_name=name) as outer:
        put(either, 1)
        with either.transaction(savepoint_name=name + "2") as inner:
            put(either, 2)
            raise Rollback
    assert (outer.savepoint_name, inner.savepoint_name) == (name, name + "2")
    assert committed() == [1]


@pytest.mark.parametrize("name", ["", "a\0b", "\ud800", 5])
def test_names_that_cannot_be(either: Any, name: Any) -> None:
    with pytest.raises(ProgrammingError):
        either.transaction(savepoint_name=name)


def test_inside_a_transaction_with_work_a_block_is_a_part(
    ledger: str, connect: Connect, dsn: str, committed: Committed, put: Put
) -> None:
    conn = connect(dsn)
    put(conn, 1)
    with conn.transaction() as kept:
        put(conn, 2)
    assert kept.savepoint_name is not None
    with conn.transaction():
        put(conn, 3)
        raise Rollback
    assert conn.in_transaction
    assert committed() == []
    conn.commit()
    assert committed() == [1, 2]


def test_a_failed_statement_inside_can_be_caught(either: Any, committed: Committed, put: Put) -> None:
    with either.transaction():
        put(either, 1)
        with pytest.raises(scratchbird.DatabaseError), either.transaction():
            put(either, 2)
            either.execute("select * from no_such_table")
        put(either, 3)
    assert committed() == [1, 3]


def test_commit_and_rollback_inside_are_refused(either: Any, committed: Committed, put: Put) -> None:
    with either.transaction():
        put(either, 1)
        for method in (either.commit, either.rollback, either.begin):
            with pytest.raises(ProgrammingError):
                method()
        with pytest.raises(ProgrammingError):
            either.autocommit = not either.autocommit
        with pytest.raises(ProgrammingError):
            either.isolation_level = "snapshot"
        with either.transaction(), pytest.raises(ProgrammingError):
            either.commit()
        assert committed() == []
    assert committed() == [1]


@pytest.mark.parametrize(
    "sql",
    [
        "commit",
        "ROLLBACK",
        "/* x */ commit work",
        "begin",
        "start transaction",
        "set transaction read only",
        "prepare transaction 'x'",
    ],
)
def test_their_sql_inside_is_refused(either: Any, committed: Committed, put: Put, sql: str) -> None:
    with either.transaction():
        put(either, 1)
        with pytest.raises(ProgrammingError, match="block"):
            either.execute(sql)
    assert committed() == [1]


def test_a_block_is_entered_once(either: Any) -> None:
    block = either.transaction()
    with block:
        with pytest.raises(ProgrammingError, match="once"), block:
            pytest.fail("entered twice")
    with pytest.raises(ProgrammingError, match="once"), block:
        pytest.fail("entered again")


def test_blocks_that_end_out_of_order(either: Any, committed: Committed, put: Put) -> None:
    outer, inner = either.transaction(), either.transaction()
    outer.__enter__()
    put(either, 1)
    inner.__enter__()
    put(either, 2)
    with pytest.raises(OutOfOrderTransactionNesting) as info:
        outer.__exit__(None, None, None)
    assert isinstance(info.value, ProgrammingError)
    assert either.closed
    assert committed() == []
    with pytest.raises(scratchbird.Error):
        inner.__exit__(None, None, None)


def test_a_connection_closed_inside(either: Any, committed: Committed, put: Put) -> None:
    with pytest.raises(scratchbird.InterfaceError), either.transaction():
        put(either, 1)
        either.close()
    assert committed() == []


def test_an_error_is_not_hidden_by_the_lost_connection(either: Any, committed: Committed, put: Put) -> None:
    with pytest.raises(ZeroDivisionError), either.transaction():
        put(either, 1)
        either.close()
        raise ZeroDivisionError
    assert committed() == []


def test_many_rows_inside(either: Any, committed: Committed, put: Put) -> None:
    with either.transaction():
        put(either, 1)
        either.cursor().executemany("insert into ledger (n) values (%s)", [(2,), (3,)])
        assert committed() == []
        with either.transaction():
            either.cursor().executemany("insert into ledger (n) values (%s)", [(4,), (5,)])
            raise Rollback
    assert committed() == [1, 2, 3]


def test_a_constraint_checked_at_the_commit(connect: Connect, dsn: str) -> None:
    with scratchbird.connect(dsn, autocommit=True) as admin:
        admin.execute("create table late (n int unique deferrable initially deferred)")
        try:
            conn = connect(dsn)
            with pytest.raises(scratchbird.IntegrityError), conn.transaction() as block:
                conn.execute("insert into late values (1)")
                conn.execute("insert into late values (1)")
            assert block.status == "unknown"
            assert not conn.in_transaction
            with conn.transaction():
                conn.execute("insert into late values (2)")
            assert admin.execute("select n from late").fetchall() == [(2,)]
            conn.close()
        finally:
            admin.execute("drop table late")


def test_the_connection_of_a_block(either: Any) -> None:
    with either.transaction() as block:
        assert bare(block).connection is bare(either)
        assert "active" in repr(bare(block))


def test_the_status_throughout(either: Any, put: Put) -> None:
    def status() -> str:
        return str(either.info.transaction_status)

    # The server opens the next transaction with every end.
    assert status() == "active"
    before = either.info.transaction_id
    with either.transaction():
        put(either, 1)
        assert status() == "active"
        assert either.info.transaction_id == before
        with pytest.raises(scratchbird.DatabaseError), either.transaction():
            either.execute("select * from no_such_table")
        assert status() == "active"
    assert status() == "active"
    assert either.info.transaction_id != before
