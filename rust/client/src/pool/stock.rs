//! How connections come into a pool: who waits for a new one, and how many there may be.
//!
//! deadpool keeps the connections that have been used and the order of those who wait for a turn; what it has no idea of
//! is here: a minimum, attempts that outlive the caller who asked, retries, and that a caller who waits for a new
//! connection is content with one that comes back.

mod attempts;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::{oneshot, Notify};
use tokio::task::AbortHandle;

use super::breaker::Breaker;
use super::error::PoolError;
use super::events::{Event, EventKind, Events};
use super::manager::Manager;
use super::member::Member;
use super::settings::Settings;
use super::statistics::Counters;
use crate::config::Config;
use crate::error::Error;
use crate::runtime;

pub(super) const LOST: &str = "the connection is lost";
pub(super) const CLOSED: &str = "the pool is closed";
pub(super) const DRAINED: &str = "the pool was drained";
pub(super) const SMALLER: &str = "the pool has become smaller";

/// A caller who waits for a connection.
pub(super) type Waiter = oneshot::Sender<Result<Member, PoolError>>;

pub(super) struct Stock {
    pub config: Config,
    pub settings: Settings,
    pub counters: Counters,
    pub events: Events,
    pub generation: u32,
    /// The fewest unused connections seen since the maintenance last looked.
    pub low_water: AtomicUsize,
    /// Where used connections wait for their next loan.
    pub idle: OnceLock<deadpool::managed::WeakPool<Manager>>,
    /// Something changed that [`super::Pool::wait`] or [`super::Pool::close`] may wait for.
    pub changed: Notify,
    next_id: AtomicU64,
    state: Mutex<State>,
}

struct State {
    closed: bool,
    min_size: usize,
    max_size: usize,
    epoch: u64,
    /// Connections that exist.
    live: usize,
    /// Attempts on their way; each will be one connection or none.
    connecting: usize,
    /// New connections that nobody waited for.
    ready: VecDeque<Member>,
    waiting: VecDeque<Waiter>,
    attempts: Vec<AbortHandle>,
    last_failure: Option<Arc<Error>>,
    refill_after: Option<Instant>,
    breaker: Breaker,
}

impl State {
    /// Counts the attempts that are to be started now, and says how many.
    fn reserve(&mut self, now: Instant) -> usize {
        if self.closed || self.breaker.pause(now).is_some() {
            return 0;
        }
        let coming = self.live + self.connecting;
        let for_callers = self.waiting.len().saturating_sub(self.connecting);
        let refills = self.refill_after.is_none_or(|after| now >= after);
        let for_minimum = if refills {
            self.min_size.saturating_sub(coming)
        } else {
            0
        };
        let room = self.max_size.saturating_sub(coming);
        let mut wanted = for_callers.max(for_minimum).min(room);
        if self.breaker.is_half_open(now) {
            wanted = wanted.min(1usize.saturating_sub(self.connecting));
        }
        self.connecting += wanted;
        wanted
    }
}

/// What the pool knows without looking into deadpool.
pub(super) struct Levels {
    pub min_size: usize,
    pub max_size: usize,
    pub live: usize,
    pub ready: usize,
}

impl Stock {
    pub(super) fn new(config: Config, settings: Settings, events: Events) -> Self {
        Stock {
            state: Mutex::new(State {
                closed: false,
                min_size: settings.min_size,
                max_size: settings.max_size,
                epoch: 0,
                live: 0,
                connecting: 0,
                ready: VecDeque::new(),
                waiting: VecDeque::new(),
                attempts: Vec::new(),
                last_failure: None,
                refill_after: None,
                breaker: Breaker::new(settings.breaker_failures, settings.breaker_pause),
            }),
            config,
            settings,
            counters: Counters::default(),
            events,
            generation: runtime::generation(),
            low_water: AtomicUsize::new(0),
            idle: OnceLock::new(),
            changed: Notify::new(),
            next_id: AtomicU64::new(1),
        }
    }

    pub(super) fn levels(&self) -> Levels {
        let state = self.state.lock();
        Levels {
            min_size: state.min_size,
            max_size: state.max_size,
            live: state.live,
            ready: state.ready.len(),
        }
    }

    pub(super) fn last_failure(&self) -> Option<Arc<Error>> {
        self.state.lock().last_failure.clone()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.state.lock().closed
    }

    /// A connection that is ready, or a place in the queue for the next.
    pub(super) fn ask(
        self: &Arc<Self>,
    ) -> Result<Result<Member, oneshot::Receiver<Result<Member, PoolError>>>, PoolError> {
        let now = Instant::now();
        let mut state = self.state.lock();
        if state.closed {
            return Err(self.closed());
        }
        if let Some(member) = state.ready.pop_front() {
            return Ok(Ok(member));
        }
        if let Some(pause) = state.breaker.pause(now) {
            return Err(PoolError::CircuitOpen {
                pool: self.settings.name.clone(),
                pause,
                cause: state.last_failure.clone(),
            });
        }
        let (sender, receiver) = oneshot::channel();
        state.waiting.push_back(sender);
        drop(state);
        self.balance();
        self.match_waiting();
        Ok(Err(receiver))
    }

    /// Forgets callers who have gone.
    pub(super) fn forget_gone_waiters(&self) {
        self.state
            .lock()
            .waiting
            .retain(|waiter| !waiter.is_closed());
    }

    /// The caller who has waited for longest; whoever calls this gives it a connection.
    pub(super) fn next_waiter(&self) -> Option<Waiter> {
        self.state.lock().waiting.pop_front()
    }

    /// Gives a connection to a caller, or to the next where that one has gone.
    pub(super) fn hand(&self, member: Member, waiter: Waiter) {
        if let Err(Ok(member)) = waiter.send(Ok(member)) {
            self.deliver(member);
        }
    }

    /// Gives a connection to whoever has waited for longest, or keeps it ready. No lock is held while a caller is woken.
    pub(super) fn deliver(&self, mut member: Member) {
        loop {
            let waiter = {
                let mut state = self.state.lock();
                match state.waiting.pop_front() {
                    Some(waiter) => waiter,
                    None if state.closed => {
                        drop(state);
                        return drop(member);
                    }
                    None => return state.ready.push_back(member),
                }
            };
            match waiter.send(Ok(member)) {
                Err(Ok(back)) => member = back,
                _ => return,
            }
        }
    }

    /// Gives unused connections to those who wait for new ones: one may have come back while they queued.
    pub(super) fn match_waiting(&self) {
        while !self.state.lock().waiting.is_empty() {
            let Some(idle) = self.idle.get().and_then(|idle| idle.upgrade()) else {
                return;
            };
            let mut taken = false;
            let found = idle.retain(|_, _| std::mem::replace(&mut taken, true));
            match found.removed.into_iter().next() {
                Some(member) => self.deliver(member),
                None => return,
            }
        }
    }

    fn fail_waiting(&self, error: &PoolError) {
        let waiting = std::mem::take(&mut self.state.lock().waiting);
        for waiter in waiting {
            // Who has gone meanwhile needs no answer.
            drop(waiter.send(Err(error.clone())));
        }
    }

    pub(super) fn closed(&self) -> PoolError {
        PoolError::Closed {
            pool: self.settings.name.clone(),
            unopened: false,
        }
    }

    /// A connection has been closed: its place is free.
    pub(super) fn gone(self: &Arc<Self>, id: u64, reason: &str) {
        self.event(EventKind::Pruned, Some(id), reason.to_owned(), None);
        {
            let mut state = self.state.lock();
            state.live = state.live.saturating_sub(1);
        }
        self.balance();
        self.changed.notify_waiters();
    }

    /// Why a connection must not be used again; `None` where it may.
    pub(super) fn objection(&self, member: &Member) -> Option<&'static str> {
        if member.connection.is_closed() {
            return Some(LOST);
        }
        if Instant::now() >= member.expires {
            return Some("max_lifetime");
        }
        if member.connection.is_departing() {
            return Some("its server announced a failover");
        }
        let state = self.state.lock();
        if state.closed {
            return Some(CLOSED);
        }
        if member.epoch != state.epoch {
            return Some(DRAINED);
        }
        if state.live > state.max_size {
            return Some(SMALLER);
        }
        None
    }

    /// Takes out the new connections that nobody waited for.
    pub(super) fn take_ready(&self) -> VecDeque<Member> {
        std::mem::take(&mut self.state.lock().ready)
    }

    /// Closes the new connections that must not be lent any more.
    pub(super) fn prune_ready(&self) {
        for member in self.take_ready() {
            match self.objection(&member) {
                Some(reason) => {
                    member.condemn(reason);
                    drop(member);
                }
                None => self.deliver(member),
            }
        }
    }

    /// From now on connections made before are not used again.
    pub(super) fn begin_epoch(&self) {
        self.state.lock().epoch += 1;
    }

    pub(super) fn resize(&self, min_size: usize, max_size: usize) {
        let mut state = self.state.lock();
        state.min_size = min_size;
        state.max_size = max_size;
        state.refill_after = None;
    }

    /// Ends all attempts and all waiting; unused new connections are closed.
    pub(super) fn close(&self) {
        let (attempts, waiting, ready) = {
            let mut state = self.state.lock();
            state.closed = true;
            (
                std::mem::take(&mut state.attempts),
                std::mem::take(&mut state.waiting),
                std::mem::take(&mut state.ready),
            )
        };
        for attempt in attempts {
            attempt.abort();
        }
        for waiter in waiting {
            drop(waiter.send(Err(self.closed())));
        }
        for member in &ready {
            member.condemn(CLOSED);
        }
        drop(ready);
    }

    /// True while attempts are on their way.
    pub(super) fn is_connecting(&self) -> bool {
        self.state.lock().connecting > 0
    }

    fn event(
        &self,
        kind: EventKind,
        connection: Option<u64>,
        detail: String,
        took: Option<Duration>,
    ) {
        self.events.push(Event {
            kind,
            pool: self.settings.name.clone(),
            connection,
            detail,
            took,
        });
    }
}
