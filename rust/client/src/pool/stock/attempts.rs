//! Attempts to connect: when they are started, what becomes of them, and when they are repeated.

use std::sync::atomic::Ordering;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::Stock;
use crate::connection::Connection;
use crate::error::Error;
use crate::pool::error::PoolError;
use crate::pool::events::EventKind;
use crate::pool::member::Member;
use crate::pool::statistics::{add_time, count};
use crate::runtime;

const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// After a failure that waiting does not change, the minimum is not filled up again for a while.
const REFILL_PAUSE: Duration = Duration::from_secs(30);

impl Stock {
    /// Starts the attempts that callers and the minimum ask for.
    pub(in crate::pool) fn balance(self: &Arc<Self>) {
        let wanted = self.state.lock().reserve(Instant::now());
        for _ in 0..wanted {
            let reserved = Reserved(Some(self.clone()));
            let runtime = match runtime::shared() {
                Ok(runtime) => runtime,
                Err(error) => {
                    let error = Arc::new(Error::Io(error));
                    self.fail_waiting(&PoolError::Connect(error));
                    return;
                }
            };
            let task = runtime.spawn(connect(reserved));
            let mut state = self.state.lock();
            state.attempts.retain(|attempt| !attempt.is_finished());
            state.attempts.push(task.abort_handle());
            if state.closed {
                task.abort();
            }
        }
    }

    /// Takes a new connection in.
    fn arrived(self: &Arc<Self>, connection: Connection, took: Duration) {
        let now = Instant::now();
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let lifetime = shortened(self.settings.max_lifetime);
        let (epoch, welcome) = {
            let mut state = self.state.lock();
            state.connecting -= 1;
            state.live += 1;
            state.breaker.success();
            state.last_failure = None;
            state.refill_after = None;
            let room = state.live + state.connecting <= state.max_size;
            (state.epoch, room && !state.closed)
        };
        let member = Member {
            connection: Arc::new(connection),
            id,
            expires: now
                .checked_add(lifetime)
                .unwrap_or(now + Duration::from_secs(1 << 30)),
            epoch,
            idle_since: now,
            lent: false,
            configured: false,
            own_settings: false,
            kept: None,
            reason: Mutex::new(None),
            stock: self.clone(),
        };
        self.event(
            EventKind::Created,
            Some(id),
            format!("in {:.1} ms", took.as_secs_f64() * 1e3),
            Some(took),
        );
        if welcome {
            self.deliver(member);
        } else {
            drop(member);
        }
        self.changed.notify_waiters();
    }

    /// Counts a failed attempt; true where it is to be repeated.
    fn failed(&self, error: Error, first: Instant) -> bool {
        let now = Instant::now();
        let temporary = error.is_temporary();
        self.event(EventKind::Failed, None, error.to_string(), None);
        count(&self.counters.connections_errors);
        let error = Arc::new(error);
        let verdict = {
            let mut state = self.state.lock();
            state.last_failure = Some(error.clone());
            if state.closed {
                return false;
            }
            if state.breaker.failure(now) {
                Err(PoolError::CircuitOpen {
                    pool: self.settings.name.clone(),
                    pause: self.settings.breaker_pause,
                    cause: Some(error),
                })
            } else if !temporary || now - first >= self.settings.reconnect_timeout {
                state.refill_after = Some(now + REFILL_PAUSE);
                Err(PoolError::Connect(error))
            } else {
                let for_callers = state.waiting.len() >= state.connecting;
                let for_minimum = state.live + state.connecting <= state.min_size;
                Ok((for_callers || for_minimum) && state.breaker.pause(now).is_none())
            }
        };
        verdict.unwrap_or_else(|error| {
            self.fail_waiting(&error);
            false
        })
    }
}

/// An attempt that is counted; dropped, it is not any more.
struct Reserved(Option<Arc<Stock>>);

impl Drop for Reserved {
    fn drop(&mut self) {
        if let Some(stock) = self.0.take() {
            {
                let mut state = stock.state.lock();
                state.connecting = state.connecting.saturating_sub(1);
            }
            stock.balance();
            stock.changed.notify_waiters();
        }
    }
}

/// Connects, again and again where that may help.
async fn connect(mut reserved: Reserved) {
    let Some(stock) = reserved.0.clone() else {
        return;
    };
    let first = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let began = Instant::now();
        count(&stock.counters.connections_num);
        let outcome = Connection::connect(&stock.config).await;
        let took = began.elapsed();
        add_time(&stock.counters.connections_us, took);
        match outcome {
            Ok(connection) => {
                reserved.0 = None;
                return stock.arrived(connection, took);
            }
            Err(error) => {
                if !stock.failed(error, first) {
                    return;
                }
            }
        }
        tokio::time::sleep(shortened(pause)).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Less up to a tenth, so that what began together does not end together.
fn shortened(time: Duration) -> Duration {
    let random = getrandom::u32().unwrap_or(0);
    time.mul_f64(1.0 - 0.1 * f64::from(random) / f64::from(u32::MAX))
}
