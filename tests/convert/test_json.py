"""JSON documents arrive as `json.loads` would read them, whatever reads them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.convert.conftest import Read

JSON = 114

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)

EDGES = [
    '{"a": 1, "b": [true, null], "a": 2}',
    "123456789012345678901234567890",
    '{"k": ' + "9" * 400 + "}",
    "-0",
    "-0.0",
    "1e400",
    "1E5",
    "5e-324",
    "2.2250738585072014e-308",
    "9007199254740993.0",
    "Infinity",
    "[-Infinity]",
    '"\\ud83d\\ude00"',
    '"\\ud83d"',
    "  [1 , 2]\n",
    "[" * 150 + "]" * 150,
    "[" * 400 + "]" * 400,
]


def the_same(ours: object, theirs: object) -> bool:
    return repr(ours) == repr(theirs)


@pytest.mark.parametrize("document", EDGES, ids=lambda document: document[:20])
def test_edges(read: Read, document: str) -> None:
    assert the_same(read(JSON, document.encode()), json.loads(document))


@settings(max_examples=200, deadline=None)
@given(value=VALUES, ascii_only=st.booleans())
def test_any_document(read: Read, value: object, ascii_only: bool) -> None:
    document = json.dumps(value, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    try:
        document.decode()
    except UnicodeDecodeError:
        return
    assert the_same(read(JSON, document), json.loads(document))


@pytest.mark.parametrize("document", ["", "{", "{'a': 1}", "[1,]", "01", '"\t"', "nul"])
def test_what_is_no_json_stays_text(read: Read, document: str) -> None:
    assert read(JSON, document.encode()) == document
