//! A pool of connections: deadpool's slots and fair queue, and around them a minimum, lifetimes, an idle limit, retries,
//! a limit of waiting callers and statistics.
//!
//! Callers of any kind share it: [`Pool::acquire`] is a future that a blocking thread, an event loop or a Tokio task may
//! poll. It knows nothing of Python.

mod breaker;
mod changes;
mod error;
mod events;
mod lease;
mod maintenance;
mod manager;
mod member;
mod settings;
mod statistics;
mod stock;

use std::future::{poll_fn, Future};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use deadpool::managed::{self, QueueMode};
use parking_lot::Mutex;
use tokio::task::AbortHandle;

pub use changes::{Changes, Restore};
pub use error::PoolError;
pub use events::{Event, EventKind, Events};
pub use lease::Lease;
pub use settings::{Settings, UNLIMITED};
pub use statistics::Statistics;

use crate::config::Config;
use crate::error::Error;
use crate::runtime;
use manager::Manager;
use settings::check_sizes;
use statistics::{add_time, count};
use stock::{Stock, CLOSED, DRAINED};

/// A pool of connections to one server. Clones are the same pool; the last one to be dropped closes it.
#[derive(Clone)]
pub struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    stock: Arc<Stock>,
    slots: managed::Pool<Manager>,
    waiting: AtomicUsize,
    phase: Mutex<Phase>,
}

enum Phase {
    New,
    Open(AbortHandle),
    Closed,
}

impl Pool {
    /// A pool that is not open yet. Fails where the settings contradict each other.
    pub fn new(config: Config, settings: Settings, events: Events) -> Result<Self, Error> {
        settings.check()?;
        let max_size = settings.max_size;
        let stock = Arc::new(Stock::new(config, settings, events));
        let slots = managed::Pool::<Manager>::builder(Manager {
            stock: stock.clone(),
        })
        .max_size(max_size)
        .queue_mode(QueueMode::Fifo)
        .build()
        .map_err(|error| Error::Internal(error.to_string()))?;
        // A new stock has no slots yet.
        drop(stock.idle.set(slots.weak()));
        Ok(Pool {
            shared: Arc::new(Shared {
                stock,
                slots,
                waiting: AtomicUsize::new(0),
                phase: Mutex::new(Phase::New),
            }),
        })
    }

    /// The pool's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.shared.stock.settings.name
    }

    /// Starts connecting in the background. Opening an open pool is no error; a closed one stays closed.
    pub fn open(&self) -> Result<(), PoolError> {
        self.shared.own()?;
        let stock = &self.shared.stock;
        let runtime =
            runtime::shared().map_err(|error| PoolError::Connect(Arc::new(Error::Io(error))))?;
        let mut phase = self.shared.phase.lock();
        match *phase {
            Phase::Open(_) => return Ok(()),
            Phase::Closed => return Err(stock.closed()),
            Phase::New => {}
        }
        let tick = stock.settings.tick();
        let task = runtime.spawn(maintenance::run(Arc::downgrade(&self.shared), tick));
        *phase = Phase::Open(task.abort_handle());
        drop(phase);
        stock.balance();
        Ok(())
    }

    /// True between [`Pool::open`] and [`Pool::close`], in the process that opened it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.shared.own().is_ok() && matches!(*self.shared.phase.lock(), Phase::Open(_))
    }

    /// Fails where nothing can be lent: closed, not open yet, or inherited through a fork.
    pub fn usable(&self) -> Result<(), PoolError> {
        self.shared.own()?;
        let unopened = match *self.shared.phase.lock() {
            Phase::Open(_) => return Ok(()),
            Phase::New => true,
            Phase::Closed => false,
        };
        Err(PoolError::Closed {
            pool: self.name().to_owned(),
            unopened,
        })
    }

    /// Lends a connection, within `limit`; callers are served in the order of their first poll.
    pub async fn acquire(&self, limit: Duration) -> Result<Lease, PoolError> {
        self.usable()?;
        let shared = &self.shared;
        let counters = &shared.stock.counters;
        count(&counters.requests_num);
        let outcome = shared.acquire(limit).await;
        match &outcome {
            Ok(_) => {
                let unused = shared.unused();
                shared.stock.low_water.fetch_min(unused, Ordering::Relaxed);
            }
            Err(_) => count(&counters.requests_errors),
        }
        outcome
    }

    /// Waits until `min_size` connections are there.
    pub async fn wait(&self, limit: Duration) -> Result<(), PoolError> {
        self.usable()?;
        let stock = &self.shared.stock;
        let mut timer = pin!(timer(limit)?);
        let began = Instant::now();
        loop {
            let mut changed = pin!(stock.changed.notified());
            changed.as_mut().enable();
            let levels = stock.levels();
            if stock.is_closed() {
                return Err(stock.closed());
            }
            if levels.live >= levels.min_size {
                return Ok(());
            }
            let timed_out = poll_fn(|context| {
                if changed.as_mut().poll(context).is_ready() {
                    return Poll::Ready(false);
                }
                timer.as_mut().poll(context).map(|()| true)
            })
            .await;
            if timed_out {
                return Err(PoolError::Timeout {
                    pool: self.name().to_owned(),
                    waited: began.elapsed(),
                    cause: stock.last_failure(),
                });
            }
        }
    }

    /// Changes the sizes. Connections above a smaller `max_size` are closed, those that are lent when they come back.
    pub fn resize(&self, min_size: usize, max_size: usize) -> Result<(), Error> {
        check_sizes(min_size, max_size)?;
        let shared = &self.shared;
        shared
            .own()
            .map_err(|error| Error::Interface(error.to_string()))?;
        shared.stock.resize(min_size, max_size);
        shared.slots.resize(max_size);
        shared.stock.prune_ready();
        if !matches!(*shared.phase.lock(), Phase::Open(_)) {
            return Ok(());
        }
        shared.stock.balance();
        Ok(())
    }

    /// Replaces all connections: unused ones at once, lent ones when they come back.
    pub fn drain(&self) -> Result<(), PoolError> {
        self.usable()?;
        let shared = &self.shared;
        shared.stock.begin_epoch();
        let unused = shared.slots.retain(|_, _| false);
        for member in &unused.removed {
            member.condemn(DRAINED);
        }
        drop(unused);
        shared.stock.prune_ready();
        Ok(())
    }

    /// Closes the pool: callers that wait fail, unused connections are closed, lent ones are when they come back. Waits
    /// up to `limit` for attempts to connect to end. Closing twice is no error.
    pub async fn close(&self, limit: Duration) {
        if self.shared.own().is_err() {
            return;
        }
        self.shared.close();
        let stock = &self.shared.stock;
        let Ok(timer) = timer(limit) else { return };
        let mut timer = pin!(timer);
        loop {
            let mut changed = pin!(stock.changed.notified());
            changed.as_mut().enable();
            if !stock.is_connecting() {
                return;
            }
            let timed_out = poll_fn(|context| {
                if changed.as_mut().poll(context).is_ready() {
                    return Poll::Ready(false);
                }
                timer.as_mut().poll(context).map(|()| true)
            })
            .await;
            if timed_out {
                return;
            }
        }
    }

    /// What the pool has done; `take` sets the sums back to zero.
    #[must_use]
    pub fn statistics(&self, take: bool) -> Statistics {
        let mut statistics = Statistics::default();
        if self.shared.own().is_err() {
            return statistics;
        }
        let shared = &self.shared;
        let levels = shared.stock.levels();
        statistics.pool_min = levels.min_size as u64;
        statistics.pool_max = levels.max_size as u64;
        statistics.pool_size = levels.live as u64;
        statistics.pool_available = shared.unused() as u64;
        statistics.requests_waiting = shared.waiting.load(Ordering::Relaxed) as u64;
        shared.stock.counters.read(&mut statistics, take);
        statistics
    }
}

impl Shared {
    fn own(&self) -> Result<(), PoolError> {
        if self.stock.generation == runtime::generation() {
            return Ok(());
        }
        Err(PoolError::Forked {
            pool: self.stock.settings.name.clone(),
        })
    }

    /// Connections that could be lent at once.
    fn unused(&self) -> usize {
        self.slots.status().available + self.stock.levels().ready
    }

    async fn acquire(&self, limit: Duration) -> Result<Lease, PoolError> {
        let mut slot = pin!(self.slots.get());
        // Nothing more is needed where a connection is there.
        if let Poll::Ready(outcome) =
            poll_fn(|context| Poll::Ready(slot.as_mut().poll(context))).await
        {
            return self.lease(outcome);
        }
        let began = Instant::now();
        let waiting = Waiting::enter(self)?;
        let mut timer = pin!(timer(limit)?);
        let outcome = poll_fn(|context| {
            if let Poll::Ready(outcome) = slot.as_mut().poll(context) {
                return Poll::Ready(Some(outcome));
            }
            timer.as_mut().poll(context).map(|()| None)
        })
        .await;
        drop(waiting);
        let waited = began.elapsed();
        add_time(&self.stock.counters.requests_wait_us, waited);
        match outcome {
            Some(outcome) => self.lease(outcome),
            None => Err(PoolError::Timeout {
                pool: self.stock.settings.name.clone(),
                waited,
                cause: self.stock.last_failure(),
            }),
        }
    }

    fn lease(
        &self,
        outcome: Result<managed::Object<Manager>, managed::PoolError<PoolError>>,
    ) -> Result<Lease, PoolError> {
        match outcome {
            Ok(object) => Ok(Lease::new(object, self.stock.clone())),
            Err(managed::PoolError::Backend(error)) => Err(error),
            Err(managed::PoolError::Closed) => Err(self.stock.closed()),
            // deadpool's own timeouts and hooks are not used.
            Err(other) => Err(PoolError::Connect(Arc::new(Error::Internal(
                other.to_string(),
            )))),
        }
    }

    fn close(&self) {
        let before = std::mem::replace(&mut *self.phase.lock(), Phase::Closed);
        if let Phase::Open(maintenance) = before {
            maintenance.abort();
        }
        self.stock.close();
        let unused = self.slots.retain(|_, _| false);
        for member in &unused.removed {
            member.condemn(CLOSED);
        }
        drop(unused);
        self.slots.close();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        if self.own().is_ok() {
            self.close();
        }
    }
}

/// A caller that is counted as waiting.
struct Waiting<'a>(&'a Shared);

impl<'a> Waiting<'a> {
    fn enter(pool: &'a Shared) -> Result<Self, PoolError> {
        let limit = pool.stock.settings.max_waiting;
        let before = pool.waiting.fetch_add(1, Ordering::Relaxed);
        let entered = Waiting(pool);
        if limit > 0 && before >= limit {
            return Err(PoolError::TooManyWaiting {
                pool: pool.stock.settings.name.clone(),
                limit,
            });
        }
        count(&pool.stock.counters.requests_queued);
        Ok(entered)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A timer of the shared runtime, for whoever polls it.
fn timer(limit: Duration) -> Result<tokio::time::Sleep, PoolError> {
    let runtime =
        runtime::shared().map_err(|error| PoolError::Connect(Arc::new(Error::Io(error))))?;
    let _context = runtime.enter();
    Ok(tokio::time::sleep(limit))
}
