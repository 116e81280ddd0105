#![forbid(unsafe_code)]
//! A Tokio client for the ScratchBird database. No Python in it.

pub mod error;

pub use error::{DatabaseError, Error, ErrorKind, Result};
