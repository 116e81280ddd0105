//! `_core.Preparation`: a statement that the server keeps until its user lets it go; `scratchbird.prepared` is its face.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use sbwp::types;
use scratchbird::sql::{Arguments, ParsedQuery};
use scratchbird::{Error, ParameterInfo};

use crate::base_connection::BaseConnection;
use crate::bridge::{wait, Awaitable, Finish};
use crate::errors;
use crate::link::{self, Link};

/// Longer names are refused: the server counts them as a part of what it keeps.
const LONGEST_NAME: usize = 200;

/// A statement that is kept prepared.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct Preparation {
    shared: Arc<Shared>,
}

struct Shared {
    link: Arc<Link>,
    query: Arc<ParsedQuery>,
    name: Option<String>,
    limit: Option<Duration>,
    parameters: OnceLock<Vec<ParameterInfo>>,
    kept: AtomicBool,
}

impl Shared {
    /// Asks what the parameters are, and has the server keep the statement from its first execution on.
    async fn prepare(&self) -> Result<(), Error> {
        let link = &self.link;
        let until = link.connection.deadline(self.limit);
        link.before_alone_until(until).await?;
        let sql = self.query.sql();
        let found = link
            .connection
            .describe_parameters(sql, link.commits_statements(), until)
            .await?;
        // Set once only: there is one preparation.
        let _ = self.parameters.set(found);
        link.connection.keep_statement(sql, self.name.as_deref());
        self.kept.store(true, Ordering::Release);
        Ok(())
    }

    fn release(&self) {
        if self.kept.swap(false, Ordering::AcqRel) {
            self.link.connection.release_statement(self.query.sql());
        }
    }

    fn fail(&self, py: Python<'_>, error: &Error) -> PyErr {
        errors::to_python(py, error, Some(self.query.original()))
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.release();
    }
}

/// Reads the statement for the parameters that its placeholders call for.
fn read(link: &Link, query: &Bound<'_, PyString>) -> PyResult<Arc<ParsedQuery>> {
    let py = query.py();
    let sql = link::statement_text(query)?;
    let positional = link.parse(py, sql, Arguments::Positional);
    if let Ok(found) = &positional {
        if found.parameter_count() > 0 {
            return positional;
        }
    }
    match link.parse(py, sql, Arguments::Named) {
        Ok(named) if named.parameter_count() > 0 => Ok(named),
        _ => positional,
    }
}

#[pymethods]
impl Preparation {
    #[new]
    fn new(
        connection: &Bound<'_, PyAny>,
        query: &Bound<'_, PyString>,
        name: Option<&str>,
        timeout: Option<f64>,
    ) -> PyResult<Self> {
        let py = connection.py();
        let link = connection.cast::<BaseConnection>()?.get().link.clone();
        link.usable(py)?;
        link.outside_many(py)?;
        if name
            .is_some_and(|name| name.is_empty() || name.len() > LONGEST_NAME || name.contains('\0'))
        {
            return Err(errors::programming(
                py,
                format!("the name of a statement is a text of 1 to {LONGEST_NAME} bytes"),
            ));
        }
        let limit = link::limit(py, timeout)?;
        let query = read(&link, query)?;
        if query.has_several_statements()
            || query.is_transaction_control()
            || query.result_marker().is_some()
            || query.is_empty()
        {
            return Err(errors::programming(
                py,
                "prepare() takes one statement, which is not transaction control and has no {? = call f(?)}",
            ));
        }
        link.scope.check(py, &query)?;
        Ok(Preparation {
            shared: Arc::new(Shared {
                link,
                query,
                name: name.map(str::to_owned),
                limit,
                parameters: OnceLock::new(),
                kept: AtomicBool::new(false),
            }),
        })
    }

    /// Asks the server about the statement.
    fn prepare(&self, py: Python<'_>) -> PyResult<()> {
        let outcome = wait(py, self.shared.prepare())?;
        outcome.map_err(|error| self.shared.fail(py, &error))
    }

    /// `prepare`, awaited.
    fn aprepare(&self) -> Awaitable {
        let shared = self.shared.clone();
        Awaitable::new("AsyncConnection.prepare", async move {
            let outcome = shared.prepare().await;
            let finish: Finish = Box::new(move |py| {
                outcome.map_err(|error| shared.fail(py, &error))?;
                Ok(py.None())
            });
            finish
        })
    }

    /// What is known of each parameter: its name, OID, type name, whether it may be NULL, its direction.
    #[getter]
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let shared = &self.shared;
        let found = shared.parameters.get().map_or(&[][..], Vec::as_slice);
        let unknown = ParameterInfo::default();
        let all = PyList::empty(py);
        for at in 0..shared.query.parameter_count() {
            let info = found.get(at).unwrap_or(&unknown);
            let own = shared.query.names().and_then(|names| names.get(at));
            let name = own.or(info.name.as_ref());
            let known = types::info(info.oid).map(|info| info.name);
            let type_name = info.type_name.as_deref().or(known);
            let oid = (info.oid != 0).then_some(info.oid);
            all.append((name, oid, type_name, info.nullable, info.direction))?;
        }
        Ok(all)
    }

    /// True where its parameters are given by name.
    #[getter]
    fn is_named(&self) -> bool {
        self.shared.query.names().is_some()
    }

    /// Lets the server forget the statement; twice is no error.
    fn release(&self) {
        self.shared.release();
    }
}
