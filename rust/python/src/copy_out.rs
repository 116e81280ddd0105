//! Rows of a COPY out as Python values: what the server sends is packets of typed columns, or lines.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};
use sbwp::types::{oid, Oid};
use scratchbird::copy::{Copy, CopyForm, CopyValue, CsvReader, NamedRows, RowsetReader};
use scratchbird::sql::CopyFormat;
use scratchbird::Error;

use crate::convert::Column;
use crate::errors;

/// Reads the rows of blocks.
pub struct RowReader {
    format: CopyFormat,
    /// Types that the program has named, in the order of the columns.
    types: Vec<Oid>,
    columns: Vec<Column>,
    csv: CsvReader,
    skip_header: bool,
    json: Vec<u8>,
}

impl RowReader {
    pub fn new(copy: &Copy, types: Vec<Oid>) -> Self {
        let statement = copy.statement();
        RowReader {
            format: statement.format,
            types,
            columns: Vec::new(),
            csv: CsvReader::of_width(copy.width()),
            skip_header: statement.header,
            json: Vec::new(),
        }
    }

    /// Appends the rows of a block to `rows`; an empty block is the end.
    pub fn read(&mut self, block: &[u8], rows: &Bound<'_, PyList>) -> PyResult<()> {
        let py = rows.py();
        match CopyForm::of(block) {
            CopyForm::Rowset => self.packet(block, rows),
            CopyForm::Named => {
                let named = NamedRows::packet(block).map_err(|error| broken(py, error))?;
                self.named(named, rows)
            }
            CopyForm::Text if self.format == CopyFormat::JsonLines => self.json_lines(block, rows),
            CopyForm::Text => self.lines(block, rows),
        }
    }

    fn column(&mut self, index: usize, name: &str) -> &Column {
        while self.columns.len() <= index {
            let at = self.columns.len();
            let oid = self.types.get(at).copied().unwrap_or(oid::TEXT);
            self.columns.push(Column::of_text(name, oid));
        }
        &self.columns[index]
    }

    fn packet(&mut self, block: &[u8], rows: &Bound<'_, PyList>) -> PyResult<()> {
        let py = rows.py();
        let mut reader = RowsetReader::new(block).map_err(|error| broken(py, error))?;
        for (index, column) in reader.columns().iter().enumerate() {
            self.column(index, &column.name);
        }
        let mut row = Vec::new();
        while reader
            .next_row(&mut row)
            .map_err(|error| broken(py, error))?
        {
            let values = row
                .iter()
                .zip(&self.columns)
                .map(|(value, column)| match value {
                    CopyValue::Null => Ok(py.None().into_bound(py)),
                    CopyValue::Text(text) => column.decode(py, text.as_bytes()),
                    CopyValue::Int64(number) => Ok(number.into_pyobject(py)?.into_any()),
                    CopyValue::Boolean(value) => Ok(value.into_pyobject(py)?.to_owned().into_any()),
                    CopyValue::Int32(number) => Ok(number.into_pyobject(py)?.into_any()),
                    CopyValue::UInt64(number) => Ok(number.into_pyobject(py)?.into_any()),
                    CopyValue::Real64(number) => Ok(number.into_pyobject(py)?.into_any()),
                    CopyValue::Binary(bytes) => Ok(PyBytes::new(py, bytes).into_any()),
                })
                .collect::<PyResult<Vec<_>>>()?;
            rows.append(PyTuple::new(py, values)?)?;
        }
        Ok(())
    }

    fn named(&mut self, named: NamedRows<'_>, rows: &Bound<'_, PyList>) -> PyResult<()> {
        for row in named {
            let row = row.map_err(|error| broken(rows.py(), error))?;
            self.append(rows, row.iter().map(|(name, value)| (*name, *value)))?;
        }
        Ok(())
    }

    fn append<'a>(
        &mut self,
        rows: &Bound<'_, PyList>,
        cells: impl Iterator<Item = (&'a str, Option<&'a str>)>,
    ) -> PyResult<()> {
        let py = rows.py();
        let values = cells
            .enumerate()
            .map(|(index, (name, value))| match value {
                None => Ok(py.None().into_bound(py)),
                Some(text) => self.column(index, name).decode(py, text.as_bytes()),
            })
            .collect::<PyResult<Vec<_>>>()?;
        rows.append(PyTuple::new(py, values)?)
    }

    fn lines(&mut self, block: &[u8], rows: &Bound<'_, PyList>) -> PyResult<()> {
        let py = rows.py();
        self.csv.push(block);
        while let Some(row) = self
            .csv
            .next_row(block.is_empty())
            .map_err(|error| errors::to_python(py, &error, None))?
        {
            if std::mem::take(&mut self.skip_header) {
                continue;
            }
            self.append(rows, row.iter().map(|value| ("", value.as_deref())))?;
        }
        Ok(())
    }

    fn json_lines(&mut self, block: &[u8], rows: &Bound<'_, PyList>) -> PyResult<()> {
        let py = rows.py();
        let loads = py.import("json")?.getattr("loads")?;
        self.json.extend_from_slice(block);
        let end = if block.is_empty() {
            self.json.len()
        } else {
            self.json
                .iter()
                .rposition(|&byte| byte == b'\n')
                .map_or(0, |at| at + 1)
        };
        let whole: Vec<u8> = self.json.drain(..end).collect();
        for line in whole.split(|&byte| byte == b'\n') {
            if !line.trim_ascii().is_empty() {
                rows.append(loads.call1((PyString::from_bytes(py, line)?,))?)?;
            }
        }
        Ok(())
    }
}

#[cold]
fn broken(py: Python<'_>, error: sbwp::message::DecodeError) -> PyErr {
    errors::to_python(py, &Error::protocol_from(error), None)
}
