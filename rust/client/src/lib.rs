#![forbid(unsafe_code)]
//! A Tokio client for the ScratchBird database. No Python in it.

pub mod config;
mod dsn;
mod env;
pub mod error;
pub mod tls;

pub use config::Config;
pub use error::{DatabaseError, Error, ErrorKind, Result};
