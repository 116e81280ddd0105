//! The counters of a pool, under the names that users of other pools know.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Sums since the pool was made, or since they were taken.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub requests_num: AtomicU64,
    pub requests_queued: AtomicU64,
    pub requests_wait_us: AtomicU64,
    pub requests_errors: AtomicU64,
    pub usage_us: AtomicU64,
    pub returns_bad: AtomicU64,
    pub connections_num: AtomicU64,
    pub connections_us: AtomicU64,
    pub connections_errors: AtomicU64,
    pub connections_lost: AtomicU64,
}

pub(super) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

pub(super) fn add_time(counter: &AtomicU64, time: Duration) {
    let microseconds = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    counter.fetch_add(microseconds, Ordering::Relaxed);
}

/// A snapshot of a pool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// `min_size`.
    pub pool_min: u64,
    /// `max_size`.
    pub pool_max: u64,
    /// Connections, lent or not.
    pub pool_size: u64,
    /// Connections that are not lent.
    pub pool_available: u64,
    /// Callers that wait.
    pub requests_waiting: u64,
    /// Callers that asked for a connection.
    pub requests_num: u64,
    /// Callers that had to wait.
    pub requests_queued: u64,
    /// The time they waited, together.
    pub requests_wait_ms: u64,
    /// Callers that got no connection.
    pub requests_errors: u64,
    /// The time connections were lent, together.
    pub usage_ms: u64,
    /// Connections that came back unusable.
    pub returns_bad: u64,
    /// Attempts to connect.
    pub connections_num: u64,
    /// The time they took, together.
    pub connections_ms: u64,
    /// Attempts that failed.
    pub connections_errors: u64,
    /// Connections that were found to be lost while nobody used them.
    pub connections_lost: u64,
}

impl Statistics {
    /// Names and values, in a fixed order.
    #[must_use]
    pub fn entries(&self) -> [(&'static str, u64); 15] {
        [
            ("pool_min", self.pool_min),
            ("pool_max", self.pool_max),
            ("pool_size", self.pool_size),
            ("pool_available", self.pool_available),
            ("requests_waiting", self.requests_waiting),
            ("requests_num", self.requests_num),
            ("requests_queued", self.requests_queued),
            ("requests_wait_ms", self.requests_wait_ms),
            ("requests_errors", self.requests_errors),
            ("usage_ms", self.usage_ms),
            ("returns_bad", self.returns_bad),
            ("connections_num", self.connections_num),
            ("connections_ms", self.connections_ms),
            ("connections_errors", self.connections_errors),
            ("connections_lost", self.connections_lost),
        ]
    }
}

impl Counters {
    /// Writes the sums into `statistics`; `take` sets them back to zero.
    pub(super) fn read(&self, statistics: &mut Statistics, take: bool) {
        let value = |counter: &AtomicU64| {
            if take {
                counter.swap(0, Ordering::Relaxed)
            } else {
                counter.load(Ordering::Relaxed)
            }
        };
        statistics.requests_num = value(&self.requests_num);
        statistics.requests_queued = value(&self.requests_queued);
        statistics.requests_wait_ms = value(&self.requests_wait_us) / 1000;
        statistics.requests_errors = value(&self.requests_errors);
        statistics.usage_ms = value(&self.usage_us) / 1000;
        statistics.returns_bad = value(&self.returns_bad);
        statistics.connections_num = value(&self.connections_num);
        statistics.connections_ms = value(&self.connections_us) / 1000;
        statistics.connections_errors = value(&self.connections_errors);
        statistics.connections_lost = value(&self.connections_lost);
    }
}
