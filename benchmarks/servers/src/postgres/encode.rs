//! Values as PostgreSQL writes them, in text and in binary.

use bytes::{BufMut, BytesMut};
use sbwp::types::{Format, Value};

use super::message;
use crate::dataset::Column;
use crate::Failure;

/// Appends a DataRow.
pub fn encode_row(
    columns: &[Column],
    row: &[Option<Value>],
    format: Format,
    out: &mut BytesMut,
) -> Result<(), Failure> {
    let mut values = Vec::with_capacity(row.len());
    for (column, value) in columns.iter().zip(row) {
        values.push(match value {
            None => None,
            Some(value) => Some(match format {
                Format::Text => text(column, value)?,
                Format::Binary => binary(value)?,
            }),
        });
    }
    message(out, b'D', |out| {
        out.put_u16(values.len() as u16);
        for value in &values {
            match value {
                None => out.put_i32(-1),
                Some(value) => {
                    out.put_i32(value.len() as i32);
                    out.put_slice(value);
                }
            }
        }
    });
    Ok(())
}

fn text(column: &Column, value: &Value) -> Result<Vec<u8>, Failure> {
    if let Value::Bool(value) = value {
        return Ok(if *value { b"t".to_vec() } else { b"f".to_vec() });
    }
    let mut out = Vec::new();
    value.encode(column.oid, Format::Text, &mut out)?;
    Ok(out)
}

fn binary(value: &Value) -> Result<Vec<u8>, Failure> {
    Ok(match value {
        Value::Bool(value) => vec![u8::from(*value)],
        Value::Int4(value) => value.to_be_bytes().to_vec(),
        Value::Int8(value) | Value::TimestampTz(value) => value.to_be_bytes().to_vec(),
        Value::Float8(value) => value.to_be_bytes().to_vec(),
        Value::Numeric(value) => numeric(value.as_str())?,
        Value::Text(value) => value.clone().into_bytes(),
        Value::Bytea(value) => value.clone(),
        Value::Uuid(value) => value.to_vec(),
        Value::Vector(value) => {
            let mut out = Vec::with_capacity(4 + 4 * value.len());
            out.put_u16(value.len() as u16);
            out.put_u16(0);
            for number in value {
                out.put_f32(*number);
            }
            out
        }
        other => return Err(format!("no binary form of {other:?}").into()),
    })
}

/// Groups of four decimal digits, of a positive number with two digits after the point.
fn numeric(text: &str) -> Result<Vec<u8>, Failure> {
    let (whole, fraction) = text.split_once('.').ok_or("a point")?;
    let padded = format!("{whole:0>8}{fraction:0<4}");
    let mut groups = Vec::new();
    for at in (0..padded.len()).step_by(4) {
        groups.push(padded[at..at + 4].parse::<u16>()?);
    }
    let mut weight = 1_i16;
    while groups.len() > 1 && groups[0] == 0 && weight > 0 {
        groups.remove(0);
        weight -= 1;
    }
    let mut out = Vec::new();
    out.put_u16(groups.len() as u16);
    out.put_i16(weight);
    out.put_u16(0);
    out.put_u16(fraction.len() as u16);
    for group in groups {
        out.put_u16(group);
    }
    Ok(out)
}
