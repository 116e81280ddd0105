//! Python → wire: lists and tuples as arrays, or as vectors where they hold nothing but floats (SBWP 5.3).
//!
//! Each element is written once, by its own class; the array's type is what its elements have in common.

use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyList, PyTuple};
use sbwp::types::array::write_element;
use sbwp::types::{float, info, oid, Oid};

use super::encode::{deeper, encode};
use super::refusal::{Encoded, Refusal, SUBSCRIPT};
use super::vector;

pub fn encode_list(list: &Bound<'_, PyList>, out: &mut Vec<u8>, depth: usize) -> Encoded {
    if encode_floats(list.iter(), out) {
        return Ok(Some(oid::VECTOR));
    }
    encode_nested(list.as_any(), out, depth)
}

pub fn encode_tuple(tuple: &Bound<'_, PyTuple>, out: &mut Vec<u8>, depth: usize) -> Encoded {
    if encode_floats(tuple.iter(), out) {
        return Ok(Some(oid::VECTOR));
    }
    encode_nested(tuple.as_any(), out, depth)
}

/// Appends a vector if there are floats and nothing else; otherwise nothing is appended.
fn encode_floats<'py>(items: impl Iterator<Item = Bound<'py, PyAny>>, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    out.push(b'[');
    for item in items {
        let Ok(number) = item.cast_exact::<PyFloat>() else {
            out.truncate(start);
            return false;
        };
        float::format_f64(number.value(), out);
        out.push(b',');
    }
    if out.len() == start + 1 {
        out.truncate(start);
        return false;
    }
    out.pop();
    out.push(b']');
    true
}

/// Appends an array of a list, tuple or anything else `as_items` can read.
pub fn encode_nested(items: &Bound<'_, PyAny>, out: &mut Vec<u8>, depth: usize) -> Encoded {
    let mut array = Builder::default();
    let start = out.len();
    array.open(items, out, 0, depth)?;
    if array.leaves == 0 {
        // Nothing says of what type it is: the server decides by where it goes.
        out.truncate(start);
        out.extend_from_slice(b"{}");
    }
    Ok(Some(match array.element {
        Some(element) => info(element).map_or(oid::UNKNOWN, |info| info.array),
        None => oid::UNKNOWN,
    }))
}

/// An array while its elements are written.
#[derive(Default)]
struct Builder {
    /// The length of each dimension, known once its first row is closed.
    lengths: Vec<Option<usize>>,
    /// How many braces deep the elements are.
    leaf_depth: Option<usize>,
    leaves: usize,
    /// What the elements so far have in common; None before the first that is not NULL.
    element: Option<Oid>,
    scratch: Vec<u8>,
}

impl Builder {
    fn open(
        &mut self,
        items: &Bound<'_, PyAny>,
        out: &mut Vec<u8>,
        level: usize,
        depth: usize,
    ) -> Result<(), Refusal> {
        if self.leaf_depth.is_some_and(|leaves| leaves < level) {
            return Err(ragged());
        }
        if self.lengths.len() == level {
            self.lengths.push(None);
        }
        out.push(b'{');
        let mut count = 0;
        for item in items.try_iter()? {
            let item = item?;
            if count > 0 {
                out.push(b',');
            }
            count += 1;
            match as_items(&item)? {
                Some(row) => self.open(&row, out, level + 1, deeper(depth)?)?,
                None => self.leaf(&item, out, level, depth)?,
            }
        }
        out.push(b'}');
        let length = self.lengths.get_mut(level).ok_or_else(ragged)?;
        if *length.get_or_insert(count) != count {
            return Err(ragged());
        }
        Ok(())
    }

    fn leaf(
        &mut self,
        item: &Bound<'_, PyAny>,
        out: &mut Vec<u8>,
        level: usize,
        depth: usize,
    ) -> Result<(), Refusal> {
        if *self.leaf_depth.get_or_insert(level) != level || self.lengths.len() > level + 1 {
            return Err(ragged());
        }
        self.leaves += 1;
        self.scratch.clear();
        match encode(item, &mut self.scratch, depth)? {
            None => out.extend_from_slice(b"NULL"),
            Some(oid) => {
                self.element = Some(match self.element {
                    None => oid,
                    Some(so_far) => in_common(so_far, oid)?,
                });
                write_element(&self.scratch, out);
            }
        }
        Ok(())
    }
}

/// The value as rows of an array, if it is a list, a tuple or an array of numbers.
fn as_items<'py>(item: &Bound<'py, PyAny>) -> Result<Option<Bound<'py, PyAny>>, Refusal> {
    if item.is_instance_of::<PyList>() || item.is_instance_of::<PyTuple>() {
        return Ok(Some(item.clone()));
    }
    vector::as_list(item)
}

fn ragged() -> Refusal {
    Refusal::Data {
        sqlstate: SUBSCRIPT,
        reason: "a nested list must be rectangular: rows of equal length and depth",
    }
}

/// The type for elements of two types: the wider of two numbers, text for what has nothing in common.
fn in_common(a: Oid, b: Oid) -> Result<Oid, Refusal> {
    const NUMBERS: [Oid; 6] = [
        oid::INT2,
        oid::INT4,
        oid::INT8,
        oid::FLOAT4,
        oid::FLOAT8,
        oid::NUMERIC,
    ];
    if a == b {
        return Ok(a);
    }
    let rank = |oid| NUMBERS.iter().position(|&known| known == oid);
    if let (Some(a), Some(b)) = (rank(a), rank(b)) {
        let wider = NUMBERS.get(a.max(b)).copied();
        return Ok(match wider {
            // An int8 does not fit a float4.
            Some(oid::FLOAT4) => oid::FLOAT8,
            Some(wider) => wider,
            None => oid::NUMERIC,
        });
    }
    match (a.min(b), a.max(b)) {
        (oid::TIMESTAMP, oid::TIMESTAMPTZ) | (oid::TIME, oid::TIMETZ) => Err(Refusal::Data {
            sqlstate: "22007",
            reason: "naive and aware times in one array",
        }),
        (oid::CIDR, oid::INET) => Ok(oid::INET),
        _ => Ok(oid::TEXT),
    }
}
