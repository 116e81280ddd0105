//! Pipelines: statements that are sent without waiting for the answers of those before them.
//!
//! What is queued travels in batches: a batch is written while its answers are read, so that neither side waits for the
//! other, and the next one follows when it has been answered. Each statement ends with a READY of its own, for a failure
//! does not stop the statements behind it (SBWP 4.5). So that half of the work never stays, everything between two
//! syncs is undone together: by a savepoint, or by the transaction around statements that would commit by themselves.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use sbwp::message::query_flag;

use crate::connection::{Connection, Statement};
use crate::error::Error;
use crate::execution::Execution;
use crate::request::{Parameters, Request};
use crate::rows::ResultSet;
use crate::sql::ParsedQuery;
use crate::transport::wait;

/// A batch is sent once it has so many bytes, or so many statements.
const BATCH_BYTES: usize = 256 * 1024;
const BATCH_STATEMENTS: usize = 1000;

const SAVEPOINT: &str = "SAVEPOINT scratchbird_pipeline";
const ROLLBACK_TO: &str = "ROLLBACK TO SAVEPOINT scratchbird_pipeline";
const RELEASE: &str = "RELEASE SAVEPOINT scratchbird_pipeline";

/// What became of a statement.
#[derive(Debug)]
pub enum Outcome {
    /// It was carried out.
    Results(Vec<ResultSet>),
    /// It failed.
    Failed(Arc<Error>),
    /// One before it failed: it was not sent, or what it did is undone.
    Aborted,
}

/// A statement in a pipeline. Its results are kept while somebody holds it.
#[derive(Debug)]
pub struct Entry {
    query: Arc<ParsedQuery>,
    outcome: Mutex<Option<Outcome>>,
}

impl Entry {
    /// The statement.
    pub fn query(&self) -> &Arc<ParsedQuery> {
        &self.query
    }

    /// Whether it succeeded.
    pub fn has_succeeded(&self) -> bool {
        matches!(*self.outcome.lock(), Some(Outcome::Results(_)))
    }

    /// What became of it, once.
    pub fn take(&self) -> Option<Outcome> {
        self.outcome.lock().take()
    }

    fn set(&self, outcome: Outcome) {
        *self.outcome.lock() = Some(outcome);
    }
}

/// The first failure since the last sync, and the statement.
#[derive(Debug, Clone)]
pub struct Failed {
    /// Why.
    pub error: Arc<Error>,
    /// What; `None` where it was none of the statements.
    pub query: Option<Arc<ParsedQuery>>,
}

/// How the work since the last sync is undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Undo {
    /// It is a transaction: sync commits it.
    Transaction,
    Savepoint,
    /// This server cannot.
    Nothing,
}

/// What happened since the last sync.
#[derive(Debug, Default)]
struct Segment {
    undo: Option<Undo>,
    failed: Option<Failed>,
}

impl Segment {
    fn is_aborted(&self) -> bool {
        self.failed.is_some() && self.undo != Some(Undo::Nothing)
    }
}

#[derive(Debug, Default)]
struct Queue {
    batch: Request,
    entries: Vec<(Weak<Entry>, Arc<ParsedQuery>)>,
    /// The time limits of the statements in the batch, added up.
    limit: Option<Duration>,
    autocommit: bool,
    segment: Segment,
}

/// The pipeline of a connection.
#[derive(Debug, Default)]
pub struct Pipeline {
    depth: AtomicUsize,
    queue: Mutex<Queue>,
    /// Batches go one after the other.
    turn: tokio::sync::Mutex<()>,
}

impl Pipeline {
    /// Whether statements are to be queued.
    pub fn is_open(&self) -> bool {
        self.depth.load(Ordering::Relaxed) > 0
    }

    /// A block begins; blocks nest.
    pub fn open(&self) {
        self.depth.fetch_add(1, Ordering::Relaxed);
    }

    /// A block ends.
    pub fn close(&self) {
        let less = |depth: usize| Some(depth.saturating_sub(1));
        let _ = self
            .depth
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    /// Whether something was done, or queued, since the last sync.
    pub fn is_pending(&self) -> bool {
        let queue = self.queue.lock();
        !queue.entries.is_empty() || queue.segment.undo.is_some() || queue.segment.failed.is_some()
    }

    /// Queues a statement. The second value says that it is time for [`Pipeline::flush`].
    ///
    /// # Errors
    /// As [`Connection::prepare`].
    pub fn push(
        &self,
        connection: &Connection,
        query: Arc<ParsedQuery>,
        parameters: Option<&Parameters>,
        autocommit: bool,
        limit: Option<Duration>,
    ) -> Result<(Arc<Entry>, bool), Error> {
        let entry = Arc::new(Entry {
            query: query.clone(),
            outcome: Mutex::default(),
        });
        let mut queue = self.queue.lock();
        if queue.segment.is_aborted() {
            entry.set(Outcome::Aborted);
            return Ok((entry, false));
        }
        let statement = Statement::of(&query, parameters, false);
        connection.add_to_batch(&mut queue.batch, &statement)?;
        let limit = connection.limit_or_default(limit);
        queue.limit = match (queue.entries.is_empty(), queue.limit, limit) {
            (true, _, limit) => limit,
            (false, Some(sum), Some(limit)) => sum.checked_add(limit),
            (false, _, _) => None,
        };
        queue.autocommit = autocommit;
        queue.entries.push((Arc::downgrade(&entry), query));
        let full = queue.entries.len() >= BATCH_STATEMENTS || queue.batch.len() >= BATCH_BYTES;
        Ok((entry, full))
    }

    /// Sends what is queued and waits for its answers. What fails is kept for whoever takes the entry, and for
    /// [`Pipeline::sync`].
    pub async fn flush(&self, connection: &Connection) {
        let _turn = self.turn.lock().await;
        let mut sending = {
            let mut queue = self.queue.lock();
            if queue.entries.is_empty() {
                return;
            }
            Sending {
                pipeline: self,
                batch: std::mem::take(&mut queue.batch),
                entries: std::mem::take(&mut queue.entries),
                limit: queue.limit.take(),
                autocommit: queue.autocommit,
            }
        };
        if let Err(error) = sending.send(connection).await {
            sending.fail(error);
        }
    }

    /// Sends what is queued and ends the work since the last sync: it holds if all of it succeeded, and is undone
    /// otherwise.
    ///
    /// # Errors
    /// The first failure since the last sync.
    pub async fn sync(&self, connection: &Connection) -> Result<(), Failed> {
        self.flush(connection).await;
        let _turn = self.turn.lock().await;
        let (undo, failed) = {
            let queue = self.queue.lock();
            (queue.segment.undo, queue.segment.failed.clone())
        };
        // Given up in the middle, nobody could say what holds: then nothing may.
        let mut ending = Ending {
            pipeline: self,
            connection,
            is_over: false,
        };
        let ended = match (undo, &failed) {
            _ if connection.is_closed() => Ok(()),
            (None | Some(Undo::Nothing), _) => Ok(()),
            (Some(Undo::Transaction), None) => connection.commit().await,
            (Some(Undo::Transaction), Some(_)) => connection.rollback().await,
            (Some(Undo::Savepoint), None) => connection.control(RELEASE, false).await,
            (Some(Undo::Savepoint), Some(_)) => undo_savepoint(connection).await,
        };
        ending.is_over = ended.is_ok() || (failed.is_none() && undo == Some(Undo::Transaction));
        drop(ending);
        if let Some(failed) = failed {
            return Err(failed);
        }
        ended.map_err(|error| Failed {
            error: Arc::new(error),
            query: None,
        })
    }
}

async fn undo_savepoint(connection: &Connection) -> Result<(), Error> {
    connection.control(ROLLBACK_TO, false).await?;
    connection.control(RELEASE, false).await
}

/// The end of a segment.
struct Ending<'a> {
    pipeline: &'a Pipeline,
    connection: &'a Connection,
    is_over: bool,
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.connection.close_now();
        }
        self.pipeline.queue.lock().segment = Segment::default();
    }
}

/// A batch on its way. Given up before its answers, all of it has failed.
struct Sending<'a> {
    pipeline: &'a Pipeline,
    batch: Request,
    entries: Vec<(Weak<Entry>, Arc<ParsedQuery>)>,
    limit: Option<Duration>,
    autocommit: bool,
}

impl Sending<'_> {
    async fn send(&mut self, connection: &Connection) -> Result<(), Error> {
        let (begun, aborted) = {
            let segment = &self.pipeline.queue.lock().segment;
            (segment.undo.is_some(), segment.is_aborted())
        };
        if aborted {
            self.abort();
            return Ok(());
        }
        if !begun {
            let undo = match (
                self.autocommit,
                connection.profile().savepoints_undo_bulk_inserts(),
            ) {
                (true, _) => Undo::Transaction,
                (false, true) => {
                    connection.control(SAVEPOINT, false).await?;
                    Undo::Savepoint
                }
                (false, false) => Undo::Nothing,
            };
            self.pipeline.queue.lock().segment.undo = Some(undo);
        }
        let batch = std::mem::take(&mut self.batch);
        let outcomes = connection.run_batch(batch, self.limit).await?;
        if outcomes.len() < self.entries.len() {
            return Err(Error::protocol("the server left statements unanswered"));
        }
        for (outcome, (entry, query)) in outcomes.into_iter().zip(std::mem::take(&mut self.entries))
        {
            self.settle(outcome, &entry, query);
        }
        Ok(())
    }

    fn settle(
        &self,
        outcome: Result<Vec<ResultSet>, Error>,
        entry: &Weak<Entry>,
        query: Arc<ParsedQuery>,
    ) {
        let segment = &mut self.pipeline.queue.lock().segment;
        let outcome = match outcome {
            _ if segment.is_aborted() => Outcome::Aborted,
            Ok(results) => Outcome::Results(results),
            Err(error) => {
                let error = Arc::new(error);
                segment.failed.get_or_insert_with(|| Failed {
                    error: error.clone(),
                    query: Some(query),
                });
                Outcome::Failed(error)
            }
        };
        if let Some(entry) = entry.upgrade() {
            entry.set(outcome);
        }
    }

    fn abort(&mut self) {
        for (entry, _) in std::mem::take(&mut self.entries) {
            if let Some(entry) = entry.upgrade() {
                entry.set(Outcome::Aborted);
            }
        }
    }

    /// The batch has failed as a whole.
    fn fail(&mut self, error: Error) {
        let error = Arc::new(error);
        let mut entries = std::mem::take(&mut self.entries).into_iter();
        let first = entries.next();
        self.pipeline
            .queue
            .lock()
            .segment
            .failed
            .get_or_insert_with(|| Failed {
                error: error.clone(),
                query: first.as_ref().map(|(_, query)| query.clone()),
            });
        if let Some(entry) = first.and_then(|(entry, _)| entry.upgrade()) {
            entry.set(Outcome::Failed(error));
        }
        for entry in entries.filter_map(|(entry, _)| entry.upgrade()) {
            entry.set(Outcome::Aborted);
        }
    }
}

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        if !self.entries.is_empty() {
            self.fail(Error::Cancelled);
        }
    }
}

impl Connection {
    /// Adds a statement to a batch, with a READY of its own.
    fn add_to_batch(&self, batch: &mut Request, statement: &Statement<'_>) -> Result<(), Error> {
        let before = batch.mark();
        let added = match statement.parameters {
            None => batch.query(statement.sql, self.result_flags()).map(|_| ()),
            Some(_) => self
                .encode_execution(batch, statement)
                .and_then(|()| batch.sync().map(|_| ())),
        };
        if added.is_err() {
            batch.cut_back(before);
        }
        added
    }

    /// Sends a batch, and says what became of each statement.
    async fn run_batch(
        &self,
        batch: Request,
        limit: Option<Duration>,
    ) -> Result<Vec<Result<Vec<ResultSet>, Error>>, Error> {
        self.usable()?;
        let until = limit.and_then(|limit| Instant::now().checked_add(limit));
        let run = async {
            let mut session = self.session().lock().await;
            let answered = session.run_batch(batch).await;
            self.publish(&mut session);
            answered
        };
        match wait::within(until, run).await {
            Some(answered) => Ok(answered?.into_iter().map(Execution::finish).collect()),
            None => {
                if !self.profile().cancel_interrupts() {
                    if let Ok(mut session) = self.session().try_lock() {
                        session.break_off();
                        self.publish(&mut session);
                    }
                }
                Err(Error::timeout(
                    "the statements took longer than their time limits together",
                ))
            }
        }
    }

    fn result_flags(&self) -> u32 {
        if self.is_binary() {
            query_flag::BINARY_RESULT
        } else {
            0
        }
    }
}
