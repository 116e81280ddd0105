"""What cursors, connections and pools show of themselves in a notebook, on both faces: no secrets, nothing consumed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import scratchbird
from scratchbird import _html

QUERY = "select n, '<i>' || n as \"<b>\" from generate_series(1, 30) as n"


def page(thing: Any) -> str:
    return str(getattr(thing, "_target", thing)._repr_html_())


def test_a_cursor_keeps_what_it_shows(conn: Any) -> None:
    cursor = conn.execute(QUERY)
    assert cursor.fetchone() == (1, "<i>1")
    shown = page(cursor)
    assert "29 rows, 20 shown" in shown
    assert "&lt;b&gt;" in shown
    assert "&lt;i&gt;2<" in shown
    assert "<i>" not in shown
    assert shown == page(cursor)
    assert cursor.fetchone() == (2, "<i>2")
    assert len(cursor.fetchall()) == 28
    assert "0 rows" in page(cursor)


def test_cursors_without_rows(conn: Any) -> None:
    cursor = conn.cursor()
    assert "no statement has been run" in page(cursor)
    cursor.execute("create temporary table nothing (n int)")
    assert "CREATE" in page(cursor)
    cursor.close()
    assert "closed" in page(cursor)
    named = conn.cursor("named")
    named.execute("select 1 as n")
    assert "named" in page(named)
    assert "open" in page(named)
    assert named.fetchone() == (1,)


@pytest.mark.parametrize("factory", ["dict_row", "namedtuple_row", "scalar_row", "tuple_row"])
def test_rows_of_any_kind(conn: Any, factory: str) -> None:
    conn.row_factory = getattr(scratchbird.rows, factory)
    assert "<td" in page(conn.execute("select 7 as n"))
    assert ">7<" in page(conn.execute("select 7 as n"))


def test_long_values_are_cut_in_the_page_only(conn: Any) -> None:
    cursor = conn.execute("select repeat('x', 5000) as t")
    assert len(page(cursor)) < 1000
    assert len(cursor.fetchone()[0]) == 5000


def test_connections_have_no_secrets(connect: Any, server: Any) -> None:
    connection = connect(server.dsn, application_name="secretive")
    shown = page(connection)
    assert "development server" in shown
    assert "TLSv1.3" in shown
    assert "scratchbird:" not in shown
    assert "secretive" not in shown
    assert str(server.port) not in shown
    connection.close()
    assert "closed" in page(connection)


def test_pools(make_pool: Any) -> None:
    pool = make_pool(min_size=1, max_size=3, name="<b>pool</b>")
    shown = page(pool)
    assert "&lt;b&gt;pool&lt;/b&gt;" in shown
    assert "1 to 3" in shown
    assert "scratchbird:" not in shown


def test_the_names_of_types_are_those_of_the_documentation() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs" / "types.md").read_text(encoding="utf-8")
    table = {int(oid): name for name, oid in re.findall(r"^\| `.*?` \| (\S+) \| (\d+) \|", text, re.M)}
    assert len(table) > 40
    assert {oid: _html.TYPES.get(oid) for oid in table} == table
