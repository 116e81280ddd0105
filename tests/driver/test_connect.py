"""Opening and closing connections: DSN forms, keywords, context managers, info."""

from __future__ import annotations

import gc
import uuid
import warnings
from typing import Any, Callable

import pytest

import scratchbird

Connect = Callable[..., Any]


def one(conn: Any, sql: str, *args: Any) -> Any:
    return conn.execute(sql, *args).fetchone()[0]


def test_by_dsn(connect: Connect, server: Any) -> None:
    assert one(connect(server.dsn), "select 1") == 1


def test_by_keywords(connect: Connect, server: Any) -> None:
    conn = connect(
        host=server.host, port=server.port, user=server.user, password=server.password, database=server.database
    )
    assert one(conn, "select 1") == 1


def test_keywords_override_the_dsn(connect: Connect, server: Any) -> None:
    with pytest.raises(scratchbird.OperationalError) as caught:
        connect(server.dsn, password="not the password")
    assert caught.value.sqlstate == "28000"


def test_by_keyword_string_with_quoting(connect: Connect, server: Any) -> None:
    dsn = (
        f"host={server.host} port={server.port} user='{server.user}' password='{server.password}'"
        f" dbname={server.database} application_name='two words'"
    )
    assert one(connect(dsn), "select 1") == 1


@pytest.mark.parametrize("sslmode", ["require", "verify-ca", "verify-full"])
def test_tls_of_every_strength(connect: Connect, server: Any, sslmode: str) -> None:
    conn = connect(server.dsn, sslmode=sslmode, sslrootcert=str(server.ca_file))
    assert conn.info.tls_version == "TLSv1.3"
    assert one(conn, "select 1") == 1


def test_an_unknown_keyword_is_refused(connect: Connect, dsn: str) -> None:
    with pytest.raises((TypeError, scratchbird.InterfaceError), match="no_such_key"):
        connect(dsn, no_such_key="x")


@pytest.mark.parametrize(
    "dsn",
    ["scratchbird://", "postgresql://u@h/d", "host=", "port=abc", "scratchbird://u@h:99999/d", "sslmode=sometimes"],
)
def test_a_bad_dsn_is_an_interface_error(connect: Connect, dsn: str) -> None:
    with pytest.raises(scratchbird.InterfaceError):
        connect(dsn)


def test_info(connect: Connect, server: Any) -> None:
    conn = connect(server.dsn, application_name="the tests")
    info = conn.info
    assert info.server_version
    assert info.parameters["application_name"] == "the tests"
    assert uuid.UUID(str(info.session_id))
    assert info.tls_version == "TLSv1.3"
    assert isinstance(info.transaction_status, str)


def test_sessions_differ(connect: Connect, dsn: str) -> None:
    assert connect(dsn).info.session_id != connect(dsn).info.session_id


def test_close(connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    cur = conn.cursor()
    assert not conn.closed
    conn.close()
    assert conn.closed
    conn.close()
    for use in (conn.commit, conn.rollback, conn.cursor, lambda: cur.execute("select 1"), cur.fetchone):
        with pytest.raises(scratchbird.InterfaceError, match="closed"):
            use()


def test_the_context_manager_commits_and_closes(ledger: str, connect: Connect, dsn: str) -> None:
    with connect(dsn) as conn:
        conn.execute("insert into ledger (n) values (1)")
    assert conn.closed
    assert one(connect(dsn), "select count(*) from ledger") == 1


def test_the_context_manager_rolls_back_on_an_error(ledger: str, connect: Connect, dsn: str) -> None:
    with pytest.raises(ZeroDivisionError), connect(dsn) as conn:
        conn.execute("insert into ledger (n) values (1)")
        raise ZeroDivisionError
    assert conn.closed
    assert one(connect(dsn), "select count(*) from ledger") == 0


def test_closing_without_commit_rolls_back(ledger: str, connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    conn.execute("insert into ledger (n) values (1)")
    conn.close()
    assert one(connect(dsn), "select count(*) from ledger") == 0


def test_a_forgotten_connection_warns_and_is_closed(dsn: str, nothing_leaked: None) -> None:
    conn = scratchbird.connect(dsn)
    conn.execute("select 1")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del conn
        gc.collect()
    assert [type(warning.message) for warning in caught] in ([ResourceWarning], [])


def test_many_connections(connect: Connect, dsn: str) -> None:
    connections = [connect(dsn) for _ in range(30)]
    assert [one(conn, "select %s", (index,)) for index, conn in enumerate(connections)] == list(range(30))
