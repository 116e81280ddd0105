"""Statements that come again are kept by the server, and their PARSE is left out; nothing else may change by that."""

from __future__ import annotations

from typing import Any, Callable, Iterator

import pytest

import scratchbird
from scratchbird import AsyncConnectionPool, ConnectionPool
from tests.faults import wire
from tests.faults.scripted import ScriptedServer
from tests.statements.recorder import Answer, Recorder

FIRST = "PARSE BIND EXECUTE SYNC"
KEPT = "BIND EXECUTE SYNC"


class Scripted:
    """A connection of either face to a recorder."""

    def __init__(self, connect: Callable[..., Any]) -> None:
        self.connect = connect
        self.recorder = Recorder()

    def open(self, answer: Answer = lambda request: None, **keywords: Any) -> Any:
        self.recorder.answer = answer
        self.server = ScriptedServer(self.recorder)
        self.server.__enter__()
        options = {"host": self.server.host, "port": self.server.port, "user": "u", "password": "p"}
        return self.connect(**options, database="d", sslmode="disable", **keywords)


@pytest.fixture
def scripted(connect: Callable[..., Any]) -> Iterator[Scripted]:
    made = Scripted(connect)
    yield made
    made.server.listener.close()
    if made.server.failure is not None:
        raise made.server.failure


def test_a_statement_that_comes_again_is_prepared_once(scripted: Scripted) -> None:
    conn = scripted.open()
    for n in range(5):
        conn.execute("select ?", (n,))
    assert scripted.recorder.kinds() == [FIRST, FIRST, KEPT, KEPT, KEPT]
    names = [sent.name for request in scripted.recorder.requests for sent in request if sent.what == "BIND"]
    assert names[0] == ""
    assert names[1] != ""
    assert set(names[1:]) == {names[1]}


@pytest.mark.parametrize(
    ("threshold", "expected"),
    [(0, [FIRST, KEPT, KEPT, KEPT]), (2, [FIRST, FIRST, FIRST, KEPT]), (100, [FIRST] * 4)],
)
def test_the_threshold_says_when(scripted: Scripted, threshold: int, expected: list[str]) -> None:
    conn = scripted.open(prepare_threshold=threshold)
    for n in range(4):
        conn.execute("select ?", (n,))
    assert scripted.recorder.kinds() == expected


def test_size_0_keeps_nothing(scripted: Scripted) -> None:
    conn = scripted.open(statement_cache_size=0, prepare_threshold=0)
    for n in range(4):
        conn.execute("select ?", (n,))
    assert scripted.recorder.kinds() == [FIRST] * 4
    assert all(sent.name == "" for request in scripted.recorder.requests for sent in request)


def test_other_types_are_another_statement(scripted: Scripted) -> None:
    conn = scripted.open(prepare_threshold=0)
    for value in (1, "a", 1, "a", None, 1):
        conn.execute("select ?", (value,))
    assert scripted.recorder.kinds() == [FIRST, FIRST, KEPT, KEPT, FIRST, KEPT]


def test_the_least_recently_used_statement_makes_room(scripted: Scripted) -> None:
    conn = scripted.open(prepare_threshold=0, statement_cache_size=2)
    for sql in ("select 1, ?", "select 2, ?", "select 1, ?", "select 3, ?", "select 1, ?", "select 2, ?"):
        conn.execute(sql, (0,))
    closing = "CLOSE PARSE BIND EXECUTE SYNC"
    assert scripted.recorder.kinds() == [FIRST, FIRST, KEPT, closing, KEPT, closing]
    _, second, _, third, _, again = scripted.recorder.requests
    assert third[0] == ("CLOSE", second[0].name, "S")
    assert again[0].name == third[1].name


@pytest.mark.parametrize(
    "ddl",
    [
        "create table t (a int)",
        "alter table t add b int",
        "drop table t",
        "set schema x",
        "select 1; drop table t",
    ],
)
def test_a_change_of_the_schema_prepares_again(scripted: Scripted, ddl: str) -> None:
    conn = scripted.open(prepare_threshold=0)
    conn.execute("select ?", (1,))
    conn.execute(ddl)
    conn.execute("select ?", (1,))
    conn.execute("select ?", (1,))
    assert scripted.recorder.kinds() == [FIRST, "QUERY", FIRST, KEPT]
    assert scripted.recorder.requests[0][0].name == scripted.recorder.requests[2][0].name


def test_so_does_taking_it_back(scripted: Scripted) -> None:
    conn = scripted.open(prepare_threshold=0)
    conn.execute("create table t (a int)")
    conn.execute("select ?", (1,))
    conn.rollback()
    conn.execute("select ?", (1,))
    assert scripted.recorder.kinds() == ["QUERY", FIRST, "ROLLBACK", FIRST]


def test_statements_that_change_no_schema_leave_it(scripted: Scripted) -> None:
    conn = scripted.open(prepare_threshold=0)
    conn.execute("select ?", (1,))
    for sql in ("select 2", "insert into t values (1)", "savepoint a", "commit", "rollback", "copy t to stdout"):
        conn.execute(sql)
        conn.execute("select ?", (1,))
        assert scripted.recorder.kinds()[-2:] == ["QUERY", KEPT], sql


@pytest.mark.parametrize("sqlstate", ["26000", "08P01", "0A000"])
def test_a_stale_statement_is_prepared_again_and_run_once(scripted: Scripted, sqlstate: str) -> None:
    def answer(request: Any) -> Any:
        stale = len(scripted.recorder.requests) == 3
        return [wire.error(sqlstate, "stale"), wire.error("34000", "bound portal not found")] if stale else None

    conn = scripted.open(answer, prepare_threshold=0)
    assert [conn.execute("insert into t values (?)", (n,)).rowcount for n in range(4)] == [1, 1, 1, 1]
    assert scripted.recorder.kinds() == [FIRST, KEPT, KEPT, FIRST, KEPT]


def test_a_statement_just_prepared_is_not_run_twice(scripted: Scripted) -> None:
    conn = scripted.open(lambda request: [wire.error("0A000", "no such feature")], prepare_threshold=0)
    with pytest.raises(scratchbird.NotSupportedError):
        conn.execute("select ?", (1,))
    assert scripted.recorder.kinds() == [FIRST]


def test_an_error_of_the_statement_itself_is_not_tried_again(scripted: Scripted) -> None:
    def answer(request: Any) -> Any:
        return [wire.error("23505", "duplicate")] if len(scripted.recorder.requests) == 2 else None

    conn = scripted.open(answer, prepare_threshold=0)
    conn.execute("select ?", (1,))
    with pytest.raises(scratchbird.IntegrityError):
        conn.execute("select ?", (1,))
    conn.execute("select ?", (1,))
    assert scripted.recorder.kinds() == [FIRST, KEPT, KEPT]


def test_an_unknown_column_prepares_again_at_the_next_use(scripted: Scripted) -> None:
    def answer(request: Any) -> Any:
        return [wire.error("42703", "no such column")] if len(scripted.recorder.requests) == 2 else None

    conn = scripted.open(answer, prepare_threshold=0)
    conn.execute("select ?", (1,))
    with pytest.raises(scratchbird.ProgrammingError):
        conn.execute("select ?", (1,))
    conn.execute("select ?", (1,))
    assert scripted.recorder.kinds() == [FIRST, KEPT, FIRST]


def test_a_failed_transaction_is_not_gone_on_with(connect: Callable[..., Any]) -> None:
    def answer(peer: Any) -> None:
        peer.login()
        for count in range(2):
            peer.read_until(wire.SYNC)
            if count == 1:
                peer.send(wire.error("26000", "unknown"), wire.ready(b"E"))
            else:
                peer.send(wire.command_complete("SELECT 0"), wire.ready())

    with ScriptedServer(answer) as server:
        conn = connect(
            host=server.host, port=server.port, user="u", password="p", database="d", sslmode="disable",
            prepare_threshold=0,
        )  # fmt: skip
        conn.execute("select ?", (1,))
        with pytest.raises(scratchbird.DatabaseError) as caught:
            conn.execute("select ?", (1,))
        assert caught.value.sqlstate == "26000"


def test_the_beta_server_is_asked_to_keep_nothing(scripted: Scripted) -> None:
    conn = scripted.open(prepare_threshold=0, server_profile="beta")
    for n in range(3):
        conn.execute("select ?", (n,))
    assert all(sent.name == "" for request in scripted.recorder.requests for sent in request if sent.what == "PARSE")


def test_a_reset_session_has_no_statements(scripted: Scripted) -> None:
    conn = scripted.open(prepare_threshold=0)
    conn.execute("select ?", (1,))
    conn.execute("select ?", (1,))
    scripted.recorder.reason = 4
    conn.execute("select 1")
    conn.execute("select ?", (1,))
    assert scripted.recorder.kinds() == [FIRST, KEPT, "QUERY", FIRST]


def test_very_long_statements_are_not_kept(scripted: Scripted) -> None:
    conn = scripted.open(prepare_threshold=0)
    for _ in range(3):
        conn.execute(f"select ? -- {'x' * 20_000}", (1,))
    assert scripted.recorder.kinds() == [FIRST] * 3


def test_many_statements_stay_within_what_a_server_keeps(conn: Any) -> None:
    for turn in range(2):
        for n in range(300):
            assert conn.execute(f"select {n} + ?", (turn,)).fetchone() == (n + turn,)


def test_results_follow_the_table(connect: Callable[..., Any], dsn: str, ledger: str) -> None:
    conn = connect(dsn, autocommit=True)
    other = connect(dsn, autocommit=True)

    def columns() -> list[str]:
        cursor = conn.execute("select * from ledger where n >= ?", (0,))
        return [column[0] for column in cursor.description]

    assert [columns() for _ in range(4)] == [["n"]] * 4
    conn.execute("alter table ledger add m int")
    assert columns() == ["n", "m"]
    other.execute("alter table ledger drop column m")
    assert columns() == ["n"]
    other.execute("alter table ledger add k int")
    conn.execute("insert into ledger (n, k) values (?, ?)", (1, 2))
    assert conn.execute("select * from ledger where n >= ?", (0,)).fetchall() == [(1, 2)]


def test_an_insert_counts_once_whatever_happens_to_the_table(
    connect: Callable[..., Any], dsn: str, ledger: str
) -> None:
    conn, other = connect(dsn, autocommit=True), connect(dsn, autocommit=True)
    for n in range(6):
        conn.execute("insert into ledger (n) values (?)", (n,))
        other.execute(f"alter table ledger add extra{n} int")
    assert conn.execute("select n from ledger order by n").fetchall() == [(n,) for n in range(6)]


def test_statements_outlive_a_loan() -> None:
    recorder = Recorder()
    with ScriptedServer(recorder) as server:
        options = {"host": server.host, "port": server.port, "user": "u", "password": "p", "sslmode": "disable"}
        with ConnectionPool(min_size=0, max_size=1, database="d", prepare_threshold=0, **options) as pool:
            for n in range(3):
                with pool.connection() as conn:
                    conn.execute("select ?", (n,))
        assert [kind for kind in recorder.kinds() if "EXECUTE" in kind] == [FIRST, KEPT, KEPT]


@pytest.mark.anyio
async def test_statements_outlive_an_asynchronous_loan() -> None:
    recorder = Recorder()
    with ScriptedServer(recorder) as server:
        options = {"host": server.host, "port": server.port, "user": "u", "password": "p", "sslmode": "disable"}
        async with AsyncConnectionPool(min_size=0, max_size=1, database="d", prepare_threshold=0, **options) as pool:
            for n in range(3):
                async with pool.connection() as conn:
                    await conn.execute("select ?", (n,))
        assert [kind for kind in recorder.kinds() if "EXECUTE" in kind] == [FIRST, KEPT, KEPT]


@pytest.mark.parametrize("size", [-1, 241])
def test_a_size_that_no_server_keeps_is_refused(size: int) -> None:
    with pytest.raises(scratchbird.InterfaceError, match="statement_cache_size"):
        scratchbird.connect(host="127.0.0.1", user="u", statement_cache_size=size)
