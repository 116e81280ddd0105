//! Rows of Python values on their way into a COPY.
//!
//! The values of a column have the type that its packets announce. Text is the type that any value has a form in.

use std::cell::Cell;

use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyByteArray, PyBytes, PyDict, PyFloat, PyInt, PyList, PyMapping, PyMemoryView,
    PyString, PyTuple,
};
use sbwp::types::{oid, Oid, MAX_DEPTH};
use scratchbird::copy::{CopyType, CopyValue, Rows};
use scratchbird::Connection;

use crate::convert::{adapters, encode_text, Floats, Refusal};
use crate::copy_types::VectorColumn;
use crate::errors;

/// A buffer larger than this is not kept for the next value.
const SCRATCH_KEPT: usize = 64 * 1024;
/// Text or bytes that are no value of the column's type.
const REPRESENTATION: &str = "22P02";
const NUMBER: &str = "22003";

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The type of a packet's column for values of a type of the database.
pub fn packet_type(oid: Oid) -> CopyType {
    match oid {
        oid::BOOL => CopyType::Boolean,
        oid::INT2 | oid::INT4 => CopyType::Int32,
        oid::INT8 => CopyType::Int64,
        oid::FLOAT4 | oid::FLOAT8 => CopyType::Real64,
        oid::BYTEA => CopyType::Binary,
        _ => CopyType::Text,
    }
}

/// Where rows go.
pub struct Target<'a> {
    pub connection: &'a Connection,
    /// By column; empty where none is one of vectors.
    pub vectors: &'a [Option<VectorColumn>],
}

/// Appends one row; it is taken back where a value cannot be sent.
pub fn push_row(rows: &mut Rows, row: &Bound<'_, PyAny>, target: &Target<'_>) -> PyResult<()> {
    rows.begin_row();
    let pushed = push_values(rows, row, target).and_then(|()| {
        let place = place(rows, None);
        rows.end_row()
            .map_err(|error| at_place(row.py(), &place, &error))
    });
    if pushed.is_err() {
        rows.drop_row();
    }
    pushed
}

fn push_values(rows: &mut Rows, row: &Bound<'_, PyAny>, target: &Target<'_>) -> PyResult<()> {
    if let Ok(row) = row.cast_exact::<PyTuple>() {
        check_width(rows, row.py(), row.len())?;
        return row
            .iter_borrowed()
            .try_for_each(|value| push_value(rows, &value, target));
    }
    if let Ok(row) = row.cast_exact::<PyList>() {
        check_width(rows, row.py(), row.len())?;
        // By index: the values' own code may change the list.
        for index in 0..row.len() {
            push_value(rows, &row.get_item(index)?, target)?;
        }
        return Ok(());
    }
    if row.is_instance_of::<PyDict>() || row.cast::<PyMapping>().is_ok() {
        return push_mapping(rows, row, target);
    }
    let is_text = row.is_instance_of::<PyString>()
        || row.is_instance_of::<PyBytes>()
        || row.is_instance_of::<PyByteArray>();
    let values = match row.try_iter() {
        Ok(values) if !is_text => values,
        _ => {
            let class = row.get_type().name()?;
            let message = format!(
                "{}: a row is a sequence or a mapping, not {class}",
                place(rows, None)
            );
            return Err(errors::programming(row.py(), message));
        }
    };
    let values: Vec<Bound<'_, PyAny>> = values.collect::<PyResult<_>>()?;
    check_width(rows, row.py(), values.len())?;
    values
        .iter()
        .try_for_each(|value| push_value(rows, value, target))
}

fn push_mapping(rows: &mut Rows, row: &Bound<'_, PyAny>, target: &Target<'_>) -> PyResult<()> {
    let py = row.py();
    let width = rows.columns().len();
    let given = row.len()?;
    for index in 0..width {
        let Some(name) = rows.columns().get(index).map(|column| column.name.clone()) else {
            break;
        };
        let value = match row.get_item(&name) {
            Ok(value) => value,
            Err(error) if error.is_instance_of::<PyKeyError>(py) => {
                let message = format!("{}: there is no value for it", place(rows, Some(index)));
                return Err(errors::programming(py, message));
            }
            Err(error) => return Err(error),
        };
        push_value(rows, &value, target)?;
    }
    // A key that no column has would be a value lost without a word.
    if given > width {
        let message = format!("{}: {given} keys for {width} columns", place(rows, None));
        return Err(errors::programming(py, message));
    }
    Ok(())
}

fn check_width(rows: &Rows, py: Python<'_>, given: usize) -> PyResult<()> {
    let width = rows.columns().len();
    if given == width {
        return Ok(());
    }
    let message = format!("{}: {given} values for {width} columns", place(rows, None));
    Err(errors::programming(py, message))
}

/// Where a value is: the index of its row, from 0, and its column.
#[cold]
fn place(rows: &Rows, column: Option<usize>) -> String {
    let row = rows.count();
    match column.and_then(|index| rows.columns().get(index)) {
        Some(column) => format!("row {row}, column \"{}\"", column.name),
        None => format!("row {row}"),
    }
}

#[cold]
fn place_of_next(rows: &Rows) -> String {
    place(rows, Some(rows.written()))
}

#[cold]
fn at_place(py: Python<'_>, place: &str, error: &scratchbird::Error) -> PyErr {
    let message = match error {
        scratchbird::Error::Data { message, .. } => message.clone(),
        other => other.to_string(),
    };
    let sqlstate = match error {
        scratchbird::Error::Data { sqlstate, .. } => sqlstate,
        _ => "22000",
    };
    let error = scratchbird::Error::data_with(sqlstate, format!("{place}: {message}"), None);
    errors::to_python(py, &error, None)
}

fn push_value(rows: &mut Rows, value: &Bound<'_, PyAny>, target: &Target<'_>) -> PyResult<()> {
    match adapters::dumped(value) {
        Ok(None) => push_plain(rows, value, target),
        Ok(Some(dumped)) => push_plain(rows, &dumped, target),
        Err(error) => Err(Refusal::Python(error).at(value.py(), &place_of_next(rows))),
    }
}

fn push_plain(rows: &mut Rows, value: &Bound<'_, PyAny>, target: &Target<'_>) -> PyResult<()> {
    let py = value.py();
    let pushed = if value.is_none() {
        rows.push(&CopyValue::Null)
    } else if let Some(Some(column)) = target.vectors.get(rows.written()) {
        return push_vector(rows, value, *column);
    } else {
        let Some(kind) = rows.next_type() else {
            return Err(errors::programming(py, "the row has too many values"));
        };
        match direct(value, kind) {
            Some(value) => rows.push(&value),
            None => return push_text(rows, value, kind, target),
        }
    };
    pushed.map_err(|error| at_place(py, &place_of_next(rows), &error))
}

/// Values that need no text in between.
#[inline]
fn direct<'a>(value: &'a Bound<'_, PyAny>, kind: CopyType) -> Option<CopyValue<'a>> {
    match kind {
        CopyType::Int64 => value
            .cast::<PyInt>()
            .ok()
            .and_then(|number| number.extract().ok())
            .map(CopyValue::Int64),
        CopyType::Int32 => value
            .cast::<PyInt>()
            .ok()
            .and_then(|number| number.extract().ok())
            .map(CopyValue::Int32),
        CopyType::UInt64 => value
            .cast::<PyInt>()
            .ok()
            .and_then(|number| number.extract().ok())
            .map(CopyValue::UInt64),
        CopyType::Boolean => value
            .cast::<PyBool>()
            .ok()
            .map(|value| CopyValue::Boolean(value.is_true())),
        CopyType::Real64 => value
            .cast::<PyFloat>()
            .ok()
            .map(|number| CopyValue::Real64(number.value())),
        CopyType::Binary => value
            .cast::<PyBytes>()
            .ok()
            .map(|bytes| CopyValue::Binary(bytes.as_bytes())),
        CopyType::Text => None,
    }
}

/// A value by way of its text, which every value has; its type must be able to hold it.
fn push_text(
    rows: &mut Rows,
    value: &Bound<'_, PyAny>,
    kind: CopyType,
    target: &Target<'_>,
) -> PyResult<()> {
    let py = value.py();
    if kind == CopyType::Binary {
        return push_buffer(rows, value);
    }
    // Taken, not borrowed: reading a value may run Python code that writes rows of its own.
    let mut scratch = SCRATCH.take();
    scratch.clear();
    let outcome = match encode_text(value, &mut scratch, MAX_DEPTH) {
        Ok(None) => rows
            .push(&CopyValue::Null)
            .map_err(|error| at_place(py, &place_of_next(rows), &error)),
        Ok(Some(oid)) => push_encoded(py, rows, kind, oid, &scratch, target),
        Err(refusal) => Err(refusal.at(py, &place_of_next(rows))),
    };
    if scratch.capacity() <= SCRATCH_KEPT {
        SCRATCH.set(scratch);
    }
    outcome
}

fn push_encoded(
    py: Python<'_>,
    rows: &mut Rows,
    kind: CopyType,
    oid: Oid,
    bytes: &[u8],
    target: &Target<'_>,
) -> PyResult<()> {
    let misfit = |rows: &Rows, sqlstate, reason| {
        Refusal::Data { sqlstate, reason }.at(py, &place_of_next(rows))
    };
    // What the conversion writes is UTF-8.
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(misfit(rows, REPRESENTATION, "the text is not UTF-8"));
    };
    let is_number = matches!(oid, oid::INT4 | oid::INT8 | oid::NUMERIC | oid::FLOAT8);
    let parsed = match kind {
        CopyType::Text => {
            target
                .connection
                .inspect_value(oid, bytes)
                .map_err(|error| at_place(py, &place_of_next(rows), &error))?;
            Some(CopyValue::Text(text))
        }
        CopyType::Int64 if is_number => text.parse().ok().map(CopyValue::Int64),
        CopyType::Int32 if is_number => text.parse().ok().map(CopyValue::Int32),
        CopyType::UInt64 if is_number => text.parse().ok().map(CopyValue::UInt64),
        CopyType::Real64 if is_number => text.parse().ok().map(CopyValue::Real64),
        CopyType::Boolean if oid == oid::BOOL => Some(CopyValue::Boolean(text == "true")),
        _ => None,
    };
    match parsed {
        Some(value) => rows
            .push(&value)
            .map_err(|error| at_place(py, &place_of_next(rows), &error)),
        None if is_number => Err(misfit(
            rows,
            NUMBER,
            "the number is outside of the column's type",
        )),
        None => Err(misfit(
            rows,
            REPRESENTATION,
            "the value does not fit the column's type",
        )),
    }
}

/// A vector in its column: of the right number of dimensions, and of numbers.
fn push_vector(rows: &mut Rows, value: &Bound<'_, PyAny>, column: VectorColumn) -> PyResult<()> {
    let py = value.py();
    let floats = Floats::of(value).map_err(|refusal| refusal.at(py, &place_of_next(rows)))?;
    if let Err(reason) = floats.check(column.dimension) {
        let error = scratchbird::Error::data(reason);
        return Err(at_place(py, &place_of_next(rows), &error));
    }
    let mut scratch = SCRATCH.take();
    scratch.clear();
    floats.format(&mut scratch);
    let text = std::str::from_utf8(&scratch).unwrap_or_default();
    let pushed = rows.push(&CopyValue::Text(text));
    if scratch.capacity() <= SCRATCH_KEPT {
        SCRATCH.set(scratch);
    }
    pushed.map_err(|error| at_place(py, &place_of_next(rows), &error))
}

fn push_buffer(rows: &mut Rows, value: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = value.py();
    let bytes = if let Ok(bytes) = value.cast::<PyByteArray>() {
        bytes.to_vec()
    } else if value.is_instance_of::<PyMemoryView>() {
        value
            .call_method0(pyo3::intern!(py, "tobytes"))?
            .extract::<Vec<u8>>()?
    } else {
        let reason = "the column takes bytes";
        return Err(Refusal::Data {
            sqlstate: REPRESENTATION,
            reason,
        }
        .at(py, &place_of_next(rows)));
    };
    rows.push(&CopyValue::Binary(&bytes))
        .map_err(|error| at_place(py, &place_of_next(rows), &error))
}
