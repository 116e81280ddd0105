//! Rows as they arrived → Arrow record batches.
//!
//! A [`Plan`] is made once a result: which Arrow type each column gets. [`Plan::batch`] fills one builder a column from
//! the payloads of DATA_ROW messages, in text and in binary, a block of rows at a time. Nothing is rounded: a value
//! that its column cannot hold is an [`Error`] with its row and column. No I/O, no Python; the wire is not trusted.
#![forbid(unsafe_code)]

mod assemble;
mod build;
mod error;
mod export;
mod loading;
mod plan;
mod survey;

pub use arrow_array::ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream};
pub use assemble::{Assembly, Limits};
pub use build::Cell;
pub use error::{Error, Reason};
pub use export::stream;
pub use loading::{natural, Cause, Cursor, Loading, Misfit, Sink, Target};
pub use plan::{Column, Doubts, Extent, Plan};

pub use arrow_array as array;
pub use arrow_array::ffi;
pub use arrow_buffer as buffer;
pub use arrow_schema as schema;
