//! What a pool is told when it is made. No behaviour.

use std::time::Duration;

use crate::error::Error;

/// The most connections of a pool without a limit of its own; more than a server accepts.
pub const UNLIMITED: usize = 16_384;

/// The limits and times of a pool.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Settings {
    /// Shown in events and errors.
    pub name: String,
    /// Connections kept, used or not.
    pub min_size: usize,
    /// Connections at most.
    pub max_size: usize,
    /// Callers that may wait at once; 0 is no limit.
    pub max_waiting: usize,
    /// A connection older than this, less up to a tenth, is replaced.
    pub max_lifetime: Duration,
    /// Connections above `min_size` that were not needed for so long are closed.
    pub max_idle: Duration,
    /// How long one new connection is tried for before the pool waits for the next demand.
    pub reconnect_timeout: Duration,
    /// A connection unused for this long is asked for a sign of life before it is lent.
    pub ping_after: Duration,
    /// False where every connection is closed after its use, unless somebody waits for it.
    pub keep_idle: bool,
    /// Failed attempts in a row after which the pool stops trying for `breaker_pause`; 0 is never.
    pub breaker_failures: u32,
    /// How long the pool refuses to connect after `breaker_failures`.
    pub breaker_pause: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            name: String::new(),
            min_size: 4,
            max_size: 4,
            max_waiting: 0,
            max_lifetime: Duration::from_secs(3600),
            max_idle: Duration::from_secs(600),
            reconnect_timeout: Duration::from_secs(300),
            ping_after: Duration::from_secs(30),
            keep_idle: true,
            breaker_failures: 0,
            breaker_pause: Duration::from_secs(30),
        }
    }
}

impl Settings {
    /// Fails where the sizes contradict each other.
    pub fn check(&self) -> Result<(), Error> {
        check_sizes(self.min_size, self.max_size)
    }

    /// How often the pool looks after its connections.
    pub(super) fn tick(&self) -> Duration {
        let shortest = self.max_idle.min(self.max_lifetime).min(self.ping_after) / 4;
        shortest.clamp(Duration::from_millis(50), Duration::from_secs(2))
    }
}

pub(super) fn check_sizes(min_size: usize, max_size: usize) -> Result<(), Error> {
    if max_size == 0 || max_size > UNLIMITED {
        return Err(Error::Config(format!(
            "max_size: {max_size} is not between 1 and {UNLIMITED}"
        )));
    }
    if min_size > max_size {
        return Err(Error::Config(format!(
            "min_size: {min_size} is more than max_size {max_size}"
        )));
    }
    Ok(())
}
