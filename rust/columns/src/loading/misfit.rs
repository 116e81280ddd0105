//! Why something cannot be loaded: the row and the column, what is wrong, and the SQLSTATE that says so.

use std::borrow::Cow;
use std::fmt;

use sbwp::types::{info, Oid, TypeError};

use super::Target;

/// A column or a value that does not fit where it is to go.
#[derive(Debug, Clone)]
pub struct Misfit {
    /// The row, from 0; None where it is about the column.
    pub row: Option<u64>,
    pub column: String,
    pub sqlstate: &'static str,
    pub reason: Cow<'static, str>,
}

/// What has stopped a [`Cursor`](super::Cursor).
#[derive(Debug)]
pub enum Cause<E> {
    Misfit(Misfit),
    /// The sink itself.
    Sink {
        row: u64,
        column: Option<String>,
        error: E,
    },
}

impl Misfit {
    #[cold]
    pub(super) fn of_type(target: &Target, refused: Refused) -> Self {
        Misfit {
            row: None,
            column: target.name.clone(),
            sqlstate: refused.sqlstate,
            reason: refused.reason,
        }
    }

    #[cold]
    pub(super) fn of_value(row: u64, target: &Target, refused: Refused) -> Self {
        Misfit {
            row: Some(row),
            ..Misfit::of_type(target, refused)
        }
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(row) = self.row {
            write!(f, "row {row}, ")?;
        }
        write!(f, "column \"{}\": {}", self.column, self.reason)
    }
}

impl std::error::Error for Misfit {}

/// The same without a place, for what knows one column only.
#[derive(Debug)]
pub(super) struct Refused {
    pub sqlstate: &'static str,
    pub reason: Cow<'static, str>,
}

impl Refused {
    /// A type that cannot go there (42804).
    #[cold]
    pub fn types(data_type: impl fmt::Display, oid: Oid, advice: &str) -> Self {
        let comma = if advice.is_empty() { "" } else { ": " };
        Refused {
            sqlstate: "42804",
            reason: format!("{data_type} does not go into {}{comma}{advice}", name(oid)).into(),
        }
    }

    /// A number or a moment outside of the target's type (22003).
    #[cold]
    pub fn range(reason: impl Into<Cow<'static, str>>) -> Self {
        Refused {
            sqlstate: "22003",
            reason: reason.into(),
        }
    }

    /// A value that has no form in the target's type (22P02).
    #[cold]
    pub fn representation(reason: impl Into<Cow<'static, str>>) -> Self {
        Refused {
            sqlstate: "22P02",
            reason: reason.into(),
        }
    }

    /// Text that is too long (22001).
    #[cold]
    pub fn length(got: usize, most: i64) -> Self {
        Refused {
            sqlstate: "22001",
            reason: format!("a text of {got} characters, the column takes {most}").into(),
        }
    }

    /// A column that the stream does not have.
    #[cold]
    pub fn absent() -> Self {
        Refused {
            sqlstate: "42703",
            reason: "the stream has no such column".into(),
        }
    }
}

impl From<TypeError> for Refused {
    fn from(error: TypeError) -> Self {
        if error.is_out_of_range() {
            Refused::range(error.to_string())
        } else {
            Refused::representation(error.to_string())
        }
    }
}

/// The name of a type, for messages.
pub(super) fn name(oid: Oid) -> Cow<'static, str> {
    match info(oid) {
        Some(info) => info.name.into(),
        None => format!("the type {oid}").into(),
    }
}
