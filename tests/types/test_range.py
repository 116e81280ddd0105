"""scratchbird.types.Range."""

from __future__ import annotations

import datetime
import pickle
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchbird.types import Range

BOUNDS = ["[)", "[]", "()", "(]"]


@given(st.integers(-50, 50), st.integers(0, 20), st.sampled_from(BOUNDS), st.integers(-80, 80))
def test_membership_is_that_of_the_bounds(low: int, size: int, bounds: str, value: int) -> None:
    high = low + size
    above = low <= value if bounds[0] == "[" else low < value
    below = value <= high if bounds[1] == "]" else value < high
    assert (value in Range(low, high, bounds)) == (above and below)


@pytest.mark.parametrize("bounds", BOUNDS)
def test_infinite_bounds_are_never_inclusive(bounds: str) -> None:
    everything: Range[int] = Range(None, None, bounds)
    assert everything.bounds == "()"
    assert everything.lower_inf
    assert everything.upper_inf
    assert not everything.lower_inc
    assert not everything.upper_inc
    assert 10**30 in everything
    assert str(Range(None, 5, bounds)).startswith("(,5")


def test_empty() -> None:
    empty: Range[int] = Range.make_empty()
    assert empty == Range(3, 3) == Range(3, 3, "()") == Range(1, 2, empty=True)
    assert Range(3, 3, "[]") != empty
    assert not empty
    assert 3 not in empty
    assert not empty.lower_inf
    assert not empty.upper_inf
    assert str(empty) == "empty"


@pytest.mark.parametrize(
    "value",
    [
        Range(1, 10),
        Range(Decimal("1.5"), None, "(]"),
        Range(datetime.date(2024, 1, 1), datetime.date(2025, 1, 1)),
        Range.make_empty(),
        Range(),
    ],
)
def test_it_is_hashable_picklable_and_its_repr_reads_back(value: Range[object]) -> None:
    copy = pickle.loads(pickle.dumps(value))
    assert copy == value
    assert hash(copy) == hash(value)
    assert eval(repr(value), {"Range": Range, "Decimal": Decimal, "datetime": datetime}) == value


def test_bad_bounds() -> None:
    with pytest.raises(ValueError, match="bounds"):
        Range(1, 2, "[[")
    with pytest.raises(ValueError, match="above"):
        Range(2, 1)
    with pytest.raises(TypeError):
        Range(1, "a")


def test_it_is_immutable() -> None:
    with pytest.raises(AttributeError):
        Range(1, 2).lower = 3
