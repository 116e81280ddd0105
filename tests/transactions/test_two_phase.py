"""Two-phase commit (PEP 249, optional extensions)."""

from __future__ import annotations

import uuid
from typing import Any, Callable, Iterator

import pytest

import scratchbird
from scratchbird import ProgrammingError, Xid

Connect = Callable[..., Any]
Committed = Callable[[], "list[int]"]
Put = Callable[..., None]


@pytest.fixture
def xid(ledger: str, dsn: str) -> Iterator[Xid]:
    """A name of its own; what is prepared of it is rolled back afterwards."""
    name = Xid.of(7, f"trans'fer {uuid.uuid4()}", "bänk")
    yield name
    with scratchbird.connect(dsn) as admin:
        if name in admin.tpc_recover():
            admin.tpc_rollback(name)


@pytest.fixture(params=[False, True], ids=["manual", "autocommit"])
def either(request: pytest.FixtureRequest, connect: Connect, dsn: str) -> Any:
    return connect(dsn, autocommit=request.param)


def test_both_phases(either: Any, committed: Committed, put: Put, xid: Xid) -> None:
    either.tpc_begin(xid)
    put(either, 1)
    either.tpc_prepare()
    assert committed() == []
    either.tpc_commit()
    assert committed() == [1]
    assert not either.in_transaction
    put(either, 2)
    either.commit()
    assert committed() == [1, 2]


def test_rollback_of_what_is_prepared(either: Any, committed: Committed, put: Put, xid: Xid) -> None:
    either.tpc_begin(xid)
    put(either, 1)
    either.tpc_prepare()
    either.tpc_rollback()
    assert committed() == []
    assert xid not in either.tpc_recover()
    assert not either.in_transaction


@pytest.mark.parametrize("commit", [True, False])
def test_one_phase(either: Any, committed: Committed, put: Put, xid: Xid, commit: bool) -> None:
    either.tpc_begin(xid)
    put(either, 1)
    assert committed() == []
    if commit:
        either.tpc_commit()
    else:
        either.tpc_rollback()
    assert committed() == ([1] if commit else [])
    assert not either.in_transaction


@pytest.mark.parametrize("commit", [True, False])
def test_recovered_by_another_connection(
    connect: Connect, dsn: str, committed: Committed, put: Put, xid: Xid, commit: bool
) -> None:
    first = connect(dsn)
    first.tpc_begin(xid)
    put(first, 1)
    first.tpc_prepare()
    first.close()
    second = connect(dsn)
    assert xid in second.tpc_recover()
    assert not second.in_transaction
    if commit:
        second.tpc_commit(xid)
    else:
        second.tpc_rollback(str(xid))
    assert committed() == ([1] if commit else [])
    assert not second.in_transaction
    assert xid not in second.tpc_recover()
    with pytest.raises(ProgrammingError) as info:
        second.tpc_commit(xid)
    assert info.value.sqlstate == "42704"


def test_a_prepared_transaction_survives_the_with_block(
    dsn: str, connect: Connect, committed: Committed, put: Put, xid: Xid
) -> None:
    with connect(dsn) as conn:
        conn.tpc_begin(xid)
        put(conn, 1)
        conn.tpc_prepare()
    other = connect(dsn)
    other.tpc_commit(xid)
    assert committed() == [1]


def test_an_error_in_the_with_block_rolls_back(
    dsn: str, connect: Connect, committed: Committed, put: Put, xid: Xid
) -> None:
    with pytest.raises(ZeroDivisionError), connect(dsn) as conn:
        conn.tpc_begin(xid)
        put(conn, 1)
        raise ZeroDivisionError
    with pytest.raises(ProgrammingError, match="two-phase"), connect(dsn) as conn:
        conn.tpc_begin(xid)
        put(conn, 2)
    assert committed() == []


def test_an_empty_transaction(either: Any, xid: Xid) -> None:
    either.tpc_begin(xid)
    either.tpc_prepare()
    either.tpc_commit()
    either.tpc_begin(xid)
    either.tpc_commit()


def test_what_is_refused_inside(either: Any, put: Put, xid: Xid) -> None:
    either.tpc_begin(xid)
    put(either, 1)
    for method in (either.commit, either.rollback, either.begin, lambda: either.tpc_begin(xid)):
        with pytest.raises(ProgrammingError):
            method()
    for sql in ("commit", "rollback", "prepare transaction 'x'"):
        with pytest.raises(ProgrammingError, match="two-phase"):
            either.execute(sql)
    with pytest.raises(ProgrammingError):
        either.tpc_commit(xid)
    with pytest.raises(ProgrammingError):
        either.autocommit = not either.autocommit
    with either.transaction(), pytest.raises(ProgrammingError):
        either.tpc_prepare()
    either.tpc_rollback()


def test_what_is_refused_once_prepared(either: Any, committed: Committed, put: Put, xid: Xid) -> None:
    either.tpc_begin(xid)
    put(either, 1)
    either.tpc_prepare()
    cursor = either.cursor()
    refused = [
        lambda: either.execute("select 1"),
        lambda: cursor.execute("select %s", (1,)),
        lambda: cursor.executemany("insert into ledger (n) values (%s)", [(1,)]),
        lambda: either.savepoint("a"),
        lambda: either.transaction().__enter__(),
        either.commit,
        either.rollback,
        either.tpc_prepare,
        either.tpc_recover,
        lambda: either.tpc_rollback(xid),
    ]
    for method in refused:
        with pytest.raises(ProgrammingError):
            method()
    either.tpc_commit()
    assert committed() == [1]


def test_what_needs_a_begin(either: Any, xid: Xid) -> None:
    for method in (either.tpc_prepare, either.tpc_commit, either.tpc_rollback):
        with pytest.raises(ProgrammingError, match="tpc_begin"):
            method()


def test_not_inside_another_transaction(connect: Connect, dsn: str, put: Put, xid: Xid) -> None:
    conn = connect(dsn)
    put(conn, 1)
    for method in (lambda: conn.tpc_begin(xid), lambda: conn.tpc_commit(xid), lambda: conn.tpc_rollback(xid)):
        with pytest.raises(ProgrammingError, match="inside a transaction"):
            method()
    conn.rollback()
    with conn.transaction(), pytest.raises(ProgrammingError):
        conn.tpc_begin(xid)


def test_a_name_taken_twice(connect: Connect, dsn: str, committed: Committed, put: Put, xid: Xid) -> None:
    one, two = connect(dsn), connect(dsn)
    for conn in (one, two):
        conn.tpc_begin(xid)
        put(conn, 1)
    one.tpc_prepare()
    with pytest.raises(scratchbird.DatabaseError):
        two.tpc_prepare()
    assert not two.in_transaction
    put(two, 2)
    two.commit()
    one.tpc_commit()
    assert committed() == [1, 2]


def test_isolation_of_a_two_phase_transaction(connect: Connect, dsn: str, xid: Xid) -> None:
    conn = connect(dsn)
    conn.isolation_level = "snapshot"
    conn.tpc_begin(xid)
    with conn.transaction():
        assert conn.execute("select current_isolation_level()").fetchone() == ("snapshot",)
    conn.tpc_prepare()
    conn.tpc_commit()
    assert conn.execute("select current_isolation_level()").fetchone() == ("snapshot",)


def test_xids(connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    name = conn.xid(1, "global", "branch")
    assert tuple(name) == (1, "global", "branch")
    assert (name[0], name[1], name[2], len(name)) == (1, "global", "branch", 3)
    assert Xid.parse(str(name)) == name
    assert tuple(Xid.parse("1_x_y")) == (None, "1_x_y", "")
    assert tuple(Xid.take("any name")) == (None, "any name", "")
    longest = conn.xid(2**31 - 1, "x" * 64, "y" * 64)
    assert len(str(longest)) < 200
    for parts in (
        (-1, "g", "b"),
        (2**31, "g", "b"),
        ("1", "g", "b"),
        (1, "x" * 65, "b"),
        (1, "g", "ü" * 33),
        (1, "g", 5),
    ):
        with pytest.raises(ProgrammingError):
            conn.xid(*parts)
    for wrong in ("", "a\0b", "x" * 200, 5, None):
        with pytest.raises(ProgrammingError):
            conn.tpc_begin(wrong)


def test_a_plain_text_is_a_name(connect: Connect, dsn: str, committed: Committed, put: Put, xid: Xid) -> None:
    conn = connect(dsn)
    name = "by hand " + xid.gtrid
    conn.tpc_begin(name)
    put(conn, 1)
    conn.tpc_prepare()
    other = connect(dsn)
    assert Xid(None, name, "") in other.tpc_recover()
    conn.tpc_commit()
    assert committed() == [1]
