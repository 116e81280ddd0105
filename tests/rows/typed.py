"""What a type checker knows of rows: mypy reads this file in `test_typing.py`, and nobody runs it.

Every `assert_type` is a promise to users; every line that must be refused says with which error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from typing_extensions import TypedDict, assert_type

import scratchbird
from scratchbird.rows import class_row, dict_row, namedtuple_row, scalar_row, tuple_row

TupleRow = Tuple[Any, ...]


@dataclass
class Point:
    x: int
    y: int


class Pair(NamedTuple):
    x: int
    y: int


class Keys(TypedDict):
    x: int
    y: int


def upper(cursor: scratchbird.Cursor[Any]) -> Callable[[Sequence[Any]], List[str]]:
    return lambda values: [str(value).upper() for value in values]


def blocking() -> None:
    conn = scratchbird.connect("dsn")
    assert_type(conn, scratchbird.Connection[TupleRow])
    assert_type(conn.cursor().fetchone(), Optional[TupleRow])
    assert_type(conn.execute("select 1").fetchall(), List[TupleRow])
    assert_type(conn.cursor(row_factory=class_row(Point)).fetchone(), Optional[Point])
    assert_type(conn.cursor(row_factory=class_row(Pair)).fetchmany(2), List[Pair])
    assert_type(conn.cursor(row_factory=class_row(Keys)).fetchone(), Optional[Keys])
    assert_type(conn.cursor(row_factory=dict_row).execute("select 1").fetchone(), Optional[Dict[str, Any]])
    assert_type(conn.cursor(row_factory=tuple_row).fetchone(), Optional[TupleRow])
    assert_type(conn.cursor(row_factory=scalar_row).fetchall(), List[Any])
    assert_type(conn.cursor(row_factory=namedtuple_row).fetchone(), Optional[NamedTuple])
    assert_type(conn.cursor(row_factory=upper).fetchone(), Optional[List[str]])
    for point in conn.cursor(row_factory=class_row(Point)):
        assert_type(point, Point)
    typed = scratchbird.connect("dsn", row_factory=class_row(Point))
    assert_type(typed, scratchbird.Connection[Point])
    assert_type(typed.cursor().fetchone(), Optional[Point])
    assert_type(typed.execute("select 1").fetchall(), List[Point])
    with scratchbird.connect("dsn", row_factory=dict_row) as mapped, mapped.cursor() as cursor:
        assert_type(cursor.fetchone(), Optional[Dict[str, Any]])
    conn.cursor(row_factory=3)  # expect: call-overload
    conn.cursor(row_factory=class_row(Point)).fetchall().append(1)  # expect: arg-type


def unparametrised(conn: scratchbird.Connection, cursor: scratchbird.Cursor) -> None:
    assert_type(conn.cursor().fetchone(), Optional[TupleRow])
    assert_type(cursor.fetchone(), Optional[TupleRow])
    blocking_pool = scratchbird.ConnectionPool("dsn")
    with blocking_pool.connection() as lent:
        assert_type(lent.execute("select 1").fetchone(), Optional[TupleRow])
    with scratchbird.ConnectionPool("dsn", row_factory=class_row(Point)) as pool, pool.connection() as lent_points:
        assert_type(lent_points.execute("select 1").fetchone(), Optional[Point])


async def awaited() -> None:
    conn = await scratchbird.connect_async("dsn")
    assert_type(conn, scratchbird.AsyncConnection[TupleRow])
    assert_type(await conn.cursor().fetchone(), Optional[TupleRow])
    assert_type(await conn.cursor(row_factory=class_row(Point)).fetchone(), Optional[Point])
    cursor = await conn.cursor(row_factory=dict_row).execute("select 1")
    assert_type(await cursor.fetchall(), List[Dict[str, Any]])
    async for row in cursor:
        assert_type(row, Dict[str, Any])
    typed = await scratchbird.connect_async("dsn", row_factory=class_row(Point))
    assert_type(typed, scratchbird.AsyncConnection[Point])
    assert_type(await (await typed.execute("select 1")).fetchone(), Optional[Point])
    other = await scratchbird.AsyncConnection.connect("dsn", row_factory=class_row(Point))
    assert_type(other, scratchbird.AsyncConnection[Point])
    pool = scratchbird.AsyncConnectionPool("dsn", row_factory=class_row(Pair))
    async with pool.connection() as lent:
        assert_type(await lent.cursor().fetchmany(), List[Pair])
