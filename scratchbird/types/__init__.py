"""Type objects and constructors of PEP 249, and wrappers for values that Python has no type of its own for.

This package is pure Python and knows nothing of the wire: the driver's core reads the public attributes of these
classes to send a value, and calls their constructors to return one. Every wrapper is immutable and hashable.
"""

from scratchbird.types.composite import Composite
from scratchbird.types.document import Json, Jsonb, Xml
from scratchbird.types.geometry import Geometry
from scratchbird.types.interval import Interval
from scratchbird.types.range import Range
from scratchbird.types.typeobjects import (
    BINARY,
    DATETIME,
    NUMBER,
    ROWID,
    STRING,
    Binary,
    Date,
    DateFromTicks,
    Time,
    TimeFromTicks,
    Timestamp,
    TimestampFromTicks,
    TypeObject,
)
from scratchbird.types.vector import Vector

__all__ = [
    "BINARY",
    "DATETIME",
    "NUMBER",
    "ROWID",
    "STRING",
    "Binary",
    "Composite",
    "Date",
    "DateFromTicks",
    "Geometry",
    "Interval",
    "Json",
    "Jsonb",
    "Range",
    "Time",
    "TimeFromTicks",
    "Timestamp",
    "TimestampFromTicks",
    "TypeObject",
    "Vector",
    "Xml",
]
