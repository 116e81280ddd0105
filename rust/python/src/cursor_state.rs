//! The state and the rules of a cursor, once for both faces.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;

use parking_lot::Mutex;
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use scratchbird::ResultSet;

use crate::errors;
use crate::link::{Failure, Link};
use crate::results::Results;

/// A cursor without its face.
pub struct CursorState {
    pub link: Arc<Link>,
    pub results: Mutex<Results>,
    array_size: AtomicUsize,
    closed: AtomicBool,
}

impl CursorState {
    pub fn new(link: Arc<Link>) -> Self {
        CursorState {
            link,
            results: Mutex::default(),
            array_size: AtomicUsize::new(1),
            closed: AtomicBool::new(false),
        }
    }

    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed) || self.link.connection.is_closed()
    }

    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.begin();
    }

    /// Fails where a new statement cannot be run.
    pub fn usable(&self, py: Python<'_>) -> PyResult<()> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(errors::interface(py, "the cursor is closed"));
        }
        self.link.usable(py)
    }

    /// Forgets the last results: a statement that fails leaves none behind.
    pub fn begin(&self) {
        // Dropped outside the lock.
        let old = std::mem::take(&mut *self.results.lock());
        drop(old);
    }

    /// Takes what a statement brought.
    pub fn load(&self, py: Python<'_>, outcome: Result<Vec<ResultSet>, Failure>) -> PyResult<()> {
        match outcome {
            Ok(results) => self.results.lock().load(py, &self.link, results),
            Err(failure) => Err(failure.into_python(py)),
        }
    }

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
            if results.is_loaded() {
                "the last statement returned no rows to fetch"
            } else {
                "there is no result to fetch from: no statement has been run"
            },
        ))
    }

    pub fn fetch_one<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        {
            let mut results = self.results.lock();
            if results.has_rows() {
                if let Some(row) = results.next_row(py)? {
                    return Ok(Some(row));
                }
            }
        }
        self.fetchable(py)?;
        Ok(None)
    }

    pub fn fetch_many<'py>(
        &self,
        py: Python<'py>,
        size: Option<usize>,
    ) -> PyResult<Bound<'py, PyList>> {
        self.fetchable(py)?;
        let rows = PyList::empty(py);
        let size = size.unwrap_or_else(|| self.array_size());
        self.results.lock().fetch_into(&rows, size)?;
        Ok(rows)
    }

    pub fn next_set(&self, py: Python<'_>) -> PyResult<Option<bool>> {
        self.usable(py)?;
        let more = self.results.lock().advance(py, &self.link)?;
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
