//! Reading a [`Value`] by OID and format: which family function reads which type.

use super::array::parse_array;
use super::bits::parse_bits;
use super::composite::{decode_composite, parse_composite, Composite, Field};
use super::geometry::{decode_wkb, parse_geometry};
use super::range::{decode_range, parse_range, Range};
use super::text::{decode_lp, utf8};
use super::vector::parse_vector_f32;
use super::{
    boolean, bytea, float, info, integer, interval, money, network, numeric, oid, temporal, uuid,
    Format, Oid, Shape, TypeError, TypeInfo, Value,
};

pub(super) fn decode(
    oid: Oid,
    format: Format,
    bytes: &[u8],
    depth: usize,
) -> Result<Value, TypeError> {
    let Some(info) = info(oid).filter(|info| info.oid != oid::UNKNOWN) else {
        return Ok(unknown(format, bytes));
    };
    let depth = depth.checked_sub(1).ok_or(TypeError::TooDeep {
        type_name: info.name,
    })?;
    match (info.shape, format) {
        (Shape::Scalar, Format::Text) => scalar_text(info, bytes),
        (Shape::Scalar, Format::Binary) => scalar_binary(info, bytes),
        (Shape::Array, Format::Text) => array(info, bytes, depth),
        (Shape::Array, Format::Binary) => array(info, decode_lp(info.name, bytes)?, depth),
        (Shape::Range, Format::Text) => {
            let bound =
                |text: std::borrow::Cow<'_, [u8]>| decode(info.element, format, &text, depth);
            parse_range(bytes)?
                .try_map(bound)
                .map(Range::new)
                .map(Value::Range)
        }
        (Shape::Range, Format::Binary) => {
            let bound = |bytes: &[u8]| decode(info.element, format, bytes, depth);
            decode_range(bytes)?
                .try_map(bound)
                .map(Range::new)
                .map(Value::Range)
        }
        (Shape::Composite, _) => composite(format, bytes, depth),
    }
}

fn unknown(format: Format, bytes: &[u8]) -> Value {
    match (format, std::str::from_utf8(bytes)) {
        (Format::Text, Ok(text)) => Value::Text(text.to_owned()),
        _ => Value::Bytea(bytes.to_vec()),
    }
}

fn array(info: &TypeInfo, text: &[u8], depth: usize) -> Result<Value, TypeError> {
    let element = |text: &[u8]| decode(info.element, Format::Text, text, depth);
    parse_array(text, element).map(Value::Array)
}

fn composite(format: Format, bytes: &[u8], depth: usize) -> Result<Value, TypeError> {
    let field = |oid, bytes: Option<&[u8]>| {
        let value = bytes
            .map(|bytes| decode(oid, format, bytes, depth))
            .transpose()?;
        Ok::<_, TypeError>(Field { oid, value })
    };
    let fields = match format {
        Format::Text => parse_composite(bytes)?
            .iter()
            .map(|text| field(oid::UNKNOWN, text.as_deref()))
            .collect::<Result<_, _>>()?,
        Format::Binary => decode_composite(bytes)?
            .into_iter()
            .map(|(oid, bytes)| field(oid, bytes))
            .collect::<Result<_, _>>()?,
    };
    Ok(Value::Composite(Composite { fields }))
}

fn text(info: &TypeInfo, bytes: &[u8]) -> Result<Value, TypeError> {
    utf8(info.name, bytes).map(|text| Value::Text(text.to_owned()))
}

fn scalar_text(info: &TypeInfo, bytes: &[u8]) -> Result<Value, TypeError> {
    Ok(match info.oid {
        oid::BOOL => Value::Bool(boolean::parse_bool(bytes)?),
        oid::INT2 => Value::Int2(integer::parse_i16(bytes)?),
        oid::INT4 => Value::Int4(integer::parse_i32(bytes)?),
        oid::INT8 => Value::Int8(integer::parse_i64(bytes)?),
        oid::INT128 => Value::Int128(integer::parse_i128(bytes)?),
        oid::OID | oid::XID | oid::CID => Value::UInt4(integer::parse_u32(bytes)?),
        oid::FLOAT4 => Value::Float4(float::parse_f32(bytes)?),
        oid::FLOAT8 => Value::Float8(float::parse_f64(bytes)?),
        oid::NUMERIC | oid::DECIMAL128 => Value::Numeric(numeric::Numeric::parse(bytes)?),
        oid::MONEY => Value::Money(money::parse_money(bytes)?),
        oid::BYTEA => {
            let mut out = Vec::new();
            bytea::parse_bytea(bytes, &mut out)?;
            Value::Bytea(out)
        }
        oid::BIT | oid::VARBIT => Value::Bits(parse_bits(bytes)?),
        oid::DATE => Value::Date(temporal::parse_date(bytes)?),
        oid::TIME => Value::Time(temporal::parse_time(bytes)?),
        oid::TIMETZ => Value::TimeTz(temporal::parse_timetz(bytes)?),
        oid::TIMESTAMP => Value::Timestamp(temporal::parse_timestamp(bytes)?),
        oid::TIMESTAMPTZ => Value::TimestampTz(temporal::parse_timestamptz(bytes)?),
        oid::INTERVAL => Value::Interval(interval::parse_interval(bytes)?),
        oid::UUID => Value::Uuid(uuid::parse_uuid(bytes)?),
        oid::INET => Value::Inet(network::parse_inet(bytes)?),
        oid::CIDR => Value::Inet(network::parse_cidr(bytes)?),
        oid::MACADDR => Value::MacAddr(network::parse_macaddr(bytes)?),
        oid::MACADDR8 => Value::MacAddr8(network::parse_macaddr8(bytes)?),
        oid::VECTOR => {
            let mut out = Vec::new();
            parse_vector_f32(bytes, &mut out)?;
            Value::Vector(out)
        }
        oid if is_geometry(oid) => Value::Geometry(parse_geometry(bytes)?),
        _ => return text(info, bytes),
    })
}

fn scalar_binary(info: &TypeInfo, bytes: &[u8]) -> Result<Value, TypeError> {
    Ok(match info.oid {
        oid::BOOL => Value::Bool(boolean::decode_bool(bytes)?),
        oid::INT2 => Value::Int2(integer::decode_i16(bytes)?),
        oid::INT4 => Value::Int4(integer::decode_i32(bytes)?),
        oid::INT8 => Value::Int8(integer::decode_i64(bytes)?),
        oid::OID | oid::XID | oid::CID => Value::UInt4(integer::decode_u32(bytes)?),
        oid::FLOAT4 => Value::Float4(float::decode_f32(bytes)?),
        oid::FLOAT8 => Value::Float8(float::decode_f64(bytes)?),
        oid::MONEY => Value::Money(money::decode_money(bytes)?),
        oid::BYTEA => Value::Bytea(decode_lp(info.name, bytes)?.to_vec()),
        oid::DATE => Value::Date(temporal::decode_date(bytes)?),
        oid::TIME => Value::Time(temporal::decode_time(bytes)?),
        oid::TIMETZ => Value::TimeTz(temporal::decode_timetz(bytes)?),
        oid::TIMESTAMP => Value::Timestamp(temporal::decode_timestamp(bytes)?),
        oid::TIMESTAMPTZ => Value::TimestampTz(temporal::decode_timestamptz(bytes)?),
        oid::INTERVAL => Value::Interval(interval::decode_interval(bytes)?),
        oid::UUID => Value::Uuid(uuid::decode_uuid(bytes)?),
        oid if is_geometry(oid) => Value::Geometry(decode_wkb(decode_lp(info.name, bytes)?)?),
        // All others are their text, length-prefixed.
        _ => return scalar_text(info, decode_lp(info.name, bytes)?),
    })
}

/// The types whose binary form is WKB.
pub(super) fn is_geometry(oid: Oid) -> bool {
    matches!(
        oid,
        oid::POINT | oid::LSEG | oid::PATH | oid::BOX | oid::POLYGON | oid::LINE | oid::CIRCLE
    )
}
