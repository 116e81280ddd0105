//! Exact distances between vectors, and choices among them, where the server has ranked none or only approximately.
//!
//! Elements may be single or double floats in any layout that `ndarray` knows; all arithmetic is in double precision.
//! No I/O, no Python; what comes in is not trusted: numbers of dimensions are compared, NaN and infinities are errors.
#![forbid(unsafe_code)]

mod distance;
mod diversity;
mod error;

pub use distance::{distances, Metric};
pub use diversity::most_varied;
pub use error::Error;
pub use ndarray;
