//! Statements inside a `pipeline()` block: queued where they can be, and run by themselves where they cannot.

use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::PyString;
use scratchbird::pipeline::{Entry, Failed};
use scratchbird::sql::Arguments;
use scratchbird::wait::within;
use scratchbird::Failed::Row;
use scratchbird::{Error, ResultSet};

use super::binding::{bind, kind_of};
use super::{statement_text, Failure, InputSizes, Link};
use crate::cursor_state::CursorState;
use crate::errors;
use crate::watch::Watched;

/// What became of a statement that was given to a pipeline.
pub enum Queued {
    /// It is queued; true when the queue is to be sent.
    Entry(Arc<Entry>, bool),
    /// It has to run by itself.
    Alone,
}

/// A `pipeline()` block that is watched.
#[derive(Default)]
pub struct Block {
    watched: Mutex<Watched>,
    /// How many statements it has queued.
    size: AtomicUsize,
}

impl Link {
    /// A block begins.
    pub fn open_pipeline(&self, py: Python<'_>) -> PyResult<()> {
        self.usable(py)?;
        if !self.pipeline.is_open() {
            *self.block.watched.lock() = self.watcher.begin(py, "pipeline", None)?;
            self.block.size.store(0, Ordering::Relaxed);
        }
        self.pipeline.open();
        Ok(())
    }

    /// Takes note of what failed in a block.
    pub fn failed_in_pipeline(&self, py: Python<'_>, failed: &Failed) -> PyErr {
        let error = failed_to_python(py, failed);
        self.block.watched.lock().fail(py, &error);
        error
    }

    /// Queues a statement of an open pipeline.
    pub fn queue(
        &self,
        query: &Bound<'_, PyString>,
        values: Option<&Bound<'_, PyAny>>,
        sizes: Option<&InputSizes>,
        limit: Option<Duration>,
    ) -> PyResult<Queued> {
        let py = query.py();
        self.usable(py)?;
        let sql = statement_text(query)?;
        let arguments = kind_of(values)?;
        let parsed = self.parse(py, sql, arguments)?;
        if !parsed.is_pipelined() || self.joined(py) != 0 {
            return Ok(Queued::Alone);
        }
        self.scope.check(py, &parsed)?;
        let parameters = match values {
            Some(values) if arguments != Arguments::None => Some(bind(py, &parsed, values, sizes)?),
            _ => None,
        };
        let autocommit = self.commits_statements();
        let (entry, full) = self
            .pipeline
            .push(
                &self.connection,
                parsed,
                parameters.as_ref(),
                autocommit,
                limit,
            )
            .map_err(|error| errors::to_python(py, &error, Some(sql)))?;
        self.block.size.fetch_add(1, Ordering::Relaxed);
        self.tell_defects(py)?;
        Ok(Queued::Entry(entry, full))
    }

    /// Remembers a cursor that waits for the results of a statement.
    pub fn expect(&self, cursor: &Arc<CursorState>, entry: &Arc<Entry>) {
        let waiting = (Arc::downgrade(cursor), Arc::downgrade(entry));
        self.expecting.lock().push_back(waiting);
    }

    /// Gives the cursors what has come for them, in the order of their statements; errors stay until somebody fetches.
    pub fn deliver(&self, py: Python<'_>) -> PyResult<()> {
        while let Some(cursor) = self.next_answered() {
            if let Some(cursor) = cursor.upgrade() {
                cursor.settle(py)?;
            }
        }
        Ok(())
    }

    fn next_answered(&self) -> Option<Weak<CursorState>> {
        let mut expecting = self.expecting.lock();
        let (_, entry) = expecting.front()?;
        // One that nobody holds has nothing to give.
        if entry.upgrade().is_some_and(|entry| !entry.is_answered()) {
            return None;
        }
        expecting.pop_front().map(|(cursor, _)| cursor)
    }

    /// Sends what is queued, and waits until there is room for more.
    ///
    /// # Errors
    /// The failure, where the connection was lost with it: nobody could sync.
    pub async fn advance_pipeline(&self) -> Result<(), Failed> {
        if self.connection.is_given_up() {
            return Ok(());
        }
        let trace = self.block.watched.lock().trace();
        let advancing = pin!(self.pipeline.advance(&self.connection));
        self.accompany(trace, advancing).await;
        match self.pipeline.failed() {
            Some(failed) if self.connection.is_closed() => Err(failed),
            _ => Ok(()),
        }
    }

    /// Sends what is queued, and waits for the answer to a statement.
    pub async fn await_pipeline(&self, entry: &Entry) {
        if !self.connection.is_given_up() {
            let trace = self.block.watched.lock().trace();
            let waiting = pin!(self.pipeline.wait_for(&self.connection, entry));
            self.accompany(trace, waiting).await;
        }
    }

    /// Ends the work of the pipeline since its last sync.
    pub async fn sync_pipeline(&self) -> Result<(), Failed> {
        if self.connection.is_given_up() {
            return self.pipeline.forget();
        }
        let trace = self.block.watched.lock().trace();
        let syncing = pin!(self.pipeline.sync(&self.connection));
        self.accompany(trace, syncing).await
    }

    /// The connection goes back to its pool, which undoes what the pipeline has not synced. True where there is such.
    pub fn give_up_pipeline(&self) -> bool {
        let pending = self.pipeline.is_pending();
        let error = "the connection was given back to its pool before the pipeline was synced";
        self.pipeline
            .give_up(&self.connection, Error::Interface(error.into()));
        pending
    }

    /// What runs by itself comes after everything that is queued.
    pub async fn before_alone(&self) -> Result<(), Error> {
        if !self.pipeline.is_open() || !self.pipeline.is_pending() {
            return Ok(());
        }
        self.sync_pipeline()
            .await
            .map_err(|failed| Error::Shared(failed.error))
    }

    /// [`Link::before_alone`] until `until` at most.
    pub async fn before_alone_until(&self, until: Option<Instant>) -> Result<(), Error> {
        let synced = within(until, self.before_alone()).await;
        synced.unwrap_or_else(|| {
            Err(Error::timeout(
                "the statements of the pipeline took longer than the time limit",
            ))
        })
    }

    /// A statement of the driver's own. What a pipeline has queued comes first; going back undoes it whether it failed
    /// or not.
    pub async fn control(
        &self,
        sql: &str,
        commits: bool,
        limit: Option<Duration>,
    ) -> Result<(), Error> {
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        let synced = self.before_alone_until(until).await;
        if !sql.starts_with("ROLLBACK") {
            synced?;
        }
        let until = until.or_else(|| self.connection.deadline(None));
        self.connection.control_until(sql, commits, until).await
    }

    /// The results of a queued statement, as its cursor takes them.
    pub fn results_of(
        &self,
        entry: &Entry,
        mut results: Vec<ResultSet>,
    ) -> Result<Vec<ResultSet>, Failure> {
        match self.connection.settle(entry.query(), &mut results) {
            Ok(()) => Ok(results),
            Err(error) => Err(Failure {
                error,
                sql: entry.query().clone(),
            }),
        }
    }

    /// The block's end: nothing may be left of work that was not synced.
    pub fn leave_pipeline(&self, py: Python<'_>) -> PyResult<()> {
        let pending = self.pipeline.is_pending();
        self.pipeline.close();
        if self.pipeline.is_open() {
            return Ok(());
        }
        if pending {
            self.connection.end_now();
        }
        let watched = std::mem::take(&mut *self.block.watched.lock());
        let size = self.block.size.load(Ordering::Relaxed);
        watched.set_size(py, u64::try_from(size).unwrap_or(u64::MAX))?;
        watched.end(py, Ok(()), || -1)
    }
}

/// The exception of a failed segment.
pub fn failed_to_python(py: Python<'_>, failed: &Failed) -> PyErr {
    let sql = failed.query.as_ref().map(|query| query.original());
    let error = errors::to_python(py, &failed.error, sql);
    match failed.row {
        Some(row) => errors::in_row(py, error, Row(row), &[]),
        None => error,
    }
}
