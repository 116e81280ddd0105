//! Why a payload cannot be decoded or encoded: always the message, the field and the place.

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// The payload ends inside the field.
    #[error("needs {needed} bytes, {available} are left")]
    Truncated {
        /// Bytes the field takes.
        needed: u64,
        /// Bytes left in the payload.
        available: usize,
    },
    /// A count that the rest of the payload cannot hold.
    #[error("count {count} does not fit the {available} bytes left")]
    Count {
        /// The count on the wire.
        count: u64,
        /// Bytes left in the payload.
        available: usize,
    },
    /// A text without its final zero byte.
    #[error("is not terminated")]
    Unterminated,
    /// A text that is not UTF-8.
    #[error("is not UTF-8")]
    Utf8,
    /// Bytes after the end of the message.
    #[error("is followed by {0} surplus bytes")]
    Trailing(usize),
    /// Text without the form it should have.
    #[error("is malformed")]
    Malformed,
    /// A value the layout does not allow.
    #[error("has the invalid value {0}")]
    Invalid(i64),
}

/// A payload that does not have the layout of its message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}: {field} at offset {offset} {reason}")]
pub struct DecodeError {
    /// Name of the message.
    pub message: &'static str,
    /// Name of the field.
    pub field: &'static str,
    /// Where in the payload the field begins.
    pub offset: usize,
    /// What is wrong.
    pub reason: Reason,
}

/// A message that has no representation on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// More items than the count field can say.
    #[error("{message}: {count} {field} exceed the {max} the protocol can carry")]
    Count {
        /// Name of the message.
        message: &'static str,
        /// Name of the field.
        field: &'static str,
        /// Items there are.
        count: usize,
        /// Items the count field can say.
        max: usize,
    },
    /// Bytes longer than the length field can say.
    #[error("{message}: {field} is too long for the protocol")]
    Length {
        /// Name of the message.
        message: &'static str,
        /// Name of the field.
        field: &'static str,
    },
    /// A NUL in a text that the protocol ends with NUL.
    #[error("{message}: {field} must not contain a NUL character")]
    Nul {
        /// Name of the message.
        message: &'static str,
        /// Name of the field.
        field: &'static str,
    },
    /// Something the form has no way to say.
    #[error("{message}: {field} cannot be represented")]
    Unrepresentable {
        /// Name of the message.
        message: &'static str,
        /// Name of the field.
        field: &'static str,
    },
    /// Another number of values than was announced.
    #[error("{message}: {written} values written, {announced} announced")]
    Values {
        /// Name of the message.
        message: &'static str,
        /// Values announced in the payload.
        announced: usize,
        /// Values appended to it.
        written: usize,
    },
}
