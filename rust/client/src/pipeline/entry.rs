//! A statement in a pipeline, and what became of it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;

use super::rows::Chunk;
use crate::error::Error;
use crate::many::Tally;
use crate::rows::ResultSet;
use crate::sql::ParsedQuery;

/// What became of a statement.
#[derive(Debug)]
pub enum Outcome {
    /// It was carried out.
    Results(Vec<ResultSet>),
    /// Its executions, all of them, were carried out.
    Many(Vec<ResultSet>, Tally),
    /// It failed; an execution of many has a number, from 0.
    Failed(Arc<Error>, Option<u64>),
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
    pub(super) fn new(query: Arc<ParsedQuery>) -> Self {
        Entry {
            query,
            outcome: Mutex::default(),
        }
    }

    /// The statement.
    pub fn query(&self) -> &Arc<ParsedQuery> {
        &self.query
    }

    /// Whether it is known what became of it, and nobody has taken it.
    pub fn is_answered(&self) -> bool {
        self.outcome.lock().is_some()
    }

    /// Whether it succeeded.
    pub fn has_succeeded(&self) -> bool {
        let outcome = self.outcome.lock();
        matches!(*outcome, Some(Outcome::Results(_) | Outcome::Many(..)))
    }

    /// What became of it, once.
    pub fn take(&self) -> Option<Outcome> {
        self.outcome.lock().take()
    }

    pub(super) fn set(&self, outcome: Outcome) {
        *self.outcome.lock() = Some(outcome);
    }

    /// [`Entry::set`] where nothing is known yet.
    pub(super) fn set_once(&self, outcome: Outcome) {
        self.outcome.lock().get_or_insert(outcome);
    }
}

/// What waits for one READY.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) entry: Weak<Entry>,
    pub(super) query: Arc<ParsedQuery>,
    pub(super) limit: Option<Duration>,
    /// Where it is some executions of many.
    pub(super) rows: Option<Chunk>,
}

impl Sent {
    pub(super) fn set(&self, outcome: Outcome) {
        if let Some(entry) = self.entry.upgrade() {
            entry.set_once(outcome);
        }
    }
}
