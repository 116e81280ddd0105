//! How long a caller looks at its socket before it sleeps.
//!
//! An answer from a server that is near comes within tens of microseconds. To fall asleep and to be woken takes as long,
//! on virtual machines several times as long, and costs as much processor time as looking does. So a caller looks for a
//! moment first, where that has paid for this socket before, and where nobody else waits: with several of them, looking
//! takes the processor from those who have something to do.

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

/// A caller that waits for its socket, as long as this exists.
#[derive(Debug)]
pub struct Waiting(());

impl Waiting {
    /// It begins to wait.
    #[must_use]
    pub fn begin() -> Self {
        WAITING.fetch_add(1, Ordering::Relaxed);
        Waiting(())
    }

    /// Looks for a moment, if that makes sense, until `look` has found something.
    pub fn look(&self, descriptor: i32, look: impl FnMut() -> bool) {
        if let Some(looking) = Looking::begin(descriptor, 1) {
            look_until_found(looking, look);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A caller that looks instead of sleeping, and says in the end whether that has paid.
#[derive(Debug)]
pub struct Looking {
    learned: &'static AtomicU16,
    began: Instant,
    callers: usize,
}

impl Looking {
    /// Begins to look, if it makes sense for this socket, and if as many callers block as the caller knows of.
    #[must_use]
    pub fn begin(descriptor: i32, callers: usize) -> Option<Self> {
        let place = descriptor.unsigned_abs() as usize % LEARNED.len();
        if WAITING.load(Ordering::Relaxed) != callers || !has_processors() {
            return None;
        }
        Self::by(&LEARNED[place], callers)
    }

    fn by(learned: &'static AtomicU16, callers: usize) -> Option<Self> {
        let [left, pause] = learned.load(Ordering::Relaxed).to_le_bytes();
        if left > 0 {
            learned.store(u16::from_le_bytes([left - 1, pause]), Ordering::Relaxed);
            return None;
        }
        Some(Looking {
            learned,
            began: Instant::now(),
            callers,
        })
    }

    /// Whether nobody else waits meanwhile.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        WAITING.load(Ordering::Relaxed) == self.callers
    }

    /// Whether it has looked for long enough.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.began.elapsed() >= MOMENT
    }

    /// It has found something.
    pub fn paid(self) {
        self.learned.store(0, Ordering::Relaxed);
    }

    /// It has found nothing: the next waits of this socket sleep at once.
    pub fn was_in_vain(self) {
        let [_, pause] = self.learned.load(Ordering::Relaxed).to_le_bytes();
        let pause = (pause.saturating_mul(2) | 1).min(LONGEST_PAUSE);
        self.learned
            .store(u16::from_le_bytes([pause, pause]), Ordering::Relaxed);
    }
}

/// Whether another processor can serve the server meanwhile.
fn has_processors() -> bool {
    static SEVERAL: OnceLock<bool> = OnceLock::new();
    *SEVERAL.get_or_init(|| thread::available_parallelism().is_ok_and(|count| count.get() > 1))
}

fn look_until_found(looking: Looking, mut look: impl FnMut() -> bool) {
    while looking.is_alone() {
        if look() {
            return looking.paid();
        }
        if looking.is_over() {
            return looking.was_in_vain();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How often a wait of this socket looks, if `found` says what it sees.
    fn looks(learned: &'static AtomicU16, found: bool) -> usize {
        let mut count = 0;
        if let Some(looking) = Looking::by(learned, 1) {
            look_until_found(looking, || {
                count += 1;
                found
            });
        }
        count
    }

    /// In one test, because callers are counted for the whole process.
    #[test]
    fn looking_ends_where_it_does_not_pay() {
        static SOCKET: AtomicU16 = AtomicU16::new(0);
        let caller = Waiting::begin();
        for _ in 0..3 {
            assert_eq!(looks(&SOCKET, true), 1, "what is there is found at once");
        }

        let began = Instant::now();
        assert!(looks(&SOCKET, false) > 1, "it looks more than once");
        assert!(began.elapsed() >= MOMENT);

        // Each time in vain, the pause is about twice as long, up to the longest.
        for pause in [1, 3, 7, 15, 31, 63, 63] {
            for _ in 0..pause {
                assert_eq!(looks(&SOCKET, true), 0, "it sleeps at once");
            }
            assert!(
                looks(&SOCKET, false) > 0,
                "after {pause} waits it tries again"
            );
        }
        for _ in 0..63 {
            assert_eq!(looks(&SOCKET, true), 0);
        }
        assert_eq!(looks(&SOCKET, true), 1);
        assert_eq!(looks(&SOCKET, true), 1, "found once, it pays again");

        let other = Waiting::begin();
        assert_eq!(looks(&SOCKET, true), 0, "another one waits");
        drop(other);
        assert_eq!(looks(&SOCKET, true), 1);

        // Who comes while it looks ends that.
        let mut other = None;
        let mut count = 0;
        look_until_found(Looking::by(&SOCKET, 1).unwrap(), || {
            count += 1;
            other = Some(Waiting::begin());
            false
        });
        assert_eq!(count, 1);
        drop((other, caller));
    }
}
