//! Wire → Python: arrays as nested lists, ranges and composites as the package's classes.

use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use sbwp::types::array::{Reader, Token};
use sbwp::types::composite::{decode_composite, parse_composite};
use sbwp::types::range::{decode_range, parse_range, Parts};
use sbwp::types::text::decode_lp;
use sbwp::types::{oid, Format, TypeError};

use super::classes;
use super::decode::{Decoded, Failure};
use super::decoder::Decoder;

pub fn array<'py>(
    py: Python<'py>,
    bytes: &[u8],
    prefixed: bool,
    element: &Decoder,
    depth: usize,
) -> Decoded<'py> {
    let text = if prefixed {
        decode_lp("array", bytes)?
    } else {
        bytes
    };
    // The lists whose closing braces are still to come; the reader bounds how many there are.
    let mut open: Vec<Bound<'py, PyList>> = Vec::new();
    for token in Reader::new(text)? {
        let value = match token? {
            Token::Open => {
                open.push(PyList::empty(py));
                continue;
            }
            Token::Null => py.None().into_bound(py),
            Token::Element(text) => element.decode_at(py, &text, depth)?,
            Token::Close => match open.pop() {
                Some(closed) if open.is_empty() => return Ok(closed.into_any()),
                Some(closed) => closed.into_any(),
                None => break,
            },
        };
        if let Some(list) = open.last() {
            list.append(value)?;
        }
    }
    Err(TypeError::Invalid {
        type_name: "array",
        reason: "not closed",
    }
    .into())
}

pub fn range<'py>(
    py: Python<'py>,
    bytes: &[u8],
    format: Format,
    bound: &Decoder,
    depth: usize,
) -> Decoded<'py> {
    let parts: Parts<Bound<'py, PyAny>> = match format {
        Format::Text => parse_range(bytes)?.try_map(|text| bound.decode_at(py, &text, depth))?,
        Format::Binary => {
            decode_range(bytes)?.try_map(|bytes| bound.decode_at(py, bytes, depth))?
        }
    };
    let bounds = match (parts.lower_inclusive, parts.upper_inclusive) {
        (true, true) => "[]",
        (true, false) => "[)",
        (false, true) => "(]",
        (false, false) => "()",
    };
    let class = classes::range(py)?;
    Ok(class.call1((parts.lower, parts.upper, bounds, parts.empty))?)
}

pub fn composite<'py>(py: Python<'py>, bytes: &[u8], format: Format, depth: usize) -> Decoded<'py> {
    let depth = depth.checked_sub(1).ok_or(TypeError::TooDeep {
        type_name: "record",
    })?;
    let class = classes::composite(py)?;
    match format {
        // Text does not say of what type the fields are.
        Format::Text => {
            let unknown = Decoder::of(oid::UNKNOWN, format);
            let fields = parse_composite(bytes)?;
            let values = fields
                .iter()
                .map(|text| field(py, &unknown, text.as_deref(), depth))
                .collect::<Result<Vec<_>, _>>()?;
            Ok(class.call1((PyTuple::new(py, values)?,))?)
        }
        Format::Binary => {
            let fields = decode_composite(bytes)?;
            let values = fields
                .iter()
                .map(|(oid, bytes)| field(py, &Decoder::of(*oid, format), *bytes, depth))
                .collect::<Result<Vec<_>, _>>()?;
            let oids = PyTuple::new(py, fields.iter().map(|(oid, _)| *oid))?;
            Ok(class.call1((PyTuple::new(py, values)?, py.None(), oids))?)
        }
    }
}

/// A record in text form, of fields whose types are known, for a callable of the user's.
pub fn record<'py>(
    py: Python<'py>,
    bytes: &[u8],
    decoders: &[Decoder],
    make: &Py<PyAny>,
    depth: usize,
) -> Decoded<'py> {
    let depth = depth.checked_sub(1).ok_or(TypeError::TooDeep {
        type_name: "record",
    })?;
    let fields = parse_composite(bytes)?;
    if fields.len() != decoders.len() {
        return Err(TypeError::Invalid {
            type_name: "record",
            reason: "it has another number of fields than its type",
        }
        .into());
    }
    let values = fields
        .iter()
        .zip(decoders)
        .map(|(text, decoder)| field(py, decoder, text.as_deref(), depth))
        .collect::<Result<Vec<_>, _>>()?;
    let values = PyTuple::new(py, values)?;
    make.bind(py).call1((values,)).map_err(Failure::Loader)
}

fn field<'py>(
    py: Python<'py>,
    decoder: &Decoder,
    bytes: Option<&[u8]>,
    depth: usize,
) -> Result<Option<Bound<'py, PyAny>>, Failure> {
    bytes
        .map(|bytes| decoder.decode_at(py, bytes, depth))
        .transpose()
}
