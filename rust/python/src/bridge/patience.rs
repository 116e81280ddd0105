//! How long a blocking caller looks at its socket before it sleeps.
//!
//! An answer from a server that is near comes within tens of microseconds. To fall asleep and to be woken takes as long,
//! on virtual machines several times as long, and costs as much processor time as looking does. So a caller looks for a
//! moment first, where that has paid for this socket before, and where nobody else waits: with several threads, looking
//! takes the processor from those who have something to do.

#![cfg_attr(not(unix), allow(dead_code))]

use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// How long it looks at most.
const MOMENT: Duration = Duration::from_micros(80);
/// After how many waits at most it tries again, where looking was in vain.
const LONGEST_PAUSE: u8 = 63;

/// The callers that wait, without those who have waited for long.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// What was learned of each socket, by its descriptor: the length of the pause, and what is left of it. Descriptors
/// that share a place, or that are used again, only learn anew.
static LEARNED: [AtomicU16; 64] = [const { AtomicU16::new(0) }; 64];

/// A caller that waits.
pub struct Waiting(());

impl Waiting {
    pub fn begin() -> Self {
        WAITING.fetch_add(1, Ordering::Relaxed);
        Waiting(())
    }

    /// Looks for a moment, if that makes sense, until `look` has found something.
    #[cfg(unix)]
    pub fn look(&self, descriptor: i32, look: impl FnMut() -> bool) {
        if is_alone() && has_processors() {
            look_for(
                &LEARNED[descriptor.unsigned_abs() as usize % LEARNED.len()],
                look,
            );
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

fn is_alone() -> bool {
    WAITING.load(Ordering::Relaxed) == 1
}

/// Whether another processor can serve the server meanwhile.
fn has_processors() -> bool {
    static SEVERAL: OnceLock<bool> = OnceLock::new();
    *SEVERAL.get_or_init(|| thread::available_parallelism().is_ok_and(|count| count.get() > 1))
}

fn look_for(learned: &AtomicU16, mut look: impl FnMut() -> bool) {
    let [left, pause] = learned.load(Ordering::Relaxed).to_le_bytes();
    if left > 0 {
        learned.store(u16::from_le_bytes([left - 1, pause]), Ordering::Relaxed);
        return;
    }
    let began = Instant::now();
    while is_alone() && began.elapsed() < MOMENT {
        if look() {
            learned.store(0, Ordering::Relaxed);
            return;
        }
    }
    let pause = (pause.saturating_mul(2) | 1).min(LONGEST_PAUSE);
    learned.store(u16::from_le_bytes([pause, pause]), Ordering::Relaxed);
}
