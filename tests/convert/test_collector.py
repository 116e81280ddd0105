"""Rows that cannot be part of a cycle are not left to the collector, which would look through them again and again."""

from __future__ import annotations

import gc
import sys
import uuid
from typing import Any

import pytest

import scratchbird
from tests.convert.echo import TEXT, Echo, query


@pytest.mark.parametrize(
    ("oid", "text"), [(20, b"7"), (25, b"text"), (1700, b"1.5"), (2950, str(uuid.UUID(int=7)).encode()), (25, None)]
)
def test_a_row_of_plain_values_is_not_tracked(echo: tuple[Any, Echo], oid: int, text: bytes | None) -> None:
    row = echo[0].execute(query((oid, TEXT, text))).fetchone()
    assert not gc.is_tracked(row)
    assert not gc.is_tracked(row[0])


def test_a_row_with_a_container_is_tracked(echo: tuple[Any, Echo]) -> None:
    row = echo[0].execute(query((114, TEXT, b'{"a": [1]}'))).fetchone()
    assert gc.is_tracked(row)
    cycle = row[0]["a"]
    cycle.append(row)
    # The collector finds such a cycle, and frees it.
    del row, cycle
    assert gc.collect() >= 1


def _collections() -> int:
    return sum(generation["collections"] for generation in gc.get_stats())


DOCUMENTS = "select '{\"a\": [1]}'::json from generate_series(1, 5000)"


@pytest.mark.skipif(sys.version_info < (3, 10), reason="this Python cannot pause its collector")
def test_building_rows_does_not_wake_the_collector(dsn: str) -> None:
    # The asyncio face builds in slices, with as many collections as it takes turns of the loop.
    with scratchbird.connect(dsn) as connection:
        cursor = connection.execute(DOCUMENTS)
        gc.collect()
        before = _collections()
        rows = cursor.fetchall()
        assert _collections() - before <= 2
        assert gc.isenabled()
        assert len(rows) == 5000


def test_a_collector_that_was_off_stays_off(conn: Any) -> None:
    cursor = conn.cursor().execute(DOCUMENTS)
    gc.disable()
    try:
        cursor.fetchall()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_row_that_cannot_be_built_leaves_the_collector_on(conn: Any) -> None:
    cursor = conn.cursor().execute("select '99999-01-01'::timestamp from generate_series(1, 3)")
    with pytest.raises(scratchbird.DataError):
        cursor.fetchall()
    assert gc.isenabled()


def test_code_of_the_user_runs_with_the_collector(conn: Any) -> None:
    seen = []
    cursor = conn.cursor(row_factory=lambda cursor: lambda values: seen.append(gc.isenabled()))
    cursor.execute(DOCUMENTS)
    cursor.fetchmany(2)
    assert seen == [True, True]
