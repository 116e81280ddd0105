//! Who waits for a socket: the reactor, or the thread that polls the future.
//!
//! A leaf read or write that would block either registers with the Tokio reactor (the default), or, when the poller has
//! said that it waits on descriptors itself ([`poll_external`]), only notes which descriptor and which direction it needs.
//! That note is what lets a blocking caller use `poll(2)` and an event loop use its own reader on the very same futures.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// A descriptor and the directions a suspended future waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// The socket, as the platform's raw descriptor.
    pub descriptor: i32,
    /// Waits until it can be read.
    pub read: bool,
    /// Waits until it can be written.
    pub write: bool,
}

/// What a future that returned `Pending` waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspended {
    /// A descriptor; its waker will not be called.
    Descriptor(Want),
    /// Nothing: it has had its turn and wants to be polled again.
    Turn,
    /// Its waker (a lock, a timer, another task).
    Waker,
}

#[derive(Clone, Copy)]
enum Mode {
    Reactor,
    External,
}

thread_local! {
    static MODE: Cell<Mode> = const { Cell::new(Mode::Reactor) };
    static NOTE: Cell<Suspended> = const { Cell::new(Suspended::Waker) };
}

/// Restores the mode of an outer poll, also when the inner one unwinds.
struct Restore(Mode);

impl Drop for Restore {
    fn drop(&mut self) {
        MODE.with(|mode| mode.set(self.0));
    }
}

/// Polls `future` once for a poller that waits on descriptors itself; says what a pending future waits for.
pub fn poll_external<F: Future + ?Sized>(
    future: Pin<&mut F>,
    context: &mut Context<'_>,
) -> Result<F::Output, Suspended> {
    let restore = Restore(MODE.with(|mode| mode.replace(Mode::External)));
    NOTE.with(|note| note.set(Suspended::Waker));
    let poll = future.poll(context);
    drop(restore);
    match poll {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err(NOTE.with(|note| note.replace(Suspended::Waker))),
    }
}

/// True while the poller waits on descriptors itself.
pub(super) fn is_external() -> bool {
    MODE.with(|mode| matches!(mode.get(), Mode::External))
}

/// Notes what the current leaf waits for; directions of one descriptor add up.
pub(super) fn note(descriptor: i32, read: bool, write: bool) {
    NOTE.with(|note| {
        let want = match note.get() {
            Suspended::Descriptor(old) if old.descriptor == descriptor => Want {
                descriptor,
                read: old.read || read,
                write: old.write || write,
            },
            _ => Want {
                descriptor,
                read,
                write,
            },
        };
        note.set(Suspended::Descriptor(want));
    });
}

/// Lets others run: the future is polled again soon, whatever else it noted.
pub fn yield_turn<T>(context: &mut Context<'_>) -> Poll<T> {
    if is_external() {
        NOTE.with(|note| note.set(Suspended::Turn));
    } else {
        context.waker().wake_by_ref();
    }
    Poll::Pending
}
