//! Telling Python of what a connection does, where somebody watches it: `scratchbird._watching` decides who is told what.
//!
//! Where nobody watches, all that is paid is a look at two flags.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyString;
use scratchbird::config::{Endpoint, WatchOptions};
use scratchbird::trace::{self, TraceContext};
use scratchbird::{Config, Connection};

/// Whether all connections of the process are watched.
static PROCESS: AtomicBool = AtomicBool::new(false);

/// Has all connections of the process watched, or only those that ask for it.
#[pyfunction]
pub fn _watch_process(on: bool) {
    PROCESS.store(on, Ordering::Relaxed);
}

/// Who watches one connection.
#[derive(Debug)]
pub struct Watcher {
    /// Whether the connection itself asks for it.
    active: bool,
    observer: Py<PyAny>,
}

/// An operation that is watched; nothing where nobody watches. Dropped before its end, it was given up.
#[derive(Debug, Default)]
pub struct Watched(Option<Box<Begun>>);

#[derive(Debug)]
struct Begun {
    operation: Py<PyAny>,
    trace: Option<Arc<TraceContext>>,
}

impl Watcher {
    fn new(
        py: Python<'_>,
        options: &WatchOptions,
        endpoint: Option<&Endpoint>,
        database: Option<&str>,
    ) -> PyResult<Self> {
        static OBSERVER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let class = OBSERVER.import(py, "scratchbird._watching", "Observer")?;
        let (host, port) = place(endpoint);
        let observer = class.call1((
            options.slow.map(|slow| slow.as_secs_f64()),
            options.telemetry,
            options.query_text,
            options.trace_context,
            database,
            host,
            port,
        ))?;
        let active = observer.getattr("active")?.is_truthy()?;
        Ok(Watcher {
            active,
            observer: observer.unbind(),
        })
    }

    /// Of a connection that is about to be made.
    pub fn of_config(py: Python<'_>, config: &Config) -> PyResult<Self> {
        let first = config.endpoints.first();
        Self::new(py, &config.watch, first, config.database.as_deref())
    }

    /// Of a connection that exists.
    pub fn of(py: Python<'_>, connection: &Connection) -> PyResult<Self> {
        let options = connection.watch_options();
        Self::new(py, options, connection.endpoint(), connection.database())
    }

    #[inline]
    pub fn is_active(&self) -> bool {
        self.active || PROCESS.load(Ordering::Relaxed)
    }

    /// An operation begins; `sql` is its statement, where it has one.
    #[inline]
    pub fn begin(
        &self,
        py: Python<'_>,
        kind: &str,
        sql: Option<&Bound<'_, PyString>>,
    ) -> PyResult<Watched> {
        if !self.is_active() {
            return Ok(Watched(None));
        }
        self.begin_watched(py, kind, sql)
    }

    #[cold]
    fn begin_watched(
        &self,
        py: Python<'_>,
        kind: &str,
        sql: Option<&Bound<'_, PyString>>,
    ) -> PyResult<Watched> {
        let operation = self.observer.bind(py).call_method1("begin", (kind, sql))?;
        if operation.is_none() {
            return Ok(Watched(None));
        }
        let told: Option<(String, String)> = operation.getattr("trace")?.extract()?;
        // A propagator of another shape than the protocol's has nothing to say to the server.
        let trace = told.and_then(|(parent, state)| TraceContext::new(&parent, &state).ok());
        Ok(Watched(Some(Box::new(Begun {
            operation: operation.unbind(),
            trace: trace.map(Arc::new),
        }))))
    }

    /// The connection is there.
    pub fn connected(&self, py: Python<'_>, connection: &Connection) -> PyResult<()> {
        if !self.is_active() {
            return Ok(());
        }
        let (host, port) = place(connection.endpoint());
        let observer = self.observer.bind(py);
        observer.call_method1("connected", (host, port)).map(drop)
    }

    /// The connection has been closed.
    pub fn closed(&self, py: Python<'_>) -> PyResult<()> {
        if !self.is_active() {
            return Ok(());
        }
        self.observer.bind(py).call_method0("closed").map(drop)
    }
}

/// Fails where what is to be watched needs a package that is not installed.
pub fn check(py: Python<'_>, options: &WatchOptions) -> PyResult<()> {
    if !options.telemetry {
        return Ok(());
    }
    let watching = py.import("scratchbird._watching")?;
    watching.call_method0("check_installed").map(drop)
}

/// Host and port; the path of a socket has no port.
fn place(endpoint: Option<&Endpoint>) -> (Option<String>, Option<u16>) {
    match endpoint {
        Some(Endpoint::Tcp { host, port }) => (Some(host.clone()), Some(*port)),
        Some(other) => (Some(other.to_string()), None),
        None => (None, None),
    }
}

impl Watched {
    /// The trace that its requests are part of.
    #[inline]
    pub fn trace(&self) -> Option<Arc<TraceContext>> {
        self.0.as_ref().and_then(|begun| begun.trace.clone())
    }

    /// Passes on what has come of it. `rows`: how many, where that is known.
    #[inline]
    pub fn end<T>(
        self,
        py: Python<'_>,
        outcome: PyResult<T>,
        rows: impl FnOnce() -> i64,
    ) -> PyResult<T> {
        match self.0 {
            None => outcome,
            Some(begun) => (*begun).end(py, outcome, rows),
        }
    }

    /// It has failed, unless that was told before.
    pub fn fail(&mut self, py: Python<'_>, error: &PyErr) {
        if let Some(begun) = self.0.take() {
            // What the failure of telling it would hide says more.
            let failure = (*begun).end::<()>(py, Err(error.clone_ref(py)), || -1);
            drop(failure);
        }
    }

    /// How many operations it holds.
    pub fn set_size(&self, py: Python<'_>, size: u64) -> PyResult<()> {
        match &self.0 {
            None => Ok(()),
            Some(begun) => {
                let operation = begun.operation.bind(py);
                operation.call_method1("set_size", (size,)).map(drop)
            }
        }
    }
}

impl Begun {
    #[cold]
    fn end<T>(
        mut self,
        py: Python<'_>,
        outcome: PyResult<T>,
        rows: impl FnOnce() -> i64,
    ) -> PyResult<T> {
        let operation = std::mem::replace(&mut self.operation, py.None());
        let end = |error: Option<&PyErr>, rows: i64| {
            let error = error.map(|error| error.value(py));
            operation.bind(py).call_method1("end", (error, rows))
        };
        match outcome {
            Ok(value) => {
                end(None, rows())?;
                Ok(value)
            }
            Err(error) => {
                // The error itself says more than one of whoever is told of it.
                if let Err(failure) = end(Some(&error), -1) {
                    failure.write_unraisable(py, Some(operation.bind(py)));
                }
                Err(error)
            }
        }
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        Python::try_attach(|py| {
            let operation = self.operation.bind(py);
            if operation.is_none() {
                return;
            }
            // What holds it may be on its way out because of an exception, which is not to be seen inside.
            let raised = PyErr::take(py);
            if let Err(error) = operation.call_method0("abandon") {
                error.write_unraisable(py, Some(operation));
            }
            if let Some(raised) = raised {
                raised.restore(py);
            }
        });
    }
}

/// Runs a future as part of a trace, where there is one.
pub async fn within<F: Future>(trace: Option<Arc<TraceContext>>, future: F) -> F::Output {
    match trace {
        None => future.await,
        Some(trace) => trace::within(trace, future).await,
    }
}
