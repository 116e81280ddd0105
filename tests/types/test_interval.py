"""scratchbird.types.Interval."""

from __future__ import annotations

import datetime
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchbird.types import Interval

intervals = st.builds(
    Interval,
    months=st.integers(-(10**6), 10**6),
    days=st.integers(-(10**6), 10**6),
    microseconds=st.integers(-(10**15), 10**15),
)


@given(st.timedeltas(datetime.timedelta(days=-(10**6)), datetime.timedelta(days=10**6)))
def test_a_timedelta_survives(delta: datetime.timedelta) -> None:
    assert Interval.from_timedelta(delta).to_timedelta() == delta


@given(intervals, intervals)
def test_addition_and_subtraction_are_inverse(a: Interval, b: Interval) -> None:
    assert a + b - b == a
    assert a - a == Interval()
    assert not a - a


@given(intervals)
def test_justify_keeps_the_length_and_one_sign(interval: Interval) -> None:
    def microseconds(part: Interval) -> int:
        return (part.months * 30 + part.days) * 86_400_000_000 + part.microseconds

    justified = interval.justify()
    assert microseconds(justified) == microseconds(interval)
    assert abs(justified.days) < 30
    assert abs(justified.microseconds) < 86_400_000_000
    signs = {(part > 0) - (part < 0) for part in (justified.months, justified.days, justified.microseconds)} - {0}
    assert len(signs) <= 1


@given(intervals)
def test_it_is_hashable_and_picklable(interval: Interval) -> None:
    assert pickle.loads(pickle.dumps(interval)) == interval
    assert len({interval, Interval(interval.months, interval.days, interval.microseconds)}) == 1


def test_months_have_no_timedelta() -> None:
    with pytest.raises(ValueError, match="months"):
        Interval(months=1).to_timedelta()


@pytest.mark.parametrize(
    ("start", "interval", "end"),
    [
        (datetime.date(2024, 1, 31), Interval(months=1), datetime.date(2024, 2, 29)),
        (datetime.date(2023, 1, 31), Interval(months=1), datetime.date(2023, 2, 28)),
        (datetime.date(2024, 1, 15), Interval(months=-1, days=1), datetime.date(2023, 12, 16)),
        (
            datetime.datetime(2024, 12, 31, 23, tzinfo=datetime.timezone.utc),
            Interval(months=2, microseconds=3_600_000_000),
            datetime.datetime(2025, 3, 1, tzinfo=datetime.timezone.utc),
        ),
    ],
)
def test_added_to_dates(start: datetime.date, interval: Interval, end: datetime.date) -> None:
    assert start + interval == end


def test_subtracted_from_a_date() -> None:
    assert datetime.date(2024, 3, 31) - Interval(months=1) == datetime.date(2024, 2, 29)


def test_a_date_cannot_hold_hours() -> None:
    with pytest.raises(TypeError, match="time of day"):
        datetime.date(2024, 1, 1) + Interval(microseconds=1)


def test_beyond_the_calendar() -> None:
    with pytest.raises(OverflowError):
        datetime.date(9999, 12, 1) + Interval(months=1)


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(), "PT0S"),
        (Interval(14, 3, 4_005_000_000), "P14M3DT1H6M45S"),
        (Interval(microseconds=-1_500_000), "PT-1.5S"),
        (Interval(microseconds=60_000_000), "PT1M"),
        (Interval(microseconds=10), "PT0.00001S"),
        (Interval(-1, 2), "P-1M2D"),
    ],
)
def test_iso_text(interval: Interval, text: str) -> None:
    assert str(interval) == text


def test_multiplication() -> None:
    assert 2 * Interval(1, -2, 3) == Interval(2, -4, 6) == Interval(1, -2, 3) * 2


@pytest.mark.parametrize("part", ["months", "days", "microseconds"])
def test_parts_are_bounded_integers(part: str) -> None:
    with pytest.raises(ValueError, match=part):
        Interval(**{part: 2**63})
    with pytest.raises(TypeError, match=part):
        Interval(**{part: 1.5})  # type: ignore[arg-type]


def test_it_is_immutable() -> None:
    with pytest.raises(AttributeError):
        Interval().days = 3
    with pytest.raises(AttributeError):
        del Interval().days


def test_other_operands_are_refused() -> None:
    for operation in (lambda: Interval() + 1, lambda: 1 + Interval(), lambda: Interval() * 1.5):
        with pytest.raises(TypeError):
            operation()
    assert Interval() != 0
