"""The driver against recordings of the real server: every conversation of plain statements, played back.

What must come out is taken from the recorded frames, read here by hand.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable

import pytest

import scratchbird
from tests.conformance import transcript
from tests.faults.scripted import ScriptedServer

pytestmark = [
    pytest.mark.skipif(not transcript.FOLDER.exists(), reason="the recordings are not beside this repository"),
    pytest.mark.filterwarnings("ignore::scratchbird.ServerDefectWarning"),
]

# It has INSERT … RETURNING, which this server accepts without effect; the driver refuses it before it is sent.
REFUSED = {"insert_literals"}
PLAIN = [
    path
    for path in sorted(transcript.FOLDER.glob("*.jsonl"))
    if transcript.is_plain(transcript.read(path)) and path.stem not in REFUSED
]


def test_there_is_something_to_play() -> None:
    assert len(PLAIN) > 40


@pytest.mark.parametrize("path", PLAIN, ids=[path.stem for path in PLAIN])
def test_a_conversation(connect: Callable[..., Any], path: Path) -> None:
    frames = transcript.read(path)
    with ScriptedServer(transcript.Replay(frames)) as server:
        conn = connect(
            host=server.host,
            port=server.port,
            user="alice",
            password="scratchbird",
            database="default",
            sslmode="disable",
        )
        for sql, answer in transcript.queries(frames):
            check(conn.cursor(), sql, answer)
        conn.close()


def check(cur: Any, sql: str, answer: list[transcript.Recorded]) -> None:
    """The results, or the error, of one statement."""
    failure = transcript.error(answer)
    if failure is not None:
        with pytest.raises(scratchbird.Error) as caught:
            cur.execute(sql)
        assert failure["C"] in (caught.value.sqlstate, str(caught.value)[1:6], "42000")
        assert caught.value.detail == failure.get("D")
        return
    cur.execute(sql)
    is_query = re.match(r"(?i)\s*(select|show|with|values|explain|execute)\b", sql) is not None
    for number, wanted in enumerate(transcript.results(answer)):
        if number:
            assert cur.nextset()
        assert cur.statusmessage == wanted.tag
        if cur.description is None:
            # This server answers DDL and bulk INSERTs with a row about the work done; it is no result.
            assert wanted.columns is None or not is_query
            continue
        # It does not describe a result without rows.
        assert [column[0] for column in cur.description] == (wanted.columns or [])
        assert len(cur.fetchall()) == wanted.rows
    assert not cur.nextset()
