//! What a suspended coroutine yields to its task: the least of a Future that asyncio's Task accepts.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use pyo3::exceptions::asyncio::CancelledError;
use pyo3::prelude::*;

use super::{Awaitable, LoopBridge};

/// A done callback and the context to run it in.
type Callback = (Py<PyAny>, Option<Py<PyAny>>);

/// Yielded by an awaiting operation; resumed directly from the event loop's reader callback.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct Suspension {
    pub(super) awaitable: Py<Awaitable>,
    pub(super) bridge: Py<LoopBridge>,
    /// asyncio's protocol: true tells the task that this was yielded by an `await`.
    blocking: AtomicBool,
    cancelled: AtomicBool,
    /// Waits for a descriptor and for its waker, whichever comes first.
    either: AtomicBool,
    callbacks: Mutex<Vec<Callback>>,
    /// The loop's timer for the operation's deadline.
    timer: Mutex<Option<Py<PyAny>>>,
}

impl Suspension {
    pub(super) fn new(awaitable: Py<Awaitable>, bridge: Py<LoopBridge>) -> Self {
        Suspension {
            awaitable,
            bridge,
            blocking: AtomicBool::new(true),
            cancelled: AtomicBool::new(false),
            either: AtomicBool::new(false),
            callbacks: Mutex::new(Vec::new()),
            timer: Mutex::new(None),
        }
    }

    /// Polls the operation again; when it is ready its task runs at once, without another turn of the loop.
    pub(super) fn resume(slf: &Bound<'_, Self>) -> PyResult<()> {
        let this = slf.get();
        if this.cancelled.load(Ordering::Relaxed) {
            return Ok(());
        }
        if Awaitable::advance(this.awaitable.bind(slf.py()), slf)? {
            this.wake(slf)?;
        }
        Ok(())
    }

    pub(super) fn set_either(&self) {
        self.either.store(true, Ordering::Relaxed);
    }

    pub(super) fn take_either(&self) -> bool {
        self.either.swap(false, Ordering::Relaxed)
    }

    /// Remembers the timer that resumes the operation when its time is up, in the place of an earlier one.
    pub(super) fn set_timer(&self, py: Python<'_>, timer: Py<PyAny>) -> PyResult<()> {
        let earlier = self.timer.lock().replace(timer);
        cancel_timer(py, earlier)
    }

    fn stop_timer(&self, py: Python<'_>) -> PyResult<()> {
        let timer = self.timer.lock().take();
        cancel_timer(py, timer)
    }

    fn wake(&self, slf: &Bound<'_, Self>) -> PyResult<()> {
        self.stop_timer(slf.py())?;
        let callbacks = std::mem::take(&mut *self.callbacks.lock());
        for (callback, context) in callbacks {
            match context {
                Some(context) => {
                    context.call_method1(
                        slf.py(),
                        pyo3::intern!(slf.py(), "run"),
                        (callback, slf),
                    )?;
                }
                None => {
                    callback.call1(slf.py(), (slf,))?;
                }
            }
        }
        Ok(())
    }
}

fn cancel_timer(py: Python<'_>, timer: Option<Py<PyAny>>) -> PyResult<()> {
    match timer {
        Some(timer) => timer.call_method0(py, "cancel").map(drop),
        None => Ok(()),
    }
}

#[pymethods]
impl Suspension {
    #[getter(_asyncio_future_blocking)]
    fn blocking(&self) -> bool {
        self.blocking.load(Ordering::Relaxed)
    }

    #[setter(_asyncio_future_blocking)]
    fn set_blocking(&self, value: bool) {
        self.blocking.store(value, Ordering::Relaxed);
    }

    fn get_loop(&self, py: Python<'_>) -> Py<PyAny> {
        self.bridge.get().event_loop(py)
    }

    #[pyo3(signature = (callback, *, context = None))]
    fn add_done_callback(&self, callback: Py<PyAny>, context: Option<Py<PyAny>>) {
        self.callbacks.lock().push((callback, context));
    }

    fn remove_done_callback(&self, callback: &Bound<'_, PyAny>) -> PyResult<usize> {
        let mut callbacks = self.callbacks.lock();
        let before = callbacks.len();
        let mut kept = Vec::with_capacity(before);
        for entry in callbacks.drain(..) {
            if !entry.0.bind(callback.py()).eq(callback)? {
                kept.push(entry);
            }
        }
        *callbacks = kept;
        Ok(before - callbacks.len())
    }

    /// A task's cancellation: the operation stops waiting, and the task is resumed with CancelledError.
    #[pyo3(signature = (msg = None))]
    fn cancel(slf: &Bound<'_, Self>, msg: Option<Py<PyAny>>) -> PyResult<bool> {
        let _ = msg;
        let this = slf.get();
        if this.cancelled.swap(true, Ordering::Relaxed) {
            return Ok(false);
        }
        let bridge = this.bridge.bind(slf.py());
        this.stop_timer(slf.py())?;
        LoopBridge::stop_waiting(bridge, slf)?;
        for (callback, context) in std::mem::take(&mut *this.callbacks.lock()) {
            bridge
                .get()
                .call_soon(slf.py(), &callback, slf.as_any(), context.as_ref())?;
        }
        Ok(true)
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    fn done(&self, py: Python<'_>) -> bool {
        self.cancelled() || self.awaitable.get().is_ready(py)
    }

    /// The task asks before it goes on: the value itself comes from the coroutine, only a cancellation is raised here.
    fn result(&self) -> PyResult<()> {
        if self.cancelled() {
            return Err(CancelledError::new_err(()));
        }
        Ok(())
    }

    fn exception(&self) -> PyResult<Option<Py<PyAny>>> {
        self.result().map(|()| None)
    }
}
