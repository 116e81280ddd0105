//! Every way a pool can fail its caller.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::error::Error;

/// Why a pool has no connection to lend.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PoolError {
    /// The deadline passed.
    Timeout {
        /// The pool's name.
        pool: String,
        /// How long the caller waited.
        waited: Duration,
        /// Why the last attempt to connect failed, if that is what keeps the pool empty.
        cause: Option<Arc<Error>>,
    },
    /// As many callers wait as may.
    TooManyWaiting {
        /// The pool's name.
        pool: String,
        /// `max_waiting`.
        limit: usize,
    },
    /// The pool is closed, was closed while the caller waited, or was never opened.
    Closed {
        /// The pool's name.
        pool: String,
        /// True before the pool was opened.
        unopened: bool,
    },
    /// Too many attempts to connect have failed in a row.
    CircuitOpen {
        /// The pool's name.
        pool: String,
        /// Until the next attempt.
        pause: Duration,
        /// The last failure.
        cause: Option<Arc<Error>>,
    },
    /// The server refused the connection in a way that waiting does not change.
    Connect(Arc<Error>),
    /// The pool belongs to the parent of this process.
    Forked {
        /// The pool's name.
        pool: String,
    },
}

impl PoolError {
    /// The failure to connect that explains this one.
    #[must_use]
    pub fn cause(&self) -> Option<&Arc<Error>> {
        match self {
            Self::Timeout { cause, .. } | Self::CircuitOpen { cause, .. } => cause.as_ref(),
            Self::Connect(cause) => Some(cause),
            _ => None,
        }
    }
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Timeout {
                pool,
                waited,
                cause,
            } => {
                write!(
                    f,
                    "the pool {pool:?} had no connection within {:.2} s",
                    waited.as_secs_f64()
                )?;
                match cause {
                    Some(cause) => write!(f, "; the last attempt to connect failed: {cause}"),
                    None => Ok(()),
                }
            }
            Self::TooManyWaiting { pool, limit } => write!(
                f,
                "the pool {pool:?} has {limit} callers waiting already (max_waiting)"
            ),
            Self::Closed {
                pool,
                unopened: true,
            } => {
                write!(f, "the pool {pool:?} is not open yet")
            }
            Self::Closed { pool, .. } => write!(f, "the pool {pool:?} is closed"),
            Self::CircuitOpen { pool, pause, cause } => {
                write!(
                    f,
                    "the pool {pool:?} does not try to connect for another {:.2} s, after too many failures",
                    pause.as_secs_f64()
                )?;
                match cause {
                    Some(cause) => write!(f, "; the last one: {cause}"),
                    None => Ok(()),
                }
            }
            Self::Connect(cause) => fmt::Display::fmt(cause, f),
            Self::Forked { pool } => write!(
                f,
                "the pool {pool:?} belongs to the parent process: a forked child opens its own"
            ),
        }
    }
}

impl std::error::Error for PoolError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause().map(|cause| cause.as_ref() as _)
    }
}
