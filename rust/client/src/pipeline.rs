//! Pipelines: statements that are sent without waiting for the answers of those before them.
//!
//! What is queued travels in batches, and a batch does not wait for the answers to the one before: up to [`AHEAD`] are on
//! their way, and whoever has to wait, for room or for an answer, reads while it writes, so that neither side waits for
//! the other. Each statement ends with a READY of its own, for a failure does not stop the statements behind it (SBWP
//! 4.5). So that half of the work never stays, everything between two syncs is undone together: by a savepoint, or by the
//! transaction around statements that would commit by themselves.

mod driving;
mod entry;
mod rows;
mod segment;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use self::entry::Sent;
pub use self::entry::{Entry, Outcome};
pub use self::rows::Rows;
pub use self::segment::Failed;
use self::segment::Segment;
use crate::connection::{Connection, Statement};
use crate::error::Error;
use crate::request::{Parameters, Request};
use crate::session::{Ahead, Ticket};
use crate::sql::ParsedQuery;

/// A batch is sent once it has so many bytes, or so many statements.
const BATCH_BYTES: usize = 256 * 1024;
const BATCH_STATEMENTS: usize = 1000;
/// How far the sending may be ahead of the answers.
const AHEAD: Ahead = Ahead {
    readies: 4 * BATCH_STATEMENTS as u32,
    bytes: 4 * BATCH_BYTES,
};

/// What has not been answered.
#[derive(Debug, Default)]
struct Queue {
    batch: Request,
    /// The statements of the batch.
    queued: Vec<Sent>,
    /// Those that have been sent before.
    sent: VecDeque<Sent>,
    autocommit: bool,
    segment: Segment,
    /// What the session knows this pipeline's answers by; another one once it has given answers up.
    ticket: Arc<Ticket>,
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
        !queue.queued.is_empty() || !queue.sent.is_empty() || queue.segment.has_begun()
    }

    /// Queues a statement. The second value says that it is time for [`Pipeline::advance`].
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
        let entry = Arc::new(Entry::new(query.clone()));
        let mut queue = self.queue.lock();
        if queue.segment.is_aborted() {
            entry.set(Outcome::Aborted);
            return Ok((entry, false));
        }
        let statement = Statement::of(&query, parameters, false);
        connection.add_to_batch(&mut queue.batch, &statement)?;
        queue.autocommit = autocommit;
        queue.queued.push(Sent {
            entry: Arc::downgrade(&entry),
            query,
            limit: connection.limit_or_default(limit),
            rows: None,
        });
        let full = queue.is_full();
        Ok((entry, full))
    }

    /// Fails everything since the last sync; the server is asked to cancel what is on its way. Somebody else undoes it.
    pub fn give_up(&self, connection: &Connection, error: Error) {
        if self.is_pending() {
            self.queue.lock().fail(error, None);
            if let Ok(mut session) = connection.session().try_lock() {
                session.pipe_give_up();
            }
        }
    }

    /// The first failure since the last sync.
    pub fn failed(&self) -> Option<Failed> {
        self.queue.lock().segment.failed.clone()
    }

    /// Forgets the work since the last sync without ending it; says whether it had failed.
    ///
    /// # Errors
    /// The first failure.
    pub fn forget(&self) -> Result<(), Failed> {
        let segment = std::mem::take(&mut self.queue.lock().segment);
        segment.failed.map_or(Ok(()), Err)
    }
}

impl Queue {
    fn is_full(&self) -> bool {
        self.queued.len() >= BATCH_STATEMENTS || self.batch.len() >= BATCH_BYTES
    }

    /// Everything that has not been answered has failed: the first with this error.
    fn fail(&mut self, error: Error, row: Option<u64>) {
        self.batch = Request::new();
        self.ticket = Arc::default();
        let error = Arc::new(error);
        let mut lost = self.sent.drain(..).chain(self.queued.drain(..));
        let first = lost.next();
        let query = first.as_ref().map(|sent| sent.query.clone());
        if let Some(sent) = first {
            sent.set(Outcome::Failed(error.clone(), row));
        }
        for sent in lost {
            sent.set(Outcome::Aborted);
        }
        self.segment.fail(error, query, row);
    }

    /// Where a statement was cancelled, so are those behind it: nobody waits for what is undone anyway. True where there
    /// were such.
    fn leave_cancelled(&mut self) -> bool {
        let failed = self.segment.failed.as_ref();
        let cancelled = failed.is_some_and(|failed| failed.error.sqlstate() == Some("57014"));
        if !cancelled || !self.segment.is_aborted() || self.sent.is_empty() {
            return false;
        }
        self.ticket = Arc::default();
        for sent in self.sent.drain(..) {
            sent.set(Outcome::Aborted);
        }
        true
    }

    /// What was queued is not sent any more.
    fn abort(&mut self) {
        self.batch = Request::new();
        for queued in self.queued.drain(..) {
            queued.set(Outcome::Aborted);
        }
    }
}
