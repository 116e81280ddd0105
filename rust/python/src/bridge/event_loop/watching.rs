//! Which descriptors a loop watches, and for how long it is kept from sleeping.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use scratchbird::patience::Looking;
use scratchbird::wait::Want;

use super::Suspension;

/// What waits, and for what.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) descriptors: HashMap<i32, Watch>,
    /// Operations that wait for their waker.
    pub(super) sleeping: HashMap<u64, Py<Suspension>>,
    pub(super) next_id: u64,
}

/// A descriptor known to the loop. The registration stays when an operation ends: the next one needs it again.
#[derive(Default)]
pub(super) struct Watch {
    pub(super) reading: bool,
    pub(super) writing: bool,
    pub(super) waiter: Option<Py<Suspension>>,
    /// When the waiter began to wait.
    since: Option<Instant>,
    /// For the waiter, the loop is kept from sleeping.
    looking: Option<Looking>,
    /// The callback is on its way that keeps it so.
    turning: bool,
}

/// Whoever has waited for so long listens, and does not work.
const LISTENS: Duration = Duration::from_millis(50);
/// Of more sockets than these it is not found out whether they work.
const FEW: usize = 16;

impl Waiting {
    /// Whether nothing else has asked a server just now and waits for the answer.
    fn is_alone(&self, descriptor: i32) -> bool {
        self.descriptors.len() <= FEW
            && !self.descriptors.iter().any(|(other, watch)| {
                *other != descriptor
                    && watch.waiter.is_some()
                    && watch.since.is_some_and(|since| since.elapsed() < LISTENS)
            })
    }

    /// An operation begins to wait for a descriptor. Says what of it the loop watches no more or not yet, reading and
    /// writing, and whether it is to begin turning.
    pub(super) fn begin(&mut self, want: Want, waiter: Py<Suspension>) -> (bool, bool, bool) {
        let is_alone = want.read && self.is_alone(want.descriptor);
        let watch = self.descriptors.entry(want.descriptor).or_default();
        let (read, write) = (watch.reading != want.read, watch.writing != want.write);
        (watch.reading, watch.writing) = (want.read, want.write);
        watch.waiter = Some(waiter);
        watch.since = Some(Instant::now());
        watch.looking = match is_alone {
            true => Looking::begin(want.descriptor, 0),
            false => None,
        };
        let turn = watch.looking.is_some() && !watch.turning;
        watch.turning |= turn;
        (read, write, turn)
    }

    /// The descriptor is ready: who waited for it.
    pub(super) fn end(&mut self, descriptor: i32) -> Option<Py<Suspension>> {
        let watch = self.descriptors.get_mut(&descriptor)?;
        if let Some(looking) = watch.looking.take() {
            looking.paid();
        }
        watch.waiter.take()
    }

    /// Whether the loop is to go on turning for this descriptor.
    pub(super) fn keeps_turning(&mut self, descriptor: i32) -> bool {
        let is_alone = self.is_alone(descriptor);
        let Some(watch) = self.descriptors.get_mut(&descriptor) else {
            return false;
        };
        if let Some(looking) = watch.looking.take() {
            if looking.is_over() {
                looking.was_in_vain();
            } else if is_alone && looking.is_alone() && watch.waiter.is_some() {
                watch.looking = Some(looking);
                return true;
            }
        }
        watch.turning = false;
        false
    }
}
