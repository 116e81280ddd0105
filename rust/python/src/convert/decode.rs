//! Wire → Python: a plan per description, one decoder a column.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};
use sbwp::message::DataRow;
use scratchbird::profile::Profile;
use scratchbird::{Error, RowDescription};

use crate::errors;

/// The decode plan of one row description.
pub struct RowDecoder {
    columns: Vec<(u32, u16)>,
    description: Py<PyList>,
}

impl RowDecoder {
    pub fn new(py: Python<'_>, description: &RowDescription, _profile: &Profile) -> PyResult<Self> {
        let list = PyList::empty(py);
        for column in &description.columns {
            list.append((
                &column.name,
                column.oid,
                py.None(),
                column.length,
                column.precision,
                column.scale,
                column.nullable,
            ))?;
        }
        Ok(RowDecoder {
            columns: description
                .columns
                .iter()
                .map(|column| (column.oid, column.format))
                .collect(),
            description: list.unbind(),
        })
    }

    /// The columns as PEP 249 describes them.
    pub fn description(&self, py: Python<'_>) -> Py<PyList> {
        self.description.clone_ref(py)
    }

    /// One row as a tuple.
    pub fn row<'py>(&self, py: Python<'py>, payload: &[u8]) -> PyResult<Bound<'py, PyTuple>> {
        let fail = |error| errors::to_python(py, &Error::protocol_from(error), None);
        let row = DataRow::parse(payload).map_err(fail)?;
        let mut values: Vec<Bound<'py, PyAny>> = Vec::with_capacity(row.len());
        for (value, (oid, format)) in row.iter().zip(&self.columns) {
            values.push(match value.map_err(fail)? {
                None => py.None().into_bound(py),
                Some(bytes) => self::value(py, *oid, *format, bytes)?,
            });
        }
        PyTuple::new(py, values)
    }
}

fn value<'py>(py: Python<'py>, oid: u32, format: u16, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    match (oid, format) {
        (20, 1) if bytes.len() == 8 => {
            let mut raw = [0; 8];
            raw.copy_from_slice(bytes);
            Ok(i64::from_le_bytes(raw).into_pyobject(py)?.into_any())
        }
        (23, 1) if bytes.len() == 4 => {
            let mut raw = [0; 4];
            raw.copy_from_slice(bytes);
            Ok(i32::from_le_bytes(raw).into_pyobject(py)?.into_any())
        }
        _ => Ok(PyString::new(py, &String::from_utf8_lossy(bytes)).into_any()),
    }
}
