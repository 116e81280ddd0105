//! A value of any type, for callers that have no value types of their own: tests, servers, tools.
//!
//! The enum and its own facts; reading is in `value_decode`, writing in `value_encode`. A driver's hot path goes to the
//! family functions instead.

use super::array::Array;
use super::bits::BitString;
use super::composite::Composite;
use super::geometry::Geometry;
use super::interval::Interval;
use super::network::Inet;
use super::numeric::Numeric;
use super::range::Range;
use super::temporal::TimeTz;
use super::{oid, Format, Oid, TypeError};

/// A non-NULL value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Bool(bool),
    Int2(i16),
    Int4(i32),
    Int8(i64),
    Int128(i128),
    /// oid, xid and cid.
    UInt4(u32),
    Float4(f32),
    Float8(f64),
    /// numeric and decimal128.
    Numeric(Numeric),
    /// Hundredths.
    Money(i64),
    /// text and all types that are text to a client, json and xml among them.
    Text(String),
    Bytea(Vec<u8>),
    Bits(BitString),
    /// Days since 2000-01-01.
    Date(i32),
    /// Microseconds since midnight.
    Time(i64),
    TimeTz(TimeTz),
    /// Microseconds since 2000-01-01 00:00:00.
    Timestamp(i64),
    /// Microseconds since 2000-01-01 00:00:00 UTC.
    TimestampTz(i64),
    Interval(Interval),
    Uuid([u8; 16]),
    Inet(Inet),
    MacAddr([u8; 6]),
    MacAddr8([u8; 8]),
    Geometry(Geometry),
    Vector(Vec<f32>),
    Array(Array),
    Range(Range),
    Composite(Composite),
}

impl Value {
    /// Reads a value of type `oid`. An unknown OID gives the text as it is if it is UTF-8 in text format, the
    /// bytes as they are otherwise, and never an error.
    ///
    /// # Errors
    /// If the bytes are not a value of the type.
    pub fn decode(oid: Oid, format: Format, bytes: &[u8]) -> Result<Self, TypeError> {
        super::value_decode::decode(oid, format, bytes, super::MAX_DEPTH)
    }

    /// Appends the value as type `oid`. On error `out` is as before.
    ///
    /// # Errors
    /// `Mismatch` if the value is of another type, `OutOfRange` if it does not fit.
    pub fn encode(&self, oid: Oid, format: Format, out: &mut Vec<u8>) -> Result<(), TypeError> {
        let start = out.len();
        let result = super::value_encode::encode(self, oid, format, out, super::MAX_DEPTH);
        if result.is_err() {
            out.truncate(start);
        }
        result
    }

    /// The type a value has by itself; 0 for arrays, ranges and others that do not say.
    #[must_use]
    pub fn natural_oid(&self) -> Oid {
        match self {
            Value::Bool(_) => oid::BOOL,
            Value::Int2(_) => oid::INT2,
            Value::Int4(_) => oid::INT4,
            Value::Int8(_) => oid::INT8,
            Value::Int128(_) => oid::INT128,
            Value::UInt4(_) => oid::OID,
            Value::Float4(_) => oid::FLOAT4,
            Value::Float8(_) => oid::FLOAT8,
            Value::Numeric(_) => oid::NUMERIC,
            Value::Money(_) => oid::MONEY,
            Value::Text(_) => oid::TEXT,
            Value::Bytea(_) => oid::BYTEA,
            Value::Bits(_) => oid::VARBIT,
            Value::Date(_) => oid::DATE,
            Value::Time(_) => oid::TIME,
            Value::TimeTz(_) => oid::TIMETZ,
            Value::Timestamp(_) => oid::TIMESTAMP,
            Value::TimestampTz(_) => oid::TIMESTAMPTZ,
            Value::Interval(_) => oid::INTERVAL,
            Value::Uuid(_) => oid::UUID,
            Value::Inet(_) => oid::INET,
            Value::MacAddr(_) => oid::MACADDR,
            Value::MacAddr8(_) => oid::MACADDR8,
            Value::Geometry(_) => oid::POINT,
            Value::Vector(_) => oid::VECTOR,
            Value::Composite(_) => oid::RECORD,
            Value::Array(_) | Value::Range(_) => oid::UNKNOWN,
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Array(_) => "array",
            Value::Range(_) => "range",
            other => super::info(other.natural_oid()).map_or("unknown", |info| info.name),
        }
    }
}
