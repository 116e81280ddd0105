//! The blocking facade: polls a future on the calling thread and waits on the socket it names.

use std::future::Future;
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use scratchbird::patience::Waiting;
use scratchbird::wait::{poll_external, Suspended};

/// How often a caller that waits for a lock or a timer looks for signals.
const SIGNAL_CHECK: Duration = Duration::from_millis(100);
/// How often a caller that waits for its socket looks whether another thread asks it to cancel.
const LOOK_AROUND: Duration = Duration::from_millis(50);

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

thread_local! {
    static WAKER: Waker = Waker::from(Arc::new(Unpark(thread::current())));
}

/// Runs `future` to its end with the GIL released; Ctrl-C and other signal handlers run while it waits.
pub fn wait<F>(py: Python<'_>, future: F) -> PyResult<F::Output>
where
    F: Future + Send,
    F::Output: Send,
{
    let mut future = pin!(future);
    let mut waiting = Some(Waiting::begin());
    loop {
        let driven =
            py.detach(|| WAKER.with(|waker| drive(future.as_mut(), waker, waiting.as_ref())));
        match driven {
            Some(output) => return Ok(output),
            None => py.check_signals()?,
        }
        // Whoever has waited for so long is not one who works.
        waiting = None;
    }
}

/// Polls until the future is ready, or until it is time to look for signals (`None`).
fn drive<F: Future>(
    mut future: Pin<&mut F>,
    waker: &Waker,
    waiting: Option<&Waiting>,
) -> Option<F::Output> {
    let mut context = Context::from_waker(waker);
    loop {
        let waits = match poll_external(future.as_mut(), &mut context) {
            Ok(output) => return Some(output),
            Err(waits) => waits,
        };
        let left = waits
            .until
            .map(|until| until.saturating_duration_since(Instant::now()));
        match waits.on {
            Suspended::Turn => {}
            Suspended::Waker => {
                thread::park_timeout(left.unwrap_or(SIGNAL_CHECK).min(SIGNAL_CHECK));
                // A spurious or timed-out wake-up costs one poll and one look for signals.
                return poll_external(future.as_mut(), &mut context).ok();
            }
            #[cfg(unix)]
            Suspended::Descriptor(want) => {
                if !ready(waiting, want, left.unwrap_or(LOOK_AROUND).min(LOOK_AROUND)) {
                    return None;
                }
            }
            #[cfg(not(unix))]
            Suspended::Descriptor(_) => {
                // Here it is the runtime that waits for sockets.
                let _ = waiting;
                thread::park_timeout(SIGNAL_CHECK);
            }
        }
    }
}

/// Waits on the socket; false when the time came first, or a signal.
#[cfg(unix)]
fn ready(waiting: Option<&Waiting>, want: scratchbird::wait::Want, limit: Duration) -> bool {
    use rustix::event::{poll, PollFd, PollFlags, Timespec};
    use rustix::io::Errno;

    let mut flags = PollFlags::empty();
    flags.set(PollFlags::IN, want.read);
    flags.set(PollFlags::OUT, want.write);
    let socket = crate::audited::borrowed(want.descriptor);
    let mut descriptors = [PollFd::from_borrowed_fd(socket, flags)];
    let mut outcome = Ok(0);
    if let Some(waiting) = waiting.filter(|_| want.read) {
        waiting.look(want.descriptor, || {
            outcome = poll(&mut descriptors, Some(&Timespec::default()));
            outcome != Ok(0)
        });
    }
    if outcome == Ok(0) {
        // A limit too long to be written down is as good as none.
        let limit = Timespec::try_from(limit).ok();
        outcome = poll(&mut descriptors, limit.as_ref());
    }
    // Any other failure shows itself at the next read or write.
    !matches!(outcome, Ok(0) | Err(Errno::INTR))
}
