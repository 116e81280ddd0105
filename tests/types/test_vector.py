"""scratchbird.types.Vector."""

from __future__ import annotations

import pickle
from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchbird.types import Vector


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_it_is_the_sequence_of_its_numbers(values: list[float]) -> None:
    vector = Vector(values)
    assert vector.tolist() == list(vector) == values
    assert len(vector) == len(values)
    assert vector[-1] == values[-1]
    assert vector[:2] == values[:2]
    assert pickle.loads(pickle.dumps(vector)) == vector
    assert hash(Vector(array("d", values))) == hash(vector)
    assert [float(part) for part in str(vector)[1:-1].split(",")] == values


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int32])
def test_numpy_in_and_out(dtype: type) -> None:
    given_array: np.ndarray = np.arange(768).astype(dtype)
    vector = Vector(given_array)
    assert np.array_equal(np.asarray(vector), given_array)
    assert np.asarray(vector).dtype == np.float64
    assert np.asarray(vector, dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize("values", [[], [float("nan")], [1.0, float("inf")]])
def test_empty_and_not_finite(values: list[float]) -> None:
    with pytest.raises(ValueError):
        Vector(values)


@pytest.mark.parametrize("values", [["a"], [None], np.zeros((2, 2)), 5])
def test_not_numbers(values: object) -> None:
    with pytest.raises(TypeError):
        Vector(values)  # type: ignore[arg-type]


def test_it_is_immutable() -> None:
    vector = Vector([1.0])
    with pytest.raises(TypeError):
        vector[0] = 2.0  # type: ignore[index]
    with pytest.raises(AttributeError):
        vector._values = array("d")
