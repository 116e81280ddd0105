"""The table of docs/types.md says what the code does, and what the specification says."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import re
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import scratchbird
from scratchbird.types import Geometry, Interval, Json, Jsonb, Range, Xml
from tests.convert.echo import Echo
from tests.faults.scripted import ScriptedServer

ROOT = Path(__file__).resolve().parents[2]
SPECIFICATION = ROOT.parent / "shared" / "protocol" / "types.json"
ROW = re.compile(r"^\| `([^`]+)` \| ([\w\[\]]+) \| (\d+) \| (.*) \| (.*) \|$", re.M)

UTC = dt.timezone.utc
DAY = dt.date(2024, 2, 29)
NOON = dt.datetime(2024, 2, 29, 12)

SAMPLES: dict[str, Any] = {
    "boolean": True,
    "int2": 1,
    "int4": 1,
    "int8": 2**40,
    "float4": 1.5,
    "float8": 1.5,
    "numeric": Decimal("1.5"),
    "money": Decimal("1.50"),
    "text": "a",
    "varchar": "a",
    "bpchar": "a",
    "bytea": b"a",
    "date": DAY,
    "time": dt.time(12),
    "timetz": dt.time(12, tzinfo=UTC),
    "timestamp": NOON,
    "timestamptz": NOON.replace(tzinfo=UTC),
    "interval": dt.timedelta(1),
    "uuid": uuid.UUID(int=1),
    "json": Json({"a": 1}),
    "jsonb": Jsonb({"a": 1}),
    "xml": Xml("<a/>"),
    "inet": ipaddress.ip_address("10.0.0.1"),
    "cidr": ipaddress.ip_network("10.0.0.0/8"),
    "macaddr": "08:00:2b:01:02:03",
    "macaddr8": "08:00:2b:01:02:03:04:05",
    "bit": "1010",
    "varbit": "101",
    "tsvector": "'a' 'b'",
    "int4range": Range(1, 2),
    "int8range": Range(1, 2),
    "numrange": Range(Decimal(1), Decimal(2)),
    "daterange": Range(DAY, dt.date(2025, 1, 1)),
    "tsrange": Range(NOON, None),
    "tstzrange": Range(NOON.replace(tzinfo=UTC), None),
    "point": Geometry.from_wkt("POINT (1 2)"),
    "vector": [1.0, 2.0, 3.0],
    "int4[]": [1, None],
    "int8[]": [2**40],
    "boolean[]": [True, None],
    "float8[]": [1.5],
    "numeric[]": [Decimal("1.5")],
    "text[]": ["a", None],
    "date[]": [DAY],
    "timestamp[]": [NOON],
    "timestamptz[]": [NOON.replace(tzinfo=UTC)],
    "uuid[]": [uuid.UUID(int=1)],
}


def rows() -> list[tuple[str, str, int, str]]:
    text = (ROOT / "docs" / "types.md").read_text(encoding="utf-8")
    return [(sql, name, int(oid), get) for sql, name, oid, get, _ in ROW.findall(text)]


def test_the_table_is_complete() -> None:
    assert {name for _, name, _, _ in rows()} == set(SAMPLES)


def test_the_oids_are_those_of_the_specification() -> None:
    if not SPECIFICATION.exists():
        pytest.skip("the specification is not beside this repository")
    document = json.loads(SPECIFICATION.read_text(encoding="utf-8"))
    known = {entry["oid"]: entry["name"] for entry in document["types"]}
    known.update({oid: name for name, oid in document["draft_only_oids"].items()})
    assert {oid: known.get(oid) for _, _, oid, _ in rows()} == {oid: name for _, name, oid, _ in rows()}


# The embedded engine is built without XML.
SERVED = [row for row in rows() if row[1] != "xml"]


def test_the_row_of_xml() -> None:
    with ScriptedServer(Echo()) as server:
        with scratchbird.connect(
            host=server.host, port=server.port, user="u", password="p", database="d", sslmode="disable", autocommit=True
        ) as conn:
            cur = conn.execute("select ?", (SAMPLES["xml"],))
            assert cur.fetchone() == ("<a/>",)
            assert [row[2] for row in rows() if row[1] == "xml"] == [cur.description[0][1]]


@pytest.mark.parametrize(("sql", "name", "oid", "get"), SERVED, ids=[row[1] for row in SERVED])
def test_a_row_of_the_table(cur: Any, sql: str, name: str, oid: int, get: str) -> None:
    cur.execute(f"create table sample (v {sql})")
    cur.execute("insert into sample (v) values (%s)", (SAMPLES[name],))
    (value,) = cur.execute("select v from sample").fetchone()
    assert cur.description[0][1] == oid
    if name == "vector":
        # An array where some other test has imported NumPy.
        assert type(value).__name__ in ("list", "ndarray")
        assert list(value) == SAMPLES[name]
        return
    if get == "the decoded document":
        assert value == {"a": 1}
        return
    classes = re.findall(r"`(\w+)`", get)
    if " of " in get and "str" not in classes:
        element = value[0] if isinstance(value, list) else value.lower
        assert type(element).__name__ == classes[1]
        classes = classes[:1]
    assert type(value).__name__ in classes
    if "naive" in get or "aware" in get:
        moment = value.lower if isinstance(value, Range) else value
        assert (moment.tzinfo is not None) == ("aware" in get)


def test_an_interval_with_months_is_an_interval(cur: Any) -> None:
    cur.execute("create table sample (v interval)")
    cur.execute("insert into sample (v) values (%s)", (Interval(months=1),))
    assert cur.execute("select v from sample").fetchone() == (Interval(months=1),)
