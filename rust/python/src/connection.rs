//! `_core.Connection`: the synchronous face of a connection.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use pyo3::prelude::*;
use scratchbird::Error;

use crate::base_connection::BaseConnection;
use crate::bridge::wait;
use crate::errors;
use crate::events;
use crate::link::{limit, Link};

/// A session with a server (PEP 249).
#[pyclass(extends = BaseConnection, subclass, frozen, module = "scratchbird._core")]
pub struct Connection {
    /// The base's, at hand.
    link: Arc<Link>,
}

impl Connection {
    /// Ends a transaction, which is watched, and has the handlers told of what has come with the answer.
    fn finish(
        &self,
        py: Python<'_>,
        kind: &str,
        end: impl Future<Output = Result<(), Error>> + Send,
    ) -> PyResult<()> {
        let watched = self.link.watcher.begin(py, kind, None)?;
        let outcome = wait(py, self.link.accompany(watched.trace(), pin!(end)));
        self.link.tell(py)?;
        let outcome = outcome.and_then(|outcome| unit(py, outcome));
        watched.end(py, outcome, || -1)
    }
}

#[pymethods]
impl Connection {
    /// Takes the session over that `_core.connect` opened.
    #[new]
    #[pyo3(signature = (session))]
    fn new(session: &Bound<'_, super::connect::Opened>) -> PyResult<PyClassInitializer<Self>> {
        let link = session.get().take(session.py())?;
        let base = BaseConnection::new(session.py(), link.clone(), "Connection");
        Ok(PyClassInitializer::from(base).add_subclass(Connection { link }))
    }

    /// Make the work of the transaction permanent; the next one begins at once (PEP 249 `.commit()`; SBWP 3.7.2).
    ///
    /// Args:
    ///     timeout: the most seconds it may take; the connection's `statement_timeout` if not given. When they have passed
    ///         the server is asked to cancel, and its answer is waited for, five seconds at most.
    ///
    /// Raises:
    ///     OperationalError: the connection was lost, or the server did not answer the cancellation (SQLSTATE 08007):
    ///         whether the commit took place is then unknown. Or the commit was cancelled (57014), and has not taken place.
    ///     InterfaceError: the connection is closed.
    #[pyo3(signature = (*, timeout = None))]
    fn commit(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<()> {
        let limit = limit(py, timeout)?;
        self.link.outside_many(py)?;
        self.finish(py, "commit", self.link.commit(limit))
    }

    /// Undo the work of the transaction; the next one begins at once (PEP 249 `.rollback()`; SBWP 3.7.3).
    ///
    /// Args:
    ///     timeout: as for `commit`. A server that does not answer the cancellation has the connection closed, and the work
    ///         is undone with it.
    #[pyo3(signature = (*, timeout = None))]
    fn rollback(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<()> {
        let limit = limit(py, timeout)?;
        self.link.outside_many(py)?;
        self.finish(py, "rollback", self.link.rollback(limit))
    }

    /// Close the connection; work that is not committed is rolled back. Closing twice is no error.
    ///
    /// Args:
    ///     timeout: the most seconds to wait for what another thread is running on the connection, which is cancelled; no
    ///         limit if not given.
    ///
    /// Raises:
    ///     OperationalError: it did not end in time (57014). The connection is closed as soon as it does.
    #[pyo3(signature = (*, timeout = None))]
    fn close(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<()> {
        let limit = limit(py, timeout)?;
        self.link.end_running(py)?;
        let was_open = !self.link.connection.is_closed();
        unit(py, wait(py, self.link.connection.close(limit, || {}))?)?;
        match was_open {
            true => self.link.watcher.closed(py),
            false => Ok(()),
        }
    }

    /// Ask that the statement which another thread is running on this connection end (SBWP 3.8 CANCEL). It raises
    /// OperationalError with SQLSTATE 57014 there, within about 50 ms and the server's own time; the connection stays
    /// usable. Where the server cannot interrupt a statement the connection is closed instead. Does not wait; without a
    /// running statement nothing happens.
    fn cancel(&self, py: Python<'_>) -> PyResult<()> {
        self.link.cancel(py)
    }

    /// Ask the server for a sign of life (SBWP 3.9 PING).
    ///
    /// Args:
    ///     timeout: the most seconds to wait; no limit if not given.
    ///
    /// Raises:
    ///     OperationalError: the connection is lost, or the answer was not there in time (SQLSTATE 57014).
    #[pyo3(signature = (*, timeout = None))]
    fn ping(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<()> {
        let limit = limit(py, timeout)?;
        let outcome = wait(py, self.link.connection.ping_within(limit))?;
        self.link.tell(py)?;
        unit(py, outcome)
    }

    /// Ends the transaction without asking what it is.
    #[pyo3(signature = (commit, timeout = None))]
    fn _end(&self, py: Python<'_>, commit: bool, timeout: Option<f64>) -> PyResult<()> {
        let limit = limit(py, timeout)?;
        self.link.outside_many(py)?;
        let kind = if commit { "commit" } else { "rollback" };
        self.finish(py, kind, self.link.end(commit, limit))
    }

    /// Runs a statement of the driver's own.
    #[pyo3(signature = (sql, commits, timeout = None))]
    fn _control(
        &self,
        py: Python<'_>,
        sql: &str,
        commits: bool,
        timeout: Option<f64>,
    ) -> PyResult<()> {
        let limit = limit(py, timeout)?;
        self.link.outside_many(py)?;
        unit(py, wait(py, self.link.control(sql, commits, limit))?)
    }

    fn _pipeline_sync(&self, py: Python<'_>) -> PyResult<()> {
        let synced = wait(py, self.link.sync_pipeline())?;
        self.link.deliver(py)?;
        synced.map_err(|failed| self.link.failed_in_pipeline(py, &failed))
    }

    #[pyo3(signature = (kind, name, condition, timeout = None))]
    fn _subscribe(
        &self,
        py: Python<'_>,
        kind: u8,
        name: &str,
        condition: &str,
        timeout: Option<f64>,
    ) -> PyResult<()> {
        let connection = &self.link.connection;
        let until = connection.deadline(limit(py, timeout)?);
        self.link.outside_many(py)?;
        let subscribed = connection.subscribe(kind, name, condition, until);
        unit(py, wait(py, subscribed)?)
    }

    #[pyo3(signature = (name, timeout = None))]
    fn _unsubscribe(&self, py: Python<'_>, name: &str, timeout: Option<f64>) -> PyResult<()> {
        let connection = &self.link.connection;
        let until = connection.deadline(limit(py, timeout)?);
        self.link.outside_many(py)?;
        unit(py, wait(py, connection.unsubscribe(name, until))?)
    }

    /// Waits for a notification; False when the time was up first.
    #[pyo3(signature = (timeout, untold))]
    fn _wait_notification(
        &self,
        py: Python<'_>,
        timeout: Option<f64>,
        untold: bool,
    ) -> PyResult<bool> {
        let until = events::deadline(py, timeout)?;
        let outcome = wait(
            py,
            self.link.connection.wait_for_notification(until, untold),
        )?;
        outcome.map_err(|error| errors::to_python(py, &error, None))
    }
}

fn unit(py: Python<'_>, outcome: Result<(), Error>) -> PyResult<()> {
    outcome.map_err(|error| errors::to_python(py, &error, None))
}
