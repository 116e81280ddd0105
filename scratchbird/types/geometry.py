"""Geometry values: a WKB with an optional SRID (OIDs 600 to 604, 628 and 718).

The wrapper keeps the bytes as they are on the wire; `scratchbird.types.wkb` reads them on demand.
"""

from __future__ import annotations

from typing import Any

from scratchbird.types import wkb as codec
from scratchbird.types.immutable import Immutable


class Geometry(Immutable):
    """A geometry as well-known binary.

    Shapely, GeoPandas and others read it through `__geo_interface__`; anything with that attribute becomes a
    Geometry through [`from_geo`][scratchbird.types.Geometry.from_geo].

    Args:
        wkb: OGC well-known binary, little- or big-endian; also with the SRID inside (EWKB).
        srid: the spatial reference, such as 4326; taken from an EWKB if left out.

    Raises:
        TypeError: `wkb` is not bytes-like.
        ValueError: `wkb` is not a well-formed point, line, polygon, or collection of these.

    Example:
        >>> point = Geometry.from_wkt("POINT (1 2.5)", srid=4326)
        >>> point.to_wkt(), point.srid
        ('POINT (1 2.5)', 4326)
        >>> point.__geo_interface__
        {'type': 'Point', 'coordinates': (1.0, 2.5)}
    """

    __slots__ = ("srid", "wkb")

    wkb: bytes
    srid: int | None

    def __init__(self, wkb: bytes | bytearray | memoryview, srid: int | None = None) -> None:
        data = bytes(memoryview(wkb))
        shape, inner = codec.decode(data)
        if inner is not None:
            # Kept apart, so that equal geometries are equal bytes.
            data = codec.encode(shape)
        self._fill(wkb=data, srid=inner if srid is None else srid)

    @classmethod
    def from_wkt(cls, text: str, srid: int | None = None) -> Geometry:
        """The geometry of a well-known text, such as `"LINESTRING (0 0, 1 1)"`.

        Raises:
            ValueError: the text is not well-formed.
        """
        return cls(codec.encode(codec.parse_wkt(text)), srid)

    @classmethod
    def from_geo(cls, geo: Any, srid: int | None = None) -> Geometry:
        """The geometry of a GeoJSON-like mapping, or of an object with `__geo_interface__`.

        Raises:
            ValueError: an unknown type, or coordinates that do not fit it.

        Example:
            >>> Geometry.from_geo({"type": "LineString", "coordinates": [(0, 0), (1, 1)]}).to_wkt()
            'LINESTRING (0 0, 1 1)'
        """
        return cls(codec.encode(getattr(geo, "__geo_interface__", geo)), srid)

    def to_wkt(self) -> str:
        """The well-known text."""
        return codec.format_wkt(self.__geo_interface__)

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        return codec.decode(self.wkb)[0]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Geometry):
            return self.wkb == other.wkb and self.srid == other.srid
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.wkb, self.srid))

    def __repr__(self) -> str:
        srid = "" if self.srid is None else f", srid={self.srid}"
        return f"Geometry.from_wkt({self.to_wkt()!r}{srid})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Geometry, (self.wkb, self.srid))
