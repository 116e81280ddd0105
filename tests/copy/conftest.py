"""Tables of the COPY tests."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def spot(cur: Any) -> str:
    """A table of a few types, in the transaction of `cur`."""
    cur.execute("create table spot (id int, label varchar(100), at date)")
    return "spot"
