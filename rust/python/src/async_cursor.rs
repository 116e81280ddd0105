//! `_core.AsyncCursor`: the asyncio face of a statement and its results. Same names as [`crate::cursor`], awaited.

use std::sync::Arc;
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};

use crate::async_connection::AsyncConnection;
use crate::base_cursor::BaseCursor;
use crate::bridge::{turn, Awaitable, Finish};
use crate::columns::ColumnReader;
use crate::cursor_state::CursorState;
use crate::link::{self, Prepared};
use crate::watch::Watched;

/// Fetches of up to this many rows are built at once; larger ones in slices that let the loop run.
const BUILT_AT_ONCE: usize = 200;

/// Runs statements and fetches their rows; every method that may wait returns an awaitable.
#[pyclass(extends = BaseCursor, subclass, frozen, module = "scratchbird._core")]
pub struct AsyncCursor {
    /// The base's, at hand.
    state: Arc<CursorState>,
}

impl AsyncCursor {
    /// A statement that a pipeline has queued; where the queue is full, it is sent first.
    fn queued(state: Arc<CursorState>, slf: Py<Self>, full: bool) -> Awaitable {
        const NAME: &str = "AsyncCursor.execute";
        if !full {
            return Awaitable::ready(NAME, Box::new(move |_| Ok(slf.into_any())));
        }
        Awaitable::new(NAME, async move {
            let advanced = state.link.advance_pipeline().await;
            let finish: Finish = Box::new(move |py| {
                state.link.deliver(py)?;
                advanced.map_err(|failed| link::failed_to_python(py, &failed))?;
                Ok(slf.into_any())
            });
            finish
        })
    }

    /// What needs no waiting, except for the results of a queued statement.
    fn arrived(state: Arc<CursorState>, name: &'static str, finish: Finish) -> Awaitable {
        if !state.is_pending() {
            return Awaitable::ready(name, finish);
        }
        Awaitable::new(name, async move {
            state.answered().await;
            let finish: Finish = Box::new(move |py| {
                state.link.deliver(py)?;
                state.arrive(py)?;
                finish(py)
            });
            finish
        })
    }

    fn run(
        slf: Py<Self>,
        name: &'static str,
        prepared: Prepared,
        limit: Option<Duration>,
        watched: Watched,
    ) -> Awaitable {
        let state = slf.get().state.clone();
        Awaitable::new(name, async move {
            let outcome = state.link.run(prepared, limit, watched.trace()).await;
            let finish: Finish = Box::new(move |py| {
                let loaded = state.load(py, outcome);
                watched.end(py, loaded, || state.row_count())?;
                Ok(slf.into_any())
            });
            finish
        })
    }

    fn fetch(
        slf: &Bound<'_, Self>,
        name: &'static str,
        size: Option<usize>,
    ) -> PyResult<Awaitable> {
        let state = slf.get().state.clone();
        let size = size.unwrap_or_else(|| state.array_size());
        let cursor = slf.clone().into_any().unbind();
        if state.is_pending() {
            let finish: Finish = Box::new({
                let state = state.clone();
                move |py| {
                    let rows = state.fetch_many(cursor.bind(py), Some(size))?;
                    Ok(rows.into_any().unbind())
                }
            });
            return Ok(Self::arrived(state, name, finish));
        }
        state.fetchable(slf.py())?;
        if size.min(state.results.lock().remaining()) <= BUILT_AT_ONCE {
            let finish: Finish = Box::new(move |py| {
                let rows = state.fetch_many(cursor.bind(py), Some(size))?;
                Ok(rows.into_any().unbind())
            });
            return Ok(Awaitable::ready(name, finish));
        }
        let rows = PyList::empty(slf.py()).unbind();
        Ok(Awaitable::new(name, async move {
            let mut left = size;
            let outcome = loop {
                // The future is polled by the loop's own thread, which holds the GIL already.
                let step =
                    Python::attach(|py| state.fetch_slice(cursor.bind(py), rows.bind(py), left));
                match step {
                    Ok(0) => break Ok(rows),
                    Ok(more) => left = more,
                    Err(error) => break Err(error),
                }
                turn().await;
            };
            let finish: Finish = Box::new(move |_| outcome.map(Py::into_any));
            finish
        }))
    }
}

#[pymethods]
impl AsyncCursor {
    #[new]
    #[pyo3(signature = (connection, row_factory = None))]
    fn new(
        connection: Bound<'_, AsyncConnection>,
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
        Ok(PyClassInitializer::from(base).add_subclass(AsyncCursor { state }))
    }

    /// Run a statement. As `Cursor.execute`, awaited.
    ///
    /// Example:
    ///     >>> cursor = await connection.execute("select $1 + 1", (41,))
    ///     >>> await cursor.fetchone()
    ///     (42,)
    #[pyo3(signature = (query, params = None, *, timeout = None, generated_keys = None))]
    fn execute(
        slf: Bound<'_, Self>,
        query: &Bound<'_, PyString>,
        params: Option<&Bound<'_, PyAny>>,
        timeout: Option<f64>,
        generated_keys: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Awaitable> {
        let state = &slf.get().state;
        state.usable(slf.py())?;
        let limit = link::limit(slf.py(), timeout)?;
        state.begin();
        if state.link.pipeline.is_open() && generated_keys.is_none() {
            if let (true, full) = state.queue(query, params, limit)? {
                let state = state.clone();
                return Ok(Self::queued(state, slf.unbind(), full));
            }
        }
        let mut watched = state.link.watcher.begin(slf.py(), "execute", Some(query))?;
        let prepared = state
            .prepare(query, params, false, generated_keys)
            .inspect_err(|error| watched.fail(slf.py(), error))?;
        Ok(Self::run(
            slf.unbind(),
            "AsyncCursor.execute",
            prepared,
            limit,
            watched,
        ))
    }

    /// `execute` of a call, whose parameters are wanted back.
    #[pyo3(signature = (query, params, /, *, timeout = None))]
    fn _call(
        slf: Bound<'_, Self>,
        query: &Bound<'_, PyString>,
        params: &Bound<'_, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<Awaitable> {
        let state = &slf.get().state;
        state.usable(slf.py())?;
        let limit = link::limit(slf.py(), timeout)?;
        state.begin();
        let mut watched = state.link.watcher.begin(slf.py(), "execute", Some(query))?;
        let prepared = state
            .prepare(query, Some(params), true, None)
            .inspect_err(|error| watched.fail(slf.py(), error))?;
        Ok(Self::run(
            slf.unbind(),
            "AsyncCursor.call",
            prepared,
            limit,
            watched,
        ))
    }

    /// Fetch the next row, `None` after the last. Costs no turn of the event loop.
    fn fetchone(slf: Py<Self>) -> Awaitable {
        let state = slf.get().state.clone();
        let finish: Finish = Box::new(move |py| {
            let row = slf.get().state.fetch_one(slf.bind(py).as_any())?;
            Ok(row.map_or_else(|| py.None(), Bound::unbind))
        });
        Self::arrived(state, "AsyncCursor.fetchone", finish)
    }

    /// Fetch up to `size` rows (`arraysize` if not given) as a list, empty after the last.
    #[pyo3(signature = (size = None))]
    fn fetchmany(slf: &Bound<'_, Self>, size: Option<usize>) -> PyResult<Awaitable> {
        Self::fetch(slf, "AsyncCursor.fetchmany", size)
    }

    /// Fetch all rows that are left as a list. A large result is built in slices of about a millisecond, and
    /// the event loop runs between them.
    fn fetchall(slf: &Bound<'_, Self>) -> PyResult<Awaitable> {
        Self::fetch(slf, "AsyncCursor.fetchall", Some(usize::MAX))
    }

    /// What reads the rows that are left as columns.
    fn _columnar(&self) -> Awaitable {
        let state = self.state.clone();
        let finish: Finish =
            Box::new(move |py| Ok(Py::new(py, ColumnReader::of(py, &state)?)?.into_any()));
        Self::arrived(self.state.clone(), "AsyncCursor._columnar", finish)
    }

    /// What reads them, where they are here already.
    fn _columnar_now(&self, py: Python<'_>) -> PyResult<ColumnReader> {
        ColumnReader::of(py, &self.state)
    }

    /// Step to the next result of the statement; `None` when there is no more.
    fn nextset(&self) -> Awaitable {
        let state = self.state.clone();
        let finish: Finish = Box::new(move |py| {
            let more = state.next_set(py)?;
            Ok(more.into_pyobject(py)?.unbind())
        });
        Self::arrived(self.state.clone(), "AsyncCursor.nextset", finish)
    }

    /// Move in the result. As `Cursor.scroll`, awaited.
    #[pyo3(signature = (value, mode = "relative"))]
    fn scroll(&self, value: i64, mode: &str) -> Awaitable {
        let state = self.state.clone();
        let mode = mode.to_owned();
        let finish: Finish = Box::new(move |py| {
            state.scroll(py, value, &mode)?;
            Ok(py.None())
        });
        Self::arrived(self.state.clone(), "AsyncCursor.scroll", finish)
    }

    /// Close the cursor: its rows are gone, the connection stays. Closing twice is no error.
    fn close(&self) -> Awaitable {
        let state = self.state.clone();
        let finish: Finish = Box::new(move |py| {
            state.close();
            Ok(py.None())
        });
        Awaitable::ready("AsyncCursor.close", finish)
    }

    /// The value of one column of the next row, whatever the row factory; `None` after the last row.
    ///
    /// Args:
    ///     column: its index, from 0.
    ///
    /// Raises:
    ///     ProgrammingError: there is no such column, or no rows to fetch.
    #[pyo3(signature = (column = 0))]
    fn fetchval(&self, column: usize) -> Awaitable {
        let state = self.state.clone();
        let finish: Finish = Box::new(move |py| {
            let value = state.fetch_value(py, column)?;
            Ok(value.map_or_else(|| py.None(), Bound::unbind))
        });
        Awaitable::ready("AsyncCursor.fetchval", finish)
    }

    fn __aiter__(slf: Bound<'_, Self>) -> PyResult<Bound<'_, Self>> {
        let state = &slf.get().state;
        if !state.is_pending() {
            state.fetchable(slf.py())?;
        }
        Ok(slf)
    }

    fn __anext__(slf: Py<Self>) -> Awaitable {
        let state = slf.get().state.clone();
        let finish: Finish =
            Box::new(
                move |py| match slf.get().state.fetch_one(slf.bind(py).as_any())? {
                    Some(row) => Ok(row.unbind()),
                    None => Err(pyo3::exceptions::PyStopAsyncIteration::new_err(())),
                },
            );
        Self::arrived(state, "AsyncCursor.__anext__", finish)
    }
}
