//! A loan: one connection, from the pool to its user and back.

use std::any::Any;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool::managed::Object;

use super::changes::{Changes, Restore};
use super::manager::Manager;
use super::statistics::{add_time, count};
use super::stock::Stock;
use crate::connection::Connection;
use crate::runtime;

/// How long a connection may take to become as it was when it was lent.
const RESTORE_LIMIT: Duration = Duration::from_secs(10);

/// The right to use a connection of a pool.
///
/// A lease that is dropped before [`Lease::used`] gives its connection back; afterwards nobody knows in what state the
/// connection is, and dropping closes it.
pub struct Lease {
    object: Option<Object<Manager>>,
    connection: Arc<Connection>,
    stock: Arc<Stock>,
    id: u64,
    since: Instant,
    first: bool,
    used: bool,
}

impl Lease {
    pub(super) fn new(mut object: Object<Manager>, stock: Arc<Stock>) -> Self {
        Lease {
            first: !std::mem::replace(&mut object.lent, true),
            connection: object.connection.clone(),
            id: object.id,
            stock,
            object: Some(object),
            since: Instant::now(),
            used: false,
        }
    }

    /// The connection's number in its pool.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// True in the first loan of the connection.
    #[must_use]
    pub fn is_first(&self) -> bool {
        self.first
    }

    /// The connection.
    #[must_use]
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Whether new connections of this pool commit by themselves.
    #[must_use]
    pub fn autocommit(&self) -> bool {
        self.stock.config.autocommit
    }

    /// The user has the connection now.
    pub fn used(&mut self) {
        self.used = true;
    }

    /// True once [`Lease::set_configured`] was called in this or an earlier loan of the connection.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        self.object.as_ref().is_some_and(|member| member.configured)
    }

    /// Remembers that the user has prepared the connection for its first use, and what was changed by that.
    pub fn set_configured(&mut self, changes: Changes) {
        if let Some(member) = &mut self.object {
            member.configured = true;
            member.own_settings = !changes.is_empty();
        }
    }

    /// False where only a new connection undoes `changes`: also where the user's own settings would have to be set again,
    /// which the pool does not know.
    #[must_use]
    pub fn can_undo(&self, changes: &Changes) -> bool {
        let own = self
            .object
            .as_ref()
            .is_some_and(|member| member.own_settings);
        changes.can_be_undone() && (changes.is_empty() || !own)
    }

    /// What is kept with the connection from one loan to the next, made when first asked for.
    pub fn kept<T: Any + Send + Sync>(&mut self, make: impl FnOnce() -> T) -> Arc<T> {
        let Some(member) = &mut self.object else {
            return Arc::new(make());
        };
        let known = member.kept.clone();
        if let Some(Ok(known)) = known.map(|kept| kept.downcast::<T>()) {
            return known;
        }
        let kept = Arc::new(make());
        member.kept = Some(kept.clone());
        kept
    }

    /// Gives the connection back, as it is.
    pub fn give_back(mut self) {
        self.finish(None);
    }

    /// Closes the connection, for a reason; the pool replaces it.
    pub fn discard(mut self, reason: &'static str) {
        self.finish(Some(reason));
    }

    /// Gives the connection back once it is as it was when it was lent, or closes it where that fails. Goes on where
    /// nobody waits for it.
    pub async fn restore(self, restore: Restore, limit: Option<Duration>) {
        let limit = limit.map_or(RESTORE_LIMIT, |limit| limit.min(RESTORE_LIMIT));
        if restore.is_nothing() && self.connection.is_at_rest() {
            return self.give_back();
        }
        let Ok(runtime) = runtime::shared() else {
            return self.discard("there is no runtime");
        };
        let work = runtime.spawn(async move {
            let work = restore.run(&self.connection, &self.stock.config);
            let outcome = tokio::time::timeout(limit, work).await;
            self.connection.leave_reactor();
            match outcome {
                Ok(Ok(())) => self.give_back(),
                Ok(Err(_)) => self.discard("the connection could not be restored"),
                Err(_) => self.discard("the connection did not answer when it was given back"),
            }
        });
        // The work cannot be aborted from outside, and has nobody to tell that it panicked: the lease is dropped then.
        drop(work.await);
    }

    fn finish(&mut self, mut reason: Option<&'static str>) {
        let Some(mut member) = self.object.take() else {
            return;
        };
        if self.stock.generation != runtime::generation() {
            // The pool's locks may be held for ever by threads that did not survive the fork.
            return std::mem::forget(member);
        }
        add_time(&self.stock.counters.usage_us, self.since.elapsed());
        let broken = reason.is_some() || member.connection.is_closed();
        reason = reason.or_else(|| self.stock.objection(&member));
        if let Some(reason) = reason {
            if broken {
                count(&self.stock.counters.returns_bad);
            }
            member.condemn(reason);
            return drop(Object::take(member));
        }
        member.idle_since = Instant::now();
        if let Some(waiter) = self.stock.next_waiter() {
            return self.stock.hand(Object::take(member), waiter);
        }
        if !self.stock.settings.keep_idle && !has_waiters(&member) {
            member.condemn("connections are not kept");
            return drop(Object::take(member));
        }
        drop(member);
        self.stock.match_waiting();
    }
}

fn has_waiters(member: &Object<Manager>) -> bool {
    Object::pool(member).is_some_and(|pool| pool.status().waiting > 0)
}

impl Drop for Lease {
    fn drop(&mut self) {
        let reason = self.used.then_some("it was never given back");
        self.finish(reason);
    }
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lease").field("id", &self.id).finish()
    }
}
