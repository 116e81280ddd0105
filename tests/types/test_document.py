"""scratchbird.types.Json, Jsonb and Xml; Composite."""

from __future__ import annotations

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchbird.types import Composite, Json, Jsonb, Xml

documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(documents)
def test_the_value_survives(value: object) -> None:
    assert Json(value).value == value
    assert json.loads(Jsonb(value).text) == value


def test_later_changes_are_not_seen() -> None:
    value = {"a": 1}
    document = Json(value)
    value["a"] = 2
    assert document.value == {"a": 1}


def test_another_encoder_may_return_bytes() -> None:
    assert Json({"ü": 1}, dumps=lambda value: json.dumps(value, ensure_ascii=False).encode()).text == '{"ü": 1}'


def test_what_json_cannot_hold() -> None:
    with pytest.raises(ValueError):
        Json(float("nan"))
    with pytest.raises(TypeError):
        Json({1, 2})


def test_the_kind_counts_in_equality() -> None:
    assert Json(1) == Json(1)
    assert Json(1) != Jsonb(1)
    assert Xml("1") != Json(1)
    assert len({Json(1), Json(1), Jsonb(1)}) == 2


@pytest.mark.parametrize("value", [Json([1, None]), Jsonb({"a": "ü"}), Xml("<a b='c'/>")])
def test_pickle_and_immutability(value: Json) -> None:
    assert pickle.loads(pickle.dumps(value)) == value
    with pytest.raises(AttributeError):
        value.text = ""


def test_xml_takes_text() -> None:
    assert str(Xml("<a/>")) == "<a/>"
    with pytest.raises(TypeError):
        Xml(b"<a/>")  # type: ignore[arg-type]


def test_composite() -> None:
    row = Composite((1, None, "a"), names=("x", "y", "z"))
    assert row["z"] == row[2] == row[-1] == "a"
    assert row[:2] == (1, None)
    assert list(row) == [1, None, "a"]
    assert pickle.loads(pickle.dumps(row)) == row
    assert hash(row) == hash(Composite([1, None, "a"], names=["x", "y", "z"]))
    assert row != Composite((1, None, "a"))
    with pytest.raises(KeyError):
        row["w"]
    with pytest.raises(IndexError):
        row[3]
    with pytest.raises(ValueError, match="2 names for 1 fields"):
        Composite((1,), names=("a", "b"))
    with pytest.raises(AttributeError):
        row.values = ()
