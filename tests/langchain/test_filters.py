"""The language of filters: what each finds, and what malformed and hostile ones do."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, Dict, FrozenSet, Iterator, List

import pytest

import scratchbird
from scratchbird import ProgrammingError
from scratchbird.langchain.filters import condition
from scratchbird.types import Jsonb

BIRDS: Dict[str, Dict[str, Any]] = {
    "wren": {"grams": 9, "family": "Troglodytidae", "migrates": False, "eggs": {"most": 8}},
    "swift": {"grams": 40.5, "family": "Apodidae", "migrates": True, "eggs": {"most": 3}},
    "heron": {"grams": 1500, "family": "Ardeidae", "migrates": None},
    "emu": {"grams": "heavy", "migrates": "no", 'it\'s "odd"?': "50%_!"},
}
COLUMNS: FrozenSet[str] = frozenset(["seen"])


@pytest.fixture(scope="module")
def birds(server: Any) -> Iterator[Any]:
    """A connection, and a table `birds` on it."""
    with scratchbird.connect(server.dsn) as connection:
        connection.execute("create temporary table birds (id text, metadata jsonb, seen date)")
        connection.executemany(
            "insert into birds (id, metadata, seen) values (?, ?, ?)",
            [(name, Jsonb(data), datetime.date(2026, 1, at)) for at, (name, data) in enumerate(BIRDS.items(), 1)],
        )
        connection.commit()
        yield connection


def ids(connection: Any, given: Dict[str, Any]) -> List[str]:
    sql, params = condition(given, columns=COLUMNS)
    rows = connection.execute(f"select id from birds where {sql}", params).fetchall()
    return sorted(name for (name,) in rows)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"grams": 9}, ["wren"]),
        ({"grams": 9.0}, ["wren"]),
        ({"grams": "9"}, []),
        ({"family": "Ardeidae"}, ["heron"]),
        ({"migrates": True}, ["swift"]),
        ({"migrates": "no"}, ["emu"]),
        ({"migrates": None}, ["heron"]),
        ({"grams": {"$eq": 40.5}}, ["swift"]),
        ({"grams": {"$ne": 9}}, ["emu", "heron", "swift"]),
        ({"family": {"$ne": "Apodidae"}}, ["heron", "wren"]),
        ({"migrates": {"$ne": False}}, ["emu", "swift"]),
        ({"migrates": {"$ne": None}}, ["emu", "swift", "wren"]),
        ({"grams": {"$lt": 40.5}}, ["wren"]),
        ({"grams": {"$lte": 40.5}}, ["swift", "wren"]),
        ({"grams": {"$gt": 40}}, ["heron", "swift"]),
        ({"grams": {"$gte": 1500}}, ["heron"]),
        ({"grams": {"$gt": 9, "$lt": 1500}}, ["swift"]),
        ({"family": {"$gt": "B"}}, ["wren"]),
        ({"grams": {"$in": [9, 1500, "heavy"]}}, ["emu", "heron", "wren"]),
        ({"migrates": {"$in": [True, "no"]}}, ["emu", "swift"]),
        ({"grams": {"$in": []}}, []),
        ({"grams": {"$nin": [9, "heavy"]}}, ["heron", "swift"]),
        ({"family": {"$nin": []}}, ["heron", "swift", "wren"]),
        ({"grams": {"$between": (9, 40.5)}}, ["swift", "wren"]),
        ({"family": {"$like": "A%dae"}}, ["heron", "swift"]),
        ({"family": {"$like": "a%"}}, []),
        ({"family": {"$ilike": "a%"}}, ["heron", "swift"]),
        ({"family": {"$exists": True}}, ["heron", "swift", "wren"]),
        ({"family": {"$exists": False}}, ["emu"]),
        ({"eggs.most": {"$gte": 8}}, ["wren"]),
        ({"eggs.most.of": 8}, []),
        ({"grams": {"$gt": 9}, "migrates": True}, ["swift"]),
        ({"$and": [{"grams": {"$gt": 9}}, {"migrates": True}]}, ["swift"]),
        ({"$or": [{"grams": 9}, {"migrates": "no"}]}, ["emu", "wren"]),
        ({"$OR": [{"grams": 9}], "migrates": False}, ["wren"]),
        ({"$not": {"family": "Apodidae"}}, ["emu", "heron", "wren"]),
        ({"$not": [{"grams": 9}, {"grams": "heavy"}]}, ["heron", "swift"]),
        ({"$not": {"$not": {"grams": {"$lt": 40}}}}, ["wren"]),
        ({"$not": {"$or": [{"grams": {"$gt": 9}}, {"family": "x"}]}}, ["emu", "wren"]),
        ({"$not": {"family": {"$ne": "Apodidae"}}}, ["emu", "swift"]),
        ({"seen": datetime.date(2026, 1, 2)}, ["swift"]),
        ({"seen": {"$between": [datetime.date(2026, 1, 2), datetime.date(2026, 1, 3)]}}, ["heron", "swift"]),
        ({'it\'s "odd"?': "50%_!"}, ["emu"]),
        ({'it\'s "odd"?': {"$like": "50!%%"}}, []),
        ({"grams": 10**30}, []),
    ],
    ids=repr,
)
def test_what_a_filter_finds(birds: Any, given: Dict[str, Any], expected: List[str]) -> None:
    assert ids(birds, given) == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("grams = 9", "a mapping is expected"),
        ({}, "without a condition"),
        ({"$nor": []}, "'\\$nor' is not one of"),
        ({"$or": {"a": 1}}, "takes a list"),
        ({"$and": []}, "takes a list"),
        ({"$not": []}, "is empty"),
        ({"$not": 5}, "a mapping is expected"),
        ({"$or": [{"a": 1}, "true"]}, "a mapping is expected"),
        ({"grams": {}}, "has no operator"),
        ({"grams": {"$regex": "."}}, "is not one of"),
        ({"grams": {"gt": 1}}, "is not one of"),
        ({"grams": {1: 1}}, "is not one of"),
        ({1: 1}, "not the name of a field"),
        ({"": 1}, "not the name of a field"),
        ({"a..b": 1}, "not the name of a field"),
        ({"a\0": 1}, "not the name of a field"),
        ({"a": "\0"}, "NUL"),
        ({"a": float("nan")}, "not a number that JSON knows"),
        ({"a": [1]}, "takes a text, a number or a boolean, not"),
        ({"a": ...}, "takes a text"),
        ({"a": datetime.date(2026, 1, 1)}, "takes a text"),
        ({"a": {"$lt": None}}, "takes a value"),
        ({"a": {"$lt": True}}, "no order"),
        ({"a": {"$in": "abc"}}, "takes a list"),
        ({"a": {"$in": [None]}}, "takes a text"),
        ({"a": {"$nin": 5}}, "takes a list"),
        ({"a": {"$between": [1]}}, "a list of two values"),
        ({"a": {"$between": 5}}, "a list of two values"),
        ({"a": {"$like": 5}}, "takes a text"),
        ({"a": {"$exists": 1}}, "True or False"),
        ({"a": {"$lt": Decimal("sNaN")}}, "not a number that JSON knows"),
    ],
    ids=repr,
)
def test_a_malformed_filter(given: Any, message: str) -> None:
    with pytest.raises(ProgrammingError, match=message):
        condition(given, columns=COLUMNS)


def test_a_number_beyond_all_floats(birds: Any) -> None:
    where, params = condition({"grams": {"$lt": 10**400}})
    assert birds.execute(f"select count(*) from birds where {where}", params).fetchval() == 3


def test_a_filter_that_is_too_deep() -> None:
    given: Dict[str, Any] = {"a": 1}
    for _ in range(60):
        given = {"$not": given}
    with pytest.raises(ProgrammingError, match="nested deeper than 50"):
        condition(given)


HOSTILE = [
    "x' or '1'='1",
    "x'); drop table birds; --",
    'x" or true --',
    "x') or 1=1 /*",
    "$1",
    "? :name %s %(name)s",
    "\\' or true --",
    "metadata ->> 'grams'",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_injection(birds: Any, text: str) -> None:
    """Keys and values of a filter are data: they find nothing, and nothing of them is executed."""
    field = text if text[0] != "$" else "x" + text
    for given in (
        {"family": text},
        {field: "Ardeidae"},
        {field: {"$ne": "Ardeidae"}},
        {f"eggs.{text}".replace("..", "."): 8},
        {"family": {"$in": [text]}},
        {"family": {"$like": text}},
        {"family": {"$between": [text, text]}},
        {"$or": [{field: text}]},
    ):
        assert ids(birds, given) == [], given
        # Nothing of the hostile text is in the SQL.
        assert condition(given).sql.translate(str.maketrans("", "", "? ()")).isascii()
        assert "drop" not in condition(given).sql
        assert "or true" not in condition(given).sql
    for operator in (text, f"$eq {text}", f"${text}"):
        with pytest.raises(ProgrammingError, match="is not one of"):
            condition({"family": {operator: 1}})
    assert ids(birds, {"$not": {"family": text}}) == sorted(BIRDS)


def test_a_column_name_is_quoted(birds: Any) -> None:
    name = 'se"en'
    assert condition({name: 1}, columns=frozenset([name])).sql == '"se""en" = ?'
