//! Bound values on their way to the engine.
//!
//! A value whose type the client left open goes as text of an unknown type, so that the engine infers the type as it
//! does for a quoted literal. The other types go in the engine's binary form where that is a matter of byte order, and
//! as text everywhere else.

use bytes::{Bytes, BytesMut};
use sbwp::types::{self, oid, Format, TypeError, Value};

/// One value for the engine; no bytes mean NULL.
#[derive(Clone, Debug, Default)]
pub struct Parameter {
    pub bytes: Option<Bytes>,
    pub binary: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ParameterError {
    #[error("parameter {number}: {source}")]
    Type { number: usize, source: TypeError },
    #[error("parameter {number} is not UTF-8")]
    Encoding { number: usize },
    #[error("parameter {number}: a {name} has {length} bytes")]
    Length {
        number: usize,
        name: &'static str,
        length: usize,
    },
}

/// The engine type to declare for a parameter type of SBWP; 0 leaves it to the engine.
pub fn engine_type(oid: u32, vector: u32) -> u32 {
    match oid {
        0 | oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::CHAR => 0,
        oid::VECTOR => vector,
        // Composite values have no one engine type, and geometry none of that number.
        oid::RECORD | 600..=604 | 628 | 718 => 0,
        known if types::info(known).is_some() && known < oid::VECTOR => known,
        _ => 0,
    }
}

fn length(number: usize, name: &'static str, value: &[u8]) -> ParameterError {
    ParameterError::Length {
        number,
        name,
        length: value.len(),
    }
}

fn reversed(value: &Bytes) -> Bytes {
    let mut turned = BytesMut::from(&value[..]);
    turned.reverse();
    turned.freeze()
}

/// The body of a value that carries its own length; the whole value if it does not.
fn counted_body(value: &Bytes) -> Bytes {
    match value.split_first_chunk::<4>() {
        Some((count, rest)) if u32::from_le_bytes(*count) as usize == rest.len() => {
            value.slice(4..)
        }
        _ => value.clone(),
    }
}

/// Turns one bound value into one for the engine. `number` counts from 1.
pub fn decode(
    number: usize,
    oid: u32,
    format: u16,
    value: &Bytes,
) -> Result<Parameter, ParameterError> {
    if matches!(oid, 600..=604 | 628 | 718) {
        return geometry(number, oid, format, value);
    }
    if format == 0 {
        return Ok(Parameter {
            bytes: Some(value.clone()),
            binary: false,
        });
    }
    let fixed = |size: usize, name: &'static str| match value.len() == size {
        true => Ok(Parameter {
            bytes: Some(reversed(value)),
            binary: true,
        }),
        false => Err(length(number, name, value)),
    };
    match oid {
        oid::INT2 => fixed(2, "int2"),
        oid::INT4 => fixed(4, "int4"),
        oid::FLOAT4 => fixed(4, "float4"),
        oid::DATE => fixed(4, "date"),
        oid::INT8 => fixed(8, "int8"),
        oid::FLOAT8 => fixed(8, "float8"),
        oid::TIME => fixed(8, "time"),
        oid::TIMESTAMP => fixed(8, "timestamp"),
        oid::TIMESTAMPTZ => fixed(8, "timestamptz"),
        oid::BYTEA => Ok(Parameter {
            bytes: Some(counted_body(value)),
            binary: true,
        }),
        0 | oid::TEXT | oid::VARCHAR | oid::BPCHAR | oid::CHAR => text(number, counted_body(value)),
        _ if types::info(oid).is_none() => text(number, counted_body(value)),
        _ => {
            let decoded = Value::decode(oid, Format::Binary, value)
                .map_err(|source| ParameterError::Type { number, source })?;
            let mut rendered = Vec::new();
            decoded
                .encode(oid, Format::Text, &mut rendered)
                .map_err(|source| ParameterError::Type { number, source })?;
            Ok(Parameter {
                bytes: Some(rendered.into()),
                binary: false,
            })
        }
    }
}

/// Geometry goes as the hexadecimal text of its well-known binary, which the engine keeps.
fn geometry(
    number: usize,
    oid: u32,
    format: u16,
    value: &Bytes,
) -> Result<Parameter, ParameterError> {
    let wrong = |source| ParameterError::Type { number, source };
    let format = if format == 0 {
        Format::Text
    } else {
        Format::Binary
    };
    let mut counted = Vec::new();
    Value::decode(oid, format, value)
        .and_then(|shape| shape.encode(oid, Format::Binary, &mut counted))
        .map_err(wrong)?;
    let body = counted_body(&counted.into());
    let mut hex = Vec::with_capacity(2 + 2 * body.len());
    hex.extend_from_slice(b"\\x");
    for byte in &body {
        hex.extend_from_slice(format!("{byte:02x}").as_bytes());
    }
    Ok(Parameter {
        bytes: Some(hex.into()),
        binary: false,
    })
}

fn text(number: usize, body: Bytes) -> Result<Parameter, ParameterError> {
    if std::str::from_utf8(&body).is_err() {
        return Err(ParameterError::Encoding { number });
    }
    Ok(Parameter {
        bytes: Some(body),
        binary: false,
    })
}
