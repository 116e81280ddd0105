"""Answers of other servers to a call: several results, parameters without their places, keys nobody asked for."""

from __future__ import annotations

import struct
from typing import Any, Callable

import pytest

from scratchbird import OperationalError, ProgrammingError
from tests.faults import wire
from tests.faults.scripted import Peer, ScriptedServer

INT, TEXT = (2, 3), (8, 1)


def described(kind: int, columns: list[tuple[str, tuple[int, int]]], ordinals: tuple[int, ...] = ()) -> bytes:
    """A ROW_DESCRIPTION of a kind, whose columns stand for parameters."""
    frame = bytearray(wire.row_description(columns))
    start = wire.HEADER.size
    frame[start + 2] = kind
    at = start + 72
    for (name, _), ordinal in zip(columns, ordinals):
        struct.pack_into("<I", frame, at + 208, ordinal)
        at += 216 + 5 + len(name)
    return bytes(frame)


def answering(*frames: bytes) -> Callable[[Peer], None]:
    def script(peer: Peer) -> None:
        peer.login()
        peer.read_request()
        peer.send(*frames, wire.ready())

    return script


def dsn(server: ScriptedServer) -> str:
    return f"scratchbird://u:p@{server.host}:{server.port}/d?sslmode=disable"


def rows(name: str, *values: bytes) -> tuple[bytes, ...]:
    return (
        wire.row_description([(name, TEXT)]),
        *(wire.data_row([value]) for value in values),
        wire.command_complete(f"SELECT {len(values)}", len(values)),
    )


def test_results_before_and_after_the_parameters(connect: Callable[..., Any]) -> None:
    parameters = (
        described(2, [("c", INT), ("b", INT)], (3, 2)),
        wire.data_row([b"30", None]),
        wire.command_complete("SELECT 1", 1),
    )
    with ScriptedServer(answering(*rows("first", b"x", b"y"), *parameters, *rows("second"))) as server:
        cursor = connect(dsn(server)).cursor()
        b, c = cursor.var(int, 5), cursor.var(int)
        assert cursor.callproc("p", [1, b, c]) == [1, None, 30]
        assert (b.value, c.value) == (None, 30)
        assert cursor.fetchall() == [("x",), ("y",)]
        assert cursor.nextset() is True
        assert cursor.description[0][0] == "second"
        assert cursor.fetchall() == []
        assert cursor.nextset() is None


def test_a_server_that_does_not_say_which_parameters_they_are(connect: Callable[..., Any]) -> None:
    frames = (described(2, [("", INT), ("", INT)]), wire.data_row([b"2", b"3"]), wire.command_complete("CALL"))
    with ScriptedServer(answering(*frames)) as server:
        cursor = connect(dsn(server)).cursor()
        assert cursor.callproc("p", [1, cursor.var(int), cursor.var(int)]) == [1, 2, 3]


def test_more_parameters_than_were_asked_for(connect: Callable[..., Any]) -> None:
    frames = (
        described(2, [("a", INT), ("b", INT)], (9, 1)),
        wire.data_row([b"2", b"3"]),
        wire.command_complete("CALL"),
    )
    with ScriptedServer(answering(*frames)) as server:
        cursor = connect(dsn(server)).cursor()
        assert cursor.callproc("p", [cursor.var(int)]) == [3]


def test_parameters_without_a_row(connect: Callable[..., Any]) -> None:
    frames = (described(2, [("a", INT)], (1,)), wire.command_complete("CALL"))
    with ScriptedServer(answering(*frames)) as server:
        cursor = connect(dsn(server)).cursor()
        with pytest.raises(ProgrammingError, match="argument 1"):
            cursor.callproc("p", [cursor.var(int)])


def test_a_row_that_is_damaged(connect: Callable[..., Any]) -> None:
    frames = (described(2, [("a", INT)], (1,)), wire.frame(wire.DATA_ROW, b"\1"), wire.command_complete("CALL"))
    with ScriptedServer(answering(*frames)) as server:
        cursor = connect(dsn(server)).cursor()
        with pytest.raises(OperationalError):
            cursor.callproc("p", [cursor.var(int)])


def test_keys_that_come_without_having_been_asked_for(connect: Callable[..., Any]) -> None:
    frames = (
        wire.command_complete("INSERT", 2),
        described(1, [("id", INT)]),
        wire.data_row([b"41"]),
        wire.data_row([b"42"]),
        wire.command_complete("SELECT 2", 2),
    )
    with ScriptedServer(answering(*frames)) as server:
        cursor = connect(dsn(server)).cursor()
        cursor.execute("insert into t (a) values (1), (2)")
        assert cursor.lastrowid == 42
        assert cursor.rowcount == 2
        assert cursor.nextset() is True
        assert cursor.fetchall() == [(41,), (42,)]
