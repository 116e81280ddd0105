//! `_core.Connection`: the synchronous face of a connection.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType, PyWeakrefReference};
use scratchbird::Error;

use crate::abandoned::{abandon, origin};
use crate::adapters::Adapters;
use crate::bridge::wait;
use crate::catalogue;
use crate::errors;
use crate::events;
use crate::info;
use crate::link::{limit, Link};

/// A session with a server (PEP 249).
#[pyclass(subclass, frozen, weakref, module = "scratchbird._core")]
pub struct Connection {
    pub(crate) link: Arc<Link>,
    /// Where it was made.
    origin: String,
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
    fn new(session: &Bound<'_, super::connect::Opened>) -> PyResult<Self> {
        Ok(Connection {
            link: session.get().take(session.py())?,
            origin: origin(session.py()),
        })
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

    /// Whether every statement commits by itself. False at first, as PEP 249 says.
    ///
    /// Raises:
    ///     ProgrammingError: on a change while the transaction holds work.
    #[getter]
    fn autocommit(&self) -> bool {
        self.link.autocommit()
    }

    #[setter]
    fn set_autocommit(&self, py: Python<'_>, value: bool) -> PyResult<()> {
        self.link.set_autocommit(py, value)
    }

    /// Whether the transaction may hold work of this connection: True from the first statement to the commit or
    /// rollback, False after it and throughout autocommit. (The server itself is inside a transaction at any time.)
    #[getter]
    fn in_transaction(&self) -> bool {
        self.link.connection.in_transaction()
    }

    /// What makes the rows of new cursors: a callable `factory(cursor) -> make_row(values)`, such as `dict_row`.
    #[getter]
    fn row_factory(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.link.row_factory.shown(py)
    }

    #[setter]
    fn set_row_factory(&self, factory: &Bound<'_, PyAny>) -> PyResult<()> {
        self.link.row_factory.set(factory)
    }

    /// The class itself, for annotations such as `Connection[DictRow]`.
    #[classmethod]
    #[pyo3(signature = (item, /))]
    fn __class_getitem__<'py>(
        cls: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        crate::row_factory::generic_alias(cls, item)
    }

    /// The conversions registered for this connection.
    #[getter]
    fn _adapters(&self) -> Adapters {
        Adapters::of(&self.link.adapters)
    }

    #[getter]
    fn _scope(&self) -> u8 {
        self.link.scope.kind() as u8
    }

    #[pyo3(signature = (scope, opening))]
    fn _set_scope(&self, py: Python<'_>, scope: u8, opening: Option<&str>) -> PyResult<()> {
        self.link.set_scope(py, scope, opening)
    }

    fn _check_transaction(
        &self,
        py: Python<'_>,
        isolation: bool,
        read_only: bool,
        two_phase: bool,
    ) -> PyResult<()> {
        self.link
            .check_transaction(py, isolation, read_only, two_phase)
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

    /// How many rows a server-side cursor asks for at a time; fails where the server has none.
    fn _server_cursor(&self, py: Python<'_>) -> PyResult<u32> {
        self.link.server_cursor(py)
    }

    fn _pipeline_open(&self, py: Python<'_>) -> PyResult<()> {
        self.link.open_pipeline(py)
    }

    fn _pipeline_sync(&self, py: Python<'_>) -> PyResult<()> {
        let synced = wait(py, self.link.sync_pipeline())?;
        self.link.deliver(py)?;
        synced.map_err(|failed| self.link.failed_in_pipeline(py, &failed))
    }

    fn _pipeline_leave(&self, py: Python<'_>) -> PyResult<()> {
        self.link.leave_pipeline(py)
    }

    fn _remark_savepoint(&self, py: Python<'_>, possible: bool) -> PyResult<()> {
        self.link.remark_savepoint(py, possible)
    }

    /// True after `close`, and once the connection was found to be lost.
    #[getter]
    fn closed(&self) -> bool {
        self.link.connection.is_closed()
    }

    /// The statement as it is sent, with placeholders `$1 … $n`.
    #[pyo3(signature = (query, params = None, /))]
    fn _native_sql(
        &self,
        query: &Bound<'_, PyString>,
        params: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        self.link.native_sql(query, params)
    }

    /// Fails where the server cannot look up unqualified names in a schema; false where it does so anyway.
    fn _check_schema(&self, py: Python<'_>, schema: &str) -> PyResult<bool> {
        let profile = self.link.connection.profile();
        let checked = profile.check_schema(schema);
        checked.map_err(|error| errors::to_python(py, &error, None))?;
        Ok(profile.changes_schema())
    }

    /// What has to be made right in the rows of the server's catalogue; empty where nothing has.
    fn _catalogue<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        catalogue::rules(py, &self.link)
    }

    /// Whether a query for no rows says what columns a table has.
    #[getter]
    fn _describes_tables(&self) -> bool {
        self.link.connection.profile().describes_tables()
    }

    fn _info<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        info::to_dict(py, &self.link.connection.info())
    }

    fn _check_notifications(&self, py: Python<'_>) -> PyResult<()> {
        self.link.check_notifications(py)
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

    fn _take_notification<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        self.link.take_notification(py)
    }

    fn _untold_notifications<'py>(
        &self,
        py: Python<'py>,
        keep: bool,
    ) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        self.link.untold_notifications(py, keep)
    }

    fn _untold_notices<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyAny>> {
        self.link.untold_notices(py)
    }

    fn _set_handlers(&self, kinds: u8, face: Bound<'_, PyWeakrefReference>) {
        self.link.set_handlers(kinds, face);
    }

    fn _notices<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        let notices = self.link.connection.take_notices();
        Ok(notices
            .into_iter()
            .map(|notice| info::notice(py, notice))
            .collect())
    }
}

fn unit(py: Python<'_>, outcome: Result<(), Error>) -> PyResult<()> {
    outcome.map_err(|error| errors::to_python(py, &error, None))
}

impl Drop for Connection {
    fn drop(&mut self) {
        abandon(&self.link, "Connection", &self.origin);
    }
}
