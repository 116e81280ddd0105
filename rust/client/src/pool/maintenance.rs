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
        let mut condemn = |member: &Member| {
            if let Some(reason) = stock.objection(member) {
                return Some(reason);
            }
            if surplus == 0 {
                return None;
            }
            let idle = now.saturating_duration_since(member.idle_since) >= settings.max_idle;
            if !(idle || unneeded > 0 || !settings.keep_idle) {
                return None;
            }
            surplus -= 1;
            unneeded = unneeded.saturating_sub(1);
            Some("max_idle")
        };
        let mut reasons = Vec::new();
        let mut suspects = Vec::new();
        let condemned = self.slots.retain(|member, _| match condemn(member) {
            Some(reason) => {
                reasons.push(Some(reason));
                false
            }
            None if member.connection.has_input() => {
                reasons.push(None);
                false
            }
            None => true,
        });
        for (member, reason) in condemned.removed.into_iter().zip(reasons) {
            match reason {
                Some(reason) => {
                    if member.connection.is_closed() {
                        count(&stock.counters.connections_lost);
                    }
                    member.condemn(reason);
                }
                None => suspects.push(member),
            }
        }
        stock.prune_ready(condemn);
        for member in suspects {
            if ping(&member.connection).await.is_ok() {
                stock.deliver(member);
            } else {
                count(&stock.counters.connections_lost);
                member.condemn(LOST);
            }
        }
        stock.balance();
    }
}
