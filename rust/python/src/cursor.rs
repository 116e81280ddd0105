//! `_core.Cursor`: the synchronous face of a statement and its results.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::base_cursor::BaseCursor;
use crate::bridge::wait;
use crate::columns::ColumnReader;
use crate::connection::Connection;
use crate::cursor_state::CursorState;
use crate::link::{self, Prepared};
use crate::watch::Watched;

/// Runs statements and fetches their rows (PEP 249).
#[pyclass(extends = BaseCursor, subclass, frozen, module = "scratchbird._core")]
pub struct Cursor {
    /// The base's, at hand.
    state: Arc<CursorState>,
}

impl Cursor {
    /// Sends what the pipeline has queued, and waits where too much is on its way.
    fn advance(&self, py: Python<'_>) -> PyResult<()> {
        let link = &self.state.link;
        let advanced = wait(py, link.advance_pipeline())?;
        link.deliver(py)?;
        advanced.map_err(|failed| link::failed_to_python(py, &failed))
    }

    /// Waits for the results of a queued statement.
    #[inline]
    fn arrive(&self, py: Python<'_>) -> PyResult<()> {
        if self.state.is_pending() {
            wait(py, self.state.answered())?;
            self.state.link.deliver(py)?;
            self.state.arrive(py)?;
        }
        Ok(())
    }

    fn run<'py>(
        slf: &Bound<'py, Self>,
        prepared: Prepared,
        limit: Option<Duration>,
        watched: &Watched,
    ) -> PyResult<Bound<'py, Self>> {
        let py = slf.py();
        let state = &slf.get().state;
        let outcome = wait(py, state.link.run(prepared, limit, watched.trace()))?;
        state.load(py, outcome)?;
        Ok(slf.clone())
    }
}

#[pymethods]
impl Cursor {
    #[new]
    #[pyo3(signature = (connection, row_factory = None))]
    fn new(
        connection: Bound<'_, Connection>,
        row_factory: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let link = connection.as_super().get().link.clone();
        let py = connection.py();
        link.usable(py)?;
        let state = Arc::new(CursorState::new(py, link, row_factory)?);
        let base = BaseCursor {
            state: state.clone(),
            connection: connection.into_any().unbind(),
        };
        Ok(PyClassInitializer::from(base).add_subclass(Cursor { state }))
    }

    /// Run a statement.
    ///
    /// Args:
    ///     query: the SQL text. Placeholders are `%s`, `?` or `$1` for a sequence of values, `%(name)s` or `:name` for a
    ///         mapping. Without `params` the text is sent as it is.
    ///     params: the values, a sequence or a mapping, or None.
    ///     timeout: the most seconds the statement may take; the connection's `statement_timeout` if not given. When it
    ///         passes, the server is asked to cancel the statement and OperationalError (57014) is raised.
    ///     generated_keys: asks an INSERT for keys that it generates: a name of a column, or several, or True for all columns.
    ///         They are the rows of the cursor, and `lastrowid` is the first column of the last row.
    ///
    /// Returns:
    ///     The cursor itself, so that a fetch can follow in the same expression.
    ///
    /// Raises:
    ///     ProgrammingError: the statement is wrong, or its parameters do not fit its placeholders.
    ///     DataError: a value cannot be represented.
    ///     IntegrityError: a constraint is violated.
    ///     OperationalError: the connection was lost.
    ///     InterfaceError: the cursor or its connection is closed.
    ///
    /// Example:
    ///     >>> cursor.execute("select :a + 1", {"a": 41}).fetchone()
    ///     (42,)
    ///
    /// Contract: PEP 249 `.execute()`; SBWP 4.3 and 4.4.
    #[pyo3(signature = (query, params = None, *, timeout = None, generated_keys = None))]
    fn execute<'py>(
        slf: &Bound<'py, Self>,
        query: &Bound<'py, PyString>,
        params: Option<&Bound<'py, PyAny>>,
        timeout: Option<f64>,
        generated_keys: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, Self>> {
        let state = &slf.get().state;
        state.usable(slf.py())?;
        let limit = link::limit(slf.py(), timeout)?;
        state.begin();
        if state.link.pipeline.is_open() && generated_keys.is_none() {
            let (queued, full) = state.queue(query, params, limit)?;
            if full {
                slf.get().advance(slf.py())?;
            }
            if queued {
                return Ok(slf.clone());
            }
        }
        let watched = state.link.watcher.begin(slf.py(), "execute", Some(query))?;
        let prepared = state.prepare(query, params, false, generated_keys);
        let outcome = prepared.and_then(|prepared| Self::run(slf, prepared, limit, &watched));
        watched.end(slf.py(), outcome, || state.row_count())
    }

    /// `execute` of a call, whose parameters are wanted back.
    #[pyo3(signature = (query, params, /, *, timeout = None))]
    fn _call<'py>(
        slf: &Bound<'py, Self>,
        query: &Bound<'py, PyString>,
        params: &Bound<'py, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, Self>> {
        let state = &slf.get().state;
        state.usable(slf.py())?;
        let limit = link::limit(slf.py(), timeout)?;
        state.begin();
        let watched = state.link.watcher.begin(slf.py(), "execute", Some(query))?;
        let prepared = state.prepare(query, Some(params), true, None);
        let outcome = prepared.and_then(|prepared| Self::run(slf, prepared, limit, &watched));
        watched.end(slf.py(), outcome, || state.row_count())
    }

    /// Fetch the next row, `None` after the last.
    ///
    /// Raises:
    ///     ProgrammingError: the last statement has no rows to fetch, or there was none.
    ///     InterfaceError: the cursor is closed.
    ///
    /// Contract: PEP 249 `.fetchone()`.
    fn fetchone<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        slf.get().arrive(slf.py())?;
        slf.get().state.fetch_one(slf.as_any())
    }

    /// Fetch up to `size` rows (`arraysize` if not given) as a list, empty after the last.
    ///
    /// Contract: PEP 249 `.fetchmany()`.
    #[pyo3(signature = (size = None))]
    fn fetchmany<'py>(slf: &Bound<'py, Self>, size: Option<usize>) -> PyResult<Bound<'py, PyList>> {
        slf.get().arrive(slf.py())?;
        slf.get().state.fetch_many(slf.as_any(), size)
    }

    /// Fetch all rows that are left as a list.
    ///
    /// Contract: PEP 249 `.fetchall()`.
    fn fetchall<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyList>> {
        slf.get().arrive(slf.py())?;
        slf.get().state.fetch_many(slf.as_any(), Some(usize::MAX))
    }

    /// What reads the rows that are left as columns.
    fn _columnar(&self, py: Python<'_>) -> PyResult<ColumnReader> {
        self.arrive(py)?;
        ColumnReader::of(py, &self.state)
    }

    /// Step to the next result of the statement; `None` when there is no more.
    ///
    /// Contract: PEP 249 `.nextset()`.
    fn nextset(&self, py: Python<'_>) -> PyResult<Option<bool>> {
        self.arrive(py)?;
        self.state.next_set(py)
    }

    /// Move in the result: `relative` by `value` rows, `absolute` to row `value` (the first is 0).
    ///
    /// Raises:
    ///     IndexError: the position is outside of the result.
    ///
    /// Contract: PEP 249 `.scroll()`.
    #[pyo3(signature = (value, mode = "relative"))]
    fn scroll(&self, py: Python<'_>, value: i64, mode: &str) -> PyResult<()> {
        self.arrive(py)?;
        self.state.scroll(py, value, mode)
    }

    /// Close the cursor: its rows are gone, the connection stays. Closing twice is no error.
    fn close(&self) {
        self.state.close();
    }

    /// The value of one column of the next row, whatever the row factory; `None` after the last row.
    ///
    /// Args:
    ///     column: its index, from 0.
    ///
    /// Raises:
    ///     ProgrammingError: there is no such column, or no rows to fetch.
    #[pyo3(signature = (column = 0))]
    fn fetchval<'py>(&self, py: Python<'py>, column: usize) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.state.fetch_value(py, column)
    }

    fn __iter__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, Self>> {
        slf.get().arrive(slf.py())?;
        slf.get().state.fetchable(slf.py())?;
        Ok(slf)
    }

    fn __next__<'py>(slf: &Bound<'py, Self>) -> PyResult<Option<Bound<'py, PyAny>>> {
        slf.get().arrive(slf.py())?;
        slf.get().state.fetch_one(slf.as_any())
    }
}
