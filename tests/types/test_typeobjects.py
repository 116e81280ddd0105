"""The type objects and constructors of PEP 249."""

from __future__ import annotations

import datetime
import pickle
import time

import pytest

from scratchbird import types

GROUPS = [types.STRING, types.BINARY, types.NUMBER, types.DATETIME, types.ROWID]


def test_groups_are_disjoint_and_equal_their_oids() -> None:
    seen: set[int] = set()
    for group in GROUPS:
        assert not seen & group.oids
        seen |= group.oids
        for oid in group.oids:
            assert oid == group
            assert group == oid
            assert all((oid == other) == (other is group) for other in GROUPS)
    assert 114 not in seen, "JSON arrives decoded, as no text"


def test_groups_are_hashable_and_stay_singletons() -> None:
    assert len(set(GROUPS)) == len(GROUPS)
    for group in GROUPS:
        assert pickle.loads(pickle.dumps(group)) is group
        assert repr(group).startswith("scratchbird.types.")
        assert group != "a text"


def test_constructors() -> None:
    assert types.Date(2002, 12, 25) == datetime.date(2002, 12, 25)
    assert types.Time(13, 45, 30) == datetime.time(13, 45, 30)
    assert types.Timestamp(2002, 12, 25, 13, 45, 30) == datetime.datetime(2002, 12, 25, 13, 45, 30)
    ticks = time.mktime((2002, 12, 25, 13, 45, 30, 0, 0, -1))
    assert types.DateFromTicks(ticks) == datetime.date(2002, 12, 25)
    assert types.TimeFromTicks(ticks) == datetime.time(13, 45, 30)
    assert types.TimestampFromTicks(ticks) == datetime.datetime(2002, 12, 25, 13, 45, 30)


@pytest.mark.parametrize("data", [b"a\0b", bytearray(b"a\0b"), memoryview(b"a\0b")])
def test_binary(data: bytes) -> None:
    assert types.Binary(data) == b"a\0b"


def test_binary_takes_no_text() -> None:
    with pytest.raises(TypeError):
        types.Binary("text")  # type: ignore[arg-type]
