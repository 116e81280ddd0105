//! Why rows have no columns: always with the row, and where it is about one value, the column.

use std::fmt;

use sbwp::message::DecodeError;
use sbwp::types::TypeError;

/// A row that cannot become part of a batch.
#[derive(Debug)]
pub struct Error {
    /// The row in the result, from 0.
    pub row: u64,
    /// The index and the name of the column.
    pub column: Option<(usize, String)>,
    pub reason: Reason,
}

/// What is wrong with it.
#[derive(Debug)]
pub enum Reason {
    /// It is no value of its type, or one that the Arrow type cannot hold.
    Value(TypeError),
    /// A value and what can be done about it.
    Unfit(String),
    /// The row is not what a DATA_ROW is.
    Broken(DecodeError),
    /// More values than columns.
    Surplus { values: usize, columns: usize },
    /// The batch itself cannot be made.
    Batch(String),
}

/// The same of one cell of a block, for builders: they know neither rows nor names.
#[derive(Debug)]
pub(crate) struct Fault {
    /// Which of the cells.
    pub at: usize,
    pub reason: Reason,
}

impl From<TypeError> for Reason {
    fn from(error: TypeError) -> Self {
        Reason::Value(error)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Value(error) => error.fmt(f),
            Reason::Unfit(text) | Reason::Batch(text) => f.write_str(text),
            Reason::Broken(error) => error.fmt(f),
            Reason::Surplus { values, columns } => {
                write!(
                    f,
                    "the row has {values} values, the result {columns} columns"
                )
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}", self.row)?;
        if let Some((index, name)) = &self.column {
            write!(f, ", column {index} (\"{name}\")")?;
        }
        write!(f, ": {}", self.reason)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.reason {
            Reason::Value(error) => Some(error),
            Reason::Broken(error) => Some(error),
            _ => None,
        }
    }
}
