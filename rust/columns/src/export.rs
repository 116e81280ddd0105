//! Batches as the Arrow C data and stream interfaces hand them on.

use arrow_array::ffi::{to_ffi, FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{Array, RecordBatch, RecordBatchReader, StructArray};
use arrow_schema::ArrowError;

/// A reader as a C stream.
#[must_use]
pub fn stream(reader: Box<dyn RecordBatchReader + Send>) -> FFI_ArrowArrayStream {
    FFI_ArrowArrayStream::new(reader)
}

/// One batch as a C array and its schema.
///
/// # Errors
/// A type that the C interface has no form for.
pub fn array_parts(batch: &RecordBatch) -> Result<(FFI_ArrowSchema, FFI_ArrowArray), ArrowError> {
    let rows = StructArray::from(batch.clone());
    let (array, _) = to_ffi(&rows.to_data())?;
    let schema = FFI_ArrowSchema::try_from(batch.schema().as_ref())?;
    Ok((schema, array))
}
