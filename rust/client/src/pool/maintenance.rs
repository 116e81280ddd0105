//! What a pool does by itself: closes what is too old or not needed, finds what is lost, fills up to the minimum.

use std::sync::atomic::Ordering;
use std::sync::Weak;
use std::time::{Duration, Instant};

use super::manager::ping;
use super::member::Member;
use super::statistics::count;
use super::stock::LOST;
use super::Shared;

/// Runs until the pool is gone.
pub(super) async fn run(pool: Weak<Shared>, tick: Duration) {
    let mut window = Instant::now();
    loop {
        tokio::time::sleep(tick).await;
        let Some(pool) = pool.upgrade() else { return };
        pool.look_after(&mut window).await;
    }
}

impl Shared {
    /// One round. `window` is when the count of connections that were not needed began.
    async fn look_after(&self, window: &mut Instant) {
        let stock = &self.stock;
        let settings = &stock.settings;
        let now = Instant::now();
        let levels = stock.levels();
        let mut surplus = levels.live.saturating_sub(levels.min_size);
        let mut unneeded = 0;
        if now - *window >= settings.max_idle {
            // Used in turns, connections are never idle for long, even where half of them would do.
            unneeded = stock
                .low_water
                .swap(self.unused(), Ordering::Relaxed)
                .min(surplus);
            *window = now;
        }
        let mut must_go = |member: &Member| {
            if let Some(reason) = stock.objection(member) {
                if member.connection.is_closed() {
                    count(&stock.counters.connections_lost);
                }
                member.condemn(reason);
                return true;
            }
            let idle = now.saturating_duration_since(member.idle_since) >= settings.max_idle;
            if surplus == 0 || !(idle || unneeded > 0 || !settings.keep_idle) {
                return false;
            }
            surplus -= 1;
            unneeded = unneeded.saturating_sub(1);
            member.condemn("max_idle");
            true
        };
        // What deadpool keeps is looked at in place: only what must go, or looks lost, loses its turn.
        let mut suspects = self
            .slots
            .retain(|member, _| !must_go(member) && !member.connection.has_farewell())
            .removed;
        for member in stock.take_ready() {
            if must_go(&member) || member.connection.has_farewell() {
                suspects.push(member);
            } else {
                stock.deliver(member);
            }
        }
        // Closes them, outside of deadpool's lock.
        suspects.retain(|member| !member.is_condemned());
        for member in suspects {
            if ping(&member.connection).await.is_err() {
                count(&stock.counters.connections_lost);
                member.condemn(LOST);
            } else if let Some(reason) = stock.objection(&member) {
                member.condemn(reason);
            } else {
                stock.deliver(member);
            }
        }
        stock.balance();
    }
}
