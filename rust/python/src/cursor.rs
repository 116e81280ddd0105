//! `_core.Cursor`: the synchronous face of a statement and its results.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple, PyType};

use crate::adapters::Adapters;
use crate::bridge::wait;
use crate::columns::ColumnReader;
use crate::connection::Connection;
use crate::cursor_state::CursorState;
use crate::link::{self, Prepared};
use crate::watch::Watched;

/// Runs statements and fetches their rows (PEP 249).
#[pyclass(subclass, frozen, weakref, module = "scratchbird._core")]
pub struct Cursor {
    pub(crate) state: Arc<CursorState>,
    connection: Py<Connection>,
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
    ) -> PyResult<Self> {
        let link = connection.get().link.clone();
        let py = connection.py();
        link.usable(py)?;
        Ok(Cursor {
            state: Arc::new(CursorState::new(py, link, row_factory)?),
            connection: connection.unbind(),
        })
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
    #[pyo3(signature = (query, params = None, /, *, timeout = None, generated_keys = None))]
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

    /// The arguments that the last call gave back: the index or the key of each, and its value.
    fn _outputs(&self, py: Python<'_>) -> Vec<(Py<PyAny>, Py<PyAny>)> {
        self.state.outputs(py)
    }

    /// Rows affected by each execution of the last `executemany`, in the order of its rows; -1 where the server did not say.
    /// `None` after any other statement.
    #[getter]
    fn rowcounts<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        self.state.row_counts(py)
    }

    #[pyo3(signature = (sizes))]
    fn _set_input_sizes(&self, sizes: Option<link::InputSizes>) {
        self.state.set_input_sizes(sizes);
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

    /// The columns of the result: 7-tuples of name, type code, display size, internal size, precision, scale, null ok.
    /// `None` where the last statement returns no rows.
    #[getter]
    fn description(&self, py: Python<'_>) -> Option<Py<PyList>> {
        self.state.results.lock().description(py)
    }

    /// Rows in the result, or affected by the statement or by all executions of `executemany`; -1 where neither is known.
    #[getter]
    fn rowcount(&self) -> i64 {
        self.state.row_count()
    }

    /// The index of the next row in the result, from 0; `None` without a result.
    #[getter]
    fn rownumber(&self) -> Option<u64> {
        self.state.results.lock().row_number()
    }

    /// The key generated by the last INSERT: what `generated_keys` asked for, or the server said by itself (SBWP 3.2.4);
    /// `None` otherwise.
    #[getter]
    fn lastrowid(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.state.last_row_id(py)
    }

    /// The command tag of the last statement, such as `INSERT 3`.
    #[getter]
    fn statusmessage(&self) -> Option<String> {
        self.state.results.lock().tag().map(str::to_owned)
    }

    /// How many rows `fetchmany` fetches; 1 at first.
    #[getter]
    fn arraysize(&self) -> usize {
        self.state.array_size()
    }

    #[setter]
    fn set_arraysize(&self, py: Python<'_>, value: usize) -> PyResult<()> {
        self.state.set_array_size(py, value)
    }

    /// What makes the rows of the cursor: a callable `factory(cursor) -> make_row(values)`, such as `dict_row`.
    #[getter]
    fn row_factory(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.state.row_factory.shown(py)
    }

    #[setter]
    fn set_row_factory(&self, factory: &Bound<'_, PyAny>) -> PyResult<()> {
        self.state.set_row_factory(factory)
    }

    /// The class itself, for annotations such as `Cursor[DictRow]`.
    #[classmethod]
    #[pyo3(signature = (item, /))]
    fn __class_getitem__<'py>(
        cls: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        crate::row_factory::generic_alias(cls, item)
    }

    /// The conversions registered for this cursor.
    #[getter]
    fn _adapters(&self) -> Adapters {
        Adapters::of(self.state.adapters())
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

    /// The names of the columns of the result; a repeated statement has the same tuple.
    #[getter]
    fn _columns<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyTuple>> {
        self.state.columns(py)
    }

    /// True when the cursor or its connection is closed.
    #[getter]
    fn closed(&self) -> bool {
        self.state.is_closed()
    }

    /// The connection that made the cursor.
    #[getter]
    fn connection(&self, py: Python<'_>) -> Py<Connection> {
        self.connection.clone_ref(py)
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
