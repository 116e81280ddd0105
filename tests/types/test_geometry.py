"""scratchbird.types.Geometry, and the WKB and WKT below it."""

from __future__ import annotations

import math
import pickle
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratchbird.types import Geometry, wkb

TEXTS = [
    "POINT (1 2.5)",
    "POINT Z (1 2 3)",
    "POINT EMPTY",
    "LINESTRING (0 0, 1 1, 2 0.125)",
    "LINESTRING EMPTY",
    "POLYGON ((0 0, 4 0, 4 4, 0 0), (1 1, 2 1, 2 2, 1 1))",
    "MULTIPOINT (1 2, 3 4)",
    "MULTILINESTRING ((0 0, 1 1), (2 2, 3 3))",
    "MULTIPOLYGON (((0 0, 1 0, 1 1, 0 0)), ((5 5, 6 5, 6 6, 5 5)))",
    "GEOMETRYCOLLECTION (POINT (1 2), LINESTRING (0 0, 1 1))",
    "GEOMETRYCOLLECTION EMPTY",
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_survives(text: str) -> None:
    geometry = Geometry.from_wkt(text)
    assert geometry.to_wkt() == text
    assert Geometry(geometry.wkb) == geometry
    assert Geometry.from_geo(geometry) == geometry


def test_known_bytes() -> None:
    assert Geometry.from_wkt("point(1 -2)").wkb.hex() == "0101000000000000000000f03f00000000000000c0"


def test_big_endian_reads_alike() -> None:
    assert Geometry(struct.pack(">BIdd", 0, 1, 1.0, 2.0)).to_wkt() == "POINT (1 2)"


def test_the_srid_of_an_ewkb_is_taken_out() -> None:
    geometry = Geometry(struct.pack("<BIIdd", 1, 0x2000_0001, 4326, 1.0, 2.0))
    assert geometry == Geometry.from_wkt("POINT (1 2)", srid=4326)
    assert geometry != Geometry.from_wkt("POINT (1 2)")


def test_both_writings_of_a_multipoint() -> None:
    assert Geometry.from_wkt("MULTIPOINT ((1 2), (3 4))") == Geometry.from_wkt("MULTIPOINT (1 2, 3 4)")


def test_it_is_hashable_picklable_and_its_repr_reads_back() -> None:
    geometry = Geometry.from_wkt("LINESTRING (0 0, 1 1)", srid=3857)
    assert pickle.loads(pickle.dumps(geometry)) == geometry
    assert len({geometry, Geometry(geometry.wkb, 3857)}) == 1
    assert eval(repr(geometry)) == geometry


numbers = st.floats(allow_nan=False, allow_infinity=False)
positions = st.tuples(numbers, numbers)


@given(st.lists(positions, min_size=1))
def test_lines_survive_exactly(line: list[tuple[float, float]]) -> None:
    geometry = Geometry.from_geo({"type": "LineString", "coordinates": line})
    assert geometry.__geo_interface__["coordinates"] == line
    assert Geometry.from_wkt(geometry.to_wkt()).__geo_interface__["coordinates"] == line


@given(st.binary(max_size=64))
def test_any_bytes_are_a_geometry_or_a_value_error(data: bytes) -> None:
    try:
        shape, _ = wkb.decode(data)
    except ValueError:
        return
    wkb.decode(wkb.encode(shape))


@given(st.text(alphabet="POINTLESGYUM Z(),.-+e0123456789", max_size=40))
def test_any_text_is_a_geometry_or_a_value_error(text: str) -> None:
    try:
        shape = wkb.parse_wkt(text)
    except ValueError:
        return
    assert shape["type"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x02\x01\x00\x00\x00",
        b"\x01\x63\x00\x00\x00",
        struct.pack("<BId", 1, 1, 1.0),
        struct.pack("<BII", 1, 2, 0xFFFF_FFFF),
        struct.pack("<BIdd", 1, 1, 1.0, 2.0) + b"\0",
        struct.pack("<BIddd", 1, 2001, 1.0, 2.0, 3.0),
        struct.pack("<BII", 1, 4, 1) + struct.pack("<BII", 1, 2, 0),
        struct.pack("<BII", 1, 7, 1) * 40,
    ],
    ids=["empty", "order", "type", "short", "count", "long", "measured", "mixed", "deep"],
)
def test_malformed_bytes(data: bytes) -> None:
    with pytest.raises(ValueError):
        Geometry(data)


@pytest.mark.parametrize(
    "text", ["", "POINT", "POINT (1)", "POINT (1 2", "CIRCLE (1 2)", "POINT (1 2) x", "POINT (1 2, 3 4)"]
)
def test_malformed_text(text: str) -> None:
    with pytest.raises(ValueError):
        Geometry.from_wkt(text)


@pytest.mark.parametrize(
    "geo",
    [
        None,
        {},
        {"type": "Circle"},
        {"type": "Point"},
        {"type": "Point", "coordinates": [1]},
        {"type": "Point", "coordinates": "ab"},
    ],
)
def test_malformed_mapping(geo: object) -> None:
    with pytest.raises(ValueError):
        Geometry.from_geo(geo)


def test_an_empty_point_is_nan_on_the_wire() -> None:
    _, _, x, y = struct.unpack("<BIdd", Geometry.from_wkt("POINT EMPTY").wkb)
    assert math.isnan(x)
    assert math.isnan(y)


def test_it_is_immutable() -> None:
    with pytest.raises(AttributeError):
        Geometry.from_wkt("POINT (1 2)").srid = 1
