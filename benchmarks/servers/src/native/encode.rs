//! ROW_DESCRIPTION and DATA_ROW frames.

use bytes::BytesMut;
use sbwp::frame::{write_frame, Header};
use sbwp::message::{kind, ColumnDescription, DataRowBuilder, RowDescription};
use sbwp::types::{Format, Value};

use crate::dataset::Column;
use crate::Failure;

/// The frame that goes before the rows.
pub fn encode_head(columns: &[Column], format: Format) -> Result<BytesMut, Failure> {
    let described = columns
        .iter()
        .map(|column| ColumnDescription::new(column.name, column.oid, format.code()))
        .collect();
    let description = RowDescription::new(described);
    let mut out = BytesMut::new();
    write_frame(&mut out, Header::new(kind::ROW_DESCRIPTION), |out| {
        description.encode(out)
    })?;
    Ok(out)
}

/// Appends a DATA_ROW frame.
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
            Some(value) => {
                let mut bytes = Vec::new();
                value.encode(column.oid, format, &mut bytes)?;
                Some(bytes)
            }
        });
    }
    write_frame(out, Header::new(kind::DATA_ROW), |out| {
        let mut builder = DataRowBuilder::new(out, values.len() as u16);
        for value in &values {
            match value {
                None => builder.null(),
                Some(value) => builder.value(value),
            }
        }
        builder.finish()
    })?;
    Ok(())
}
