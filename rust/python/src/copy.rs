//! `_core.Copy`: the synchronous face of a COPY.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

use crate::bridge::wait;
use crate::columns::ArrowSource;
use crate::copy_state::CopyState;
use crate::cursor::Cursor;
use scratchbird::Request;

/// Rows in bulk, into the server or out of it.
#[pyclass(subclass, frozen, weakref, module = "scratchbird._core")]
pub struct Copy {
    state: Arc<CopyState>,
    cursor: Py<Cursor>,
}

impl Copy {
    fn send(&self, py: Python<'_>, frames: Option<Request>) -> PyResult<()> {
        match frames {
            None => Ok(()),
            Some(frames) => wait(py, self.state.clone().send(frames))?
                .map_err(|failure| failure.into_python(py)),
        }
    }

    fn receive(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        self.state.readable(py)?;
        wait(py, self.state.clone().receive())?.map_err(|failure| failure.into_python(py))
    }
}

#[pymethods]
impl Copy {
    #[new]
    #[pyo3(signature = (cursor, statement, columns = None, timeout = None))]
    fn new(
        cursor: Bound<'_, Cursor>,
        statement: &Bound<'_, PyString>,
        columns: Option<Vec<String>>,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        let state = cursor.as_super().get().state.clone();
        Ok(Copy {
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

    fn _open(&self, py: Python<'_>) -> PyResult<()> {
        self.state.openable(py)?;
        wait(py, self.state.clone().open())?.map_err(|failure| failure.into_python(py))
    }

    /// Write data in a format of the server: its own lines or packets, CSV, or JSON lines, as the statement says. Pieces may
    /// be cut anywhere; whole rows are sent.
    ///
    /// Args:
    ///     data: bytes, or text that is sent as UTF-8.
    ///
    /// Raises:
    ///     DataError: the data are no rows; of earlier data the server may say so too.
    ///     OperationalError: the connection was lost, or the COPY took longer than its time limit.
    fn write(&self, py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<()> {
        let frames = self.state.write(py, data)?;
        self.send(py, frames)
    }

    /// Write a row of values.
    ///
    /// Args:
    ///     row: a sequence with a value for every column, or a mapping from the columns' names.
    ///
    /// Raises:
    ///     DataError: a value cannot be sent; the message names the row, from 0, and the column.
    ///     ProgrammingError: the row does not fit the columns, or their names are not known.
    fn write_row(&self, py: Python<'_>, row: &Bound<'_, PyAny>) -> PyResult<()> {
        let frames = self.state.write_row(py, row)?;
        self.send(py, frames)
    }

    /// Write many rows, as `write_row` does; a generator will do.
    fn write_rows(&self, py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<()> {
        let rows = rows.try_iter()?;
        loop {
            let (frames, done) = self.state.write_some(&rows, false)?;
            self.send(py, frames)?;
            if done {
                return Ok(());
            }
        }
    }

    /// The names of the columns that rows are written to, as far as they are known, and the types that `set_types` named.
    fn _named(&self, py: Python<'_>) -> PyResult<(Vec<String>, Vec<u32>)> {
        self.state.named(py)
    }

    /// Whether values of the types that are named go as such, and not all as text.
    #[getter]
    fn _is_typed(&self) -> bool {
        self.state.is_typed()
    }

    /// Takes rows from an Arrow stream and sends what is due; true when there are no more.
    fn _write_source(&self, py: Python<'_>, source: &ArrowSource) -> PyResult<bool> {
        let feed = self.state.sourced(py, source)?;
        let taken = py.detach(|| self.state.take_from(&feed));
        let (frames, is_last) =
            taken.map_err(|untaken| untaken.into_python(py, &self.state.sql))?;
        self.send(py, (!frames.is_empty()).then_some(frames))?;
        Ok(is_last)
    }

    /// Name the types of the columns, before the first row: names such as `"int8"` and `"date"`, or OIDs.
    ///
    /// Going in, values of integers, floats, booleans and bytes are then sent as such, all others as text. Going out, `rows`
    /// gives values of these types instead of text. A column of `"vector"` or `"vector(768)"` takes any sequence or array of
    /// numbers, and checks it: dimensions, NaN and infinities.
    fn set_types(&self, py: Python<'_>, types: &Bound<'_, PyAny>) -> PyResult<()> {
        self.state.set_types(py, types)
    }

    /// The next block of data as the server sends it, empty after the last.
    fn read<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.receive(py)?))
    }

    /// The rows of the next blocks, empty after the last.
    fn _read_rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        loop {
            let block = self.receive(py)?;
            let rows = self.state.rows_of(py, &block)?;
            if block.is_empty() || !rows.is_empty() {
                return Ok(rows);
            }
        }
    }

    fn __iter__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, Self>> {
        slf.get().state.readable(slf.py())?;
        Ok(slf)
    }

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let block = self.receive(py)?;
        Ok((!block.is_empty()).then(|| PyBytes::new(py, &block)))
    }

    fn _finish(&self, py: Python<'_>) -> PyResult<()> {
        let last = self.state.last(py)?;
        let completion = wait(py, self.state.clone().finish(last))?
            .map_err(|failure| failure.into_python(py))?;
        self.state.load(py, completion)
    }

    fn _fail(&self, py: Python<'_>, reason: String) -> PyResult<()> {
        wait(py, self.state.clone().give_up(reason))?.map_err(|failure| failure.into_python(py))
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
    fn cursor(&self, py: Python<'_>) -> Py<Cursor> {
        self.cursor.clone_ref(py)
    }
}
