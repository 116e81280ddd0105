//! The circuit breaker: after so many failures in a row, no attempt for a while, then one at a time.

use std::time::{Duration, Instant};

#[derive(Debug)]
pub(super) struct Breaker {
    /// 0 never opens.
    threshold: u32,
    pause: Duration,
    failures: u32,
    open_until: Option<Instant>,
}

impl Breaker {
    pub(super) fn new(threshold: u32, pause: Duration) -> Self {
        Breaker {
            threshold,
            pause,
            failures: 0,
            open_until: None,
        }
    }

    /// How long no attempt may be made; `None` where one may.
    pub(super) fn pause(&self, now: Instant) -> Option<Duration> {
        self.open_until
            .map(|until| until.saturating_duration_since(now))
            .filter(|left| !left.is_zero())
    }

    /// True after the pause and until an attempt has succeeded: only one attempt at a time then.
    pub(super) fn is_half_open(&self, now: Instant) -> bool {
        self.open_until.is_some() && self.pause(now).is_none()
    }

    pub(super) fn success(&mut self) {
        self.failures = 0;
        self.open_until = None;
    }

    /// Counts a failure; true when the breaker opens with it.
    pub(super) fn failure(&mut self, now: Instant) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.threshold == 0 || self.failures < self.threshold || self.pause(now).is_some() {
            return false;
        }
        self.open_until = Some(now + self.pause);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_the_threshold_and_tries_once_after_the_pause() {
        let start = Instant::now();
        let pause = Duration::from_secs(10);
        let mut breaker = Breaker::new(2, pause);
        assert!(!breaker.failure(start));
        assert_eq!(breaker.pause(start), None);
        assert!(breaker.failure(start));
        assert_eq!(breaker.pause(start), Some(pause));
        assert!(!breaker.is_half_open(start));
        let later = start + pause;
        assert_eq!(breaker.pause(later), None);
        assert!(breaker.is_half_open(later));
        assert!(breaker.failure(later));
        assert_eq!(breaker.pause(later), Some(pause));
        breaker.success();
        assert_eq!(breaker.pause(later), None);
        assert!(!breaker.failure(later));
    }

    #[test]
    fn without_a_threshold_it_never_opens() {
        let now = Instant::now();
        let mut breaker = Breaker::new(0, Duration::from_secs(1));
        assert!((0..100).all(|_| !breaker.failure(now)));
        assert_eq!(breaker.pause(now), None);
    }
}
