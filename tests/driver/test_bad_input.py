"""Bad input, from users and from peers: the right exception, soon, with nothing left open.

One test for each entry of the list the project promises to survive.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import time
from decimal import Decimal
from typing import Any, Callable, Iterator

import pytest

import scratchbird
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer
from tests.fix_faults import Authority

Connect = Callable[..., Any]

pytestmark = pytest.mark.usefixtures("nothing_leaked")

# Longer than any of these needs on a busy machine, much shorter than any time-out of the driver.
SOON = 5.0


@contextlib.contextmanager
def soon() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < SOON


def keywords(server: Any, **more: Any) -> dict[str, Any]:
    wanted = {"host": server.host, "port": server.port, "user": "u", "password": "p", "database": "d"}
    return {**wanted, "sslmode": "disable", "connect_timeout": 10, **more}


def idle(peer: Peer) -> None:
    peer.wait_for_close()


def logs_in(peer: Peer) -> None:
    peer.login()
    peer.wait_for_close()


def test_wrong_password(connect: Connect, server: Any) -> None:
    with soon(), pytest.raises(scratchbird.OperationalError) as caught:
        connect(server.dsn, password="wrong")
    assert caught.value.sqlstate == "28000"


def test_unknown_host(connect: Connect) -> None:
    with pytest.raises(scratchbird.OperationalError) as caught:
        connect(host="no-such-host.invalid", user="u", password="p", database="d", connect_timeout=10)
    assert caught.value.sqlstate == "08001"
    assert "no-such-host.invalid" in str(caught.value)


def test_refused_port(connect: Connect) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with soon(), pytest.raises(scratchbird.OperationalError) as caught:
        connect(host="127.0.0.1", port=port, user="u", password="p", database="d")
    assert caught.value.sqlstate == "08001"
    assert str(port) in str(caught.value)


def test_plaintext_server(connect: Connect) -> None:
    """A plaintext listener takes a ClientHello for a frame with a wrong magic, and closes without a word."""

    def script(peer: Peer) -> None:
        assert peer.connection.recv(4) != b"SBWP"

    with ScriptedServer(script) as server, soon(), pytest.raises(scratchbird.OperationalError) as caught:
        connect(**keywords(server, sslmode="require"))
    assert caught.value.sqlstate == "08001"


def test_plaintext_server_that_answers(connect: Connect) -> None:
    def script(peer: Peer) -> None:
        peer.send(wire.auth_request())
        peer.wait_for_close()

    with ScriptedServer(script) as server, soon(), pytest.raises(scratchbird.OperationalError) as caught:
        connect(**keywords(server, sslmode="require"))
    assert caught.value.sqlstate == "08001"


def test_tls_server_and_plaintext_client(connect: Connect, authority: Authority) -> None:
    with ScriptedServer(idle, context=authority.context()) as server, soon():
        with pytest.raises(scratchbird.OperationalError):
            connect(**keywords(server, sslmode="disable"))


@pytest.mark.parametrize("sslmode", ["verify-ca", "verify-full"])
def test_expired_certificate(connect: Connect, authority: Authority, sslmode: str) -> None:
    with ScriptedServer(logs_in, context=authority.context(expired=True)) as server, soon():
        with pytest.raises(scratchbird.OperationalError, match=r"(?i)expired") as caught:
            connect(**keywords(server, sslmode=sslmode, sslrootcert=str(authority.path)))
    assert caught.value.sqlstate == "08001"


@pytest.mark.parametrize("sslmode", ["verify-ca", "verify-full"])
def test_untrusted_certificate(connect: Connect, authority: Authority, stranger: Authority, sslmode: str) -> None:
    with ScriptedServer(logs_in, context=stranger.context()) as server, soon():
        with pytest.raises(scratchbird.OperationalError) as caught:
            connect(**keywords(server, sslmode=sslmode, sslrootcert=str(authority.path)))
    assert caught.value.sqlstate == "08001"


def test_require_checks_no_certificate(connect: Connect, stranger: Authority) -> None:
    with ScriptedServer(logs_in, context=stranger.context(expired=True)) as server, soon():
        conn = connect(**keywords(server, sslmode="require"))
        assert conn.info.tls_version == "TLSv1.3"
        conn.close()


def test_wrong_host_name(connect: Connect, authority: Authority) -> None:
    context = authority.context("other.example")
    with ScriptedServer(logs_in, logs_in, context=context) as server, soon():
        with pytest.raises(scratchbird.OperationalError) as caught:
            connect(**keywords(server, sslmode="verify-full", sslrootcert=str(authority.path)))
        assert caught.value.sqlstate == "08001"
        # verify-ca asks for the authority only.
        connect(**keywords(server, sslmode="verify-ca", sslrootcert=str(authority.path))).close()


@pytest.mark.parametrize("text", [None, "no certificate"], ids=["absent", "empty"])
def test_a_root_certificate_that_is_none(connect: Connect, tmp_path: Any, text: str | None) -> None:
    path = tmp_path / "the_root.pem"
    if text is not None:
        path.write_text(text)
    with ScriptedServer(idle) as server, soon(), pytest.raises(scratchbird.InterfaceError, match="the_root"):
        connect(**keywords(server, sslmode="verify-full", sslrootcert=str(path)))


def test_tls_1_2_only_server(connect: Connect, authority: Authority) -> None:
    context = authority.context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with ScriptedServer(logs_in, context=context) as server, soon():
        with pytest.raises(scratchbird.OperationalError) as caught:
            connect(**keywords(server, sslmode="require"))
    assert caught.value.sqlstate == "08001"


ROW = wire.data_row([b"0123456789"])


@pytest.mark.parametrize(
    "answer",
    [
        wire.row_description([("a", (8, 1))]) + ROW + ROW[: len(ROW) - 5],
        wire.row_description([("a", (8, 1))]) + ROW[:20],
        wire.row_description([("a", (8, 1))])[:100],
        b"",
    ],
    ids=["in a value", "in a header", "in a description", "before anything"],
)
def test_server_closes_in_the_middle_of_a_row(connect: Connect, answer: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(answer)

    with ScriptedServer(script) as server, soon():
        conn = connect(**keywords(server))
        cur = conn.cursor()
        with pytest.raises(scratchbird.OperationalError) as caught:
            cur.execute("select a from t").fetchall()
        assert caught.value.sqlstate == "08006"
        assert caught.value.is_disconnect
        assert conn.closed
        for use in (lambda: cur.execute("select 1"), conn.commit, conn.cursor):
            with pytest.raises(scratchbird.InterfaceError):
                use()
        conn.close()


@pytest.mark.parametrize("when", ["login", "query"])
@pytest.mark.parametrize("length", [0xFFFF_FFFF, 0x7FFF_FFFF, 64 * 1024 * 1024 + 1])
def test_4_gib_length_field(connect: Connect, when: str, length: int) -> None:
    def script(peer: Peer) -> None:
        if when == "login":
            peer.read_until(wire.STARTUP)
        else:
            peer.login()
            peer.read_request()
        peer.send(wire.frame(wire.DATA_ROW, b"x" * 100, length=length))
        peer.wait_for_close()

    def use() -> None:
        connect(**keywords(server)).execute("select 1")

    with ScriptedServer(script) as server, soon(), pytest.raises(scratchbird.OperationalError) as caught:
        use()
    assert caught.value.sqlstate == "08P01"


@pytest.mark.parametrize("when", ["login", "query"])
def test_a_frame_with_a_bad_magic(connect: Connect, when: str) -> None:
    def script(peer: Peer) -> None:
        if when == "login":
            peer.read_until(wire.STARTUP)
        else:
            peer.login()
            peer.read_request()
        peer.send(wire.frame(wire.DATA_ROW, magic=b"HTTP"))
        peer.wait_for_close()

    def use() -> None:
        connect(**keywords(server)).execute("select 1")

    with ScriptedServer(script) as server, soon(), pytest.raises(scratchbird.OperationalError) as caught:
        use()
    assert caught.value.sqlstate == "08P01"


def test_another_protocol(connect: Connect) -> None:
    def script(peer: Peer) -> None:
        peer.send(b"SSH-2.0-OpenSSH_9.9\r\n")
        peer.wait_for_close()

    with ScriptedServer(script) as server, soon(), pytest.raises(scratchbird.OperationalError) as caught:
        connect(**keywords(server))
    assert caught.value.sqlstate == "08P01"


@pytest.mark.parametrize(
    "payload",
    [b"", b"\x01", b"\xff\xff\xff\xff", b"\x02\x00\x01\x00\x00\xff\xff\xff\x7f", b"\x01\x00\xff\xff"],
)
def test_a_row_that_lies_about_its_lengths(connect: Connect, payload: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(wire.row_description([("a", (8, 1))]), wire.frame(wire.DATA_ROW, payload))
        peer.send(wire.command_complete("SELECT 1", 1), wire.ready())
        peer.wait_for_close()

    with ScriptedServer(script) as server, soon():
        conn = connect(**keywords(server))
        with pytest.raises(scratchbird.OperationalError) as caught:
            conn.execute("select a from t").fetchall()
        assert caught.value.sqlstate == "08P01"
        if not conn.closed:
            conn.close()


def test_100_000_parameters(connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    with soon(), pytest.raises(scratchbird.ProgrammingError, match="65535"):
        conn.execute(f"select {','.join(['?'] * 100_000)}", list(range(100_000)))
    assert conn.execute("select 1").fetchone() == (1,)
    conn.close()


def test_lone_surrogate(connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    with soon(), pytest.raises(scratchbird.DataError):
        conn.execute("select %s", ("a\ud800b",))
    with soon(), pytest.raises((scratchbird.DataError, scratchbird.ProgrammingError)):
        conn.execute("select '\ud800'")
    assert conn.execute("select 1").fetchone() == (1,)
    conn.close()


def test_nul_in_text(connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    with soon(), pytest.raises(scratchbird.DataError):
        conn.execute("select %s", ("a\0b",))
    conn.rollback()
    with soon(), pytest.raises((scratchbird.DataError, scratchbird.ProgrammingError)):
        conn.execute("select 'a\0b'")
    conn.rollback()
    assert conn.execute("select 1").fetchone() == (1,)
    conn.close()


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**40])
def test_an_int_beyond_64_bits(connect: Connect, dsn: str, value: int) -> None:
    conn = connect(dsn)
    conn.execute("create table big (n bigint, d decimal(60, 0))")
    with soon(), pytest.raises(scratchbird.DataError) as caught:
        conn.execute("insert into big (n) values (%s)", (value,))
    assert caught.value.sqlstate == "22003"
    conn.rollback()
    conn.execute("create table big (n bigint, d decimal(60, 0))")
    conn.execute("insert into big (d) values (%s)", (value,))
    assert conn.execute("select d from big").fetchone() == (Decimal(value),)
    conn.close()


@pytest.mark.parametrize("value", [float("nan"), Decimal("sNaN"), float("inf"), Decimal("-Infinity")], ids=repr)
def test_nan_into_numeric(connect: Connect, dsn: str, value: Any) -> None:
    conn = connect(dsn)
    conn.execute("create table exact (n decimal(10, 2))")
    with soon(), pytest.raises(scratchbird.DataError):
        conn.execute("insert into exact (n) values (%s)", (value,))
    conn.rollback()
    assert conn.execute("select 1").fetchone() == (1,)
    conn.close()


def test_naive_datetime_into_timestamptz(connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    conn.execute("create table moments (t timestamptz)")
    with soon(), pytest.raises(scratchbird.DataError):
        conn.execute("insert into moments (t) values (%s)", (dt.datetime(2024, 1, 1),))
    conn.rollback()
    assert conn.execute("select 1").fetchone() == (1,)
    conn.close()


@pytest.mark.parametrize(
    "value",
    [
        [dt.datetime(2024, 1, 1), dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)],
        [dt.time(1), dt.time(1, tzinfo=dt.timezone.utc)],
    ],
    ids=["datetimes", "times"],
)
def test_naive_and_aware_in_one_array(connect: Connect, dsn: str, value: Any) -> None:
    conn = connect(dsn)
    with soon(), pytest.raises(scratchbird.DataError):
        conn.execute("select %s", (value,))
    conn.close()


def test_a_dict_where_a_sequence_is_needed(connect: Connect, dsn: str) -> None:
    conn = connect(dsn)
    for sql in ("select %s", "select ?", "select $1"):
        with soon(), pytest.raises(scratchbird.ProgrammingError):
            conn.execute(sql, {"a": 1})
    for sql in ("select :a", "select %(a)s"):
        with soon(), pytest.raises(scratchbird.ProgrammingError):
            conn.execute(sql, [1])
    assert conn.execute("select 1").fetchone() == (1,)
    conn.close()
