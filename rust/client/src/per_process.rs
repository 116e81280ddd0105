//! What a process shares behind a lock, anew in every forked child.
//!
//! A fork copies locks as they are, and of all threads only the one that forks: a lock that another one holds at that
//! moment is held for ever in the child. So nobody waits there for a lock of the parent: each generation of processes has
//! a place of its own, which no thread of the generation before has ever seen.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::OnceLock;

/// Generations that have places of their own: how many forks deep a process can be. Those beyond share the last one.
const DEPTH: usize = 64;

static GENERATION: AtomicU32 = AtomicU32::new(0);

/// The generation of this process: it changes with every fork.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// To be called in the child of a fork, before anything else of this crate.
pub(crate) fn forked() {
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

/// One value for each generation, which starts as the type's default.
pub(crate) struct PerProcess<T> {
    places: [OnceLock<T>; DEPTH],
}

impl<T: Default> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        PerProcess {
            places: [const { OnceLock::new() }; DEPTH],
        }
    }

    /// This process's own.
    pub(crate) fn get(&self) -> &T {
        self.of(generation())
    }

    pub(crate) fn of(&self, generation: u32) -> &T {
        let place = usize::try_from(generation).unwrap_or(DEPTH).min(DEPTH - 1);
        self.places[place].get_or_init(T::default)
    }
}

#[cfg(test)]
mod tests {
    use parking_lot::Mutex;

    use super::*;

    #[test]
    fn a_child_does_not_wait_for_a_lock_of_its_parent() {
        let shared: PerProcess<Mutex<u32>> = PerProcess::new();
        let held = shared.of(0).lock();
        assert!(shared.of(0).try_lock().is_none());
        *shared.of(1).try_lock().unwrap() = 7;
        assert_eq!(*held, 0);
        assert_eq!(*shared.of(1).lock(), 7);
    }

    #[test]
    fn there_is_a_place_however_deep() {
        let shared: PerProcess<Mutex<u32>> = PerProcess::new();
        *shared.of(u32::MAX).lock() = 1;
        assert_eq!(*shared.of(1000).lock(), 1);
    }
}
