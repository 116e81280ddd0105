//! Holding a connection over several requests: between two of them only the holder may send.
//!
//! Must not know: sessions, requests, why somebody holds.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::futures::Notified;
use tokio::sync::Notify;

/// Nobody, or one who may go on while all others wait. Holders are numbers from 1 on.
#[derive(Debug, Default)]
pub(crate) struct Hold {
    holder: AtomicU64,
    numbers: AtomicU64,
    freed: Notify,
}

impl Hold {
    /// A number for somebody who wants to hold.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Who holds, 0 for nobody.
    pub(crate) fn holder(&self) -> u64 {
        self.holder.load(Ordering::Acquire)
    }

    /// To be called by one who has the connection's lock.
    pub(crate) fn take(&self, number: u64) {
        self.holder.store(number, Ordering::Release);
    }

    /// Ends the hold of `number`, if it holds.
    pub(crate) fn let_go(&self, number: u64) {
        let ended = self
            .holder
            .compare_exchange(number, 0, Ordering::AcqRel, Ordering::Relaxed);
        if ended.is_ok() && number != 0 {
            self.freed.notify_waiters();
        }
    }

    /// What `number` has to wait for; `None` where it may go on. To be called with the connection's lock, and to be
    /// awaited without it.
    pub(crate) fn against(&self, number: u64) -> Option<Notified<'_>> {
        if self.may(number) {
            return None;
        }
        // Made before the second look, so that an end in between is not missed.
        let freed = self.freed.notified();
        (!self.may(number)).then_some(freed)
    }

    fn may(&self, number: u64) -> bool {
        let holder = self.holder();
        holder == 0 || holder == number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_others_wait_until_the_holder_lets_go() {
        let hold = Hold::default();
        let (one, other) = (hold.number(), hold.number());
        hold.take(one);
        assert!(hold.against(one).is_none());
        let waiting = hold.against(other).unwrap();
        hold.let_go(other);
        assert!(hold.against(0).is_some(), "it was not the holder");
        hold.let_go(one);
        waiting.await;
        assert!(hold.against(other).is_none());
        assert_eq!(hold.holder(), 0);
    }
}
