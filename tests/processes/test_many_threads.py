"""32 threads on one connection and on one pool: everybody gets his own answers, and every row is stored once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import pytest

import scratchbird

THREADS = 32
TURNS = 25

pytestmark = pytest.mark.usefixtures("nothing_leaked")


@pytest.fixture
def together() -> Callable[[Callable[[int], None]], None]:
    """Runs a function in all threads at once; what one raises is raised."""
    start = threading.Barrier(THREADS)

    def run(work: Callable[[int], None]) -> None:
        def begin(thread: int) -> None:
            start.wait(30)
            work(thread)

        with ThreadPoolExecutor(THREADS) as executor:
            list(executor.map(begin, range(THREADS)))

    return run


def ask(conn: Any, thread: int, turn: int) -> None:
    """Statements of several kinds, whose answers belong to one thread and turn only."""
    own = thread * 1000 + turn
    if turn % 3 == 0:
        rows = conn.execute("select n, %s from generate_series(1, 20) n", (own,)).fetchall()
        assert rows == [(n, own) for n in range(1, 21)]
    elif turn % 3 == 1:
        assert conn.execute(f"select {own}, 'text {own}'").fetchone() == (own, f"text {own}")
    else:
        with pytest.raises(scratchbird.ProgrammingError) as info:
            conn.execute(f"select * from missing_{own}")
        assert f"missing_{own}" in str(info.value)


def test_one_connection(dsn: str, together: Any) -> None:
    with scratchbird.connect(dsn, autocommit=True) as conn:
        together(lambda thread: [ask(conn, thread, turn) for turn in range(TURNS)])


def test_one_connection_that_stores(dsn: str, ledger: str, together: Any) -> None:
    with scratchbird.connect(dsn) as conn:

        def work(thread: int) -> None:
            for turn in range(TURNS):
                conn.execute("insert into ledger values (%s)", (thread * TURNS + turn,))
            conn.cursor().executemany("insert into ledger values (%s)", [(-1 - thread,)] * 10)

        together(work)
        conn.commit()
        stored = [n for (n,) in conn.execute("select n from ledger where n >= 0 order by n").fetchall()]
        assert stored == list(range(THREADS * TURNS))
        assert conn.execute("select count(*) from ledger where n < 0").fetchone() == (THREADS * 10,)


def test_one_pool(dsn: str, ledger: str, together: Any) -> None:
    with scratchbird.ConnectionPool(dsn, min_size=4, max_size=4, timeout=60) as pool:

        def work(thread: int) -> None:
            for turn in range(TURNS):
                with pool.connection() as conn:
                    conn.execute("insert into ledger values (%s)", (thread * TURNS + turn,))
                    assert conn.execute("select %s", (thread,)).fetchone() == (thread,)

        together(work)
        with pool.connection() as conn:
            stored = [n for (n,) in conn.execute("select n from ledger order by n").fetchall()]
        assert stored == list(range(THREADS * TURNS))
        stats = pool.get_stats()
        assert stats["pool_size"] <= 4
        assert stats["requests_waiting"] == 0


def test_cancel_from_all_sides(dsn: str, together: Any) -> None:
    """Whoever is running then is cancelled or has its answer; nobody gets another's."""
    with scratchbird.connect(dsn, autocommit=True) as conn:

        def work(thread: int) -> None:
            for _ in range(TURNS):
                if thread % 4 == 0:
                    conn.cancel()
                    continue
                try:
                    assert conn.execute("select %s", (thread,)).fetchone() == (thread,)
                except scratchbird.OperationalError as error:
                    if error.sqlstate != "57014":
                        raise

        together(work)
        assert conn.execute("select 'over'").fetchone() == ("over",)
