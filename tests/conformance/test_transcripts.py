"""The driver against every recording of the real server, which is played back; the driver is driven by its public API.

What must come out is taken from the recorded frames, read here by hand: values, counts, the class and the cause of
errors, and whether the connection can be used afterwards.
"""

from __future__ import annotations

import datetime
import decimal
import json
import re
import uuid
from typing import Any, Callable

import pytest

import scratchbird
from scratchbird.types import Json
from tests.conformance import transcript
from tests.conformance.not_sent import KINDS, NOT_SENT, REASONS
from tests.conformance.replay import COPY_DONE, COPY_FAIL, PING, Exchange, Player, login
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer

pytestmark = [
    pytest.mark.skipif(not transcript.FOLDER.exists(), reason="the recordings are not beside this repository"),
    pytest.mark.filterwarnings("ignore::scratchbird.ServerDefectWarning"),
]

RECORDINGS = {path.stem: transcript.read(path) for path in sorted(transcript.FOLDER.glob("*.jsonl"))}

# No call of the driver sends what these are about, and the rest of them is a login and statements that other recordings
# have too. Their frames are read by rust/wire/tests/transcripts*.rs.
NOT_DRIVEN = {
    "before_auth": "requests before the login",
    "terminate_before_auth": "an end before the login",
    "login_legacy_startup": "a login in the older layout, which the driver does not send",
    "login_legacy_savepoint_fatal": "a login in the older layout, which the driver does not send",
    "partial_query": "QUERYs in parts, which the driver does not send",
    "startup_twice": "a second login on one connection",
    "startup_truncated": "a malformed STARTUP; the refusal is the one of startup_unknown_key",
    "copy_in_text_errors": "lines of COPY that the driver does not write; tests/copy has the errors of a COPY",
}


def ends_early(frames: list[transcript.Recorded]) -> bool:
    """Whether the server closes the connection after a login, without having been asked to."""
    client = [frame for frame in frames if frame.client]
    return client[-1].kind != wire.TERMINATE and bool(login(frames)[1])


def is_refused(frames: list[transcript.Recorded]) -> bool:
    """Whether the login fails."""
    return not login(frames)[1]


REFUSED = [stem for stem, frames in RECORDINGS.items() if stem not in NOT_DRIVEN and is_refused(frames)]
FATAL = [stem for stem, frames in RECORDINGS.items() if stem not in NOT_DRIVEN and ends_early(frames)]
WHOLE = [stem for stem in RECORDINGS if stem not in {*NOT_DRIVEN, *REFUSED, *FATAL}]

# What the driver refuses to send, because this server would lose data or answer with nonsense.
NEVER_SENT = {
    "param_multirow_insert_loses_rows": [
        "INSERT INTO g_loss (id,s) VALUES ($1,$2),($3,$4),($5,$6)",
        "INSERT INTO g_loss (id,s) VALUES ($1,$2) RETURNING id",
    ],
    "params_count_mismatch": ["SELECT $1 AS a, $2 AS b", "SELECT $1 AS a, $2 AS b", "SELECT :n AS a"],
    "unbound_placeholder": [
        "SELECT ? AS v",
        "SELECT $1 AS v",
        "INSERT INTO g_unb (id,s) VALUES (1,?)",
        "INSERT INTO g_unb VALUES (2,$1)",
        "INSERT INTO g_unb (id,s) VALUES ($1,$2)",
        "INSERT INTO g_unb VALUES ($1,$2)",
    ],
}


def test_every_recording_is_played() -> None:
    assert len(RECORDINGS) >= 157
    assert len(WHOLE) + len(FATAL) + len(REFUSED) + len(NOT_DRIVEN) == len(RECORDINGS)
    assert set(NOT_SENT) <= set(WHOLE)
    assert set().union(*NOT_SENT.values()) == set(REASONS)


def open_to(connect: Callable[..., Any], server: ScriptedServer) -> Any:
    return connect(
        host=server.host,
        port=server.port,
        user="alice",
        password="scratchbird",
        database="default",
        sslmode="disable",
        profile="beta",
        statement_cache_size=0,
    )


@pytest.mark.parametrize("stem", WHOLE)
def test_a_conversation(connect: Callable[..., Any], stem: str) -> None:
    player = Player(RECORDINGS[stem])
    wanted = list(player.left)
    refused: list[str] = []
    not_sent: set[str] = set()
    with ScriptedServer(player) as server:
        conn = open_to(connect, server)
        assert conn.info.server_profile == "beta"
        for exchange in wanted:
            if exchange.kind == wire.TERMINATE:
                continue
            outcome = drive(conn, exchange)
            if outcome != "sent" and exchange in player.left:
                # The rest of the conversation does without it.
                player.left.remove(exchange)
            if outcome == "refused":
                refused.append(exchange.sql)
            elif outcome != "sent":
                not_sent.add(outcome)
            assert not conn.closed
        conn.close()
    assert refused == NEVER_SENT.get(stem, [])
    assert not_sent == NOT_SENT.get(stem, set())
    assert player.transactions == {0}


def drive(conn: Any, exchange: Exchange) -> str:
    """One request by the public API: `sent`, `refused` by the driver, or why there is no call for it."""
    plain = [frame.kind for frame in exchange.answer] == [wire.COMMAND_COMPLETE, wire.READY]
    if exchange.kind in (wire.TXN_COMMIT, wire.TXN_ROLLBACK) and plain:
        conn.commit() if exchange.kind == wire.TXN_COMMIT else conn.rollback()
        return "sent"
    if exchange.kind == PING:
        conn.ping()
        return "sent"
    if exchange.kind in (0x11, 0x12):
        call = conn.subscribe if exchange.kind == 0x11 else conn.unsubscribe
        with pytest.raises(scratchbird.NotSupportedError, match="this server"):
            call("a_table")
    if not exchange.answer:
        return "pipelined"
    if not is_in_step(exchange):
        return "wrong id"
    if exchange.kind not in (wire.QUERY, wire.EXECUTE):
        return KINDS[exchange.kind]
    if exchange.sql.upper().startswith(("EXECUTE PROCEDURE", "CALL")):
        return "procedure"
    if exchange.form == "copy":
        return copy(conn.cursor(), exchange)
    if exchange.form == "array":
        return insert_many(conn.cursor(), exchange)
    if exchange.form == "binary":
        return "binary"
    values = None
    if exchange.values is not None:
        try:
            values = [python(oid, value) for oid, value in exchange.values]
        except (ValueError, decimal.InvalidOperation):
            return "no value"
    try:
        check(conn.cursor(), exchange, values)
    except scratchbird.Error as error:
        if is_refusal(error):
            return "refused"
        raise
    return "sent"


class GivenUp(Exception):
    """What a block raises to give a COPY up."""


def copy(cur: Any, exchange: Exchange) -> str:
    """A COPY whose data are the recorded bytes: its count, or its error."""
    data = exchange.copied or []
    failure = transcript.error(exchange.answer)
    if (not data and exchange.end == COPY_DONE) or is_damaged(data) or "csv" in exchange.sql.lower():
        return "copy"
    try:
        with cur.copy(exchange.sql) as copying:
            for block in data:
                copying.write(block)
            if exchange.end == COPY_FAIL:
                raise GivenUp
    except GivenUp:
        assert failure is not None
        assert failure["C"] == "57014"
    except scratchbird.DatabaseError as error:
        if failure is None:
            raise
        check_error(error, failure)
    else:
        [result] = transcript.results(exchange.answer)
        assert (cur.rowcount, cur.statusmessage) == (result.count, result.tag)
    return "sent"


def is_damaged(data: list[bytes]) -> bool:
    """Whether it is neither packets nor lines: the driver sends no such bytes."""
    return any(not block.startswith(b"SBNR") and not block.endswith(b"\n") for block in data)


def insert_many(cur: Any, exchange: Exchange) -> str:
    """An array BIND: `executemany` of the same rows."""
    failure = transcript.error(exchange.answer)
    rows = [[None if value is None else value.decode() for value in row] for row in exchange.rows or []]
    try:
        values = [[int(number), text] for number, text in rows]  # type: ignore[arg-type]
    except ValueError:
        return "binary"
    if failure is not None:
        with pytest.raises(scratchbird.DatabaseError) as caught:
            cur.executemany(exchange.sql, values)
        check_error(caught.value, failure)
        return "sent"
    cur.executemany(exchange.sql, values)
    [result] = transcript.results(exchange.answer)
    assert cur.rowcount == result.count == len(values)
    return "sent"


def is_refusal(error: scratchbird.Error) -> bool:
    """Whether it is the driver that says so."""
    return "this server" in str(error) or "placeholder" in str(error)


def is_in_step(exchange: Exchange) -> bool:
    """Whether it is answered once; a wrong transaction id, which the driver never sends, gives two answers."""
    error = transcript.error(exchange.answer)
    return error is None or error["C"] != "25000"


def python(oid: int, value: bytes | None) -> Any:
    """The value that the driver sends as this text."""
    if value is None:
        return None
    text = value.decode()
    if oid == 16:
        words = {"true": True, "false": False}
        return words[text.lower()] if text.lower() in words else _none(text)
    if oid in (20, 21, 23):
        return int(text)
    if oid in (700, 701):
        return float(text) if text not in ("NaN",) else _none(text)
    readers: dict[int, Callable[[str], Any]] = {
        1700: decimal.Decimal,
        1082: datetime.date.fromisoformat,
        1083: datetime.time.fromisoformat,
        1114: datetime.datetime.fromisoformat,
        1184: datetime.datetime.fromisoformat,
        2950: uuid.UUID,
        114: lambda text: Json(json.loads(text)),
        17: lambda text: bytes.fromhex(text[2:]),
    }
    return readers.get(oid, str)(text)


def _none(text: str) -> Any:
    raise ValueError(text)


# ---- What must come out ------------------------------------------------------------------------------------

CLASSES = [
    (r"SB-BULK-CONSTRAINT-UNIQUE|CONSTRAINT_PRIMARY_KEY|not_null_validation_refused", scratchbird.IntegrityError),
    (r"SBSQL\.NAME_RESOLUTION|SBSQL\.PARSER\.|SBSQL\.LEXER\.|DUPLICATE_NAME", scratchbird.ProgrammingError),
    (r"^SBSQL\..*(_UNSUPPORTED|\.UNSUPPORTED_SHAPE)", scratchbird.NotSupportedError),
    (r"DIVIDE_BY_ZERO|FUNCTION_INVALID_INPUT|COPY\.DATA_ROW_INVALID", scratchbird.DataError),
]


def check_error(caught: scratchbird.Error, recorded: dict[str, str]) -> None:
    """The class, the SQLSTATE and the cause of an error."""
    detail = recorded.get("D", "")
    assert recorded["M"] in str(caught)
    assert caught.detail == recorded.get("D")
    expected = next((cls for pattern, cls in CLASSES if re.search(pattern, detail or recorded["M"])), None)
    if expected is not None:
        assert type(caught) is expected
    elif recorded["C"] != "42000":
        assert caught.sqlstate == recorded["C"]
    assert isinstance(caught, scratchbird.DatabaseError)


def check(cur: Any, exchange: Exchange, values: Any) -> None:
    """The results, or the error, of one statement."""
    sql, answer = exchange.sql, exchange.answer
    failure = transcript.error(answer)
    if failure is not None:
        with pytest.raises(scratchbird.Error) as caught:
            cur.execute(sql, values)
        if is_refusal(caught.value):
            raise caught.value
        check_error(caught.value, failure)
        return
    cur.execute(sql, values)
    is_query = re.match(r"(?i)\s*(select|show|with|values|explain|execute)\b", sql) is not None
    is_scalar = re.match(r"(?i)\s*select\b", sql) is not None and not re.search(r"(?i)\bfrom\b", sql)
    for number, wanted in enumerate(transcript.results(answer)):
        if number:
            assert cur.nextset()
        assert cur.statusmessage == wanted.tag
        if cur.description is None:
            # This server answers DDL and bulk INSERTs with a row about the work done; it is no result.
            assert wanted.columns is None or not is_query
            counted = re.match(r"INSERT|UPDATE|DELETE|MERGE|UPSERT", wanted.tag)
            assert cur.rowcount == (wanted.count if counted else cur.rowcount)
            continue
        # It does not describe a result without rows.
        assert [column[0] for column in cur.description] == [name for name, _ in wanted.columns or ()]
        check_rows(cur.fetchall(), wanted, is_scalar)
    assert not cur.nextset()


def check_rows(rows: list[Any], wanted: transcript.Result, is_scalar: bool) -> None:
    assert len(rows) == len(wanted.rows)
    for row, recorded in zip(rows, wanted.rows):
        for index, cell in enumerate(recorded):
            kind = wanted.columns[index][1] if wanted.columns and index < len(wanted.columns) else (8, 1)
            expected = meaning(cell, kind, is_scalar)
            assert row[index] == expected
            assert type(row[index]) is type(expected)


def meaning(cell: bytes | None, kind: tuple[int, int], is_scalar: bool) -> Any:
    """The value of a cell, read by the rules of REAL_SERVER.md: types are guesses, and NULL is a word."""
    if cell is None or cell == b"<NULL>" or (is_scalar and cell == b"NULL"):
        return None
    try:
        text = cell.decode()
    except UnicodeDecodeError:
        return cell
    if is_scalar and not text and kind != (8, 1):
        return None
    if kind == (1, 1) and text in ("true", "false", "TRUE", "FALSE"):
        return text.lower() == "true"
    if kind == (2, 4) and re.fullmatch(r"0|-?[1-9]\d*", text):
        return int(text) if -(2**63) <= int(text) < 2**63 else decimal.Decimal(text)
    if kind == (4, 1) and re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", text) and text != "-0":
        return decimal.Decimal(text)
    return text


# ---- Ends --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", REFUSED)
def test_a_login_that_is_refused(connect: Callable[..., Any], stem: str) -> None:
    frames = RECORDINGS[stem]

    def script(peer: Peer) -> None:
        for frame in frames:
            if frame.client:
                peer.read()
            else:
                peer.send(frame.raw)

    recorded = transcript.error([frame for frame in frames if not frame.client])
    assert recorded is not None
    with ScriptedServer(script) as server:
        with pytest.raises((scratchbird.OperationalError, scratchbird.NotSupportedError)) as caught:
            open_to(connect, server)
    assert recorded["M"] in str(caught.value)
    assert caught.value.sqlstate == recorded["C"]
    assert "scratchbird" not in str(caught.value).replace("scratchbird.", "")


@pytest.mark.parametrize("stem", FATAL)
def test_a_server_that_hangs_up(connect: Callable[..., Any], stem: str) -> None:
    """Whatever made the server close the connection: a statement that waits fails with the cause, and no other runs."""
    opening, rest = login(RECORDINGS[stem])
    last = max(index for index, frame in enumerate(rest) if frame.client)
    farewell = [frame for frame in rest[last:] if not frame.client]

    def script(peer: Peer) -> None:
        for frame in opening:
            if frame.client:
                peer.read()
            else:
                peer.send(frame.raw)
        peer.read_request()
        peer.send(*(frame.raw for frame in farewell))

    recorded = transcript.error(farewell)
    with ScriptedServer(script) as server:
        conn = open_to(connect, server)
        with pytest.raises(scratchbird.Error) as caught:
            conn.execute("SELECT 1")
        assert conn.closed
        if recorded is None:
            assert isinstance(caught.value, scratchbird.OperationalError)
            assert caught.value.is_disconnect
        else:
            check_error(caught.value, recorded)
        with pytest.raises(scratchbird.InterfaceError, match="closed"):
            conn.execute("SELECT 1")
