"""The loggers: statements without values, transactions, connections, and slow statements."""

from __future__ import annotations

import logging
from typing import Any, Iterator

import pytest

import scratchbird
from scratchbird import telemetry
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer

SECRET = "hunter2"


@pytest.fixture(autouse=True)
def nothing_stays() -> Iterator[None]:
    yield
    telemetry.uninstrument()


def lines(caplog: pytest.LogCaptureFixture, logger: str) -> list[Any]:
    return [record for record in caplog.records if record.name == logger]


def test_what_a_connection_does(ledger: str, connect: Any, dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "scratchbird"):
        connection = connect(dsn)
        connection.execute("select ? || 'hunter2'", (SECRET,)).fetchone()
        with connection.cursor() as cursor:
            with cursor.copy("COPY ledger (n) FROM STDIN") as copy:
                copy.write_row((77123,))
        with connection.pipeline():
            connection.execute("select ?", (SECRET,))
        with pytest.raises(scratchbird.DataError):
            connection.execute("select cast('hunter2' as int)")
        connection.rollback()
        connection.close()
    (statement, failed) = lines(caplog, "scratchbird.statement")
    assert statement.message.endswith("ms, 1 row: execute: select ? || ?")
    assert (statement.levelname, statement.rows, statement.statement) == ("DEBUG", 1, "select ? || ?")
    assert statement.duration_ms > 0
    assert failed.error_type == "22P02"
    assert [record.kind for record in lines(caplog, "scratchbird.transaction")] == ["rollback"]
    assert [record.rows for record in lines(caplog, "scratchbird.copy")] == [1]
    assert [record.kind for record in lines(caplog, "scratchbird.pipeline")] == ["pipeline"]
    opened, closed = lines(caplog, "scratchbird.connection")
    assert opened.kind == "connect"
    assert closed.message.endswith("closed")
    assert SECRET not in caplog.text
    assert "77123" not in caplog.text


def test_a_connection_made_before_logs_nothing(connect: Any, dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    connection = connect(dsn)
    with caplog.at_level(logging.DEBUG, "scratchbird"):
        connection.execute("select 1")
    assert lines(caplog, "scratchbird.statement") == []


def test_a_login_that_fails(connect: Any, dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "scratchbird.connection"):
        with pytest.raises(scratchbird.OperationalError):
            connect(dsn, password="sesame77")
    (record,) = lines(caplog, "scratchbird.connection")
    assert record.error_type == "28000"
    assert "sesame77" not in caplog.text


def test_slow_statements(connect: Any, dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    connection = connect(dsn, slow_query_ms=50)
    connection.execute("select 1")
    connection.execute("select pg_sleep(0.1), ?, 'hunter2' -- hunter2", (SECRET,))
    slow = [record for record in lines(caplog, "scratchbird.slow") if "pg_sleep" in record.message]
    (record,) = slow
    assert record.levelname == "WARNING"
    assert record.message.endswith("ms, 1 row: execute: select pg_sleep(?), ?, ?")
    assert record.duration_ms >= 100
    assert SECRET not in caplog.text


def test_slow_statements_of_the_process(conn: Any, dsn: str, connect: Any, caplog: pytest.LogCaptureFixture) -> None:
    telemetry.instrument(slow_query_ms=50)
    conn.execute("select pg_sleep(0.1)")
    assert len(lines(caplog, "scratchbird.slow")) == 1
    connect(dsn, slow_query_ms=30000).execute("select pg_sleep(0.1)")
    assert len(lines(caplog, "scratchbird.slow")) == 1, "the key of a connection wins"
    telemetry.uninstrument()
    conn.execute("select pg_sleep(0.1)")
    assert len(lines(caplog, "scratchbird.slow")) == 1


def test_no_log_unless_asked_for(conn: Any, caplog: pytest.LogCaptureFixture) -> None:
    telemetry.instrument()
    conn.execute("select pg_sleep(0.05)")
    assert lines(caplog, "scratchbird.slow") == []


def test_a_pool_of_slow_statements(dsn: str, caplog: pytest.LogCaptureFixture) -> None:
    with scratchbird.ConnectionPool(dsn, min_size=1, slow_query_ms=50) as pool:
        for _ in range(2):
            with pool.connection() as connection:
                connection.execute("select pg_sleep(0.06)")
    assert len(lines(caplog, "scratchbird.slow")) == 2


@pytest.mark.parametrize("limit", [-1, float("nan")])
def test_bad_limits(limit: float) -> None:
    with pytest.raises(scratchbird.InterfaceError):
        telemetry.instrument(slow_query_ms=limit)


@pytest.mark.parametrize("limit", [-1, "soon", 0.5])
def test_bad_limits_of_connections(connect: Any, dsn: str, limit: Any) -> None:
    with pytest.raises(scratchbird.InterfaceError, match="slow_query_ms"):
        connect(dsn, slow_query_ms=limit)


def test_a_lost_connection(connect: Any, caplog: pytest.LogCaptureFixture) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_until(wire.QUERY)

    with caplog.at_level(logging.DEBUG, "scratchbird.connection"), ScriptedServer(script) as server:
        connection = connect(host=server.host, port=server.port, user="u", password="sesame77", sslmode="disable")
        with pytest.raises(scratchbird.OperationalError):
            connection.execute("select 'hunter2'")
    lost = [record for record in lines(caplog, "scratchbird.connection") if record.levelname == "WARNING"]
    assert [record.message for record in lost] == [f"connection to 127.0.0.1:{server.port} lost: 08006"]
    assert SECRET not in caplog.text
    assert "sesame77" not in caplog.text
