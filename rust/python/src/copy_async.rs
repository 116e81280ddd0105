//! `_core.AsyncCopy`: the asyncio face of a COPY. Same names as [`crate::copy`], awaited.

use std::future::Future;
use std::sync::Arc;

use pyo3::exceptions::PyStopAsyncIteration;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyIterator, PyString};
use scratchbird::Request;

use crate::async_cursor::AsyncCursor;
use crate::bridge::{turn, Awaitable, Finish};
use crate::columns::ArrowSource;
use crate::copy_state::{CopyState, Failure};

/// Rows in bulk, into the server or out of it; every method that may wait returns an awaitable.
#[pyclass(subclass, frozen, weakref, module = "scratchbird._core")]
pub struct AsyncCopy {
    state: Arc<CopyState>,
    cursor: Py<AsyncCursor>,
}

fn unit(
    name: &'static str,
    operation: impl Future<Output = Result<(), Failure>> + Send + 'static,
) -> Awaitable {
    Awaitable::new(name, async move {
        let outcome = operation.await;
        let finish: Finish = Box::new(move |py| match outcome {
            Ok(()) => Ok(py.None()),
            Err(failure) => Err(failure.into_python(py)),
        });
        finish
    })
}

impl AsyncCopy {
    /// Sends what is due; without anything due the awaitable is ready.
    fn send(&self, name: &'static str, frames: Option<Request>) -> Awaitable {
        match frames {
            None => Awaitable::ready(name, Box::new(|py| Ok(py.None()))),
            Some(frames) => unit(name, self.state.clone().send(frames)),
        }
    }

    /// Receives a block and makes something of it.
    fn receive(
        &self,
        name: &'static str,
        make: impl FnOnce(Python<'_>, Vec<u8>) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> Awaitable {
        let state = self.state.clone();
        Awaitable::new(name, async move {
            let outcome = state.receive().await;
            let finish: Finish = Box::new(move |py| match outcome {
                Ok(block) => make(py, block),
                Err(failure) => Err(failure.into_python(py)),
            });
            finish
        })
    }
}

#[pymethods]
impl AsyncCopy {
    #[new]
    #[pyo3(signature = (cursor, statement, columns = None, timeout = None))]
    fn new(
        cursor: Bound<'_, AsyncCursor>,
        statement: &Bound<'_, PyString>,
        columns: Option<Vec<String>>,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        let state = cursor.as_super().get().state.clone();
        Ok(AsyncCopy {
            state: Arc::new(CopyState::new(
                cursor.py(),
                state,
                statement,
                columns,
                timeout,
            )?),
            cursor: cursor.unbind(),
        })
    }

    fn _open(&self, py: Python<'_>) -> PyResult<Awaitable> {
        self.state.openable(py)?;
        Ok(unit("AsyncCursor.copy", self.state.clone().open()))
    }

    /// Write data in a format of the server. As `Copy.write`, awaited.
    fn write(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Awaitable> {
        let frames = self.state.write(py, data)?;
        Ok(self.send("AsyncCopy.write", frames))
    }

    /// Write a row of values. As `Copy.write_row`, awaited.
    fn write_row(&self, py: Python<'_>, row: &Bound<'_, PyAny>) -> PyResult<Awaitable> {
        let frames = self.state.write_row(py, row)?;
        Ok(self.send("AsyncCopy.write_row", frames))
    }

    /// Takes rows for a few milliseconds and sends what is due; awaited, true when there are no more.
    fn _write_some(&self, rows: &Bound<'_, PyIterator>) -> PyResult<Awaitable> {
        let (frames, done) = self.state.write_some(rows, true)?;
        let state = self.state.clone();
        Ok(Awaitable::new("AsyncCopy.write_rows", async move {
            let outcome = match frames {
                Some(frames) => state.send(frames).await,
                None => Ok(()),
            };
            // Sending need not have waited, and the loop has others to serve.
            if !done {
                turn().await;
            }
            let finish: Finish = Box::new(move |py| match outcome {
                Ok(()) => Ok(done.into_pyobject(py)?.to_owned().into_any().unbind()),
                Err(failure) => Err(failure.into_python(py)),
            });
            finish
        }))
    }

    /// As `Copy._named`.
    fn _named(&self, py: Python<'_>) -> PyResult<(Vec<String>, Vec<u32>)> {
        self.state.named(py)
    }

    /// Whether values of the types that are named go as such, and not all as text.
    #[getter]
    fn _is_typed(&self) -> bool {
        self.state.is_typed()
    }

    /// As `Copy._write_source`, awaited; the values are made on another thread.
    fn _write_source(&self, py: Python<'_>, source: &ArrowSource) -> PyResult<Awaitable> {
        let feed = self.state.sourced(py, source)?;
        let state = self.state.clone();
        Ok(Awaitable::new("AsyncCopy.write_rows", async move {
            let outcome = state.copy_from(feed).await;
            let finish: Finish = Box::new(move |py| match outcome {
                Ok(is_last) => Ok(is_last.into_pyobject(py)?.to_owned().into_any().unbind()),
                Err(raise) => Err(raise(py)),
            });
            finish
        }))
    }

    /// Name the types of the columns, before the first row. As `Copy.set_types`; it does not wait.
    fn set_types(&self, py: Python<'_>, types: &Bound<'_, PyAny>) -> PyResult<()> {
        self.state.set_types(py, types)
    }

    /// The next block of data as the server sends it, empty after the last.
    fn read(&self, py: Python<'_>) -> PyResult<Awaitable> {
        self.state.readable(py)?;
        Ok(self.receive("AsyncCopy.read", |py, block| {
            Ok(PyBytes::new(py, &block).into_any().unbind())
        }))
    }

    /// The rows of the next block, which may be none; None after the last.
    fn _read_rows(&self, py: Python<'_>) -> PyResult<Awaitable> {
        self.state.readable(py)?;
        let state = self.state.clone();
        Ok(self.receive("AsyncCopy.rows", move |py, block| {
            let rows = state.rows_of(py, &block)?;
            if block.is_empty() && rows.is_empty() {
                return Ok(py.None());
            }
            Ok(rows.into_any().unbind())
        }))
    }

    fn __aiter__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, Self>> {
        slf.get().state.readable(slf.py())?;
        Ok(slf)
    }

    fn __anext__(&self, py: Python<'_>) -> PyResult<Awaitable> {
        self.state.readable(py)?;
        Ok(self.receive("AsyncCopy.__anext__", |py, block| {
            if block.is_empty() {
                return Err(PyStopAsyncIteration::new_err(()));
            }
            Ok(PyBytes::new(py, &block).into_any().unbind())
        }))
    }

    fn _finish(&self, py: Python<'_>) -> PyResult<Awaitable> {
        let last = self.state.last(py)?;
        let state = self.state.clone();
        Ok(Awaitable::new("AsyncCursor.copy", async move {
            let outcome = state.clone().finish(last).await;
            let finish: Finish = Box::new(move |py| match outcome {
                Ok(completion) => state.load(py, completion).map(|()| py.None()),
                Err(failure) => Err(failure.into_python(py)),
            });
            finish
        }))
    }

    fn _fail(&self, reason: String) -> Awaitable {
        unit("AsyncCursor.copy", self.state.clone().give_up(reason))
    }

    /// Rows that the server has copied; -1 before the end of the COPY.
    #[getter]
    fn rowcount(&self) -> i64 {
        self.state.row_count()
    }

    /// Rows that `write_row` and `write_rows` have taken so far.
    #[getter]
    fn rows_written(&self) -> u64 {
        self.state.rows_written()
    }

    /// The cursor that made the COPY.
    #[getter]
    fn cursor(&self, py: Python<'_>) -> Py<AsyncCursor> {
        self.cursor.clone_ref(py)
    }
}
