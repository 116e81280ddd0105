//! Who waits for a socket: the reactor, or the thread that polls the future.
//!
//! A leaf read or write that would block either registers with the Tokio reactor (the default), or, when the poller has
//! said that it waits on descriptors itself ([`poll_external`]), only notes which descriptor and which direction it needs.
//! That note is what lets a blocking caller use `poll(2)` and an event loop use its own reader on the very same futures.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

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

/// A future that returned `Pending`: what it waits for, and until when at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// What it waits for.
    pub on: Suspended,
    /// When it wants to be polled again in any case.
    pub until: Option<Instant>,
    /// True where its waker may be called too, whatever else it waits for.
    pub waker: bool,
}

/// What a future that returned `Pending` waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspended {
    /// A descriptor; its waker will not be called, unless [`Waits::waker`] says so.
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
    static NOTE: Cell<Waits> = const { Cell::new(NOTHING) };
}

const NOTHING: Waits = Waits {
    on: Suspended::Waker,
    until: None,
    waker: false,
};

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
) -> Result<F::Output, Waits> {
    let restore = Restore(MODE.with(|mode| mode.replace(Mode::External)));
    NOTE.with(|note| note.set(NOTHING));
    let poll = future.poll(context);
    drop(restore);
    match poll {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err(NOTE.with(|note| note.replace(NOTHING))),
    }
}

/// True while the poller waits on descriptors itself.
pub(super) fn is_external() -> bool {
    MODE.with(|mode| matches!(mode.get(), Mode::External))
}

fn change(change: impl FnOnce(&mut Waits)) {
    NOTE.with(|note| {
        let mut waits = note.get();
        change(&mut waits);
        note.set(waits);
    });
}

/// Notes what the current leaf waits for; directions of one descriptor add up.
pub(super) fn note(descriptor: i32, read: bool, write: bool) {
    change(|waits| {
        waits.on = Suspended::Descriptor(match waits.on {
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
        });
    });
}

/// Notes that the current leaf waits for its waker, besides what else it waits for.
pub(crate) fn note_waker() {
    change(|waits| waits.waker = true);
}

/// Lets others run: the future is polled again soon, whatever else it noted.
pub fn yield_turn<T>(context: &mut Context<'_>) -> Poll<T> {
    if is_external() {
        change(|waits| waits.on = Suspended::Turn);
    } else {
        context.waker().wake_by_ref();
    }
    Poll::Pending
}

/// A point in time that a future does not wait beyond, whoever polls it.
#[derive(Debug)]
pub struct Deadline {
    until: Instant,
    /// Only a future that the reactor wakes needs a timer of its own.
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl Deadline {
    /// A deadline at `until`.
    pub fn at(until: Instant) -> Self {
        Deadline { until, timer: None }
    }

    /// Ready once the time has come; otherwise the future is polled again then.
    pub fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if Instant::now() >= self.until {
            return Poll::Ready(());
        }
        if is_external() {
            let until = self.until;
            change(|waits| waits.until = Some(waits.until.map_or(until, |old| old.min(until))));
            return Poll::Pending;
        }
        let until = self.until;
        self.timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until.into())))
            .as_mut()
            .poll(context)
    }
}

/// Runs `future` until `until` at most; `None` when the time came first. The future is dropped then.
pub async fn within<F: Future>(until: Option<Instant>, future: F) -> Option<F::Output> {
    let Some(until) = until else {
        return Some(future.await);
    };
    let mut deadline = Deadline::at(until);
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => deadline.poll(context).map(|()| None),
    })
    .await
}
