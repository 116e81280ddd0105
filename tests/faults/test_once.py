"""Every kind of fault while rows are made permanent: there exactly once where that was said, and never in part."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterator, Optional

import pytest

import scratchbird
from tests.faults.operations import DELAYS, LOSSES
from tests.faults.proxy import DOWN, UP, Fault, Proxy

ROWS = 12

pytestmark = pytest.mark.usefixtures("nothing_leaked")


def commit(conn: Any, number: int) -> None:
    for _ in range(ROWS):
        conn.execute("insert into kept values (%s)", (number,))
    conn.commit()


def transaction(conn: Any, number: int) -> None:
    with conn.transaction():
        for _ in range(ROWS):
            conn.execute("insert into kept values (%s)", (number,))


def autocommit(conn: Any, number: int) -> None:
    conn.autocommit = True
    conn.execute("insert into kept select %s from generate_series(1, %s)", (number, ROWS))


def pipeline(conn: Any, number: int) -> None:
    conn.autocommit = True
    with conn.pipeline():
        for _ in range(ROWS // 2):
            conn.execute("insert into kept values (%s)", (number,))
        conn.executemany("insert into kept values (%s)", [(number,)] * (ROWS // 2))


def many(conn: Any, number: int) -> None:
    conn.autocommit = True
    conn.executemany("insert into kept values (%s)", [(number,)] * ROWS)


def copy(conn: Any, number: int) -> None:
    conn.bulk_copy("kept", [(number,)] * ROWS, columns=["n"])
    conn.commit()


WRITES: Dict[str, Callable[[Any, int], None]] = {
    write.__name__: write for write in (commit, transaction, autocommit, pipeline, many, copy)
}


@pytest.fixture(scope="module")
def kept(server: Any) -> Iterator[Callable[[int], int]]:
    """A table for the rows; gives how many there are with a number."""
    with scratchbird.connect(server.dsn, autocommit=True) as admin:
        admin.execute("create table kept (n int)")
        yield lambda number: int(admin.execute("select count(*) from kept where n = %s", (number,)).fetchone()[0])
        admin.execute("drop table kept")


numbers = iter(range(1_000_000))


def attempt(work: Callable[[], None]) -> Optional[scratchbird.OperationalError]:
    """What says that the connection is lost, if it is."""
    try:
        work()
    except scratchbird.OperationalError as error:
        return error
    return None


@pytest.mark.parametrize("kind", LOSSES + DELAYS)
@pytest.mark.parametrize("name", WRITES)
def test_exactly_once(
    kept: Callable[[int], int], connect: Callable[..., Any], through: str, proxy: Proxy, name: str, kind: str
) -> None:
    number = next(numbers)
    conn = connect(through)
    proxy.arm(None)
    WRITES[name](conn, number)
    lengths = proxy.carried()
    assert kept(number) == ROWS
    proxy.forget()
    for lane in (UP, DOWN):
        length = lengths[lane]
        # In the middle, and around the last bytes: the COMMIT, or the answer to it.
        for after in {length // 2, length - 90, length - 3, length}:
            number = next(numbers)
            # Some silence is the price of the server's fsync and of a busy machine.
            conn = connect(through, socket_timeout=0.25 if kind == "black_hole" else 20)
            proxy.arm(Fault(kind, lane, max(after, 0), seconds=0.05))
            error = attempt(lambda: WRITES[name](conn, number))  # noqa: B023
            expected = {ROWS} if error is None else {0, ROWS} if error.outcome_unknown else {0}
            assert error is None or (kind in LOSSES and error.is_disconnect), repr(error)
            proxy.forget()
            assert conn.closed or error is None
            conn.close()
            assert kept(number) in expected, (lane, after, length)
