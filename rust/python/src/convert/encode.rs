//! Python → wire: one parameter, as text with its type OID.
//!
//! Everything goes as text: it is the form every server understands (SBWP 3.3.4). The text of numbers is
//! made here and never a string of the program's: servers paste it into the statement unquoted.

use std::cell::Cell;

use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyDate, PyDateTime, PyDelta, PyDict, PyFloat, PyInt, PyList, PyString, PyTime,
    PyTuple,
};
use sbwp::types::{boolean, bytea, float, integer, numeric, oid, MAX_DEPTH};
use scratchbird::Parameters;

use super::refusal::{Encoded, Refusal, CHARACTER, SUBSCRIPT};
use super::{adapters, encode_array, encode_object, encode_time};

/// A buffer larger than this is not kept for the next parameter.
const SCRATCH_KEPT: usize = 64 * 1024;

thread_local! {
    static SCRATCH: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Appends `value`, the parameter at `position` (from 0).
pub fn push_parameter(
    value: &Bound<'_, PyAny>,
    position: usize,
    parameters: &mut Parameters,
) -> PyResult<()> {
    let py = value.py();
    // Taken, not borrowed: reading a value may run Python code that sends parameters of its own.
    let mut out = SCRATCH.take();
    out.clear();
    let pushed = match encode(value, &mut out, MAX_DEPTH) {
        Ok(None) => {
            parameters.push_null(oid::UNKNOWN);
            Ok(())
        }
        Ok(Some(oid)) => parameters
            .push_text(oid, |buffer| {
                buffer.extend_from_slice(&out);
                Ok(())
            })
            .map_err(|error| crate::errors::to_python(py, &error, None)),
        Err(refusal) => Err(refusal.into_python(py, position)),
    };
    if out.capacity() <= SCRATCH_KEPT {
        SCRATCH.set(out);
    }
    pushed
}

/// Appends the text of `value` and returns its type. Values are nested at most `depth` deep.
#[inline]
pub fn encode(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> Encoded {
    match adapters::dumped(value)? {
        // Of what was dumped only the parts are dumped again.
        Some(dumped) => encode_plain(&dumped, out, depth),
        None => encode_plain(value, out, depth),
    }
}

fn encode_plain(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> Encoded {
    // The classes themselves first: one comparison each, in the order of how common they are.
    if value.is_none() {
        Ok(None)
    } else if let Ok(text) = value.cast_exact::<PyString>() {
        encode_str(text, out)?;
        Ok(Some(oid::TEXT))
    } else if let Ok(number) = value.cast_exact::<PyInt>() {
        encode_int(number, out)
    } else if let Ok(number) = value.cast_exact::<PyFloat>() {
        encode_float(number, out)
    } else if let Ok(value) = value.cast_exact::<PyBool>() {
        boolean::format_bool(value.is_true(), out);
        Ok(Some(oid::BOOL))
    } else if let Ok(bytes) = value.cast_exact::<PyBytes>() {
        bytea::format_bytea(bytes.as_bytes(), out);
        Ok(Some(oid::BYTEA))
    } else if let Ok(moment) = value.cast_exact::<PyDateTime>() {
        encode_time::encode_datetime(moment, out)
    } else if let Ok(date) = value.cast_exact::<PyDate>() {
        encode_time::encode_date(date, out)
    } else if let Ok(list) = value.cast_exact::<PyList>() {
        encode_array::encode_list(list, out, deeper(depth)?)
    } else if let Ok(tuple) = value.cast_exact::<PyTuple>() {
        encode_array::encode_tuple(tuple, out, deeper(depth)?)
    } else if let Ok(time) = value.cast_exact::<PyTime>() {
        encode_time::encode_time(time, out)
    } else if let Ok(delta) = value.cast_exact::<PyDelta>() {
        encode_time::encode_delta(delta, out)
    } else if value.is_exact_instance_of::<PyDict>() {
        encode_object::encode_json(value, out)
    } else {
        encode_object::encode(value, out, deeper(depth)?)
    }
}

/// One level further down.
pub fn deeper(depth: usize) -> Result<usize, Refusal> {
    depth.checked_sub(1).ok_or(Refusal::Data {
        sqlstate: SUBSCRIPT,
        reason: "the value is nested too deeply, or contains itself",
    })
}

/// Appends text as it is.
pub fn encode_str(text: &Bound<'_, PyString>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let text = text.to_str().map_err(|_| Refusal::Data {
        sqlstate: CHARACTER,
        reason: "the text contains a lone surrogate, which is not a character",
    })?;
    if text.as_bytes().contains(&0) {
        return Err(Refusal::Data {
            sqlstate: CHARACTER,
            reason: "the text contains the character NUL, which no text in the database can",
        });
    }
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

/// int4 or int8 by size, numeric beyond.
pub fn encode_int(number: &Bound<'_, PyInt>, out: &mut Vec<u8>) -> Encoded {
    let Ok(small) = number.extract::<i64>() else {
        let digits = number
            .py()
            .get_type::<PyInt>()
            .call_method1("__repr__", (number,))?;
        numeric::write_plain(
            digits
                .cast::<PyString>()
                .map_err(PyErr::from)?
                .to_str()?
                .as_bytes(),
            out,
        )?;
        return Ok(Some(oid::NUMERIC));
    };
    integer::format_i64(small, out);
    Ok(Some(match i32::try_from(small) {
        Ok(_) => oid::INT4,
        Err(_) => oid::INT8,
    }))
}

pub fn encode_float(number: &Bound<'_, PyFloat>, out: &mut Vec<u8>) -> Encoded {
    float::format_f64(number.value(), out);
    Ok(Some(oid::FLOAT8))
}
