"""Well-known binary and text of geometries, to and from GeoJSON-like dicts.

Seven shapes, two or three coordinates a position. The bytes may come from anywhere: every length is checked.
"""

from __future__ import annotations

import math
import re
import struct
from typing import Any, Dict, Mapping, NoReturn, Tuple

Shape = Dict[str, Any]
Position = Tuple[float, ...]

_CODES = {
    1: "Point",
    2: "LineString",
    3: "Polygon",
    4: "MultiPoint",
    5: "MultiLineString",
    6: "MultiPolygon",
    7: "GeometryCollection",
}
_BY_NAME = {name: code for code, name in _CODES.items()}
_BY_WKT = {name.upper(): name for name in _CODES.values()}
# How many lists a shape's coordinates are nested in, a position being the innermost tuple.
_DEPTH = {"Point": 0, "LineString": 1, "Polygon": 2, "MultiPoint": 1, "MultiLineString": 2, "MultiPolygon": 3}
_EWKB_Z, _EWKB_M, _EWKB_SRID = 0x8000_0000, 0x4000_0000, 0x2000_0000
_MAX_DEPTH = 32


class _Reader:
    """Reads one WKB, position by position."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0
        self.srid: int | None = None

    def take(self, order: str, code: str) -> tuple[Any, ...]:
        layout = struct.Struct(order + code)
        end = self.offset + layout.size
        if end > len(self.data):
            raise ValueError(f"the WKB ends at byte {len(self.data)}, {end} are needed")
        values = layout.unpack_from(self.data, self.offset)
        self.offset = end
        return values

    def count(self, order: str, least: int) -> int:
        count = int(self.take(order, "I")[0])
        if count * least > len(self.data) - self.offset:
            raise ValueError(f"the WKB at byte {self.offset} announces {count} parts, which it has no room for")
        return count

    def positions(self, order: str, size: int) -> list[Position]:
        return [self.take(order, f"{size}d") for _ in range(self.count(order, 8 * size))]

    def shape(self, depth: int = 0) -> Shape:
        if depth > _MAX_DEPTH:
            raise ValueError("the WKB is nested too deeply")
        marker = self.take("<", "B")[0]
        if marker > 1:
            raise ValueError(f"not a WKB: byte order {marker}")
        order = "<" if marker else ">"
        raw = self.take(order, "I")[0]
        code = raw & 0x1FFF_FFFF
        if raw & _EWKB_M or code // 1000 > 1:
            raise ValueError("measured geometries (M) are not supported")
        size = 3 if raw & _EWKB_Z or code // 1000 == 1 else 2
        if raw & _EWKB_SRID:
            self.srid = self.take(order, "i")[0]
        name = _CODES.get(code % 1000)
        if name is None:
            raise ValueError(f"geometry type {code} is not supported")
        if name == "GeometryCollection":
            return {"type": name, "geometries": [self.shape(depth + 1) for _ in range(self.count(order, 5))]}
        coordinates: Any
        if name == "Point":
            coordinates = self.take(order, f"{size}d")
            if all(map(math.isnan, coordinates)):
                coordinates = ()
        elif name == "LineString":
            coordinates = self.positions(order, size)
        elif name == "Polygon":
            coordinates = [self.positions(order, size) for _ in range(self.count(order, 4))]
        else:
            parts = [self.shape(depth + 1) for _ in range(self.count(order, 5))]
            if any("Multi" + part["type"] != name for part in parts):
                raise ValueError(f"a {name} holds {name[5:]}s only")
            coordinates = [part["coordinates"] for part in parts]
        return {"type": name, "coordinates": coordinates}


def decode(data: bytes) -> tuple[Shape, int | None]:
    """The shape of a WKB and the SRID inside it, if any; ValueError if it is not well-formed."""
    reader = _Reader(data)
    shape = reader.shape()
    if reader.offset != len(data):
        raise ValueError(f"{len(data) - reader.offset} bytes follow the WKB")
    return shape, reader.srid


def encode(shape: Mapping[str, Any]) -> bytes:
    """The little-endian WKB of a shape; ValueError if its coordinates do not fit its type."""
    name = shape.get("type") if isinstance(shape, Mapping) else None
    if name not in _BY_NAME:
        raise ValueError(f"not a geometry: {shape!r}")
    if name == "GeometryCollection":
        parts = [encode(part) for part in shape["geometries"]]
        return struct.pack("<BII", 1, 7, len(parts)) + b"".join(parts)
    try:
        return _encode_coordinates(name, shape["coordinates"])
    except (KeyError, TypeError, struct.error) as error:
        raise ValueError(f"the coordinates do not fit a {name}") from error


def _encode_coordinates(name: str, coordinates: Any) -> bytes:
    size = _dimensions(coordinates, _DEPTH[name])
    head = struct.pack("<BI", 1, _BY_NAME[name] + (1000 if size == 3 else 0))
    layout = struct.Struct(f"<{size}d")

    def line(positions: Any) -> bytes:
        return struct.pack("<I", len(positions)) + b"".join(layout.pack(*position) for position in positions)

    if name == "Point":
        return head + layout.pack(*(coordinates or (math.nan,) * size))
    if name == "LineString":
        return head + line(coordinates)
    if name == "Polygon":
        return head + struct.pack("<I", len(coordinates)) + b"".join(map(line, coordinates))
    parts = [_encode_coordinates(name[5:], part) for part in coordinates]
    return head + struct.pack("<I", len(parts)) + b"".join(parts)


def _dimensions(coordinates: Any, depth: int) -> int:
    """Two or three, by the first position found; two where there is none."""
    while depth and coordinates:
        coordinates, depth = coordinates[0], depth - 1
    size = len(coordinates)
    if size not in (0, 2, 3):
        raise ValueError(f"a position has two or three coordinates, not {size}")
    return 3 if size == 3 else 2


_TOKEN = re.compile(r"\s*([A-Za-z]+|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|[(),])")


class _WktParser:
    """Reads one well-known text by recursive descent."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0

    def fail(self, wanted: str) -> NoReturn:
        raise ValueError(f"not a WKT: {wanted} expected at character {self.offset + 1} of {self.text!r}")

    def peek(self) -> str:
        match = _TOKEN.match(self.text, self.offset)
        return match.group(1).upper() if match else ""

    def next(self, wanted: str = "") -> str:
        match = _TOKEN.match(self.text, self.offset)
        if match is None or (wanted and match.group(1) != wanted):
            self.fail(wanted or "a word")
        self.offset = match.end()
        return match.group(1).upper()

    def position(self) -> Position:
        values: list[float] = []
        while self.peek() not in (",", ")", ""):
            token = self.peek()
            if token[0].isalpha() or token == "(":
                self.fail("a number")
            values.append(float(self.next()))
        if len(values) not in (2, 3):
            self.fail("two or three numbers")
        return tuple(values)

    def items(self, read: Any) -> list[Any]:
        if self.peek() == "EMPTY":
            self.next()
            return []
        self.next("(")
        found = [read()]
        while self.peek() == ",":
            self.next()
            found.append(read())
        self.next(")")
        return found

    def nested(self, depth: int) -> list[Any]:
        return self.items(self.position if depth == 1 else lambda: self.nested(depth - 1))

    def multipoint_item(self) -> Any:
        # Both MULTIPOINT (1 2, 3 4) and MULTIPOINT ((1 2), (3 4)) are in use.
        return self.items(self.position)[0] if self.peek() == "(" else self.position()

    def shape(self) -> Shape:
        name = _BY_WKT.get(self.peek())
        if name is None:
            self.fail("a geometry type")
        self.next()
        if self.peek() == "Z":
            self.next()
        if name == "GeometryCollection":
            return {"type": name, "geometries": self.items(self.shape)}
        if name == "Point":
            points = self.items(self.position)
            if len(points) > 1:
                self.fail("one position")
            return {"type": name, "coordinates": points[0] if points else ()}
        if name == "MultiPoint":
            return {"type": name, "coordinates": self.items(self.multipoint_item)}
        return {"type": name, "coordinates": self.nested(_DEPTH[name])}


def parse_wkt(text: str) -> Shape:
    """The shape of a well-known text; ValueError if it is not well-formed."""
    parser = _WktParser(text)
    shape = parser.shape()
    if text[parser.offset :].strip():
        parser.fail("the end")
    return shape


def format_wkt(shape: Shape) -> str:
    """The well-known text of a shape."""
    name = shape["type"]
    word = name.upper()
    if name == "GeometryCollection":
        parts = ", ".join(map(format_wkt, shape["geometries"]))
        return f"{word} ({parts})" if parts else f"{word} EMPTY"
    coordinates = shape["coordinates"]
    if not coordinates:
        return f"{word} EMPTY"
    if _dimensions(coordinates, _DEPTH[name]) == 3:
        word += " Z"
    return f"{word} {_format(coordinates if name != 'Point' else [coordinates], max(_DEPTH[name], 1))}"


def _format(coordinates: Any, depth: int) -> str:
    if depth == 0:
        return " ".join(_number(value) for value in coordinates)
    return "(" + ", ".join(_format(part, depth - 1) for part in coordinates) + ")" if coordinates else "EMPTY"


def _number(value: float) -> str:
    return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
