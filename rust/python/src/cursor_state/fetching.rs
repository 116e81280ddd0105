//! How the rows of a cursor are taken, and its place in them.

use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::CursorState;
use crate::errors;
use crate::link::Stream;
use crate::results::Taken;
use crate::row_maker::RowMaker;

/// How long building Python objects may hold the GIL before a coroutine lets the loop run.
pub const SLICE: Duration = Duration::from_millis(1);
/// Rows built between two looks at the clock.
const ROWS_PER_LOOK: usize = 64;

impl CursorState {
    /// Fails where there is nothing to fetch from.
    pub fn fetchable(&self, py: Python<'_>) -> PyResult<()> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(errors::interface(py, "the cursor is closed"));
        }
        let results = self.results.lock();
        if results.has_rows() {
            return Ok(());
        }
        self.link.usable(py)?;
        Err(errors::programming(
            py,
            if results.is_streamed() {
                "the rows of this cursor come through its stream: read that to its end, or close it"
            } else if results.is_loaded() {
                "the last statement returned no rows to fetch"
            } else {
                "there is no result to fetch from: no statement has been run"
            },
        ))
    }

    /// Asks the row factory, where it has not been asked for the current result. Its code may use the cursor.
    fn shape(&self, cursor: &Bound<'_, PyAny>) -> PyResult<()> {
        let Some(columns) = self.results.lock().unshaped().cloned() else {
            return Ok(());
        };
        let py = cursor.py();
        let Some(factory) = self.row_factory.get(py) else {
            return Ok(());
        };
        let make_row = factory.bind(py).call1((cursor,))?;
        let shape = RowMaker::shape_of(&make_row, columns.names(py));
        self.results.lock().set_shape(&columns, shape);
        Ok(())
    }

    /// Takes up to `limit` rows of the current result from `cursor`, which is the face of this state.
    #[inline]
    fn take(&self, cursor: &Bound<'_, PyAny>, limit: usize) -> PyResult<Option<Taken>> {
        let mut results = self.results.lock();
        if results.unshaped().is_some() {
            drop(results);
            self.shape(cursor)?;
            results = self.results.lock();
        }
        Ok(results.take(limit))
    }

    /// Takes up to `limit` rows that a stream has brought; None where it is not the stream of the current result any more.
    pub fn take_streamed(
        &self,
        cursor: &Bound<'_, PyAny>,
        stream: &Arc<Stream>,
        limit: usize,
    ) -> PyResult<Option<Taken>> {
        let mut results = self.results.lock();
        if results.unshaped().is_some() {
            drop(results);
            self.shape(cursor)?;
            results = self.results.lock();
        }
        if !results.is_stream(stream) {
            return Ok(None);
        }
        Ok(results.take_streamed(limit))
    }

    /// The next row for `cursor`, which is the face of this state.
    pub fn fetch_one<'py>(
        &self,
        cursor: &Bound<'py, PyAny>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let py = cursor.py();
        if let Some(taken) = self.take(cursor, 1)? {
            match taken.row(py) {
                Ok(Some(row)) => return Ok(Some(row)),
                Ok(None) => {}
                Err(error) => {
                    self.results.lock().put_back(&taken);
                    return Err(error);
                }
            }
        }
        self.fetchable(py)?;
        Ok(None)
    }

    /// The value in `column` of the next row, whatever the row factory makes of rows.
    pub fn fetch_value<'py>(
        &self,
        py: Python<'py>,
        column: usize,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.fetchable(py)?;
        let Some(taken) = self.results.lock().take(1) else {
            return Ok(None);
        };
        let value = taken.value(py, column);
        if value.is_err() {
            self.results.lock().put_back(&taken);
        }
        value
    }

    /// Up to `size` rows for `cursor`.
    pub fn fetch_many<'py>(
        &self,
        cursor: &Bound<'py, PyAny>,
        size: Option<usize>,
    ) -> PyResult<Bound<'py, PyList>> {
        let py = cursor.py();
        self.fetchable(py)?;
        let rows = PyList::empty(py);
        self.fetch_into(cursor, &rows, size.unwrap_or_else(|| self.array_size()))?;
        Ok(rows)
    }

    /// Appends up to `limit` rows to `rows`; none is taken where one of them cannot be built.
    fn fetch_into(
        &self,
        cursor: &Bound<'_, PyAny>,
        rows: &Bound<'_, PyList>,
        limit: usize,
    ) -> PyResult<()> {
        let Some(taken) = self.take(cursor, limit)? else {
            return Ok(());
        };
        let built = taken.append_to(rows);
        if built.is_err() {
            self.results.lock().put_back(&taken);
        }
        built
    }

    /// Appends up to `limit` rows for the time of one slice; returns how many are still to come.
    pub fn fetch_slice(
        &self,
        cursor: &Bound<'_, PyAny>,
        rows: &Bound<'_, PyList>,
        limit: usize,
    ) -> PyResult<usize> {
        let started = Instant::now();
        let mut left = limit;
        while left > 0 {
            let step = left.min(ROWS_PER_LOOK);
            let before = rows.len();
            self.fetch_into(cursor, rows, step)?;
            if rows.len() - before < step {
                return Ok(0);
            }
            left -= step;
            if started.elapsed() >= SLICE {
                return Ok(left.min(self.results.lock().remaining()));
            }
        }
        Ok(0)
    }

    pub fn next_set(&self, py: Python<'_>) -> PyResult<Option<bool>> {
        self.usable(py)?;
        let _adapting = self.adapting();
        let mut results = self.results.lock();
        if results.is_streamed() {
            return Ok(None);
        }
        let more = results.advance(py, &self.link, !self.row_factory.is_plain())?;
        Ok(more.then_some(true))
    }

    pub fn scroll(&self, py: Python<'_>, value: i64, mode: &str) -> PyResult<()> {
        self.fetchable(py)?;
        let mut results = self.results.lock();
        let current = results.row_number().unwrap_or(0);
        let target = match mode {
            "relative" => i64::try_from(current)
                .ok()
                .and_then(|current| current.checked_add(value)),
            "absolute" => Some(value),
            other => {
                return Err(errors::programming(
                    py,
                    format!("scroll mode is 'relative' or 'absolute', not '{other}'"),
                ))
            }
        };
        let Some(target) = target.and_then(|target| u64::try_from(target).ok()) else {
            return Err(PyIndexError::new_err(
                "the position lies before the first row",
            ));
        };
        if results.move_to(target) {
            Ok(())
        } else {
            Err(PyIndexError::new_err(
                "the position lies behind the last row",
            ))
        }
    }

    pub fn array_size(&self) -> usize {
        self.array_size.load(Ordering::Relaxed)
    }

    pub fn set_array_size(&self, py: Python<'_>, value: usize) -> PyResult<()> {
        if value == 0 {
            return Err(errors::programming(py, "arraysize is at least 1"));
        }
        self.array_size.store(value, Ordering::Relaxed);
        Ok(())
    }
}
