//! `_core.BaseConnection`: what a connection of either face says and does without waiting.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType, PyWeakrefReference};

use crate::abandoned::{abandon, origin};
use crate::adapters::Adapters;
use crate::catalogue;
use crate::errors;
use crate::info;
use crate::link::Link;

/// A session with a server, without what waits for it.
#[pyclass(subclass, frozen, weakref, module = "scratchbird._core")]
pub struct BaseConnection {
    pub(crate) link: Arc<Link>,
    /// The name of the face.
    face: &'static str,
    /// Where it was made.
    origin: String,
}

impl BaseConnection {
    pub(crate) fn new(py: Python<'_>, link: Arc<Link>, face: &'static str) -> Self {
        BaseConnection {
            link,
            face,
            origin: origin(py),
        }
    }
}

#[pymethods]
impl BaseConnection {
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

    /// How many rows a server-side cursor asks for at a time; fails where the server has none.
    fn _server_cursor(&self, py: Python<'_>) -> PyResult<u32> {
        self.link.server_cursor(py)
    }

    fn _pipeline_open(&self, py: Python<'_>) -> PyResult<()> {
        self.link.open_pipeline(py)
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

    /// Whether the server ranks rows by a distance between vectors.
    #[getter]
    fn _ranks_by_distance(&self) -> bool {
        self.link.connection.profile().ranks_by_distance()
    }

    fn _info<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        info::to_dict(py, &self.link.connection.info())
    }

    fn _check_notifications(&self, py: Python<'_>) -> PyResult<()> {
        self.link.check_notifications(py)
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

impl Drop for BaseConnection {
    fn drop(&mut self) {
        abandon(&self.link, self.face, &self.origin);
    }
}
