//! The one error of the type codecs.
//!
//! Carries no input bytes and allocates nothing, so that a hot loop may probe and fall back cheaply.

use super::Oid;

/// Why a value could not be read or written as its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TypeError {
    /// The text or bytes are not a value of the type.
    #[error("invalid {type_name} value: {reason}")]
    Invalid {
        type_name: &'static str,
        reason: &'static str,
    },
    /// A value of the type, but beyond what it (or a client's own type) can hold.
    #[error("{type_name} value out of range: {reason}")]
    OutOfRange {
        type_name: &'static str,
        reason: &'static str,
    },
    /// A binary value of the wrong size.
    #[error("binary {type_name} value has {got} bytes, not {expected}")]
    Length {
        type_name: &'static str,
        expected: usize,
        got: usize,
    },
    /// Text that is not UTF-8.
    #[error("{type_name} value is not valid UTF-8")]
    Utf8 { type_name: &'static str },
    /// Arrays, composites or geometries nested deeper than any real value.
    #[error("{type_name} value is nested too deeply")]
    TooDeep { type_name: &'static str },
    /// The value is of another type than the OID it was to be encoded as.
    #[error("a {found} value cannot be encoded as type {oid}")]
    Mismatch { oid: Oid, found: &'static str },
}

impl TypeError {
    pub(crate) fn invalid(type_name: &'static str, reason: &'static str) -> Self {
        TypeError::Invalid { type_name, reason }
    }

    pub(crate) fn range(type_name: &'static str, reason: &'static str) -> Self {
        TypeError::OutOfRange { type_name, reason }
    }

    /// Whether the value was well formed but outside the supported range.
    #[must_use]
    pub fn is_out_of_range(&self) -> bool {
        matches!(self, TypeError::OutOfRange { .. })
    }
}
