//! What happens in the background of pools, for whoever writes a log. No secrets are in it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

/// Events kept for a reader that is slow.
const KEPT: usize = 10_000;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventKind {
    /// A connection was made.
    Created,
    /// A connection was taken out of the pool and closed.
    Pruned,
    /// An attempt to connect failed.
    Failed,
}

/// Something that happened in a pool.
#[derive(Debug, Clone)]
pub struct Event {
    /// What.
    pub kind: EventKind,
    /// The pool's name.
    pub pool: String,
    /// The connection's number in its pool, `None` where there is none.
    pub connection: Option<u64>,
    /// How long it took, why it happened.
    pub detail: String,
    /// How long the making of a connection took.
    pub took: Option<Duration>,
}

/// A queue of events, of one pool or of several. Clones are the same queue.
#[derive(Debug, Clone, Default)]
pub struct Events(Arc<Queue>);

#[derive(Debug, Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    events: VecDeque<Event>,
    /// Nobody reads any more.
    closed: bool,
}

impl Events {
    pub(super) fn push(&self, event: Event) {
        let mut state = self.0.state.lock();
        if state.closed {
            return;
        }
        if state.events.len() == KEPT {
            state.events.pop_front();
        }
        state.events.push_back(event);
        drop(state);
        self.0.changed.notify_all();
    }

    /// Takes what has happened; waits up to `limit` for something. `None` once [`Events::close`] was called and all is
    /// taken.
    #[must_use]
    pub fn take(&self, limit: Duration) -> Option<Vec<Event>> {
        let until = Instant::now() + limit;
        let mut state = self.0.state.lock();
        while state.events.is_empty() && !state.closed {
            if self.0.changed.wait_until(&mut state, until).timed_out() {
                break;
            }
        }
        if state.events.is_empty() && state.closed {
            return None;
        }
        Some(state.events.drain(..).collect())
    }

    /// Ends the queue: a waiting reader is woken, later events are dropped.
    pub fn close(&self) {
        self.0.state.lock().closed = true;
        self.0.changed.notify_all();
    }
}
