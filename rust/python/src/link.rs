//! What the two faces of a connection share: the client's connection, its statement texts and its decode plans.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyMapping, PySequence, PyString, PyTuple};
use scratchbird::pool::{Changes, Lease, Restore};
use scratchbird::sql::{Arguments, ParsedQuery};
use scratchbird::{
    Connection, Error, Parameters, Request, ResultSet, RowDescription, Statement, TransactionStatus,
};

use crate::bridge::nudge_descriptor;
use crate::convert::{push_parameter, RowDecoder};
use crate::errors;
use crate::handle::Handle;
use crate::scope::{may_commit, Scope};

/// Statement texts whose placeholders are remembered.
const QUERIES_KEPT: usize = 512;
/// Decode plans remembered.
const DECODERS_KEPT: usize = 32;
/// `executemany` sends this many executions, or this many bytes, before it reads their answers.
const ROWS_PER_REQUEST: usize = 1000;
const BYTES_PER_REQUEST: usize = 1024 * 1024;

/// One connection as Python sees it: made by `connect`, or for one loan of a pooled connection.
pub struct Link {
    pub connection: Handle,
    autocommit: AtomicBool,
    pub scope: Scope,
    kept: Arc<Kept>,
    /// What a pool undoes when the connection comes back.
    changes: Mutex<Changes>,
    /// Present while a pool's connection is lent.
    lease: Mutex<Option<Lease>>,
}

/// What stays with a pooled connection from one loan to the next.
#[derive(Default)]
struct Kept {
    queries: Mutex<HashMap<QueryKey, Arc<ParsedQuery>>>,
    decoders: Mutex<Vec<(Arc<RowDescription>, Arc<RowDecoder>)>>,
}

type QueryKey = (Arguments, Box<str>);

/// A statement ready to be sent.
pub struct Prepared {
    requests: Requests,
    /// Shown with an error.
    sql: Arc<ParsedQuery>,
}

enum Requests {
    One(Request),
    /// They belong together: an error undoes them all.
    Many(Vec<Request>),
}

/// A statement that failed.
pub struct Failure {
    error: Error,
    sql: Arc<ParsedQuery>,
}

impl Failure {
    pub fn into_python(self, py: Python<'_>) -> PyErr {
        errors::to_python(py, &self.error, Some(self.sql.original()))
    }
}

/// A `timeout` argument: seconds, `None` for the connection's `statement_timeout`.
pub fn limit(py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Duration>> {
    match timeout.map(Duration::try_from_secs_f64) {
        None => Ok(None),
        Some(Ok(limit)) => Ok(Some(limit)),
        Some(Err(_)) => Err(errors::programming(
            py,
            "timeout is a number of seconds, 0 or more",
        )),
    }
}

impl Link {
    pub fn new(connection: Connection, autocommit: bool) -> Self {
        Self::build(Arc::new(connection), autocommit, Arc::default(), None)
    }

    /// For one loan of a pooled connection, with the settings of a new one.
    pub fn lent(mut lease: Lease) -> Self {
        let kept = lease.kept(Kept::default);
        Self::build(
            lease.connection().clone(),
            lease.autocommit(),
            kept,
            Some(lease),
        )
    }

    fn build(
        connection: Arc<Connection>,
        autocommit: bool,
        kept: Arc<Kept>,
        lease: Option<Lease>,
    ) -> Self {
        Link {
            connection: Handle::new(connection),
            autocommit: AtomicBool::new(autocommit),
            scope: Scope::default(),
            kept,
            changes: Mutex::default(),
            lease: Mutex::new(lease),
        }
    }

    /// Looks at the loan; `None` where there is none, or none any more.
    pub fn with_lease<R>(&self, look: impl FnOnce(&mut Lease) -> R) -> Option<R> {
        self.lease.lock().as_mut().map(look)
    }

    /// Ends the loan: nothing can be done through this link from now on. Says what the pool has to undo.
    pub fn end_loan(&self) -> Option<(Lease, Restore)> {
        let lease = self.lease.lock().take()?;
        self.connection.give_up();
        let connection = lease.connection();
        let failed = connection.info().status == TransactionStatus::Failed;
        connection.set_opening(None);
        let restore = Restore {
            rollback: failed || connection.in_transaction() || !self.scope.is_plain(),
            changes: *self.changes.lock(),
        };
        Some((lease, restore))
    }

    /// What has changed so far is how the connection is meant to be.
    pub fn take_changes(&self) -> Changes {
        std::mem::take(&mut *self.changes.lock())
    }

    /// The mode the user has set.
    pub fn autocommit(&self) -> bool {
        self.autocommit.load(Ordering::Relaxed)
    }

    /// Whether a statement that is sent now commits by itself: never inside an explicit transaction.
    pub fn commits_statements(&self) -> bool {
        self.autocommit() && self.scope.is_plain()
    }

    pub fn set_autocommit(&self, py: Python<'_>, value: bool) -> PyResult<()> {
        let inside = self.connection.in_transaction() || !self.scope.is_plain();
        if value != self.autocommit() && inside {
            return Err(errors::programming(
                py,
                "autocommit cannot change inside a transaction: commit or roll back first",
            ));
        }
        self.autocommit.store(value, Ordering::Relaxed);
        Ok(())
    }

    /// Asks that the running statement end, and wakes the event loop that waits for it.
    pub fn cancel(&self, py: Python<'_>) -> PyResult<()> {
        self.connection.cancel();
        nudge_descriptor(py, self.connection.descriptor())
    }

    /// Fails where the connection cannot be used.
    pub fn usable(&self, py: Python<'_>) -> PyResult<()> {
        self.connection
            .usable()
            .map_err(|error| errors::to_python(py, &error, None))
    }

    /// The decode plan for a description; descriptions of a repeated statement are the same object.
    pub fn decoder(
        &self,
        py: Python<'_>,
        description: &Arc<RowDescription>,
    ) -> PyResult<Arc<RowDecoder>> {
        let known = |decoders: &Vec<(Arc<RowDescription>, Arc<RowDecoder>)>| {
            decoders
                .iter()
                .find(|(known, _)| Arc::ptr_eq(known, description))
                .map(|(_, decoder)| decoder.clone())
        };
        if let Some(decoder) = known(&self.kept.decoders.lock()) {
            return Ok(decoder);
        }
        let decoder = Arc::new(RowDecoder::new(py, description, self.connection.profile())?);
        let mut decoders = self.kept.decoders.lock();
        if decoders.len() == DECODERS_KEPT {
            decoders.pop();
        }
        decoders.insert(0, (description.clone(), decoder.clone()));
        Ok(decoder)
    }

    fn parse(&self, py: Python<'_>, sql: &str, arguments: Arguments) -> PyResult<Arc<ParsedQuery>> {
        let key = (arguments, Box::from(sql));
        if let Some(query) = self.kept.queries.lock().get(&key) {
            return Ok(query.clone());
        }
        let query = ParsedQuery::parse(sql, arguments)
            .and_then(|query| {
                self.connection.profile().check_statement(&query)?;
                Ok(Arc::new(query))
            })
            .map_err(|error| errors::to_python(py, &error, Some(sql)))?;
        let mut queries = self.kept.queries.lock();
        if queries.len() >= QUERIES_KEPT {
            queries.clear();
        }
        queries.insert(key, query.clone());
        Ok(query)
    }

    /// Encodes one execution.
    pub fn prepare(
        &self,
        query: &Bound<'_, PyString>,
        values: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Prepared> {
        let py = query.py();
        self.usable(py)?;
        let sql = statement_text(query)?;
        let arguments = kind_of(values)?;
        let parsed = self.parse(py, sql, arguments)?;
        self.scope.check(py, &parsed)?;
        let parameters = match values {
            Some(values) if arguments != Arguments::None => Some(bind(py, &parsed, values)?),
            _ => None,
        };
        let autocommit = self.commits_statements() && !parsed.is_transaction_control();
        let mut request = self
            .encode(&parsed, parameters.as_ref(), autocommit)
            .map_err(|error| errors::to_python(py, &error, Some(sql)))?;
        if may_commit(&parsed, autocommit) {
            request.expect_commit();
        }
        Ok(Prepared {
            requests: Requests::One(request),
            sql: parsed,
        })
    }

    /// Encodes the executions of `executemany`: a few large requests rather than one a row.
    pub fn prepare_many(
        &self,
        query: &Bound<'_, PyString>,
        rows: &Bound<'_, PyAny>,
    ) -> PyResult<Prepared> {
        let py = query.py();
        self.usable(py)?;
        let sql = statement_text(query)?;
        let mut parsed: Option<Arc<ParsedQuery>> = None;
        let mut requests: Vec<Request> = Vec::new();
        let mut in_last = 0;
        for values in rows.try_iter()? {
            let values = values?;
            let arguments = kind_of(Some(&values))?;
            let query =
                match &parsed {
                    Some(query) if query.arguments() == arguments => query.clone(),
                    Some(_) => return Err(errors::programming(
                        py,
                        "executemany needs parameters of one kind: all sequences, or all mappings",
                    )),
                    None => parsed.insert(self.parse(py, sql, arguments)?).clone(),
                };
            let parameters = bind(py, &query, &values)?;
            let full = requests
                .last()
                .is_none_or(|last| in_last == ROWS_PER_REQUEST || last.len() > BYTES_PER_REQUEST);
            if full {
                requests.push(Request::new());
                in_last = 0;
            }
            if let Some(last) = requests.last_mut() {
                self.connection
                    .append(
                        last,
                        &statement(&query, Some(&parameters), false),
                        in_last == 0,
                    )
                    .map_err(|error| errors::to_python(py, &error, Some(sql)))?;
                in_last += 1;
            }
        }
        for request in &mut requests {
            request
                .sync()
                .map_err(|error| errors::to_python(py, &error, Some(sql)))?;
        }
        let sql = match parsed {
            Some(query) => query,
            None => self.parse(py, sql, Arguments::None)?,
        };
        self.scope.check(py, &sql)?;
        Ok(Prepared {
            requests: Requests::Many(requests),
            sql,
        })
    }

    fn encode(
        &self,
        query: &ParsedQuery,
        parameters: Option<&Parameters>,
        autocommit: bool,
    ) -> Result<Request, Error> {
        self.connection
            .prepare(&statement(query, parameters, autocommit))
    }

    /// Sends what was prepared and collects the results.
    pub async fn run(
        &self,
        prepared: Prepared,
        limit: Option<Duration>,
    ) -> Result<Vec<ResultSet>, Failure> {
        let autocommit = self.commits_statements();
        let sql = prepared.sql;
        let before = *self.changes.lock();
        if !sql.setting_changes().is_empty() {
            self.changes.lock().note(&sql);
        }
        let outcome = match prepared.requests {
            Requests::One(request) => self.connection.run_within(request, limit).await,
            Requests::Many(requests) => self
                .connection
                .run_many(requests, autocommit, limit)
                .await
                .map(|total| vec![total]),
        };
        match outcome {
            Ok(mut results) => {
                self.connection.settle(&sql, &mut results);
                self.follow(&sql);
                Ok(results)
            }
            Err(error) => {
                // A single statement that was refused has changed nothing.
                if matches!(error, Error::Database(_)) && !sql.has_several_statements() {
                    *self.changes.lock() = before;
                }
                Err(Failure { error, sql })
            }
        }
    }
}

fn statement<'a>(
    query: &'a ParsedQuery,
    parameters: Option<&'a Parameters>,
    autocommit: bool,
) -> Statement<'a> {
    Statement {
        sql: query.sql(),
        parameters,
        is_special_insert: query.is_special_insert_shape(),
        autocommit,
    }
}

pub fn statement_text<'a>(query: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    query.to_str().map_err(|_| {
        errors::programming(
            query.py(),
            "the statement contains a lone surrogate, which is not a character",
        )
    })
}

/// Which placeholders the parameters call for.
fn kind_of(values: Option<&Bound<'_, PyAny>>) -> PyResult<Arguments> {
    let Some(values) = values.filter(|values| !values.is_none()) else {
        return Ok(Arguments::None);
    };
    if values.is_instance_of::<PyTuple>() || values.is_instance_of::<pyo3::types::PyList>() {
        return Ok(Arguments::Positional);
    }
    if values.is_instance_of::<PyDict>() || values.cast::<PyMapping>().is_ok() {
        return Ok(Arguments::Named);
    }
    let is_text = values.is_instance_of::<PyString>()
        || values.is_instance_of::<pyo3::types::PyBytes>()
        || values.is_instance_of::<pyo3::types::PyByteArray>();
    if !is_text && values.cast::<PySequence>().is_ok() {
        return Ok(Arguments::Positional);
    }
    Err(errors::programming(
        values.py(),
        format!(
            "parameters must be a sequence (for %s, ? and $1) or a mapping (for %(name)s and :name), not {}",
            values.get_type().name()?
        ),
    ))
}

/// Encodes the values in the order of the placeholders.
fn bind(py: Python<'_>, query: &ParsedQuery, values: &Bound<'_, PyAny>) -> PyResult<Parameters> {
    let mut parameters = Parameters::new();
    let fail = |error: Error| errors::to_python(py, &error, Some(query.original()));
    if let Some(names) = query.names() {
        if names.is_empty() {
            query.check_count(values.len()?).map_err(fail)?;
        }
        for (position, name) in names.iter().enumerate() {
            // A subclass of dict may have a `__missing__`.
            let value = match values.cast_exact::<PyDict>() {
                Ok(values) => values.get_item(name)?,
                Err(_) => match values.get_item(name) {
                    Ok(value) => Some(value),
                    Err(error) if error.is_instance_of::<pyo3::exceptions::PyKeyError>(py) => None,
                    Err(error) => return Err(error),
                },
            };
            let Some(value) = value else {
                return Err(fail(query.missing(name)));
            };
            push_parameter(&value, position, &mut parameters)?;
        }
        return Ok(parameters);
    }
    if let Ok(values) = values.cast::<PyTuple>() {
        query.check_count(values.len()).map_err(fail)?;
        for (position, value) in values.iter_borrowed().enumerate() {
            push_parameter(&value, position, &mut parameters)?;
        }
    } else {
        let mut count = 0;
        let expected = query.parameter_count();
        for (position, value) in values.try_iter()?.enumerate() {
            if position < expected {
                push_parameter(&value?, position, &mut parameters)?;
            }
            count += 1;
        }
        query.check_count(count).map_err(fail)?;
    }
    Ok(parameters)
}
