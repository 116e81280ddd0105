//! Arrow C streams of rows that are not here yet: whoever reads one has each batch brought when it asks for it.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use scratchbird_columns::array::{RecordBatch, RecordBatchReader};
use scratchbird_columns::schema::{ArrowError, SchemaRef};

use super::export;

/// Brings the next batch, None after the last.
type Pull = Box<dyn FnMut(Python<'_>) -> PyResult<Option<RecordBatch>> + Send>;

struct Pulled {
    schema: SchemaRef,
    /// None after the last batch, and after an error.
    pull: Option<Pull>,
}

/// A stream of the batches that `pull` brings. It is called by the thread that reads, which may be any.
pub fn stream<'py>(
    py: Python<'py>,
    schema: SchemaRef,
    pull: impl FnMut(Python<'_>) -> PyResult<Option<RecordBatch>> + Send + 'static,
) -> PyResult<Bound<'py, PyCapsule>> {
    let pull: Pull = Box::new(pull);
    let pull = Some(pull);
    export::stream(py, Box::new(Pulled { schema, pull }))
}

impl Iterator for Pulled {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let pull = self.pull.as_mut()?;
        let pulled = Python::try_attach(|py| {
            // The interface has room for a message; Display finds it without the traceback.
            pull(py).map_err(|error| ArrowError::ExternalError(error.to_string().into()))
        });
        let pulled = pulled.unwrap_or_else(|| {
            let message = "Python is shutting down";
            Err(ArrowError::ExternalError(message.into()))
        });
        if !matches!(pulled, Ok(Some(_))) {
            self.pull = None;
        }
        pulled.transpose()
    }
}

impl RecordBatchReader for Pulled {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}
