//! Results as columns: Arrow batches and NumPy arrays. What is decoded here is decoded without the GIL, by
//! `scratchbird_columns`; only arrays of Python objects need it.

mod arrow;
mod described;
mod export;
mod numpy;
mod planning;
mod pulled;
mod reader;
mod source;
mod streamed;

pub use arrow::ArrowTable;
pub use reader::{aside, ColumnReader};
pub use source::{ArrowSource, Broken, Feed};
pub use streamed::{AsyncRecordBatches, Batches, RecordBatches};
