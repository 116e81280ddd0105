//! What the two faces of a connection share: the client's connection, and the statements run on it.

mod binding;
mod holding;
mod kept;
mod pipelining;
mod sizes;
mod streaming;

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::PyString;
use scratchbird::pipeline::{Entry, Pipeline};
use scratchbird::pool::{Changes, Lease, Restore};
use scratchbird::sql::{Arguments, ParsedQuery};
use scratchbird::trace::TraceContext;
use scratchbird::{
    Connection, Error, Parameters, Request, ResultSet, Statement, TransactionStatus,
};

pub use self::binding::{bind, kind_of, statement_text};
use self::holding::Holding;
use self::kept::Kept;
use self::pipelining::Block;
pub use self::pipelining::{failed_to_python, Queued};
pub use self::sizes::InputSizes;
pub use self::streaming::{Fetched, Stream};
use crate::bridge::nudge_descriptor;
use crate::calling;
use crate::convert::adapters::{self, Registry};
use crate::cursor_state::CursorState;
use crate::errors;
use crate::events::Handlers;
use crate::handle::Handle;
use crate::row_factory::RowFactory;
use crate::scope::{may_commit, Scope};
use crate::watch::Watcher;

/// One connection as Python sees it: made by `connect`, or for one loan of a pooled connection.
pub struct Link {
    pub connection: Handle,
    autocommit: AtomicBool,
    pub scope: Scope,
    /// What makes the rows of new cursors.
    pub row_factory: RowFactory,
    /// The user's own conversions for this connection.
    pub adapters: Arc<Registry>,
    kept: Arc<Kept>,
    pub pipeline: Pipeline,
    block: Block,
    /// Cursors whose statements are queued, in order.
    expecting: Mutex<VecDeque<(Weak<CursorState>, Weak<Entry>)>>,
    /// An `executemany` that others wait for.
    holding: Holding,
    /// What a pool undoes when the connection comes back.
    changes: Mutex<Changes>,
    /// Who is told of events.
    pub handlers: Handlers,
    /// Who watches what it does.
    pub watcher: Arc<Watcher>,
    /// Present while a pool's connection is lent.
    lease: Mutex<Option<Lease>>,
}

/// A statement ready to be sent.
pub struct Prepared {
    request: Request,
    /// Kept until the server has accepted the request.
    parameters: Option<Parameters>,
    autocommit: bool,
    /// Shown with an error.
    sql: Arc<ParsedQuery>,
}

impl Prepared {
    /// The statement.
    pub fn query(&self) -> &ParsedQuery {
        &self.sql
    }
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
    pub fn new(connection: Connection, autocommit: bool, watcher: Watcher) -> Self {
        let connection = Arc::new(connection);
        let watcher = Arc::new(watcher);
        Self::build(connection, autocommit, Arc::default(), watcher, None)
    }

    /// For one loan of a pooled connection, with the settings of a new one.
    pub fn lent(py: Python<'_>, mut lease: Lease) -> PyResult<Self> {
        let kept = lease.kept(Kept::default);
        let connection = lease.connection().clone();
        let watcher = kept.watcher(py, &connection)?;
        let autocommit = lease.autocommit();
        let link = Self::build(connection, autocommit, kept, watcher, Some(lease));
        link.adapters.become_copy_of(&link.kept.adapters);
        link.row_factory.become_copy_of(py, &link.kept.row_factory);
        Ok(link)
    }

    fn build(
        connection: Arc<Connection>,
        autocommit: bool,
        kept: Arc<Kept>,
        watcher: Arc<Watcher>,
        lease: Option<Lease>,
    ) -> Self {
        Link {
            connection: Handle::new(connection),
            autocommit: AtomicBool::new(autocommit),
            scope: Scope::default(),
            row_factory: RowFactory::default(),
            adapters: Arc::default(),
            kept,
            pipeline: Pipeline::default(),
            block: Block::default(),
            expecting: Mutex::default(),
            holding: Holding::default(),
            changes: Mutex::default(),
            handlers: Handlers::default(),
            watcher,
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
        let piped = self.give_up_pipeline();
        self.connection.give_up();
        let connection = lease.connection();
        let failed = connection.info().status == TransactionStatus::Failed;
        connection.set_opening(None);
        // What an executemany has begun is rolled back.
        connection.let_go(connection.holder());
        let restore = Restore {
            rollback: piped || failed || connection.in_transaction() || !self.scope.is_plain(),
            changes: *self.changes.lock(),
            subscriptions: connection.has_subscriptions(),
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

    /// Ends what is running, and wakes the event loop that waits for it; closing comes next.
    pub fn end_running(&self, py: Python<'_>) -> PyResult<()> {
        self.connection.end_running();
        nudge_descriptor(py, self.connection.descriptor())
    }

    /// Fails where the connection cannot be used.
    pub fn usable(&self, py: Python<'_>) -> PyResult<()> {
        self.connection
            .usable()
            .map_err(|error| errors::to_python(py, &error, None))
    }

    /// Encodes one execution, with the types of `setinputsizes` where there are any.
    pub fn prepare(
        &self,
        query: &Bound<'_, PyString>,
        values: Option<&Bound<'_, PyAny>>,
        sizes: Option<&InputSizes>,
    ) -> PyResult<Prepared> {
        self.encode(query, values, sizes, Connection::prepare)
    }

    fn encode(
        &self,
        query: &Bound<'_, PyString>,
        values: Option<&Bound<'_, PyAny>>,
        sizes: Option<&InputSizes>,
        encode: impl FnOnce(&Connection, &Statement<'_>) -> Result<Request, Error>,
    ) -> PyResult<Prepared> {
        let py = query.py();
        self.usable(py)?;
        let sql = statement_text(query)?;
        let arguments = kind_of(values)?;
        let parsed = self.parse(py, sql, arguments)?;
        self.scope.check(py, &parsed)?;
        let _adapting = adapters::in_force_by_default(&[&self.adapters]);
        let parameters = match values {
            Some(values) if parsed.result_marker().is_some() => {
                Some(bind(py, &parsed, &calling::sent(&parsed, values)?, sizes)?)
            }
            Some(values) if arguments != Arguments::None => Some(bind(py, &parsed, values, sizes)?),
            _ if self.connection.is_kept(parsed.sql()) => Some(Parameters::new()),
            _ => None,
        };
        let joined = self.joined(py);
        if joined != 0 && parsed.is_transaction_control() {
            self.outside_many(py)?;
        }
        let commits = joined == 0 && self.commits_statements();
        let autocommit = commits && !parsed.is_transaction_control();
        let statement = Statement::of(&parsed, parameters.as_ref(), autocommit);
        let mut request = encode(&self.connection, &statement)
            .map_err(|error| errors::to_python(py, &error, Some(sql)))?;
        request.join(joined);
        if may_commit(&parsed, autocommit) {
            request.expect_commit();
        }
        self.tell_defects(py)?;
        Ok(Prepared {
            request,
            parameters,
            autocommit,
            sql: parsed,
        })
    }

    /// Notes what a statement is about to change, for the pool to undo.
    pub fn note(&self, sql: &ParsedQuery) {
        if !sql.setting_changes().is_empty() {
            self.changes.lock().note(sql);
        }
    }

    /// Sends what was prepared, as part of a trace where there is one, and collects the results.
    pub async fn run(
        &self,
        prepared: Prepared,
        limit: Option<Duration>,
        trace: Option<Arc<TraceContext>>,
    ) -> Result<Vec<ResultSet>, Failure> {
        let sql = prepared.sql;
        if let Err(error) = self.before_alone().await {
            return Err(Failure { error, sql });
        }
        let before = *self.changes.lock();
        self.note(&sql);
        let statement = Statement::of(&sql, prepared.parameters.as_ref(), prepared.autocommit);
        let running = self
            .connection
            .run_statement(prepared.request, &statement, limit);
        let outcome = self.accompany(trace, pin!(running)).await;
        match outcome {
            Ok(mut results) => {
                let settled = self.connection.settle(&sql, &mut results);
                self.follow(&sql);
                match settled {
                    Ok(()) => Ok(results),
                    Err(error) => Err(Failure { error, sql }),
                }
            }
            Err(error) => {
                // A single statement that was refused has changed nothing.
                if error.as_database().is_some() && !sql.has_several_statements() {
                    *self.changes.lock() = before;
                }
                Err(Failure { error, sql })
            }
        }
    }
}
