//! `_core.RowStream`: the synchronous face of `cursor.stream()`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyString};

use crate::bridge::wait;
use crate::columns::{Batches, RecordBatches};
use crate::cursor::Cursor;
use crate::stream_state::StreamState;

/// Rows as they arrive. Made by `Cursor.stream`; an iterator, and a context manager that closes it.
#[pyclass(frozen, weakref, module = "scratchbird")]
pub struct RowStream {
    state: Arc<StreamState>,
    cursor: Py<Cursor>,
}

#[pymethods]
impl RowStream {
    #[new]
    #[pyo3(signature = (cursor, query, params = None, batch = None, timeout = None))]
    fn new(
        cursor: Bound<'_, Cursor>,
        query: &Bound<'_, PyString>,
        params: Option<&Bound<'_, PyAny>>,
        batch: Option<usize>,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        let state = cursor.as_super().get().state.clone();
        Ok(RowStream {
            state: Arc::new(StreamState::new(state, query, params, batch, timeout)?),
            cursor: cursor.unbind(),
        })
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let state = &self.state;
        let face = self.cursor.bind(py).as_any();
        let rows = state.list(py);
        loop {
            if let Some(ready) = state.ready(face, rows.as_ref())? {
                return Ok(Some(ready));
            }
            if state.is_ended() {
                return Ok(rows.filter(|rows| !rows.is_empty()).map(Bound::into_any));
            }
            let mut step = state.step(py)?;
            let outcome = wait(py, step.run())?;
            step.load(py, outcome)?;
        }
    }

    /// The rows as `pyarrow.RecordBatch`es, as they arrive and in constant memory.
    ///
    /// All batches have the types that the first rows ask for; numerics without a declared scale are text, because the rest
    /// of the rows is not known.
    ///
    /// Args:
    ///     size: the rows of a batch; the last has fewer, and one whose values take more than 256 MiB. Without it a batch
    ///         has 65 536 rows, or as many as came in 4 MiB.
    ///
    /// Raises:
    ///     DataError: a value does not fit its column's type; the stream is given up.
    ///     ProgrammingError: `size` is below 1; and as iteration.
    #[pyo3(signature = (size = None))]
    fn fetch_record_batches(&self, py: Python<'_>, size: Option<usize>) -> PyResult<RecordBatches> {
        Ok(RecordBatches(Batches::new(py, self.state.clone(), size)?))
    }

    /// The rows as NumPy arrays, `size` rows at a time, for `scratchbird.pandas`.
    fn _arrays(&self, py: Python<'_>, size: usize) -> PyResult<RecordBatches> {
        Ok(RecordBatches(Batches::arrays(
            py,
            self.state.clone(),
            size,
        )?))
    }

    /// The rows as an Arrow C stream, in constant memory: pyarrow, polars, DuckDB and pandas read it as it is.
    ///
    /// Waits for the first rows, which say what the types are, as for `fetch_record_batches`. The rest arrives as the
    /// stream is read, by the thread that reads it; what goes wrong then is an error of the reader's, with our message.
    ///
    /// Raises:
    ///     ProgrammingError: the statement has no rows; and as iteration.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        Batches::export(py, &self.state, requested_schema)
    }

    /// The types of the rows that are left, an Arrow C schema; the rows stay.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        Batches::schema(py, &self.state)
    }

    /// End the stream without reading the rest: the server is asked to stop, and the connection is free. Closing
    /// twice is no error.
    fn close(&self) {
        self.state.close();
    }

    fn __enter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    #[pyo3(signature = (exc_type, exc, traceback, /))]
    fn __exit__(
        &self,
        exc_type: Option<&Bound<'_, PyAny>>,
        exc: Option<&Bound<'_, PyAny>>,
        traceback: Option<&Bound<'_, PyAny>>,
    ) {
        let _ = (exc_type, exc, traceback);
        self.state.close();
    }

    /// The cursor that made the stream.
    #[getter]
    fn cursor(&self, py: Python<'_>) -> Py<Cursor> {
        self.cursor.clone_ref(py)
    }
}
