//! What can be wrong with vectors.

use std::fmt;

/// Why vectors cannot be compared. Rows and dimensions count from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The vectors do not have as many dimensions as the one they are compared with.
    Dimensions { got: usize, wanted: usize },
    /// An element is NaN or infinite; `row` is None for the vector that the others are compared with.
    NotFinite {
        row: Option<usize>,
        dimension: usize,
    },
    /// The vector that the others are compared with has no direction, which the cosine needs.
    Zero,
}

impl fmt::Display for Error {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Dimensions { got, wanted } => write!(
                out,
                "the vectors have {got} dimensions, and the query has {wanted}"
            ),
            Error::NotFinite {
                row: Some(row),
                dimension,
            } => write!(
                out,
                "vector {row}, dimension {dimension}: a vector holds finite numbers only"
            ),
            Error::NotFinite {
                row: None,
                dimension,
            } => write!(
                out,
                "the query, dimension {dimension}: a vector holds finite numbers only"
            ),
            Error::Zero => out.write_str(
                "the query: a vector of zeros has no direction, and the cosine distance needs one",
            ),
        }
    }
}

impl std::error::Error for Error {}
