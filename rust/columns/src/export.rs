//! Batches as the Arrow C stream interface hands them on.

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::RecordBatchReader;

/// A reader as a C stream.
#[must_use]
pub fn stream(reader: Box<dyn RecordBatchReader + Send>) -> FFI_ArrowArrayStream {
    FFI_ArrowArrayStream::new(reader)
}
