"""Types whose name says all: the driver's values go in and come out as they are."""

from __future__ import annotations

import datetime
import uuid
from typing import Any, Optional, Type

from sqlalchemy import types as sqltypes
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import type_api
from sqlalchemy.sql.sqltypes import _AbstractInterval

from scratchbird.sqlalchemy import literals
from scratchbird.sqlalchemy.versions import operators


class SimpleType(sqltypes.TypeEngine):  # type: ignore[type-arg]
    """A type that is written as one word, `sql_name`."""

    __visit_name__ = "scratchbird"
    sql_name = ""
    python: Optional[Type[Any]] = None
    operator_classes = operators("BASE", "COMPARISON", "CONCATENABLE")

    def literal_processor(self, dialect: Any) -> Any:
        return literals.as_text(self, dialect)

    @property
    def python_type(self) -> Type[Any]:
        if self.python is None:
            return str
        return self.python


class INET(SimpleType):
    """An IP address: `ipaddress` objects come, those and texts can be sent."""

    sql_name = "INET"


class CIDR(SimpleType):
    """An IP network."""

    sql_name = "CIDR"


class MACADDR(SimpleType):
    """A MAC address of six bytes, as text."""

    sql_name = "MACADDR"


class MACADDR8(SimpleType):
    """A MAC address of eight bytes, as text."""

    sql_name = "MACADDR8"


class XML(SimpleType):
    """An XML document, as text; send `scratchbird.types.Xml`."""

    sql_name = "XML"


class TSVECTOR(SimpleType):
    """A text prepared for search, as text."""

    sql_name = "TSVECTOR"


class SEARCH_QUERY(SimpleType):
    """A search of such texts, as text."""

    sql_name = "SEARCH_QUERY"


class Geometry(sqltypes.TypeEngine):  # type: ignore[type-arg]
    """A shape: `scratchbird.types.Geometry`.

    Args:
        kind: `GEOMETRY`, `GEOGRAPHY`, `POINT`, `LINESTRING`, `POLYGON`, `MULTIPOINT` ...
    """

    __visit_name__ = "scratchbird"
    KINDS = frozenset(
        [
            "GEOMETRY",
            "GEOGRAPHY",
            "POINT",
            "LINESTRING",
            "POLYGON",
            "MULTIPOINT",
            "MULTILINESTRING",
            "MULTIPOLYGON",
            "GEOMETRYCOLLECTION",
        ]
    )

    operator_classes = operators("BASE", "COMPARISON")

    def __init__(self, kind: str = "GEOMETRY") -> None:
        if kind.upper() not in self.KINDS:
            raise ValueError(f"not a kind of geometry: {kind!r}")
        self.kind = kind.upper()

    @property
    def sql_name(self) -> str:
        return self.kind

    def literal_processor(self, dialect: Any) -> Any:
        return _shape


def _shape(value: Any) -> str:
    srid = "" if value.srid is None else f", {value.srid}"
    return f"st_geomfromwkb({literals.binary(value.wkb)}{srid})"


class BIT(sqltypes.TypeEngine):  # type: ignore[type-arg]
    """Bits, as a text of 0 and 1.

    Args:
        length: how many.
        varying: whether there may be fewer.
    """

    __visit_name__ = "BIT"
    operator_classes = operators("BASE", "COMPARISON", "CONCATENABLE", "BITWISE", "INDEXABLE")

    def __init__(self, length: Optional[int] = None, varying: bool = False) -> None:
        self.length, self.varying = length, varying

    def literal_processor(self, dialect: Any) -> Any:
        return literals.as_text(self, dialect)


class Binary(sqltypes.LargeBinary):
    """All types of bytes."""

    def literal_processor(self, dialect: Any) -> Any:
        return literals.binary


class BYTEA(Binary):
    """Bytes. `sqlalchemy.LargeBinary` is BLOB."""

    __visit_name__ = "BYTEA"


class BSON(Binary):
    """A document in its binary form: bytes, which the driver does not decode."""

    __visit_name__ = "scratchbird"
    sql_name = "BSON"


class TIMESTAMP(sqltypes.TIMESTAMP):
    """A date and time, with or without a time zone.

    Args:
        timezone: whether it has one: TIMESTAMPTZ.
        precision: digits of the second, 0 to 6.
    """

    def __init__(self, timezone: bool = False, precision: Optional[int] = None) -> None:
        super().__init__(timezone=timezone)
        self.precision = precision

    def get_dbapi_type(self, dbapi: Any) -> Any:
        return None


class TIME(sqltypes.TIME):
    """A time of day, with or without a time zone. The arguments are those of `TIMESTAMP`."""

    def __init__(self, timezone: bool = False, precision: Optional[int] = None) -> None:
        super().__init__(timezone=timezone)
        self.precision = precision


class INTERVAL(type_api.NativeForEmulated, _AbstractInterval):
    """A length of time: `timedelta`, or `scratchbird.types.Interval` where it has months."""

    __visit_name__ = "INTERVAL"
    native = True
    operator_classes = operators("DATETIME")

    def __init__(self, fields: Optional[str] = None) -> None:
        self.fields = fields

    @classmethod
    def adapt_emulated_to_native(cls, interval: Any, **kw: Any) -> INTERVAL:
        return INTERVAL()

    def literal_processor(self, dialect: Any) -> Any:
        def process(value: Any) -> str:
            if isinstance(value, datetime.timedelta):
                seconds = value.seconds + value.microseconds / 1_000_000
                return f"INTERVAL 'P{value.days}DT{seconds:f}S'"
            return f"INTERVAL {literals.quoted(str(value))}"

        return process

    @property
    def _type_affinity(self) -> Any:
        return sqltypes.Interval

    def as_generic(self, allow_nulltype: bool = False) -> Any:
        return sqltypes.Interval(native=True)

    @property
    def python_type(self) -> Type[datetime.timedelta]:
        return datetime.timedelta


class UUID(SimpleType):
    """A UUID, for SQLAlchemy 1.4, which has no type of its own for it."""

    sql_name = "UUID"
    python = uuid.UUID


class UUID14(postgresql.UUID):  # type: ignore[type-arg]
    """That of PostgreSQL's dialect, which is what programs for SQLAlchemy 1.4 have: texts without `as_uuid`."""

    def bind_processor(self, dialect: Any) -> Any:
        def process(value: Any) -> Any:
            return uuid.UUID(value) if isinstance(value, str) else value

        return process

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        if self.as_uuid:
            return None
        return lambda value: None if value is None else str(value)

    def literal_processor(self, dialect: Any) -> Any:
        return literals.as_text(self, dialect)
