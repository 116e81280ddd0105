"""`server_defects` for every kind of defect: warned of once a connection, refused every time, or passed over.

Here each kind is met in one way; `test_defects.py` has the others.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Callable

import pytest

import scratchbird
from tests.beta.conftest import kinds


def insert_text(text: str) -> Callable[[Any, int], None]:
    def run(conn: Any, number: int) -> None:
        conn.execute("insert into spot (id, label) values (?, ?)", (number, text))

    return run


def statement(sql: str) -> Callable[[Any, int], None]:
    def run(conn: Any, number: int) -> None:
        conn.execute(sql.format(number))

    return run


def go_back(conn: Any, number: int) -> None:
    conn.savepoint("s")
    conn.rollback_to_savepoint("s")


MET: dict[str, Callable[[Any, int], None]] = {
    "text-semicolon": insert_text("a;b"),
    "text-line-feed": insert_text("a\nb"),
    "text-null": insert_text("<NULL>"),
    "savepoint-rollback": go_back,
    "no-row-changed": statement("update spot set label = 'x' where id = -{}"),
    "returning-ignored": statement("insert into spot (id) values ({}) returning id"),
    "uniqueness-unchecked": statement("insert into spot values ({}, 'a', 1)"),
    "projection-ignored": statement("select sum(n) from spot"),
    "locking-ignored": statement("select * from spot for update"),
}
AFTERWARDS = {"no-row-changed", "projection-ignored", "locking-ignored"}
"""What only the answer shows."""


def opened(connect: Callable[..., Any], dsn: str, **options: Any) -> Any:
    conn = connect(dsn, **options)
    conn.execute("insert into spot (id, n) values (100, 1)")
    conn.commit()
    return conn


def test_every_documented_kind_is_tested() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "beta-server.md").read_text(encoding="utf-8")
    table = page.split("## Defects you are told of")[1].split("\n## ")[0]
    documented = {
        found[0]: "*afterwards*" in found[1] for found in re.findall(r"^\| `([a-z]+-[a-z-]+)` \|(.*)$", table, re.M)
    }
    assert documented == {kind: kind in AFTERWARDS for kind in MET}


@pytest.mark.parametrize("kind", MET)
def test_each_kind_is_warned_of_once(connect: Callable[..., Any], dsn: str, told: list[Any], kind: str) -> None:
    conn = opened(connect, dsn)
    for number in (1, 2, 3):
        MET[kind](conn, number)
    assert kinds(told) == [kind]
    assert type(told[0].message) is scratchbird.ServerDefectWarning


@pytest.mark.parametrize("kind", MET)
def test_each_kind_is_refused_every_time(connect: Callable[..., Any], dsn: str, told: list[Any], kind: str) -> None:
    conn = opened(connect, dsn, server_defects="error")
    for number in (1, 2, 3):
        with pytest.raises(scratchbird.NotSupportedError, match="this server"):
            MET[kind](conn, number)
        assert not conn.closed
    # What is not found out afterwards has not been sent.
    assert conn.execute("select count(*) from spot").fetchone() == (1,)
    assert kinds(told) == []


@pytest.mark.parametrize("kind", MET)
def test_each_kind_is_passed_over(connect: Callable[..., Any], dsn: str, told: list[Any], kind: str) -> None:
    conn = opened(connect, dsn, server_defects="ignore")
    for number in (1, 2, 3):
        MET[kind](conn, number)
    inserts = kind.startswith("text-") or kind in ("returning-ignored", "uniqueness-unchecked")
    assert conn.execute("select count(*) from spot").fetchone() == (4 if inserts else 1,)
    assert kinds(told) == []


@pytest.mark.parametrize("kind", MET)
def test_a_server_without_defects_is_not_spoken_of(
    connect: Callable[..., Any], server: Any, told: list[Any], kind: str
) -> None:
    conn = connect(str(server.dsn))
    conn.execute("create table spot (id bigint primary key, label text, n bigint)")
    conn.execute("insert into spot (id, n) values (100, 1)")
    MET[kind](conn, 1)
    assert kinds(told) == []


# ---- Select lists -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sql",
    [
        "select n from spot",
        "select n as id, id as n, label from spot",
        "select distinct n from spot",
        "select sum(n), max(n) from spot",
        "select count(*), sum(n) from spot",
        "select n + 1 from spot",
        "select id, row_number() over (order by id) from spot",
        "select nocolumn from spot",
    ],
)
def test_lists_that_the_server_ignores(connect: Callable[..., Any], dsn: str, told: list[Any], sql: str) -> None:
    conn = opened(connect, dsn)
    cur = conn.execute(sql)
    assert [column[0] for column in cur.description] == ["id", "label", "n"]
    assert cur.fetchall() == [(100, None, 1)]
    assert kinds(told) == ["projection-ignored"]


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("select * from spot", [(100, None, 1)]),
        ("select id, label, n from spot", [(100, None, 1)]),
        ("select count(*) from spot", [(1,)]),
        ("select count(id) from spot where n = 1", [(1,)]),
        ("select n, count(*) from spot group by n", [(1, 1)]),
        ("select count(*) from spot a join spot b on a.id = b.id", [(1,)]),
        ("select * from spot a join spot b on a.id = b.id", [(100, None, 1, 100, None, 1)]),
        ("select id from spot union select n from spot order by 1", [(1,), (100,)]),
        ("select 1 as one, 2", [(1, 2)]),
        ("values (1, 'a')", [(1, "a")]),
    ],
)
def test_lists_that_the_server_follows(
    connect: Callable[..., Any], dsn: str, told: list[Any], sql: str, rows: Any
) -> None:
    conn = opened(connect, dsn)
    assert conn.execute(sql).fetchall() == rows
    assert kinds(told) == []


# ---- What is made right -----------------------------------------------------------------------------------------


def test_definitions_have_no_rows(connect: Callable[..., Any], dsn: str) -> None:
    conn = connect(dsn)
    for sql in ("create table made (a int)", "create index made_i on made (a)", "drop table made"):
        cur = conn.execute(sql)
        assert cur.description is None
        with pytest.raises(scratchbird.ProgrammingError):
            cur.fetchone()
    conn.rollback()


def test_uniqueness_is_checked_with_a_column_list_alone(
    connect: Callable[..., Any], dsn: str, told: list[Any], stored: Any
) -> None:
    conn = connect(dsn)
    for road in (
        lambda: conn.execute("insert into spot (id) values (1), (1)"),
        lambda: conn.executemany("insert into spot (id) values (?)", [(1,), (1,)]),
        lambda: conn.bulk_copy("spot", [(1,), (1,)], columns=["id"]),
    ):
        with pytest.raises(scratchbird.IntegrityError):
            road()
        conn.rollback()
    assert kinds(told) == []
    conn.execute("insert into spot values (1, 'a', 1)")
    conn.execute("insert into spot values (1, 'b', 2)")
    conn.commit()
    assert kinds(told) == ["uniqueness-unchecked"]
    assert stored("select * from spot order by n") == [(1, "a", 1), (1, "b", 2)]
