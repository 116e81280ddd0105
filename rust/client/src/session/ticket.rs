//! What ties a conversation of many calls to whoever drives it: a COPY, a stream of rows.

use std::sync::atomic::{AtomicBool, Ordering};

/// Held by the session and by the conversation's driver. Once given up, the session need not wait for more calls.
#[derive(Debug, Default)]
pub(crate) struct Ticket {
    given_up: AtomicBool,
}

impl Ticket {
    pub(crate) fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }
}
