"""The roads of `bulk_copy` and `executemany`, each forced by a server that lacks the faster ones, on both faces.

COPY in packets, then array BIND; without both, literals where parameters cannot be trusted, and else a pipeline.
"""

from __future__ import annotations

import datetime
import decimal
import uuid
import warnings
from typing import Any, AsyncIterator, Callable, Iterator

import pytest

import scratchbird
from tests.faults import wire
from tests.faults.scripted import ScriptedServer
from tests.fix_connection import Driven
from tests.fix_server import start
from tests.statements.recorder import Recorder, Sent

ROADS = {
    "copy": (),
    "array": ("binary-copy",),
    "no array": ("binary-copy", "array-bind"),
}
LITERALS = wire.FEATURES & ~(wire.ARRAY_BIND | wire.BINARY_COPY)
DAMAGING = 'it\'s; DROP TABLE road; -- \\ $1 ? %s :n\n"x" é'


@pytest.fixture(
    scope="module", params=[(profile, road) for profile in ("standard", "beta") for road in ROADS], ids="-".join
)
def limited(request: pytest.FixtureRequest) -> Iterator[Any]:
    profile, road = request.param
    with start(profile=profile, without=ROADS[road]) as running:
        yield running


@pytest.fixture
def dsn(limited: Any) -> Iterator[str]:
    dsn = str(limited.dsn)
    with scratchbird.connect(dsn, autocommit=True, server_defects="ignore") as admin:
        admin.execute("create table road (id bigint primary key, label text, n numeric(20,4))")
        yield dsn
        admin.execute("drop table road")


def stored(dsn: str) -> list[Any]:
    """What everybody sees, with the texts that the beta can return."""
    with scratchbird.connect(dsn, server_defects="ignore") as other:
        rows = other.execute("select * from road order by id").fetchall()
        return [(row[0], row[1], row[2]) for row in rows]


async def numbers(count: int) -> AsyncIterator[tuple[Any, ...]]:
    for n in range(count):
        yield n, f"é' {n}", decimal.Decimal(n) / 4


@pytest.mark.parametrize("autocommit", [False, True])
@pytest.mark.parametrize("count", [1, 1000, 2501])
def test_every_row_is_stored_and_counted(connect: Callable[..., Any], dsn: str, count: int, autocommit: bool) -> None:
    conn = connect(dsn, autocommit=autocommit)
    rows = ((n, f"é' {n}", decimal.Decimal(n) / 4) for n in range(count))
    told: list[int] = []
    columns = ["id", "label", "n"]
    assert conn.bulk_copy("road", rows, columns=columns, batch_size=1000, on_progress=told.append) == count
    assert told == [*range(1000, count, 1000), count]
    conn.commit()
    found = stored(dsn)
    assert len(found) == count
    assert found[-1] == (count - 1, f"é' {count - 1}", decimal.Decimal(count - 1) / 4)


def test_mappings_and_asynchronous_iterables(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn)
    assert conn.bulk_copy("road", [{"label": "a", "id": 7000}, {"id": 7001, "label": None}]) == 2
    if isinstance(conn, Driven):
        assert conn.bulk_copy("road", numbers(2100), columns=["id", "label", "n"]) == 2100
    conn.commit()
    assert stored(dsn)[-2:] == [(7000, "a", None), (7001, None, None)]


def test_rows_that_are_refused_leave_nothing(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn, autocommit=True)
    rows = [(n if n < 2000 else 5, "x", None) for n in range(2400)]
    with pytest.raises(scratchbird.IntegrityError) as caught:
        conn.bulk_copy("road", rows, columns=["id", "label", "n"])
    assert caught.value.sqlstate == "23505"
    assert stored(dsn) == []
    assert conn.execute("select 1").fetchone() == (1,)
    with pytest.raises((scratchbird.DataError, scratchbird.ProgrammingError), match="7"):
        conn.bulk_copy(
            "road", [(n, object() if n == 7 else "x", None) for n in range(20)], columns=["id", "label", "n"]
        )
    assert stored(dsn) == []


def test_a_generator_that_fails_leaves_nothing(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn, autocommit=True)

    def rows() -> Iterator[Any]:
        yield from ((n, "x", None) for n in range(1500))
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        conn.bulk_copy("road", rows(), columns=["id", "label", "n"])
    assert conn.execute("select 1").fetchone() == (1,)
    assert stored(dsn) == []


def test_no_value_is_read_as_sql(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn, autocommit=True, server_defects="ignore")
    assert conn.bulk_copy("road", [(1, DAMAGING, None), (2, "');--", 5)], columns=["id", "label", "n"]) == 2
    # The beta cuts such a text where it returns it; what it has stored is looked for.
    assert conn.execute("select count(*) from road where label = ?", (DAMAGING,)).fetchone() == (1,)
    assert conn.execute("select count(*) from road").fetchone() == (2,)


# ---- Literals, as they are sent ------------------------------------------------------------------------------


@pytest.fixture
def told() -> Iterator[list[Any]]:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", scratchbird.ServerDefectWarning)
        yield seen


def counts(stored: int) -> Callable[[list[Sent]], Any]:
    """An answer that reports so many rows for an INSERT."""

    def answer(request: list[Sent]) -> Any:
        if request[0].text.startswith("INSERT"):
            return [wire.command_complete(f"INSERT {stored}", stored)]
        return [wire.command_complete("OK")] * sum(sent.what in ("QUERY", "EXECUTE") for sent in request)

    return answer


def opened(connect: Callable[..., Any], server: ScriptedServer, **options: Any) -> Any:
    where = {"host": server.host, "port": server.port, "user": "u", "password": "p", "database": "d"}
    return connect(**where, sslmode="disable", server_profile="beta", **options)


def test_the_statement_of_literals(connect: Callable[..., Any], told: list[Any]) -> None:
    recorder = Recorder(counts(2))
    recorder.features = LITERALS
    moment = datetime.datetime(2026, 11, 21, 10, 0, tzinfo=datetime.timezone.utc)
    key = uuid.UUID(int=5)
    with ScriptedServer(recorder) as server:
        conn = opened(connect, server)
        columns = ["a", "b", 'c"d', "e", "f", "g"]
        rows = [(-1, "it's", True, 1.5e300, b"\0'", None), (2, "\\", False, float("nan"), key, moment)]
        assert conn.bulk_copy("s.t", rows, columns=columns) == 2
        conn.close()
    [text] = [sent.text for request in recorder.requests for sent in request if "INSERT" in sent.text]
    assert text == (
        'INSERT INTO "s"."t" ("a", "b", "c""d", "e", "f", "g") VALUES '
        "(-1,'it''s',true,1.5e300,'\\x0027',NULL), (2,'\\',false,'NaN','00000000-0000-0000-0000-000000000005',"
        "'2026-11-21 10:00:00+00:00')"
    )
    assert not any(sent.what == "BIND" for request in recorder.requests for sent in request)


@pytest.mark.parametrize("call", ["bulk_copy", "executemany"])
def test_a_count_that_differs_is_an_error(connect: Callable[..., Any], call: str) -> None:
    recorder = Recorder(counts(1))
    recorder.features = LITERALS
    with ScriptedServer(recorder) as server:
        conn = opened(connect, server, autocommit=True)
        with pytest.raises(scratchbird.DatabaseError, match="1 instead of 3") as caught:
            if call == "bulk_copy":
                conn.bulk_copy("t", [(n,) for n in range(3)], columns=["a"])
            else:
                conn.executemany("INSERT INTO t (a) VALUES (?)", [(n,) for n in range(3)])
        assert caught.value.sqlstate == "XX001"
        conn.close()
    kinds = recorder.kinds()
    assert "ROLLBACK" in kinds
    assert "COMMIT" not in kinds


def test_texts_that_come_back_damaged_are_told_of_on_this_road_too(
    connect: Callable[..., Any], told: list[Any]
) -> None:
    recorder = Recorder(counts(1))
    recorder.features = LITERALS
    with ScriptedServer(recorder) as server:
        conn = opened(connect, server)
        conn.bulk_copy("t", [("a;b",)], columns=["a"])
        conn.close()
        assert [warning.message.defect for warning in told] == ["text-semicolon"]
