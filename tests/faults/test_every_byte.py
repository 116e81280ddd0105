"""A connection cut at every byte of a login, an insert and a commit: the right error, and the row there exactly once.

Every fifth byte in a plain run, others for each kind and direction; `SCRATCHBIRD_TEST_EVERY_BYTE=1` takes them all.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Iterator

import pytest

import scratchbird
from tests.faults.proxy import DOWN, UP, Fault, Proxy

STRIDE = 1 if os.environ.get("SCRATCHBIRD_TEST_EVERY_BYTE") else 5

pytestmark = [pytest.mark.usefixtures("nothing_leaked"), pytest.mark.timeout(600 if STRIDE == 1 else 60)]


class Exchange:
    """Logs in, inserts a row of its own and commits, and says how far it came."""

    def __init__(self, connect: Callable[..., Any], dsn: str, proxy: Proxy) -> None:
        self.connect, self.dsn, self.proxy = connect, dsn, proxy
        self.carried: dict[str, int] = {}
        """The bytes of each direction, up to the answer to the last commit."""

    def run(self, number: int) -> str:
        conn, error = attempt(lambda: self.connect(self.dsn, connect_timeout=30, socket_timeout=30))
        if error is not None:
            return told(error, "not connected", "08001", "08006")
        _, error = attempt(lambda: conn.execute("insert into bytes values (%s)", (number,)))
        if error is not None:
            conn.close()
            return told(error, "not inserted", "08006")
        _, error = attempt(conn.commit)
        self.carried = self.proxy.carried()
        assert conn.closed or error is None
        conn.close()
        return "committed" if error is None else told(error, "unknown", "08007")


def attempt(step: Callable[[], Any]) -> tuple[Any, scratchbird.OperationalError | None]:
    """What a step returns, or that the connection is lost."""
    try:
        return step(), None
    except scratchbird.OperationalError as error:
        return None, error


def told(error: scratchbird.OperationalError, end: str, *states: str) -> str:
    """How far the exchange came, where the error says so."""
    assert error.sqlstate in states, repr(error)
    assert error.is_disconnect
    assert error.outcome_unknown == (end == "unknown")
    return end


@pytest.fixture(scope="module")
def numbers(plain_server: Any) -> Iterator[Callable[[], list[int]]]:
    """A table for the exchanges; gives what is in it."""
    with scratchbird.connect(plain_server.dsn, autocommit=True) as admin:
        admin.execute("create table bytes (n int)")
        yield lambda: [n for (n,) in admin.execute("select n from bytes order by n").fetchall()]
        admin.execute("drop table bytes")


@pytest.mark.parametrize("kind", ["cut", "reset"])
@pytest.mark.parametrize("lane", [UP, DOWN])
def test_every_byte(
    numbers: Callable[[], list[int]],
    connect: Callable[..., Any],
    plain_proxy: Proxy,
    plain_through: str,
    lane: str,
    kind: str,
) -> None:
    exchange = Exchange(connect, plain_through, plain_proxy)
    already = set(numbers())
    first = max(already, default=0) + 1
    assert exchange.run(first) == "committed"
    length = exchange.carried[lane]
    plain_proxy.forget()
    came_to = {}
    start = {UP: 3, DOWN: 5}[lane] + (7 if kind == "cut" else 0)
    for after in range(start % STRIDE, length, STRIDE):
        plain_proxy.next = Fault(kind, lane, after)
        came_to[after] = exchange.run(first + 1 + after)
        plain_proxy.forget()
    assert set(came_to.values()) >= {"not connected", "not inserted", "unknown"}
    # Positions only ever come further.
    order = ["not connected", "not inserted", "unknown", "committed"]
    reached = [order.index(came_to[after]) for after in sorted(came_to)]
    assert reached == sorted(reached)
    present = [n - first - 1 for n in numbers() if n > first]
    assert len(present) == len(set(present)), "a row was inserted twice"
    surely = {after for after, end in came_to.items() if end == "committed"}
    perhaps = {after for after, end in came_to.items() if end == "unknown"}
    assert surely <= set(present) <= surely | perhaps
