//! `executemany` in a pipeline: the executions of one statement, queued in chunks that have one READY each.
//!
//! Executions travel row by row, never as array BIND: an error then names its row, and nothing has to be sent again.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

use super::entry::{Entry, Outcome, Sent};
use super::Pipeline;
use crate::connection::{Connection, Statement};
use crate::error::Error;
use crate::execution::Execution;
use crate::many::{self, Gathered};
use crate::profile::Profile;
use crate::request::{Parameters, Repeated};
use crate::sql::ParsedQuery;

/// Executions with one READY, at most.
const CHUNK_ROWS: usize = 1000;
const CHUNK_BYTES: usize = 256 * 1024;

/// Many executions of one statement, on their way into a pipeline.
#[derive(Debug)]
pub struct Rows {
    entry: Arc<Entry>,
    gathered: Arc<Mutex<Gathered>>,
    returning: bool,
    autocommit: bool,
    limit: Option<Duration>,
    waiting: Vec<Parameters>,
    bytes: usize,
    /// Rows queued before them.
    queued: u64,
}

/// Some of the executions.
#[derive(Debug)]
pub(super) struct Chunk {
    gathered: Arc<Mutex<Gathered>>,
    first: u64,
    count: usize,
    is_last: bool,
}

impl Rows {
    /// No row yet. `returning` keeps the results of all.
    pub fn new(
        connection: &Connection,
        query: Arc<ParsedQuery>,
        returning: bool,
        autocommit: bool,
        limit: Option<Duration>,
    ) -> Self {
        Rows {
            entry: Arc::new(Entry::new(query)),
            gathered: Arc::new(Mutex::new(Gathered::new(returning))),
            returning,
            autocommit,
            limit: connection.limit_or_default(limit),
            waiting: Vec::new(),
            bytes: 0,
            queued: 0,
        }
    }

    /// What becomes of all of them.
    pub fn entry(&self) -> &Arc<Entry> {
        &self.entry
    }

    /// The number of the next row, from 0.
    pub fn next_row(&self) -> u64 {
        self.queued + self.waiting.len() as u64
    }

    /// Whether some have been queued, which only the pipeline can undo.
    pub fn is_begun(&self) -> bool {
        self.queued > 0
    }

    /// Adds the values of one row.
    ///
    /// # Errors
    /// `Data` for a value that this server would damage.
    pub fn push(&mut self, connection: &Connection, values: Parameters) -> Result<(), Error> {
        connection.inspect(&values)?;
        self.bytes += values.encoded_len();
        self.waiting.push(values);
        Ok(())
    }

    /// Whether it is time for [`Rows::queue`].
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= CHUNK_ROWS || self.bytes >= CHUNK_BYTES
    }

    /// Queues what has been added. Says whether it is time for [`Pipeline::advance`].
    ///
    /// # Errors
    /// As [`Connection::prepare`].
    pub fn queue(
        &mut self,
        connection: &Connection,
        pipeline: &Pipeline,
        is_last: bool,
    ) -> Result<bool, Error> {
        self.bytes = 0;
        let rows = std::mem::take(&mut self.waiting);
        let mut queue = pipeline.queue.lock();
        if queue.segment.is_aborted() {
            self.entry.set_once(Outcome::Aborted);
            return Ok(false);
        }
        let query = self.entry.query();
        let before = queue.batch.mark();
        let mut added = Ok(());
        let mut repeated = Repeated::default();
        for values in &rows {
            let statement = Statement::of(query, Some(values), false);
            added = connection.append(&mut queue.batch, &statement, &mut repeated, self.returning);
            if added.is_err() {
                break;
            }
        }
        if let Err(error) = added.and_then(|()| queue.batch.sync().map(drop)) {
            queue.batch.cut_back(before);
            return Err(error);
        }
        queue.autocommit = self.autocommit;
        queue.queued.push(Sent {
            entry: Arc::downgrade(&self.entry),
            query: query.clone(),
            // One time limit for all rows.
            limit: self.limit.map(|limit| match self.queued {
                0 => limit,
                _ => Duration::ZERO,
            }),
            rows: Some(Chunk {
                gathered: self.gathered.clone(),
                first: self.queued,
                count: rows.len(),
                is_last,
            }),
        });
        self.queued += rows.len() as u64;
        Ok(queue.is_full())
    }

    /// No more rows come, because of this error: those that have been queued must not stay.
    pub fn abort(self, pipeline: &Pipeline, error: Error) {
        if self.is_begun() {
            let row = self.next_row();
            let mut queue = pipeline.queue.lock();
            let error = Arc::new(error);
            let query = self.entry.query().clone();
            queue.segment.fail(error, Some(query), Some(row));
            queue.abort();
        }
    }
}

impl Chunk {
    /// What the answer brought; `None` where more of the executions are to come.
    pub(super) fn take(
        self,
        answer: Execution,
        profile: &Profile,
        query: &ParsedQuery,
    ) -> Result<Option<Outcome>, (Error, Option<u64>)> {
        let mut gathered = self.gathered.lock();
        many::examine(answer, profile, query, self.count, &mut gathered)
            .map_err(|(error, row)| (error, row.map(|row| self.first + row)))?;
        if !self.is_last {
            return Ok(None);
        }
        let (results, tally) = std::mem::take(&mut *gathered).finish();
        Ok(Some(Outcome::Many(results, tally)))
    }
}
