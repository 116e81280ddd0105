//! The wake-up bridge: how Python waits for a Rust future.
//!
//! A blocking caller polls the future on its own thread and waits on the socket with `poll(2)`; a coroutine polls it on its
//! event loop's thread and is woken by the loop's own reader. No Tokio thread takes the GIL on the way. It knows nothing of
//! SBWP, cursors or connections.

mod awaitable;
mod blocking;
mod event_loop;
mod suspension;
mod wakes;

use pyo3::prelude::*;

pub use awaitable::Awaitable;
pub use blocking::wait;
pub use event_loop::{forget_descriptor, forget_loops, nudge_descriptor, LoopBridge};
pub use suspension::Suspension;

/// Turns a finished operation into its Python value, with the GIL held.
pub type Finish = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// Lets the loop run its other callbacks once.
pub async fn turn() {
    let mut taken = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut taken, true) {
            std::task::Poll::Ready(())
        } else {
            scratchbird::wait::yield_turn(context)
        }
    })
    .await;
}
