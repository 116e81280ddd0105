"""Isolation levels, read-only and deferrable transactions: what is asked for, and what the server makes of it."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import scratchbird
from scratchbird import IsolationLevel, NotSupportedError, ProgrammingError

Connect = Callable[..., Any]
Put = Callable[..., None]

LEVELS = {
    IsolationLevel.READ_COMMITTED: "read_committed",
    IsolationLevel.READ_CONSISTENCY: "read_committed",
    IsolationLevel.READ_COMMITTED_RECORD_VERSION: "read_committed",
    IsolationLevel.READ_COMMITTED_NO_RECORD_VERSION: "read_committed",
    IsolationLevel.SNAPSHOT: "snapshot",
    IsolationLevel.SNAPSHOT_TABLE_STABILITY: "snapshot_table_stability",
}


def level(conn: Any) -> str:
    return str(conn.execute("select current_isolation_level()").fetchone()[0])


def read_only(conn: Any) -> bool:
    return bool(conn.execute("select tx_read_only()").fetchone()[0])


def test_every_level_is_tested() -> None:
    assert set(LEVELS) == set(IsolationLevel)


@pytest.mark.parametrize("autocommit", [False, True], ids=["manual", "autocommit"])
@pytest.mark.parametrize("wanted", list(LEVELS), ids=lambda wanted: wanted.name)
def test_levels(connect: Connect, dsn: str, wanted: IsolationLevel, autocommit: bool) -> None:
    conn = connect(dsn, autocommit=autocommit)
    assert conn.isolation_level is None
    conn.isolation_level = wanted
    assert conn.isolation_level is wanted
    for _ in range(3):
        assert level(conn) == LEVELS[wanted]
        assert level(conn) == LEVELS[wanted]
        conn.commit()
    conn.isolation_level = None
    assert level(conn) == "read_committed"
    conn.rollback()
    with conn.transaction(isolation=wanted):
        assert level(conn) == LEVELS[wanted]
    assert level(conn) == "read_committed"


@pytest.mark.parametrize("wanted", [IsolationLevel.SNAPSHOT, IsolationLevel.SNAPSHOT_TABLE_STABILITY])
def test_in_autocommit_each_statement_sees_what_is_committed(
    connect: Connect, dsn: str, ledger: str, put: Put, wanted: IsolationLevel
) -> None:
    def count(conn: Any) -> int:
        return int(conn.execute("select count(*) from ledger").fetchone()[0])

    conn, other = connect(dsn, autocommit=True), connect(dsn, autocommit=True)
    conn.isolation_level = wanted
    for number in range(3):
        assert count(conn) == number
        assert level(conn) == LEVELS[wanted]
        put(other, number)
    with conn.transaction():
        assert count(conn) == 3
        put(other, 3)
        assert count(conn) == 3
    assert count(conn) == 4
    # Until its next statement it still looks at the table, which nobody can drop meanwhile.
    conn.commit()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("read committed", IsolationLevel.READ_COMMITTED),
        ("READ UNCOMMITTED", IsolationLevel.READ_COMMITTED),
        ("Read-Consistency", IsolationLevel.READ_CONSISTENCY),
        ("repeatable_read", IsolationLevel.SNAPSHOT),
        (" snapshot ", IsolationLevel.SNAPSHOT),
        ("SERIALIZABLE", IsolationLevel.SNAPSHOT_TABLE_STABILITY),
        ("snapshot table stability", IsolationLevel.SNAPSHOT_TABLE_STABILITY),
        ("read committed no record version", IsolationLevel.READ_COMMITTED_NO_RECORD_VERSION),
    ],
)
def test_names_of_levels(connect: Connect, dsn: str, name: str, wanted: IsolationLevel) -> None:
    conn = connect(dsn)
    conn.set_isolation_level(name)
    assert conn.isolation_level is wanted


@pytest.mark.parametrize("wrong", ["", "chaos", 7, "of", "__class__"])
def test_what_is_no_level(connect: Connect, dsn: str, wrong: Any) -> None:
    conn = connect(dsn)
    with pytest.raises(ProgrammingError, match="isolation level"):
        conn.isolation_level = wrong
    with pytest.raises(ProgrammingError, match="isolation level"):
        conn.transaction(isolation=wrong)
    assert conn.isolation_level is None


@pytest.mark.parametrize("parameters", [None, (1,)], ids=["query", "extended"])
@pytest.mark.parametrize("autocommit", [False, True], ids=["manual", "autocommit"])
def test_read_only(ledger: str, connect: Connect, dsn: str, autocommit: bool, parameters: Any) -> None:
    conn = connect(dsn, autocommit=autocommit)
    conn.read_only = True
    for _ in range(2):
        with pytest.raises(scratchbird.Error) as info:
            conn.execute(f"insert into ledger (n) values ({'%s' if parameters else 1})", parameters)
        assert info.value.sqlstate == "25006"
        conn.rollback()
    with pytest.raises(scratchbird.Error):
        conn.cursor().executemany("insert into ledger (n) values (%s)", [(1,), (2,)])
    conn.rollback()
    conn.read_only = None
    conn.execute("insert into ledger (n) values (1)")
    conn.commit()
    assert conn.execute("select n from ledger").fetchall() == [(1,)]


def test_snapshot_sees_one_state(ledger: str, connect: Connect, dsn: str, put: Put) -> None:
    conn, other = connect(dsn), connect(dsn, autocommit=True)
    for isolation, second in (("SNAPSHOT", 0), ("READ COMMITTED", 2)):
        with conn.transaction(isolation=isolation):
            first = conn.execute("select count(*) from ledger").fetchone()[0]
            put(other, 1)
            assert conn.execute("select count(*) from ledger").fetchone()[0] == second
        assert first == max(0, second - 1)


def test_conflicts_of_serializable_are_retryable(ledger: str, connect: Connect, dsn: str) -> None:
    one, two = connect(dsn), connect(dsn)
    one.isolation_level = two.isolation_level = IsolationLevel.SERIALIZABLE
    for conn in (one, two):
        conn.execute("select count(*) from ledger").fetchone()
        conn.execute("insert into ledger (n) values (1)")
    one.commit()
    with pytest.raises(scratchbird.DatabaseError) as info:
        two.commit()
    assert info.value.is_retryable
    assert not two.in_transaction
    assert not info.value.outcome_unknown


def test_all_at_once(connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    conn.set_session(isolation_level="serializable", read_only=True, deferrable=True, autocommit=True)
    assert (conn.isolation_level, conn.read_only, conn.deferrable, conn.autocommit) == (
        IsolationLevel.SERIALIZABLE,
        True,
        True,
        True,
    )
    assert (level(conn), read_only(conn)) == ("snapshot_table_stability", True)
    conn.set_session(read_only=False)
    assert (level(conn), read_only(conn)) == ("snapshot_table_stability", False)
    conn.set_session(isolation_level=None)
    assert (level(conn), read_only(conn)) == ("read_committed", False)
    assert conn.execute("show transaction isolation level").fetchone() == ("read_committed",)
    conn.set_read_only(None)
    conn.set_deferrable(None)
    conn.set_isolation_level(None)
    assert (conn.isolation_level, conn.read_only, conn.deferrable) == (None, None, None)


def test_a_block_takes_what_it_is_not_given_from_the_connection(connect: Connect, dsn: str) -> None:
    conn = connect(dsn, autocommit=True)
    conn.set_session(isolation_level="snapshot", read_only=True)
    with conn.transaction(read_only=False):
        assert (level(conn), read_only(conn)) == ("snapshot", False)
    with conn.transaction(isolation="serializable"):
        assert (level(conn), read_only(conn)) == ("snapshot_table_stability", True)
    assert (level(conn), read_only(conn)) == ("snapshot", True)


def test_begin_is_for_one_transaction(connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    conn.begin(isolation="snapshot", read_only=True)
    assert (level(conn), read_only(conn)) == ("snapshot", True)
    with conn.transaction():
        assert level(conn) == "snapshot"
    assert level(conn) == "snapshot"
    conn.rollback()
    assert (level(conn), read_only(conn)) == ("read_committed", False)


def test_a_block_inside_begin_before_any_statement(connect: Connect, dsn: str) -> None:
    conn = connect(dsn, autocommit=True)
    conn.begin(isolation="snapshot")
    with conn.transaction():
        assert level(conn) == "snapshot"
    assert level(conn) == "snapshot"
    conn.commit()
    assert level(conn) == "read_committed"


def test_parts_have_no_characteristics_of_their_own(connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    with conn.transaction():
        for given in ({"isolation": "snapshot"}, {"read_only": True}, {"deferrable": False}):
            with pytest.raises(ProgrammingError, match="whole transaction"), conn.transaction(**given):
                pytest.fail("entered")
    conn.execute("select 1")
    with pytest.raises(ProgrammingError, match="whole transaction"), conn.transaction(isolation="snapshot"):
        pytest.fail("entered")


def test_no_change_inside_a_transaction(connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    conn.execute("select 1")
    for name, value in (("isolation_level", "snapshot"), ("read_only", True), ("deferrable", True)):
        with pytest.raises(ProgrammingError, match="inside a transaction"):
            setattr(conn, name, value)
    conn.rollback()
    conn.read_only = True
    conn.close()
    with pytest.raises(scratchbird.InterfaceError):
        conn.read_only = False


def test_a_change_after_a_failed_statement_of_autocommit(connect: Connect, dsn: str) -> None:
    """The server's transaction may still be the one that was opened as wanted before."""
    conn = connect(dsn, autocommit=True)
    conn.isolation_level = "snapshot"
    for _ in range(2):
        with pytest.raises(ProgrammingError):
            conn.execute("select * from no_such_table")
        conn.isolation_level = None
        assert level(conn) == "read_committed"
        conn.isolation_level = "snapshot"
        assert level(conn) == "snapshot"


def test_the_beta_server_keeps_none_of_it(connect: Connect, dsn: str) -> None:
    conn = connect(dsn, server_profile="beta")
    conn.isolation_level = "read committed"
    conn.read_only = False
    for demanding in ("snapshot", "serializable", "read consistency", "read committed record version"):
        with pytest.raises(NotSupportedError, match="READ COMMITTED"):
            conn.isolation_level = demanding
        with pytest.raises(NotSupportedError):
            conn.transaction(isolation=demanding)
        with pytest.raises(NotSupportedError):
            conn.begin(isolation=demanding)
    for name in ("read_only", "deferrable"):
        with pytest.raises(NotSupportedError):
            setattr(conn, name, True)
    with pytest.raises(NotSupportedError, match="two-phase"):
        conn.tpc_begin("x")
    with pytest.raises(NotSupportedError):
        conn.tpc_recover()
    assert conn.isolation_level is IsolationLevel.READ_COMMITTED


def test_the_beta_server_warns_of_savepoints(ledger: str, connect: Connect, dsn: str) -> None:
    conn = connect(dsn, server_profile="beta")
    conn.execute("select 1")
    with pytest.warns(scratchbird.ServerDefectWarning, match="ROLLBACK TO SAVEPOINT"):
        with conn.transaction():
            raise scratchbird.Rollback
