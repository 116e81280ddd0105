"""The types of SBsql: all of them by name, which of SQLAlchemy's they stand for, and what reflection calls them.

Contract: DIALECT 3. Values are the driver's own: `docs/types.md` says what comes and what can be sent.
"""

from __future__ import annotations

from typing import Any, Dict, Optional

from sqlalchemy import types as sqltypes
from sqlalchemy.types import (
    BIGINT,
    BINARY,
    BLOB,
    BOOLEAN,
    CHAR,
    CLOB,
    DATE,
    DECIMAL,
    INTEGER,
    REAL,
    SMALLINT,
    TEXT,
    VARBINARY,
    VARCHAR,
)

from scratchbird.sqlalchemy.arrays import ARRAY
from scratchbird.sqlalchemy.documents import (
    DOCUMENT,
    HSTORE,
    JSON,
    JSONB,
    MAP,
    NESTED,
    ROW,
    TUPLE,
    VARIANT,
    JSONPathType,
)
from scratchbird.sqlalchemy.multiranges import (
    DATEMULTIRANGE,
    INT4MULTIRANGE,
    INT8MULTIRANGE,
    NUMMULTIRANGE,
    TSMULTIRANGE,
    TSTZMULTIRANGE,
)
from scratchbird.sqlalchemy.named import DOMAIN
from scratchbird.sqlalchemy.numbers import (
    BFLOAT16,
    DECFLOAT,
    DOUBLE,
    INT8,
    INT128,
    MONEY,
    REAL16,
    REAL128,
    SMALLMONEY,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    UINT128,
    Float,
    Numeric,
)
from scratchbird.sqlalchemy.ranges import DATERANGE, INT4RANGE, INT8RANGE, NUMRANGE, TSRANGE, TSTZRANGE, Range
from scratchbird.sqlalchemy.simple import (
    BIT,
    BSON,
    BYTEA,
    CIDR,
    INET,
    INTERVAL,
    MACADDR,
    MACADDR8,
    SEARCH_QUERY,
    TIME,
    TIMESTAMP,
    TSVECTOR,
    XML,
    Binary,
    Geometry,
)
from scratchbird.sqlalchemy.vectors import BINARY_VECTOR, DENSE_VECTOR, HALFVEC, SPARSE_VECTOR, VECTOR, Vector
from scratchbird.sqlalchemy.versions import IS_14

if IS_14:
    from sqlalchemy.dialects import postgresql

    from scratchbird.sqlalchemy.simple import UUID, UUID14
else:
    from sqlalchemy.types import UUID

__all__ = [
    "ARRAY",
    "BFLOAT16",
    "BIGINT",
    "BINARY",
    "BINARY_VECTOR",
    "BIT",
    "BLOB",
    "BOOLEAN",
    "BSON",
    "BYTEA",
    "CHAR",
    "CIDR",
    "CLOB",
    "DATE",
    "DATEMULTIRANGE",
    "DATERANGE",
    "DECFLOAT",
    "DECIMAL",
    "DENSE_VECTOR",
    "DOCUMENT",
    "DOMAIN",
    "DOUBLE",
    "HALFVEC",
    "HSTORE",
    "INET",
    "INT4MULTIRANGE",
    "INT4RANGE",
    "INT8",
    "INT8MULTIRANGE",
    "INT8RANGE",
    "INT128",
    "INTEGER",
    "INTERVAL",
    "JSON",
    "JSONB",
    "MACADDR",
    "MACADDR8",
    "MAP",
    "MONEY",
    "NESTED",
    "NUMMULTIRANGE",
    "NUMRANGE",
    "REAL",
    "REAL16",
    "REAL128",
    "ROW",
    "SEARCH_QUERY",
    "SMALLINT",
    "SMALLMONEY",
    "SPARSE_VECTOR",
    "TEXT",
    "TIME",
    "TIMESTAMP",
    "TSMULTIRANGE",
    "TSRANGE",
    "TSTZMULTIRANGE",
    "TSTZRANGE",
    "TSVECTOR",
    "TUPLE",
    "UINT8",
    "UINT16",
    "UINT32",
    "UINT64",
    "UINT128",
    "UUID",
    "VARBINARY",
    "VARCHAR",
    "VARIANT",
    "VECTOR",
    "XML",
    "Geometry",
    "Range",
    "Vector",
]

COLSPECS: Dict[Any, Any] = {
    sqltypes.Numeric: Numeric,
    sqltypes.Float: Float,
    sqltypes.JSON: JSON,
    sqltypes.JSON.JSONPathType: JSONPathType,
    sqltypes.ARRAY: ARRAY,
    sqltypes.Interval: INTERVAL,
    sqltypes.TIMESTAMP: TIMESTAMP,
    sqltypes._Binary: Binary,
}
"""What stands for SQLAlchemy's own types."""

if IS_14:
    COLSPECS.update({postgresql.INTERVAL: INTERVAL, postgresql.UUID: UUID14})

SIZED = frozenset({1022, 3904, 3906, 3908, 3910, 3912, 3926})
"""Types of parameters that the driver is told, because values alone do not say them."""

_SIMPLE = (
    SMALLINT,
    INTEGER,
    BIGINT,
    BOOLEAN,
    REAL,
    DOUBLE,
    TEXT,
    CLOB,
    BYTEA,
    BLOB,
    DATE,
    JSON,
    JSONB,
    UUID,
    INTERVAL,
    DECFLOAT,
    MONEY,
    SMALLMONEY,
    INT8,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    INT128,
    UINT128,
    INET,
    CIDR,
    MACADDR,
    MACADDR8,
    XML,
    TSVECTOR,
    SEARCH_QUERY,
    DOCUMENT,
    BSON,
    HSTORE,
    MAP,
    NESTED,
    ROW,
    TUPLE,
    VARIANT,
    REAL16,
    BFLOAT16,
    REAL128,
    INT4RANGE,
    INT8RANGE,
    NUMRANGE,
    DATERANGE,
    TSRANGE,
    TSTZRANGE,
    INT4MULTIRANGE,
    INT8MULTIRANGE,
    NUMMULTIRANGE,
    DATEMULTIRANGE,
    TSMULTIRANGE,
    TSTZMULTIRANGE,
)

NAMES: Dict[str, Any] = {
    **{cls.__name__.lower(): cls for cls in _SIMPLE},
    "int": INTEGER,
    "int2": SMALLINT,
    "int4": INTEGER,
    "int16": SMALLINT,
    "int32": INTEGER,
    "int64": BIGINT,
    "bool": BOOLEAN,
    "float": DOUBLE,
    "real32": REAL,
    "real64": DOUBLE,
    "double precision": DOUBLE,
    "decimal_float": DECFLOAT,
    "json_document": JSON,
    "binary_json_document": JSONB,
    "xml_document": XML,
    "binary": BINARY,
    "char": CHAR,
    "varchar": VARCHAR,
    "time": TIME,
    "timetz": TIME,
    "timestamp": TIMESTAMP,
    "timestamptz": TIMESTAMP,
    "decimal": DECIMAL,
    "numeric": DECIMAL,
    "varbinary": VARBINARY,
    "bit": BIT,
    "bit varying": BIT,
    "vector": VECTOR,
    "dense_vector": DENSE_VECTOR,
    "halfvec": HALFVEC,
    "sparse_vector": SPARSE_VECTOR,
    "binary_vector": BINARY_VECTOR,
    **{kind.lower(): Geometry for kind in Geometry.KINDS},
}
"""The catalogue's names, and the types they become in reflection."""

SAYS_OID = (ARRAY, Range)
"""The types that have one in `SIZED`."""

_NULL_OIDS = (
    (sqltypes.Boolean, 16),
    (sqltypes.Uuid if not IS_14 else (UUID, UUID14), 2950),
    (sqltypes.Integer, 20),
    (sqltypes.Float, 701),
    (sqltypes.Numeric, 1700),
    (sqltypes.Date, 1082),
    (sqltypes.LargeBinary, 17),
    (JSONB, 3802),
    (sqltypes.JSON, 114),
)


def null_oid(impl: Any) -> Optional[int]:
    """The type of NULL where a value of this type is meant. Text has none: it fits every type."""
    if isinstance(impl, sqltypes.DateTime):
        return 1184 if impl.timezone else 1114
    if isinstance(impl, sqltypes.Time):
        return 1266 if impl.timezone else 1083
    return next((oid for cls, oid in _NULL_OIDS if isinstance(impl, cls)), None)
