//! The types that a program names for the columns of a COPY.

use pyo3::prelude::*;
use sbwp::types::{by_name, info, oid, Oid};
use scratchbird::copy::CopyType;

use crate::copy_in::packet_type;
use crate::errors;

/// A type that the program has named for a column.
#[derive(Clone, Copy)]
pub struct ColumnType {
    pub oid: Oid,
    pub packet: CopyType,
}

/// A type by the name or the OID of a type of the database, or by the name of a type of packets.
pub fn column_type(wanted: &Bound<'_, PyAny>) -> PyResult<ColumnType> {
    let py = wanted.py();
    if let Ok(oid) = wanted.extract::<u32>() {
        return match info(oid) {
            Some(_) => Ok(ColumnType {
                oid,
                packet: packet_type(oid),
            }),
            None => Err(errors::programming(
                py,
                format!("no type has the OID {oid}"),
            )),
        };
    }
    let name: String = wanted.extract()?;
    let (oid, packet) = match name.to_ascii_lowercase().as_str() {
        "int64" => (oid::INT8, CopyType::Int64),
        "int32" => (oid::INT4, CopyType::Int32),
        "uint64" => (oid::NUMERIC, CopyType::UInt64),
        "real64" => (oid::FLOAT8, CopyType::Real64),
        "binary" => (oid::BYTEA, CopyType::Binary),
        other => match by_name(other) {
            Some(info) => (info.oid, packet_type(info.oid)),
            None => {
                return Err(errors::programming(
                    py,
                    format!("no type has the name {name:?}"),
                ));
            }
        },
    };
    Ok(ColumnType { oid, packet })
}
