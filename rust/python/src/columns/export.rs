//! The Arrow PyCapsule interface: what leaves as a stream, an array or a schema, and what a reader asks for.

use std::ffi::CStr;
use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use sbwp::types::oid;
use scratchbird_columns::array::{RecordBatch, RecordBatchReader};
use scratchbird_columns::schema::{ArrowError, DataType, Schema, SchemaRef};
use scratchbird_columns::{self as columns, ffi::FFI_ArrowSchema, Column};

use super::planning::Rows;
use crate::audited;

pub(super) const STREAM: &CStr = c"arrow_array_stream";
const SCHEMA: &CStr = c"arrow_schema";

/// A reader as a capsule; whoever takes it decodes on its own thread.
pub fn stream<'py>(
    py: Python<'py>,
    reader: Box<dyn RecordBatchReader + Send>,
) -> PyResult<Bound<'py, PyCapsule>> {
    PyCapsule::new_with_value(py, columns::stream(reader), STREAM)
}

/// The types as a capsule.
pub fn schema<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema).map_err(unfit)?;
    PyCapsule::new_with_value(py, schema, SCHEMA)
}

fn unfit(error: ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The schema that a reader asks for, if it does.
pub fn requested(capsule: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Schema>> {
    let Some(capsule) = capsule.filter(|capsule| !capsule.is_none()) else {
        return Ok(None);
    };
    let capsule = capsule
        .cast::<PyCapsule>()
        .map_err(|_| PyTypeError::new_err("requested_schema is an Arrow schema capsule"))?;
    audited::with_schema(capsule, SCHEMA, |schema| Schema::try_from(schema))?
        .map(Some)
        .map_err(unfit)
}

/// Does what a reader asks for, as far as that can be: decimals of another precision and scale for numerics. All else
/// stays as it is, which the interface leaves to us.
///
/// # Errors
/// The schema is of another number of columns.
pub fn comply(columns: &mut [Column], requested: &Schema) -> Result<(), String> {
    if requested.fields().len() != columns.len() {
        return Err(format!(
            "a schema of {} columns is requested, the result has {}",
            requested.fields().len(),
            columns.len()
        ));
    }
    for (column, field) in columns.iter_mut().zip(requested.fields()) {
        let (DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale)) =
            field.data_type()
        else {
            continue;
        };
        if matches!(column.oid, oid::NUMERIC | oid::DECIMAL128) {
            column.precision = Some(i64::from(*precision));
            column.scale = Some(i32::from(*scale));
        }
    }
    Ok(())
}

/// A stream of rows that are here.
pub struct Decoded {
    rows: Rows,
    failed: bool,
}

impl Decoded {
    pub fn new(rows: Rows) -> Self {
        Decoded {
            rows,
            failed: false,
        }
    }
}

impl Iterator for Decoded {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let batch = self.rows.next().transpose()?;
        self.failed = batch.is_err();
        Some(batch.map_err(|error| ArrowError::ExternalError(Box::new(error))))
    }
}

impl RecordBatchReader for Decoded {
    fn schema(&self) -> SchemaRef {
        Arc::clone(self.rows.plan().schema())
    }
}
