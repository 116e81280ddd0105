"""Spans of everything that a connection does, on both faces; no value ever appears in one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import scratchbird

SECRET = "hunter2"


def where(server: Any) -> dict[str, Any]:
    """What every span says."""
    return {
        "db.system.name": "scratchbird",
        "db.namespace": "default",
        "server.address": server.host,
        "server.port": server.port,
    }


def test_a_statement(conn: Any, server: Any, collected: Any) -> None:
    collected.instrument()
    conn.execute("select ? || 'hunter2', 42 -- hunter2", (SECRET,)).fetchone()
    (span,) = collected.spans()
    assert span.name == "SELECT default"
    assert span.kind.name == "CLIENT"
    assert span.status.status_code.name == "UNSET"
    assert dict(span.attributes) == {
        **where(server),
        "db.operation.name": "SELECT",
        "db.query.text": "select ? || ?, ?",
        "db.response.returned_rows": 1,
    }
    assert SECRET not in span.to_json()


def test_an_error(conn: Any, server: Any, collected: Any) -> None:
    collected.instrument(query_text=False)
    with pytest.raises(scratchbird.DataError):
        conn.execute("select cast('hunter2' as int)")
    (span,) = collected.spans()
    assert span.status.status_code.name == "ERROR"
    assert dict(span.attributes) == {
        **where(server),
        "db.operation.name": "SELECT",
        "error.type": "22P02",
        "db.response.status_code": "22P02",
    }
    assert SECRET not in span.to_json()
    (point,) = collected.points("db.client.operation.duration")
    assert point.attributes["error.type"] == "22P02"


def test_an_error_of_the_caller(conn: Any, collected: Any) -> None:
    collected.instrument()
    with pytest.raises(scratchbird.ProgrammingError):
        conn.execute("select ?, ?", (1,))
    (span,) = collected.spans()
    assert span.status.status_code.name == "ERROR"
    assert span.attributes["error.type"] in ("ProgrammingError", "07001", "42601")


def test_many(ledger: str, conn: Any, collected: Any) -> None:
    collected.instrument()
    conn.executemany("insert into ledger (n) values (?)", ((n,) for n in range(3)))
    (span,) = collected.spans()
    assert span.name == "BATCH INSERT default"
    assert span.attributes["db.operation.batch.size"] == 3
    assert "db.response.returned_rows" not in span.attributes
    with pytest.raises(scratchbird.Error):
        conn.executemany("insert into nowhere (n) values (?)", [(1,)])
    (span,) = collected.spans()
    assert span.attributes["error.type"] == "42P01"
    with pytest.raises(ZeroDivisionError):
        conn.executemany("insert into ledger (n) values (?)", ((1 // n,) for n in (1, 0)))
    (span,) = collected.spans()
    assert span.attributes["error.type"] == "ZeroDivisionError"


def test_the_end_of_a_transaction(conn: Any, collected: Any) -> None:
    collected.instrument()
    conn.execute("select 1")
    conn.commit()
    conn.execute("select 1")
    conn.rollback()
    with conn.transaction():
        conn.execute("select 1")
    names = [span.name.split()[0] for span in collected.spans()]
    assert names == ["SELECT", "COMMIT", "SELECT", "ROLLBACK", "SELECT", "COMMIT"]


def test_copy(ledger: str, conn: Any, collected: Any) -> None:
    collected.instrument()
    with conn.cursor() as cursor:
        with cursor.copy("COPY ledger (n) FROM STDIN") as copy:
            copy.write_row((1,))
        (span,) = collected.spans()
        assert (span.name, span.attributes["db.query.text"]) == ("COPY default", "COPY ledger (n) FROM STDIN")
        assert span.status.status_code.name == "UNSET"
        with pytest.raises(scratchbird.Error):
            with cursor.copy("COPY nowhere (n) FROM STDIN") as copy:
                copy.write_row((1,))
        (span,) = collected.spans()
        assert span.attributes["error.type"] == "42P01"
        conn.rollback()
        collected.spans()
        with pytest.raises(KeyError):
            with cursor.copy("COPY ledger (n) FROM STDIN"):
                raise KeyError
        (span,) = collected.spans()
        assert (span.name, span.attributes["error.type"]) == ("COPY default", "cancelled")


def test_a_stream(conn: Any, collected: Any) -> None:
    collected.instrument()
    with conn.cursor() as cursor:
        assert len(list(cursor.stream("select n from generate_series(1, 300) as n"))) == 300
        (span,) = collected.spans()
        assert (span.name, span.attributes["db.response.returned_rows"]) == ("SELECT default", 300)
        with cursor.stream("select n from generate_series(1, 100000) as n") as rows:
            next(rows)
            assert collected.spans() == []
        (span,) = collected.spans()
        assert span.status.status_code.name == "UNSET", "whoever wants no more rows has not failed"
        with pytest.raises(scratchbird.Error):
            list(cursor.stream("select n / 0 from generate_series(1, 2) as n"))
        (span,) = collected.spans()
        assert span.attributes["error.type"] == "22012"


def test_a_pipeline(conn: Any, collected: Any) -> None:
    collected.instrument()
    with conn.pipeline():
        for n in range(4):
            conn.execute("select ?", (n,))
    (span,) = collected.spans()
    assert (span.name, span.attributes["db.operation.batch.size"]) == ("BATCH default", 4)
    with pytest.raises(scratchbird.Error):
        with conn.pipeline():
            conn.execute("select 1 / 0")
            conn.execute("select 1")
    (span,) = collected.spans()
    assert span.attributes["error.type"] == "22012"


def test_a_call(conn: Any, collected: Any) -> None:
    conn.execute("create procedure twice(a int, out b int) as begin b = 2 * a; end")
    collected.instrument()
    with conn.cursor() as cursor:
        cursor.callproc("twice", [4, cursor.var(int)])
    (span,) = collected.spans()
    assert span.name == "EXECUTE default"


def test_connecting(connect: Any, dsn: str, server: Any, collected: Any) -> None:
    collected.instrument()
    connection = connect(dsn)
    (span,) = collected.spans()
    assert span.name == "CONNECT default"
    assert dict(span.attributes) == {**where(server), "db.operation.name": "CONNECT"}
    connection.close()
    with pytest.raises(scratchbird.OperationalError):
        connect(dsn, password="wrong")
    (span,) = collected.spans()
    assert (span.status.status_code.name, span.attributes["error.type"]) == ("ERROR", "28000")
    assert "wrong" not in span.to_json()
    assert collected.points("db.client.operation.duration") == []


def test_the_current_span_is_the_parent(conn: Any, collected: Any) -> None:
    collected.instrument()
    tracer = collected.tracers.get_tracer("a program")
    with tracer.start_as_current_span("outer") as outer:
        conn.execute("select 1")
    inner = collected.spans()[0]
    assert inner.parent.span_id == outer.get_span_context().span_id


def test_a_connection_that_asks_for_it(connect: Any, dsn: str, collected: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from scratchbird import _otel

    own = _otel.Instruments(collected.tracers, collected.meters)
    monkeypatch.setattr(_otel, "instruments", lambda: own)
    connect(dsn).execute("select 1")
    assert collected.spans() == []
    connect(dsn, telemetry=True, telemetry_query_text="off").execute("select 1")
    connecting, statement = collected.spans()
    assert (connecting.name, statement.name) == ("CONNECT default", "SELECT default")
    assert "db.query.text" not in statement.attributes
    assert len(collected.points("db.client.operation.duration")) == 1


def test_a_pool_that_asks_for_it(dsn: str, collected: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from scratchbird import _otel

    own = _otel.Instruments(collected.tracers, collected.meters)
    monkeypatch.setattr(_otel, "instruments", lambda: own)
    with scratchbird.ConnectionPool(dsn, min_size=1, telemetry="on") as pool:
        for _ in range(2):
            with pool.connection() as connection:
                connection.execute("select 1")
    assert [span.name for span in collected.spans()] == ["SELECT default", "COMMIT default"] * 2


def test_without_opentelemetry(connect: Any, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry", None)
    monkeypatch.delitem(__import__("sys").modules, "opentelemetry.trace", raising=False)
    monkeypatch.delitem(__import__("sys").modules, "opentelemetry.metrics", raising=False)
    with pytest.raises(scratchbird.InterfaceError, match=r"scratchbird\[otel\]"):
        connect(dsn, telemetry=True)
    with pytest.raises(scratchbird.InterfaceError, match=r"scratchbird\[otel\]"):
        scratchbird.ConnectionPool(dsn, telemetry=True)


def test_a_collector_that_fails_disturbs_nobody(
    conn: Any, collected: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected.instrument()
    monkeypatch.setattr(collected.tracers.get_tracer("x").__class__, "start_span", lambda *args, **keywords: 1 / 0)
    assert conn.execute("select 1").fetchone() == (1,)
    assert "OpenTelemetry failed" in caplog.text


def test_durations(conn: Any, collected: Any) -> None:
    collected.instrument()
    conn.execute("select 1")
    conn.execute("select 2")
    conn.commit()
    points = collected.points("db.client.operation.duration")
    assert sorted((point.attributes["db.operation.name"], point.count) for point in points) == [
        ("COMMIT", 1),
        ("SELECT", 2),
    ]
    assert "db.query.text" not in points[0].attributes


@pytest.mark.anyio
async def test_a_task_that_is_cancelled(aconn: Any, collected: Any) -> None:
    collected.instrument()
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(aconn.execute("select pg_sleep(30)"), 0.1)
    (span,) = collected.spans()
    assert (span.status.status_code.name, span.attributes["error.type"]) == ("ERROR", "cancelled")
    collected.instrument()
    assert await (await aconn.execute("select 1")).fetchone() == (1,)


@pytest.mark.anyio
async def test_tasks_have_spans_of_their_own(anyio_backend: Any, dsn: str, collected: Any) -> None:
    collected.instrument()
    tracer = collected.tracers.get_tracer("a program")

    async def work(name: str) -> None:
        with tracer.start_as_current_span(name):
            async with await scratchbird.connect_async(dsn) as connection:
                await connection.execute("select pg_sleep(0.01)")

    await asyncio.gather(*(work(f"task {n}") for n in range(4)))
    spans = collected.spans()
    parents = {span.context.span_id: span.name for span in spans if span.name.startswith("task")}
    statements = [span for span in spans if span.name.startswith("SELECT")]
    assert sorted(parents[span.parent.span_id] for span in statements) == [f"task {n}" for n in range(4)]
