//! The engine's data types and SBWP's, and the passage of values between them.
//!
//! Most type numbers are the same on both sides; the rest is decided here and nowhere else.

mod column;
mod parameter;
mod registry;
mod row;

pub use column::{describe, Column, Layout};
pub use parameter::{decode, engine_type, Parameter, ParameterError};
pub use registry::{text_row, Described, Registry};
pub use row::write_row;
