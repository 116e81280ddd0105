"""Rows that cannot be part of a cycle are not left to the collector, which would look through them again and again."""

from __future__ import annotations

import gc
import uuid
from typing import Any

import pytest

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
