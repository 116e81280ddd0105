"""What the fault tests do on a connection while it fails: one function an operation, each checks its own answers.

They use a table `struck`, on the server that the proxy stands before.
"""

from __future__ import annotations

from typing import Any, Callable, Dict

ROWS = 2000


def query(conn: Any) -> None:
    assert conn.execute("select 1").fetchall() == [(1,)]


def parameters(conn: Any) -> None:
    assert conn.execute("select %s, %s", (5, "five")).fetchall() == [(5, "five")]


def fetch(conn: Any) -> None:
    rows = conn.execute("select n, repeat('x', 50) from generate_series(1, %s) n", (ROWS,)).fetchall()
    assert [row[0] for row in rows] == list(range(1, ROWS + 1))


def many(conn: Any) -> None:
    conn.cursor().executemany("insert into struck values (%s)", [(n,) for n in range(200)])


def pipeline(conn: Any) -> None:
    with conn.pipeline():
        cursors = [conn.execute("select %s, repeat('x', 50)", (n,)) for n in range(200)]
        conn.cursor().executemany("insert into struck values (%s)", [(n,) for n in range(200)])
        assert cursors[0].fetchone()[0] == 0
    assert [cursor.fetchone()[0] for cursor in cursors[1:]] == list(range(1, 200))


def stream(conn: Any) -> None:
    numbers = "select n, repeat('x', 50) from generate_series(1, %s) n"
    assert [row[0] for row in conn.cursor().stream(numbers, (ROWS,))] == list(range(1, ROWS + 1))


def server_cursor(conn: Any) -> None:
    with conn.cursor("struck_numbers") as cursor:
        cursor.itersize = ROWS // 4
        cursor.execute("select n from generate_series(1, %s) n", (ROWS,))
        assert [n for (n,) in cursor] == list(range(1, ROWS + 1))


def copy_in(conn: Any) -> None:
    with conn.cursor().copy("copy struck (n) from stdin") as copy:
        for n in range(ROWS):
            copy.write_row((n,))


def copy_out(conn: Any) -> None:
    with conn.cursor().copy(f"copy (select n from generate_series(1, {ROWS}) n) to stdout") as copy:
        assert sum(1 for _ in copy.rows()) == ROWS


def rollback(conn: Any) -> None:
    conn.execute("insert into struck values (-1)")
    conn.rollback()


def ping(conn: Any) -> None:
    conn.ping()


OPERATIONS: Dict[str, Callable[[Any], None]] = {
    operation.__name__: operation
    for operation in (
        query,
        parameters,
        fetch,
        many,
        pipeline,
        stream,
        server_cursor,
        copy_in,
        copy_out,
        rollback,
        ping,
    )
}

LOSSES = ("cut", "half_close", "reset", "black_hole", "corrupt")
"""Faults that end a connection."""
DELAYS = ("delay", "dribble")
"""Faults that make it slow."""
