//! Writing a [`Value`] by OID and format: which family function writes which type.

use super::array::{format_array, Array};
use super::composite::{encode_count, encode_field, write_field, Composite};
use super::geometry::{encode_wkb, format_wkt};
use super::range::{encode_range, format_range};
use super::text::{encode_lp, encode_lp_with};
use super::value_decode::is_geometry;
use super::{
    bits, boolean, bytea, float, info, integer, interval, money, network, oid, temporal, uuid,
    vector, Format, Oid, Shape, TypeError, TypeInfo, Value,
};

type Result = std::result::Result<(), TypeError>;

pub(super) fn encode(
    value: &Value,
    oid: Oid,
    format: Format,
    out: &mut Vec<u8>,
    depth: usize,
) -> Result {
    let Some(info) = info(oid).filter(|info| info.oid != oid::UNKNOWN) else {
        return unknown(value, out, depth);
    };
    let depth = depth.checked_sub(1).ok_or(TypeError::TooDeep {
        type_name: info.name,
    })?;
    match (info.shape, value) {
        (Shape::Scalar, _) => match format {
            Format::Text => scalar_text(value, info, out),
            Format::Binary => scalar_binary(value, info, out),
        },
        (Shape::Array, Value::Array(array)) => match format {
            Format::Text => array_text(array, info, out, depth),
            Format::Binary => {
                encode_lp_with(info.name, out, |out| array_text(array, info, out, depth))
            }
        },
        (Shape::Range, Value::Range(range)) => {
            let bound =
                |value: &Value, out: &mut Vec<u8>| encode(value, info.element, format, out, depth);
            match format {
                Format::Text => format_range(range.parts(), out, bound),
                Format::Binary => encode_range(range.parts(), out, bound),
            }
        }
        (Shape::Composite, Value::Composite(record)) => match format {
            Format::Text => composite_text(record, out, depth),
            Format::Binary => composite_binary(record, out, depth),
        },
        _ => Err(mismatch(value, info)),
    }
}

fn mismatch(value: &Value, info: &TypeInfo) -> TypeError {
    TypeError::Mismatch {
        oid: info.oid,
        found: value.kind(),
    }
}

/// As an unknown type a value is its natural text, bytes themselves.
fn unknown(value: &Value, out: &mut Vec<u8>, depth: usize) -> Result {
    match value {
        Value::Bytea(bytes) => {
            out.extend_from_slice(bytes);
            Ok(())
        }
        other => match other.natural_oid() {
            oid::UNKNOWN => Err(TypeError::Mismatch {
                oid: oid::UNKNOWN,
                found: other.kind(),
            }),
            natural => encode(other, natural, Format::Text, out, depth),
        },
    }
}

fn array_text(array: &Array, info: &TypeInfo, out: &mut Vec<u8>, depth: usize) -> Result {
    format_array(array, out, |value, out| {
        encode(value, info.element, Format::Text, out, depth)
    })
}

fn composite_text(record: &Composite, out: &mut Vec<u8>, depth: usize) -> Result {
    let mut scratch = Vec::new();
    out.push(b'(');
    for (i, field) in record.fields.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        if let Some(value) = &field.value {
            scratch.clear();
            encode(value, field.oid, Format::Text, &mut scratch, depth)?;
            write_field(&scratch, out);
        }
    }
    out.push(b')');
    Ok(())
}

fn composite_binary(record: &Composite, out: &mut Vec<u8>, depth: usize) -> Result {
    encode_count(record.fields.len(), out)?;
    for field in &record.fields {
        let value = field.value.as_ref();
        let value = value
            .map(|v| move |out: &mut Vec<u8>| encode(v, field.oid, Format::Binary, out, depth));
        encode_field(field.oid, value, out)?;
    }
    Ok(())
}

/// An integer of any width, if the value is one.
fn integer_of(value: &Value) -> Option<i128> {
    match *value {
        Value::Int2(n) => Some(n.into()),
        Value::Int4(n) => Some(n.into()),
        Value::Int8(n) => Some(n.into()),
        Value::UInt4(n) => Some(n.into()),
        Value::Int128(n) => Some(n),
        _ => None,
    }
}

/// The value as an integer of the width of `T`.
fn fit<T: TryFrom<i128>>(value: &Value, info: &TypeInfo) -> std::result::Result<T, TypeError> {
    let number = integer_of(value).ok_or_else(|| mismatch(value, info))?;
    T::try_from(number).map_err(|_| TypeError::range(info.name, "too large for the type"))
}

/// Whether a type's values are any text.
fn is_text(oid: Oid) -> bool {
    matches!(
        oid,
        oid::CHAR
            | oid::NAME
            | oid::TEXT
            | oid::TID
            | oid::JSON
            | oid::JSONB
            | oid::XML
            | oid::BPCHAR
            | oid::VARCHAR
            | oid::TSVECTOR
            | oid::TSQUERY
            | oid::RECORD_ID
            | oid::TXN_ID
            | oid::EPOCH
    )
}

fn scalar_text(value: &Value, info: &TypeInfo, out: &mut Vec<u8>) -> Result {
    match (info.oid, value) {
        (oid::BOOL, Value::Bool(v)) => boolean::format_bool(*v, out),
        (oid::INT2, v) => integer::format_i16(fit(v, info)?, out),
        (oid::INT4, v) => integer::format_i32(fit(v, info)?, out),
        (oid::INT8, v) => integer::format_i64(fit(v, info)?, out),
        (oid::INT128, v) => integer::format_i128(fit(v, info)?, out),
        (oid::OID | oid::XID | oid::CID, v) => integer::format_u32(fit(v, info)?, out),
        (oid::FLOAT4, Value::Float4(v)) => float::format_f32(*v, out),
        (oid::FLOAT8, Value::Float8(v)) => float::format_f64(*v, out),
        (oid::NUMERIC | oid::DECIMAL128, Value::Numeric(v)) => {
            out.extend_from_slice(v.as_str().as_bytes());
        }
        (oid::MONEY, Value::Money(v)) => money::format_money(*v, out),
        (oid::BYTEA, Value::Bytea(v)) => bytea::format_bytea(v, out),
        (oid::BIT | oid::VARBIT, Value::Bits(v)) => bits::format_bits(v, out),
        (oid::DATE, Value::Date(v)) => return temporal::format_date(*v, out),
        (oid::TIME, Value::Time(v)) => return temporal::format_time(*v, out),
        (oid::TIMETZ, Value::TimeTz(v)) => return temporal::format_timetz(*v, out),
        (oid::TIMESTAMP, Value::Timestamp(v)) => return temporal::format_timestamp(*v, out),
        (oid::TIMESTAMPTZ, Value::TimestampTz(v)) => return temporal::format_timestamptz(*v, out),
        (oid::INTERVAL, Value::Interval(v)) => interval::format_interval(v, out),
        (oid::UUID, Value::Uuid(v)) => uuid::format_uuid(v, out),
        (oid::INET, Value::Inet(v)) => network::format_inet(v, out),
        (oid::CIDR, Value::Inet(v)) if v.is_network() => network::format_cidr(v, out),
        (oid::MACADDR, Value::MacAddr(v)) => network::format_mac(v, out),
        (oid::MACADDR8, Value::MacAddr8(v)) => network::format_mac(v, out),
        (oid::VECTOR, Value::Vector(v)) => vector::format_vector_f32(v, out),
        (oid, Value::Geometry(v)) if is_geometry(oid) => format_wkt(v, out),
        (oid, Value::Text(v)) if is_text(oid) => out.extend_from_slice(v.as_bytes()),
        _ => return Err(mismatch(value, info)),
    }
    Ok(())
}

fn scalar_binary(value: &Value, info: &TypeInfo, out: &mut Vec<u8>) -> Result {
    match (info.oid, value) {
        (oid::BOOL, Value::Bool(v)) => boolean::encode_bool(*v, out),
        (oid::INT2, v) => integer::encode_i16(fit(v, info)?, out),
        (oid::INT4, v) => integer::encode_i32(fit(v, info)?, out),
        (oid::INT8, v) => integer::encode_i64(fit(v, info)?, out),
        (oid::OID | oid::XID | oid::CID, v) => integer::encode_u32(fit(v, info)?, out),
        (oid::FLOAT4, Value::Float4(v)) => float::encode_f32(*v, out),
        (oid::FLOAT8, Value::Float8(v)) => float::encode_f64(*v, out),
        (oid::MONEY, Value::Money(v)) => money::encode_money(*v, out),
        (oid::BYTEA, Value::Bytea(v)) => return encode_lp(info.name, v, out),
        (oid::DATE, Value::Date(v)) => return temporal::encode_date(*v, out),
        (oid::TIME, Value::Time(v)) => return temporal::encode_time(*v, out),
        (oid::TIMETZ, Value::TimeTz(v)) => return temporal::encode_timetz(*v, out),
        (oid::TIMESTAMP, Value::Timestamp(v)) | (oid::TIMESTAMPTZ, Value::TimestampTz(v)) => {
            return temporal::encode_timestamp(*v, out);
        }
        (oid::INTERVAL, Value::Interval(v)) => interval::encode_interval(v, out),
        (oid::UUID, Value::Uuid(v)) => uuid::encode_uuid(v, out),
        (oid, Value::Geometry(v)) if is_geometry(oid) => {
            return encode_lp_with(info.name, out, |out| encode_wkb(v, out));
        }
        // All others are their text, length-prefixed.
        _ => return encode_lp_with(info.name, out, |out| scalar_text(value, info, out)),
    }
    Ok(())
}
