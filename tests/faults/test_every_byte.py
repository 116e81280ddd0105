"""A connection cut at every byte of a login, an insert and a commit: the right error, and the row there exactly once.

In the plain suite only some of the positions are cut, others in each direction and face; `SCRATCHBIRD_TEST_EVERY_BYTE=1`
cuts them all.
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
        try:
            conn = self.connect(self.dsn, connect_timeout=30, socket_timeout=30)
        except scratchbird.OperationalError as error:
            assert error.sqlstate in ("08001", "08006"), repr(error)
            assert error.is_disconnect
            return "not connected"
        try:
            try:
                conn.execute("insert into bytes values (%s)", (number,))
            except scratchbird.OperationalError as error:
                assert error.sqlstate == "08006", repr(error)
                assert error.is_disconnect
                return "not inserted"
            try:
                conn.commit()
            except scratchbird.OperationalError as error:
                assert error.sqlstate == "08007", repr(error)
                assert error.outcome_unknown
                assert conn.closed
                return "unknown"
            self.carried = self.proxy.carried()
            return "committed"
        finally:
            conn.close()


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
