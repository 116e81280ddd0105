//! `_core.AsyncRowStream`: the asyncio face of `cursor.stream()`. As [`crate::stream`], awaited.

use std::sync::Arc;

use pyo3::exceptions::PyStopAsyncIteration;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use scratchbird::Error;

use crate::async_cursor::AsyncCursor;
use crate::bridge::{turn, Awaitable, Finish};
use crate::columns::{AsyncRecordBatches, Batches};
use crate::errors;
use crate::stream_state::StreamState;

/// Rows as they arrive. Made by `AsyncCursor.stream`; an asynchronous iterator, and a context manager that closes it.
#[pyclass(frozen, weakref, module = "scratchbird")]
pub struct AsyncRowStream {
    state: Arc<StreamState>,
    cursor: Py<AsyncCursor>,
}

/// Waits until the next row, or the list, is there; `None` at the end.
async fn next(
    state: Arc<StreamState>,
    cursor: Py<AsyncCursor>,
    rows: Option<Py<PyList>>,
) -> PyResult<Option<Py<PyAny>>> {
    loop {
        // The future is polled by the loop's own thread, which holds the GIL already.
        let mut step = Python::attach(|py| state.step(py))?;
        let outcome = step.run().await;
        // The rows may have been there without a wait, and the loop has others to serve.
        if matches!(&outcome, Ok(Some(brought)) if !brought.is_end()) {
            turn().await;
        }
        let found = Python::attach(|py| {
            step.load(py, outcome)?;
            let rows = rows.as_ref().map(|rows| rows.bind(py));
            if let Some(ready) = state.ready(cursor.bind(py).as_any(), rows)? {
                return PyResult::Ok(Some(Some(ready.unbind())));
            }
            if state.is_ended() {
                let rest = rows.filter(|rows| !rows.is_empty());
                return Ok(Some(rest.map(|rows| rows.clone().into_any().unbind())));
            }
            Ok(None)
        })?;
        if let Some(found) = found {
            return Ok(found);
        }
    }
}

fn finish(found: PyResult<Option<Py<PyAny>>>) -> Finish {
    Box::new(move |_| match found? {
        Some(found) => Ok(found),
        None => Err(PyStopAsyncIteration::new_err(())),
    })
}

#[pymethods]
impl AsyncRowStream {
    #[new]
    #[pyo3(signature = (cursor, query, params = None, batch = None, timeout = None))]
    fn new(
        cursor: Bound<'_, AsyncCursor>,
        query: &Bound<'_, PyString>,
        params: Option<&Bound<'_, PyAny>>,
        batch: Option<usize>,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        let state = cursor.as_super().get().state.clone();
        Ok(AsyncRowStream {
            state: Arc::new(StreamState::new(state, query, params, batch, timeout)?),
            cursor: cursor.unbind(),
        })
    }

    fn __aiter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __anext__(&self, py: Python<'_>) -> PyResult<Awaitable> {
        const NAME: &str = "AsyncRowStream.__anext__";
        let rows = self.state.list(py);
        let face = self.cursor.bind(py).as_any();
        if let Some(ready) = self.state.ready(face, rows.as_ref())? {
            let ready = ready.unbind();
            return Ok(Awaitable::ready(NAME, Box::new(move |_| Ok(ready))));
        }
        if self.state.is_ended() {
            let rest = rows.filter(|rows| !rows.is_empty());
            let rest = rest.map(|rows| rows.into_any().unbind());
            return Ok(Awaitable::ready(NAME, finish(Ok(rest))));
        }
        let state = self.state.clone();
        let rows = rows.map(Bound::unbind);
        let cursor = self.cursor.clone_ref(py);
        Ok(Awaitable::new(NAME, async move {
            finish(next(state, cursor, rows).await)
        }))
    }

    /// The rows as `pyarrow.RecordBatch`es, with `async for`. As `RowStream.fetch_record_batches`.
    #[pyo3(signature = (size = None))]
    fn fetch_record_batches(
        &self,
        py: Python<'_>,
        size: Option<usize>,
    ) -> PyResult<AsyncRecordBatches> {
        let batches = Batches::new(py, self.state.clone(), size)?;
        Ok(AsyncRecordBatches(Arc::new(batches)))
    }

    /// The rows as NumPy arrays, `size` rows at a time, for `scratchbird.pandas`.
    fn _arrays(&self, py: Python<'_>, size: usize) -> PyResult<AsyncRecordBatches> {
        let batches = Batches::arrays(py, self.state.clone(), size)?;
        Ok(AsyncRecordBatches(Arc::new(batches)))
    }

    /// Not supported: who reads an Arrow C stream waits for its rows in a call, and here they are awaited.
    ///
    /// Raises:
    ///     NotSupportedError: always; `fetch_record_batches()` gives the batches.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__(
        &self,
        py: Python<'_>,
        requested_schema: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Py<PyAny>> {
        let _ = requested_schema;
        let message = "the rows of this stream are awaited, and who reads an Arrow C stream cannot await: use \
                       fetch_record_batches(), or stream() of a connection that connect() gives";
        Err(errors::to_python(
            py,
            &Error::NotSupported(message.into()),
            None,
        ))
    }

    /// End the stream without reading the rest. As `RowStream.close`, awaited; it does not wait.
    fn close(&self) -> Awaitable {
        self.state.close();
        Awaitable::ready("AsyncRowStream.close", Box::new(|py| Ok(py.None())))
    }

    /// `close`, by the name that asynchronous generators and `contextlib.aclosing` use.
    fn aclose(&self) -> Awaitable {
        self.close()
    }

    fn __aenter__(slf: Py<Self>) -> Awaitable {
        Awaitable::ready(
            "AsyncRowStream.__aenter__",
            Box::new(move |_| Ok(slf.into_any())),
        )
    }

    #[pyo3(signature = (exc_type, exc, traceback, /))]
    fn __aexit__(
        &self,
        exc_type: Option<&Bound<'_, PyAny>>,
        exc: Option<&Bound<'_, PyAny>>,
        traceback: Option<&Bound<'_, PyAny>>,
    ) -> Awaitable {
        let _ = (exc_type, exc, traceback);
        self.close()
    }

    /// The cursor that made the stream.
    #[getter]
    fn cursor(&self, py: Python<'_>) -> Py<AsyncCursor> {
        self.cursor.clone_ref(py)
    }
}
