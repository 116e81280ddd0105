//! A result's columns as `scratchbird_columns` wants them described.

use std::sync::Arc;

use pyo3::prelude::*;
use sbwp::types::{oid, Format, Oid};
use scratchbird::profile::{NullTexts, Profile};
use scratchbird::Error;
use scratchbird_columns::{self as columns, Column, Doubts, Reason};

use crate::convert::RowDecoder;
use crate::errors;

/// A server that guesses types, and what it sends for NULL.
struct Guesses {
    profile: Profile,
    oid: Oid,
    nulls: NullTexts,
}

impl Doubts for Guesses {
    fn is_null(&self, cell: &[u8]) -> bool {
        self.nulls.matches(cell)
    }

    fn oid_of(&self, cell: &[u8]) -> Oid {
        self.profile.cell_type(self.oid, cell)
    }
}

/// The columns of a result; `is_raw` says which stay as they came, `plain` is [`Column::plain`].
pub fn columns(decoder: &RowDecoder, plain: bool, is_raw: impl Fn(Oid) -> bool) -> Vec<Column> {
    let profile = decoder.profile();
    let described = decoder.source().columns.iter();
    described
        .map(|column| {
            // Formats beyond text and binary are none that values can be read by: their bytes are returned.
            let (format, oid) = match Format::from_code(column.format) {
                Some(format) => (format, column.oid),
                None => (Format::Binary, oid::UNKNOWN),
            };
            let nulls = profile.null_texts(oid, decoder.is_scalar());
            let doubtful = format == Format::Text && (profile.guesses_types() || !nulls.is_none());
            let doubts = doubtful.then(|| -> Arc<dyn Doubts> {
                Arc::new(Guesses {
                    profile: *profile,
                    oid,
                    nulls,
                })
            });
            Column {
                name: column.name.clone(),
                oid,
                format,
                precision: column.precision,
                scale: column.scale,
                length: column.length,
                raw: is_raw(oid) || (doubts.is_some() && is_raw(oid::TEXT)),
                doubts,
                plain,
            }
        })
        .collect()
}

/// Whether rows of the two have the same columns, so that one plan suits both.
pub fn are_same(one: &RowDecoder, other: &RowDecoder) -> bool {
    let columns = |decoder: &RowDecoder| decoder.source().clone();
    let (one, other) = (columns(one), columns(other));
    one.columns.len() == other.columns.len()
        && one.columns.iter().zip(&other.columns).all(|(one, other)| {
            (&one.name, one.oid, one.format) == (&other.name, other.oid, other.format)
        })
}

/// The exception for rows that have no columns.
#[cold]
pub fn failed(py: Python<'_>, error: columns::Error) -> PyErr {
    let error = match error.reason {
        Reason::Broken(error) => Error::protocol_from(error),
        _ => Error::data(error.to_string()),
    };
    errors::to_python(py, &error, None)
}
