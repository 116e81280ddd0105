//! Who runs an `executemany` that holds the connection, and what this caller may do on it meanwhile.
//!
//! In autocommit all others wait until it has ended. What its own rows come from cannot wait for that: such statements run
//! as a part of it, and what would end or open a transaction there is refused.

use std::thread::{current, ThreadId};

use pyo3::prelude::*;

use super::Link;
use crate::errors;

/// A thread, and the task of the event loop that runs on it.
#[derive(Debug, PartialEq, Eq)]
struct Caller {
    thread: ThreadId,
    task: usize,
}

impl Caller {
    fn now(py: Python<'_>) -> Self {
        let task = py
            .import("asyncio")
            .and_then(|asyncio| asyncio.call_method0("current_task"));
        Caller {
            thread: current().id(),
            // Without an event loop there is no task.
            task: task.map_or(0, |task| task.as_ptr() as usize),
        }
    }
}

/// The `executemany` that this link runs, by its number.
#[derive(Debug, Default)]
pub struct Holding(parking_lot::Mutex<Option<(u64, Caller)>>);

impl Link {
    /// An `executemany` of this number begins, called by whoever calls this.
    pub fn executes_many(&self, py: Python<'_>, number: u64) {
        if number != 0 {
            *self.holding.0.lock() = Some((number, Caller::now(py)));
        }
    }

    /// The number of the `executemany` that the caller is inside of; 0 where there is none that holds the connection.
    #[inline]
    pub fn joined(&self, py: Python<'_>) -> u64 {
        match self.connection.holder() {
            0 => 0,
            number => {
                let caller = Caller::now(py);
                let inside =
                    matches!(&*self.holding.0.lock(), Some(known) if *known == (number, caller));
                u64::from(inside) * number
            }
        }
    }

    /// Refuses what would wait for the `executemany` that waits for it.
    pub fn outside_many(&self, py: Python<'_>) -> PyResult<()> {
        if self.joined(py) == 0 {
            return Ok(());
        }
        Err(errors::programming(
            py,
            "executemany() in autocommit is under way: what its rows come from can only execute statements on this \
             connection",
        ))
    }
}
