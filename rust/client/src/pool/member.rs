//! One connection of a pool, lent or not: it counts for the pool's size until it is dropped, which closes it.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;

use super::stock::{Stock, SMALLER};
use crate::connection::Connection;
use crate::runtime;

/// What a user of the pool keeps with a connection from one loan to the next.
type Kept = Arc<dyn Any + Send + Sync>;

pub(super) struct Member {
    pub connection: Arc<Connection>,
    /// Counts from 1 in every pool.
    pub id: u64,
    pub expires: Instant,
    /// The pool's epoch when it was made: draining begins a new one.
    pub epoch: u64,
    pub idle_since: Instant,
    /// Whether it was lent before.
    pub lent: bool,
    /// Whether the user has prepared it for its first use.
    pub configured: bool,
    /// Whether that changed settings of the session.
    pub own_settings: bool,
    pub kept: Option<Kept>,
    /// Why it is about to be closed.
    pub reason: Mutex<Option<&'static str>>,
    pub stock: Arc<Stock>,
}

impl Member {
    /// Says why it is dropped next.
    pub(super) fn condemn(&self, reason: &'static str) {
        *self.reason.lock() = Some(reason);
    }

    /// It may be lent again after all.
    pub(super) fn pardon(&self) {
        *self.reason.lock() = None;
    }

    pub(super) fn is_condemned(&self) -> bool {
        self.reason.lock().is_some()
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // The parent of a forked process still uses the socket, and its locks may be held for ever.
        if self.stock.generation != runtime::generation() {
            return;
        }
        self.connection.close_now();
        // What deadpool drops by itself is above `max_size`.
        let reason = self.reason.lock().unwrap_or(SMALLER);
        self.stock.gone(self.id, reason);
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("id", &self.id).finish()
    }
}
