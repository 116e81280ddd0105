//! Type codecs of SBWP 5: values as text and as the protocol's binary forms, both directions.
//!
//! Works on byte slices alone. Knows nothing of messages, rows, sessions or any programming language's
//! own types. Each family file has small public functions (`parse_…` and `format_…` for text, `decode_…`
//! and `encode_…` for binary) that a caller with its own value types uses directly; [`Value`] is the
//! general form on top of them. No length in a value is trusted, nesting is bounded, and a value that
//! does not parse is an error, never a panic.

pub mod array;
pub mod bits;
pub mod boolean;
pub mod bytea;
pub mod calendar;
pub mod composite;
pub mod float;
pub mod geometry;
pub mod integer;
pub mod interval;
pub mod money;
pub mod network;
pub mod numeric;
pub mod oid;
pub mod range;
pub mod temporal;
pub mod text;
pub mod uuid;
pub mod vector;
pub mod zone;

mod canonical;
mod catalog;
mod error;
mod value;
mod value_decode;
mod value_encode;

pub use canonical::{oid_of, type_ref_of};
pub use catalog::{by_name, info, Shape, TypeInfo, TYPES};
pub use error::TypeError;
pub use value::Value;

/// A type's number in PARSE and in descriptions.
pub type Oid = u32;

/// How deep arrays, composites and geometries may nest.
pub const MAX_DEPTH: usize = 32;

/// The form of one value on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    Text,
    Binary,
}

impl Format {
    /// The format of a BIND or legacy description code (0 text, 1 binary).
    #[must_use]
    pub fn from_code(code: u16) -> Option<Self> {
        match code {
            0 => Some(Format::Text),
            1 => Some(Format::Binary),
            _ => None,
        }
    }

    /// The code of this format in BIND.
    #[must_use]
    pub fn code(self) -> u16 {
        match self {
            Format::Text => 0,
            Format::Binary => 1,
        }
    }
}

/// A binary value of exactly `N` bytes.
#[inline]
pub(crate) fn fixed<const N: usize>(
    type_name: &'static str,
    bytes: &[u8],
) -> Result<[u8; N], TypeError> {
    <[u8; N]>::try_from(bytes).map_err(|_| TypeError::Length {
        type_name,
        expected: N,
        got: bytes.len(),
    })
}
