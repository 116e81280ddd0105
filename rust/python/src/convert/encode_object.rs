//! Python → wire: what is recognised by isinstance: subclasses, the package's wrappers, standard-library classes.

use pyo3::exceptions::PyBufferError;
use pyo3::prelude::*;
use pyo3::types::{
    PyByteArray, PyBytes, PyDate, PyDateTime, PyDelta, PyDict, PyFloat, PyInt, PyList,
    PyMemoryView, PyString, PyTime, PyTuple,
};
use sbwp::types::composite::write_field;
use sbwp::types::geometry::{decode_wkb, format_wkt};
use sbwp::types::interval::{format_interval, Interval};
use sbwp::types::range::{format_range, Parts};
use sbwp::types::{bytea, numeric, oid, uuid, Oid, TypeError};

use super::encode::{encode as encode_any, encode_float, encode_int, encode_str};
use super::refusal::{Encoded, Refusal};
use super::{adapters, classes, encode_array, encode_time, vector};

pub fn encode(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> Encoded {
    let py = value.py();
    // Before all classes that take longer to tell: vectors are many.
    if let Some(class) = classes::ndarray(py)? {
        if value.get_type().is(class) {
            return vector::encode_ndarray(value, out, depth);
        }
    }
    if value.is_instance(classes::decimal(py)?)? {
        // Through str and the numeric reader, so that nothing but a numeral can result.
        let numeral = value.str()?;
        numeric::write_plain(numeral.to_str()?.as_bytes(), out)?;
        return Ok(Some(oid::NUMERIC));
    }
    if value.is_instance(classes::uuid(py)?)? {
        let number: u128 = value.getattr(pyo3::intern!(py, "int"))?.extract()?;
        uuid::format_uuid(&number.to_be_bytes(), out);
        return Ok(Some(oid::UUID));
    }
    // Before the classes that an enumeration may also derive from.
    if value.is_instance(classes::enum_class(py)?)? {
        return encode_any(&value.getattr(pyo3::intern!(py, "value"))?, out, depth);
    }
    if value.is_instance(classes::var(py)?)? {
        return encode_any(&value.getattr(pyo3::intern!(py, "_value"))?, out, depth);
    }
    if let Some(encoded) = encode_wrapper(value, out, depth)? {
        return Ok(Some(encoded));
    }
    if let Some(oid) = encode_address(value, out)? {
        return Ok(Some(oid));
    }
    if let Ok(bytes) = value.cast::<PyByteArray>() {
        bytea::format_bytea(&bytes.to_vec(), out);
        return Ok(Some(oid::BYTEA));
    }
    if value.is_instance_of::<PyMemoryView>() {
        let bytes = value
            .call_method0(pyo3::intern!(py, "tobytes"))
            .map_err(|error| released(py, error))?;
        bytea::format_bytea(
            bytes.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes(),
            out,
        );
        return Ok(Some(oid::BYTEA));
    }
    encode_subclass(value, out, depth)
}

/// A memoryview that was released is a mistake of the program, like any wrong value.
fn released(py: Python<'_>, error: PyErr) -> PyErr {
    if error.is_instance_of::<PyBufferError>(py) {
        return pyo3::exceptions::PyValueError::new_err(error.value(py).to_string());
    }
    error
}

/// Subclasses of what `encode` knows by identity, then arrays of numbers.
fn encode_subclass(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> Encoded {
    if let Ok(text) = value.cast::<PyString>() {
        encode_str(text, out)?;
        Ok(Some(oid::TEXT))
    } else if let Ok(number) = value.cast::<PyInt>() {
        encode_int(number, out)
    } else if let Ok(number) = value.cast::<PyFloat>() {
        encode_float(number, out)
    } else if let Ok(bytes) = value.cast::<PyBytes>() {
        bytea::format_bytea(bytes.as_bytes(), out);
        Ok(Some(oid::BYTEA))
    } else if let Ok(moment) = value.cast::<PyDateTime>() {
        // Pandas' missing moment poses as a datetime, of fields that mean nothing.
        if value.get_type().name()?.to_str()? == "NaTType" {
            return Ok(None);
        }
        encode_time::encode_datetime(moment, out)
    } else if let Ok(date) = value.cast::<PyDate>() {
        encode_time::encode_date(date, out)
    } else if let Ok(time) = value.cast::<PyTime>() {
        encode_time::encode_time(time, out)
    } else if let Ok(delta) = value.cast::<PyDelta>() {
        encode_time::encode_delta(delta, out)
    } else if value.is_instance_of::<PyDict>() {
        encode_json(value, out)
    } else if let Ok(list) = value.cast::<PyList>() {
        encode_array::encode_list(list, out, depth)
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        encode_array::encode_tuple(tuple, out, depth)
    } else {
        vector::encode(value, out, depth)
    }
}

/// A dict as JSON, encoded as `scratchbird.types.Json` does.
pub fn encode_json(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    match adapters::json_dumped(value)? {
        Some(text) => encode_json_text(&text, out)?,
        None => encode_document(&classes::json(value.py())?.call1((value,))?, out)?,
    }
    Ok(Some(oid::JSON))
}

/// What the user's encoder returned: text, or its bytes.
fn encode_json_text(text: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    if let Ok(bytes) = text.cast::<PyBytes>() {
        let text = PyString::from_bytes(text.py(), bytes.as_bytes())?;
        return encode_str(&text, out);
    }
    encode_str(text.cast::<PyString>().map_err(PyErr::from)?, out)
}

fn encode_document(document: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Result<(), Refusal> {
    let text = document.getattr(pyo3::intern!(document.py(), "text"))?;
    encode_str(text.cast::<PyString>().map_err(PyErr::from)?, out)
}

/// The classes of `scratchbird.types`.
fn encode_wrapper(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> Encoded {
    let py = value.py();
    // Jsonb is a Json too.
    for (class, oid) in [
        (classes::jsonb(py)?, oid::JSONB),
        (classes::json(py)?, oid::JSON),
        (classes::xml(py)?, oid::XML),
    ] {
        if value.is_instance(class)? {
            encode_document(value, out)?;
            return Ok(Some(oid));
        }
    }
    if value.is_instance(classes::interval(py)?)? {
        let interval = Interval {
            months: value.getattr(pyo3::intern!(py, "months"))?.extract()?,
            days: value.getattr(pyo3::intern!(py, "days"))?.extract()?,
            micros: value
                .getattr(pyo3::intern!(py, "microseconds"))?
                .extract()?,
        };
        format_interval(&interval, out);
        return Ok(Some(oid::INTERVAL));
    }
    if value.is_instance(classes::vector(py)?)? {
        vector::Floats::of(value)?.format(out);
        return Ok(Some(oid::VECTOR));
    }
    if value.is_instance(classes::range(py)?)? {
        return encode_range(value, out, depth);
    }
    if value.is_instance(classes::geometry(py)?)? {
        let wkb = value.getattr(pyo3::intern!(py, "wkb"))?;
        let mut geometry = decode_wkb(wkb.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes())?;
        geometry.srid = value.getattr(pyo3::intern!(py, "srid"))?.extract()?;
        format_wkt(&geometry, out);
        return Ok(Some(oid::POINT));
    }
    if value.is_instance(classes::composite(py)?)? {
        encode_composite(value, out, depth)?;
        return Ok(Some(oid::RECORD));
    }
    Ok(None)
}

/// A range of the type its bounds have; a range that has none leaves its type to the server.
fn encode_range(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> Encoded {
    let py = value.py();
    let mut bounds = Vec::new();
    let mut side = |name: &Bound<'_, PyString>| -> Result<Option<Vec<u8>>, Refusal> {
        let mut text = Vec::new();
        let oid = encode_any(&value.getattr(name)?, &mut text, depth)?;
        bounds.extend(oid);
        Ok(oid.map(|_| text))
    };
    let lower = side(pyo3::intern!(py, "lower"))?;
    let upper = side(pyo3::intern!(py, "upper"))?;
    let parts = Parts {
        empty: value.getattr(pyo3::intern!(py, "isempty"))?.extract()?,
        lower_inclusive: value.getattr(pyo3::intern!(py, "lower_inc"))?.extract()?,
        upper_inclusive: value.getattr(pyo3::intern!(py, "upper_inc"))?.extract()?,
        lower,
        upper,
    };
    let oid = bounds.into_iter().map(range_over).reduce(wider_range);
    let oid = oid
        .unwrap_or(Ok(oid::UNKNOWN))
        .map_err(|()| Refusal::unsupported(value))?;
    format_range(&parts, out, |text, out| {
        out.extend_from_slice(text);
        Ok::<_, TypeError>(())
    })?;
    Ok(Some(oid))
}

/// The range type over a bound's type.
fn range_over(bound: Oid) -> Result<Oid, ()> {
    match bound {
        oid::INT4 => Ok(oid::INT4RANGE),
        oid::INT8 => Ok(oid::INT8RANGE),
        oid::NUMERIC | oid::FLOAT8 => Ok(oid::NUMRANGE),
        oid::DATE => Ok(oid::DATERANGE),
        oid::TIMESTAMP => Ok(oid::TSRANGE),
        oid::TIMESTAMPTZ => Ok(oid::TSTZRANGE),
        _ => Err(()),
    }
}

fn wider_range(a: Result<Oid, ()>, b: Result<Oid, ()>) -> Result<Oid, ()> {
    let numbers = [oid::INT4RANGE, oid::INT8RANGE, oid::NUMRANGE];
    let rank = |oid| numbers.iter().position(|&known| known == oid);
    match (a?, b?) {
        (a, b) if a == b => Ok(a),
        (a, b) => match (rank(a), rank(b)) {
            (Some(x), Some(y)) => Ok(if x > y { a } else { b }),
            _ => Err(()),
        },
    }
}

fn encode_composite(
    value: &Bound<'_, PyAny>,
    out: &mut Vec<u8>,
    depth: usize,
) -> Result<(), Refusal> {
    let mut text = Vec::new();
    out.push(b'(');
    for (index, field) in value.try_iter()?.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        text.clear();
        if encode_any(&field?, &mut text, depth)?.is_some() {
            write_field(&text, out);
        }
    }
    out.push(b')');
    Ok(())
}

/// The classes of `ipaddress`: an address or interface is an inet, a network a cidr.
fn encode_address(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    let py = value.py();
    let known = [
        (classes::ipv4_address(py)?, oid::INET),
        (classes::ipv6_address(py)?, oid::INET),
        (classes::ipv4_network(py)?, oid::CIDR),
        (classes::ipv6_network(py)?, oid::CIDR),
    ];
    for (class, oid) in known {
        if value.is_instance(class)? {
            encode_str(&value.str()?, out)?;
            return Ok(Some(oid));
        }
    }
    Ok(None)
}
