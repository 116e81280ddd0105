//! Vectors both ways: lists of floats, NumPy arrays where the program has NumPy, arrays of numbers.
//!
//! The hot loops of vector search: 768 floats a value, thousands of values. NumPy is never imported here.

use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyDict, PyFrozenSet, PyList, PySet, PyString};
use sbwp::types::oid;
use sbwp::types::vector::{
    format_vector_f32, format_vector_f64, parse_vector_f32, parse_vector_f64,
};

use super::classes;
use super::decode::Decoded;
use super::encode::encode as encode_any;
use super::encode_array::encode_nested;
use super::refusal::{Encoded, Refusal, REPRESENTATION};

/// A float32 array if NumPy is loaded, else a list of floats.
pub fn decode_text<'py>(py: Python<'py>, bytes: &[u8]) -> Decoded<'py> {
    if let Some(numpy) = classes::numpy(py)? {
        let mut numbers = Vec::new();
        parse_vector_f32(bytes, &mut numbers)?;
        let buffer = PyByteArray::new_with(py, numbers.len() * 4, |out| {
            for (slot, number) in out.chunks_exact_mut(4).zip(&numbers) {
                slot.copy_from_slice(&number.to_ne_bytes());
            }
            Ok(())
        })?;
        // Over a bytearray, not bytes: the array can be written to.
        let arguments = (buffer, pyo3::intern!(py, "float32"));
        return Ok(numpy.call_method1(pyo3::intern!(py, "frombuffer"), arguments)?);
    }
    let mut numbers = Vec::new();
    parse_vector_f64(bytes, &mut numbers)?;
    Ok(PyList::new(py, numbers)?.into_any())
}

/// Appends an array of numbers (NumPy's, the standard library's, anything with `__array__`) or a NumPy
/// scalar; refuses everything else.
pub fn encode(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> Encoded {
    let py = value.py();
    if value.is_instance(classes::array_class(py)?)? {
        return encode_stdlib_array(value, out, depth);
    }
    let Some(numpy) = classes::numpy(py)? else {
        return Err(Refusal::unsupported(value));
    };
    if value.is_instance(&numpy.getattr(pyo3::intern!(py, "ndarray"))?)? {
        return encode_ndarray(value, out, depth);
    }
    if value.is_instance(&numpy.getattr(pyo3::intern!(py, "generic"))?)? {
        let item = scalar(value)?;
        // What stays a NumPy scalar has no class of Python's: complex records, long doubles.
        if item.get_type().is(value.get_type()) {
            return Err(Refusal::unsupported(value));
        }
        return encode_any(&item, out, depth);
    }
    if value.hasattr(pyo3::intern!(py, "__array__"))? {
        let array = numpy.call_method1(pyo3::intern!(py, "asarray"), (value,))?;
        return encode_ndarray(&array, out, depth);
    }
    Err(Refusal::unsupported(value))
}

/// An array of numbers as nested lists, for a place inside another list.
pub fn as_list<'py>(value: &Bound<'py, PyAny>) -> Result<Option<Bound<'py, PyAny>>, Refusal> {
    let py = value.py();
    let is_array = match classes::numpy(py)? {
        Some(numpy) => value.is_instance(&numpy.getattr(pyo3::intern!(py, "ndarray"))?)?,
        None => false,
    };
    if is_array || value.is_instance(classes::array_class(py)?)? {
        return Ok(Some(to_list(value)?));
    }
    Ok(None)
}

fn encode_stdlib_array(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> Encoded {
    let py = value.py();
    let code = value.getattr(pyo3::intern!(py, "typecode"))?;
    match code.cast::<PyString>().map_err(PyErr::from)?.to_str()? {
        "f" | "d" => encode_buffer(value, out),
        "u" | "w" => Err(Refusal::unsupported(value)),
        _ => encode_nested(&to_list(value)?, out, depth),
    }
}

pub fn encode_ndarray(value: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> Encoded {
    let py = value.py();
    let dimensions: usize = value.getattr(pyo3::intern!(py, "ndim"))?.extract()?;
    let kind = value
        .getattr(pyo3::intern!(py, "dtype"))?
        .getattr(pyo3::intern!(py, "kind"))?;
    let is_float = kind.cast::<PyString>().map_err(PyErr::from)?.to_str()? == "f";
    match dimensions {
        0 => encode_any(&value.call_method0(pyo3::intern!(py, "item"))?, out, depth),
        1 if is_float && !is_masked(value)? => encode_buffer(value, out),
        _ => encode_nested(&to_list(value)?, out, depth),
    }
}

/// Appends a one-dimensional buffer of floats as a vector.
fn encode_buffer(value: &Bound<'_, PyAny>, out: &mut Vec<u8>) -> Encoded {
    Floats::of_buffer(value)?.format(out);
    Ok(Some(oid::VECTOR))
}

/// The numbers of a vector, out of Python's hands.
pub enum Floats {
    Singles(Vec<f32>),
    Doubles(Vec<f64>),
}

impl Floats {
    /// Of anything that is a vector: a sequence of numbers, an array of them, the text of a vector.
    pub fn of(value: &Bound<'_, PyAny>) -> Result<Self, Refusal> {
        let py = value.py();
        let mut numbers = Vec::new();
        let is_other = value.is_instance_of::<PyBytes>()
            || value.is_instance_of::<PyByteArray>()
            || value.is_instance_of::<PyDict>()
            || value.is_instance_of::<PySet>()
            || value.is_instance_of::<PyFrozenSet>();
        if is_other {
            return Err(Refusal::unsupported(value));
        }
        if let Ok(text) = value.cast::<PyString>() {
            parse_vector_f64(text.to_str()?.as_bytes(), &mut numbers)?;
            return Ok(Floats::Doubles(numbers));
        }
        if value.is_instance(classes::vector(py)?)? {
            let values = value.getattr(pyo3::intern!(py, "_values"))?;
            return Ok(Self::of_buffer(&values)?);
        }
        if is_floats(value)? {
            return Ok(Self::of_buffer(value)?);
        }
        if is_masked(value)? {
            return Err(Refusal::Data {
                sqlstate: REPRESENTATION,
                reason: "a vector has no NULL in it, and this array is masked",
            });
        }
        for number in value.try_iter()? {
            numbers.push(number?.extract()?);
        }
        Ok(Floats::Doubles(numbers))
    }

    pub fn of_buffer(value: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = value.py();
        let value = &native(value)?;
        Ok(match PyBuffer::<f32>::get(value) {
            Ok(buffer) => Floats::Singles(buffer.to_vec(py)?),
            Err(_) => Floats::Doubles(PyBuffer::<f64>::get(value)?.to_vec(py)?),
        })
    }

    fn len(&self) -> usize {
        match self {
            Floats::Singles(own) => own.len(),
            Floats::Doubles(own) => own.len(),
        }
    }

    /// Whether they are a vector of this many dimensions; else the reason.
    pub fn check(&self, dimension: Option<usize>) -> Result<(), String> {
        let got = self.len();
        match dimension {
            Some(wanted) if wanted != got => {
                return Err(format!(
                    "a vector of {got} dimensions in a column of {wanted}"
                ));
            }
            None if got == 0 => return Err("a vector has at least one dimension".to_owned()),
            _ => {}
        }
        let wrong = match self {
            Floats::Singles(own) => own.iter().position(|number| !number.is_finite()),
            Floats::Doubles(own) => own.iter().position(|number| !number.is_finite()),
        };
        match wrong {
            Some(at) => Err(format!(
                "dimension {at}: a vector holds finite numbers only"
            )),
            None => Ok(()),
        }
    }

    /// Appends the text of the vector.
    pub fn format(&self, out: &mut Vec<u8>) {
        match self {
            Floats::Singles(own) => format_vector_f32(own, out),
            Floats::Doubles(own) => format_vector_f64(own, out),
        }
    }

    pub fn append_to(self, numbers: &mut Vec<f64>) {
        match self {
            Floats::Singles(own) => numbers.extend(own.into_iter().map(f64::from)),
            Floats::Doubles(own) => numbers.extend(own),
        }
    }

    pub fn into_doubles(self) -> Vec<f64> {
        match self {
            Floats::Doubles(own) => own,
            own @ Floats::Singles(_) => {
                let mut numbers = Vec::new();
                own.append_to(&mut numbers);
                numbers
            }
        }
    }
}

/// Whether it is an array of floats of one dimension, NumPy's or the standard library's.
pub fn is_floats(value: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = value.py();
    if value.is_instance(classes::array_class(py)?)? {
        let code = value.getattr(pyo3::intern!(py, "typecode"))?;
        return Ok(matches!(code.cast::<PyString>()?.to_str()?, "f" | "d"));
    }
    let Some(numpy) = classes::numpy(py)? else {
        return Ok(false);
    };
    if !value.is_instance(&numpy.getattr(pyo3::intern!(py, "ndarray"))?)? {
        return Ok(false);
    }
    let dimensions: usize = value.getattr(pyo3::intern!(py, "ndim"))?.extract()?;
    let kind = value
        .getattr(pyo3::intern!(py, "dtype"))?
        .getattr(pyo3::intern!(py, "kind"))?;
    Ok(dimensions == 1 && kind.cast::<PyString>()?.to_str()? == "f" && !is_masked(value)?)
}

/// Whether it is a masked array in which something is NULL: what stands under the mask is not to be read.
pub fn is_masked(array: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = array.py();
    match array.getattr_opt(pyo3::intern!(py, "mask"))? {
        Some(mask) => mask.call_method0(pyo3::intern!(py, "any"))?.is_truthy(),
        None => Ok(false),
    }
}

/// The array as single or double floats of this machine, which is nearly always what it is. Half floats are
/// exact in single precision; a long double is rounded.
fn native<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let Some(dtype) = value.getattr_opt(pyo3::intern!(py, "dtype"))? else {
        return Ok(value.clone());
    };
    let size: usize = dtype.getattr(pyo3::intern!(py, "itemsize"))?.extract()?;
    let is_native = dtype.getattr(pyo3::intern!(py, "isnative"))?.is_truthy()?;
    if is_native && matches!(size, 4 | 8) {
        return Ok(value.clone());
    }
    let dtype = if size <= 4 { "float32" } else { "float64" };
    value.call_method1(pyo3::intern!(py, "astype"), (dtype,))
}

/// The Python object of a NumPy scalar. Moments of nanoseconds would become plain numbers: they are cut to
/// microseconds first.
fn scalar<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    in_micros(value)?.call_method0(pyo3::intern!(value.py(), "item"))
}

fn to_list<'py>(value: &Bound<'py, PyAny>) -> Result<Bound<'py, PyAny>, Refusal> {
    let value = in_micros(value)?;
    Ok(value.call_method0(pyo3::intern!(value.py(), "tolist"))?)
}

fn in_micros<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let Some(dtype) = value.getattr_opt(pyo3::intern!(py, "dtype"))? else {
        return Ok(value.clone());
    };
    let kind = dtype.getattr(pyo3::intern!(py, "kind"))?;
    let micros = match kind.cast::<PyString>()?.to_str()? {
        "M" => "datetime64[us]",
        "m" => "timedelta64[us]",
        _ => return Ok(value.clone()),
    };
    value.call_method1(pyo3::intern!(py, "astype"), (micros,))
}
