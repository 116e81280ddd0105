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
    pub vector: Option<VectorColumn>,
}

/// A column of vectors.
#[derive(Clone, Copy)]
pub struct VectorColumn {
    /// None where they may be of any number of dimensions.
    pub dimension: Option<usize>,
}

/// A type by the name or the OID of a type of the database, or by the name of a type of packets.
pub fn column_type(wanted: &Bound<'_, PyAny>) -> PyResult<ColumnType> {
    let py = wanted.py();
    if let Ok(oid) = wanted.extract::<u32>() {
        return match info(oid) {
            Some(_) => Ok(ColumnType {
                oid,
                packet: packet_type(oid),
                vector: (oid == oid::VECTOR).then_some(VectorColumn { dimension: None }),
            }),
            None => Err(errors::programming(
                py,
                format!("no type has the OID {oid}"),
            )),
        };
    }
    let name: String = wanted.extract()?;
    if let Some(vector) = vector_column(&name) {
        return Ok(ColumnType {
            oid: oid::VECTOR,
            packet: CopyType::Text,
            vector: Some(vector),
        });
    }
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
    Ok(ColumnType {
        oid,
        packet,
        vector: (oid == oid::VECTOR).then_some(VectorColumn { dimension: None }),
    })
}

/// `vector`, or `vector(n)` where vectors have n dimensions.
fn vector_column(name: &str) -> Option<VectorColumn> {
    let name = name.to_ascii_lowercase();
    let rest = name.strip_prefix("vector")?.trim();
    if rest.is_empty() {
        return Some(VectorColumn { dimension: None });
    }
    let digits = rest.strip_prefix('(')?.strip_suffix(')')?.trim();
    Some(VectorColumn {
        dimension: Some(digits.parse().ok()?),
    })
}
