//! One event loop's side of the bridge: which descriptors it watches for which operations, and its queue of wake-ups.
//!
//! For a moment after a request the loop is kept from sleeping, as a blocking caller is
//! ([`patience`](scratchbird::patience)): it goes on turning and sees the answer as soon as it comes. In each turn it runs
//! whatever else is ready.

mod callbacks;
mod watching;

use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use pyo3::exceptions::{PyNotImplementedError, PyRuntimeError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use scratchbird::wait::{Suspended, Waits, Want};

use super::wakes::Wakes;
use super::Suspension;
use callbacks::{DescriptorReady, Drain, Expire, Resume, Turn};
use watching::Waiting;

/// The bridge of one event loop.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct LoopBridge {
    event_loop: Py<PyAny>,
    wakes: Arc<Wakes>,
    state: Mutex<Waiting>,
}

/// The bridges of the loops that are open; the last one used is found first.
static BRIDGES: Mutex<Vec<Py<LoopBridge>>> = Mutex::new(Vec::new());

impl LoopBridge {
    /// The bridge of the running loop.
    pub(super) fn current(py: Python<'_>) -> PyResult<Bound<'_, Self>> {
        static RUNNING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let running = RUNNING
            .get_or_try_init(py, || {
                py.import("asyncio")?
                    .getattr("_get_running_loop")
                    .map(Bound::unbind)
            })?
            .call0(py)?;
        if running.is_none(py) {
            return Err(PyRuntimeError::new_err(
                "no running event loop: an asynchronous call is awaited inside asyncio",
            ));
        }
        {
            let mut bridges = BRIDGES.lock();
            if let Some(found) = bridges
                .iter()
                .position(|bridge| bridge.get().event_loop.is(&running))
            {
                bridges.swap(0, found);
                return Ok(bridges[0].clone_ref(py).into_bound(py));
            }
        }
        let bridge = Self::start(py, running)?;
        let mut closed = Vec::new();
        let mut open = Vec::new();
        for bridge in std::mem::take(&mut *BRIDGES.lock()) {
            let is_closed = bridge
                .get()
                .event_loop
                .call_method0(py, "is_closed")?
                .is_truthy(py)?;
            if is_closed { &mut closed } else { &mut open }.push(bridge);
        }
        open.insert(0, bridge.clone().unbind());
        BRIDGES.lock().extend(open);
        for bridge in closed {
            // Breaks the circle of loop, callback and bridge.
            let waiting = std::mem::take(&mut *bridge.get().state.lock());
            drop(waiting);
        }
        Ok(bridge)
    }

    fn start(py: Python<'_>, event_loop: Py<PyAny>) -> PyResult<Bound<'_, Self>> {
        #[cfg(unix)]
        {
            let wakes = Wakes::with_descriptor()?;
            let descriptor = wakes.descriptor();
            let bridge = Self::build(py, event_loop.clone_ref(py), wakes)?;
            let watched = event_loop.call_method1(
                py,
                "add_reader",
                (descriptor, Drain(bridge.clone().unbind())),
            );
            match watched {
                Ok(_) => return Ok(bridge),
                Err(error) if error.is_instance_of::<PyNotImplementedError>(py) => {}
                Err(error) => return Err(error),
            }
        }
        let bridge = Self::build(py, event_loop.clone_ref(py), Wakes::with_callback())?;
        let drain = Py::new(py, Drain(bridge.clone().unbind()))?;
        bridge.get().wakes.set_callback(
            event_loop.getattr(py, "call_soon_threadsafe")?,
            drain.into_any(),
        );
        Ok(bridge)
    }

    fn build(py: Python<'_>, event_loop: Py<PyAny>, wakes: Wakes) -> PyResult<Bound<'_, Self>> {
        Bound::new(
            py,
            LoopBridge {
                event_loop,
                wakes: Arc::new(wakes),
                state: Mutex::default(),
            },
        )
    }

    pub(super) fn event_loop(&self, py: Python<'_>) -> Py<PyAny> {
        self.event_loop.clone_ref(py)
    }

    pub(super) fn wakes(&self) -> Arc<Wakes> {
        self.wakes.clone()
    }

    /// Remembers an operation under an id that its waker names.
    pub(super) fn sleep(&self, suspension: &Py<Suspension>) -> u64 {
        Python::attach(|py| {
            let mut state = self.state.lock();
            state.next_id += 1;
            let id = state.next_id;
            state.sleeping.insert(id, suspension.clone_ref(py));
            id
        })
    }

    pub(super) fn awake(&self, id: u64) -> Option<Py<Suspension>> {
        self.state.lock().sleeping.remove(&id)
    }

    /// Arranges that `suspension` is resumed when what it waits for has come, or its time is up.
    pub(super) fn wait_for(
        slf: &Bound<'_, Self>,
        suspension: &Bound<'_, Suspension>,
        waits: Waits,
    ) -> PyResult<()> {
        let this = slf.get();
        let py = slf.py();
        if let Some(until) = waits.until {
            let seconds = until
                .saturating_duration_since(Instant::now())
                .as_secs_f64();
            let expire = Bound::new(py, Expire(suspension.clone().unbind()))?;
            let timer = this
                .event_loop
                .call_method1(py, "call_later", (seconds, expire))?;
            suspension.get().set_timer(py, timer)?;
        }
        match waits.on {
            // Its waker knows the id under which it sleeps.
            Suspended::Waker => Ok(()),
            Suspended::Turn => {
                let resume = Bound::new(py, Resume(suspension.clone().unbind()))?;
                this.event_loop
                    .call_method1(py, "call_soon", (resume,))
                    .map(drop)
            }
            Suspended::Descriptor(want) => {
                if waits.waker {
                    suspension.get().set_either();
                }
                Self::watch(slf, suspension, want)
            }
        }
    }

    fn watch(
        slf: &Bound<'_, Self>,
        suspension: &Bound<'_, Suspension>,
        want: Want,
    ) -> PyResult<()> {
        let (this, py) = (slf.get(), slf.py());
        let waiter = suspension.clone().unbind();
        let (read, write, turn) = this.state.lock().begin(want, waiter);
        if turn {
            let turn = Bound::new(
                py,
                Turn {
                    bridge: slf.clone().unbind(),
                    descriptor: want.descriptor,
                },
            )?;
            this.event_loop
                .call_method1(py, pyo3::intern!(py, "call_soon"), (turn,))?;
        }
        if read {
            this.register(
                slf,
                want.descriptor,
                want.read,
                "add_reader",
                "remove_reader",
            )?;
        }
        if write {
            this.register(
                slf,
                want.descriptor,
                want.write,
                "add_writer",
                "remove_writer",
            )?;
        }
        Ok(())
    }

    fn register(
        &self,
        slf: &Bound<'_, Self>,
        descriptor: i32,
        wanted: bool,
        add: &str,
        remove: &str,
    ) -> PyResult<()> {
        let py = slf.py();
        if wanted {
            let ready = Bound::new(
                py,
                DescriptorReady {
                    bridge: slf.clone().unbind(),
                    descriptor,
                },
            )?;
            self.event_loop.call_method1(py, add, (descriptor, ready))?;
        } else {
            self.event_loop.call_method1(py, remove, (descriptor,))?;
        }
        Ok(())
    }

    /// The loop found the descriptor ready.
    fn ready(slf: &Bound<'_, Self>, descriptor: i32) -> PyResult<()> {
        let this = slf.get();
        let waiter = this.state.lock().end(descriptor);
        match waiter {
            Some(suspension) => Suspension::resume(suspension.bind(slf.py())),
            // Something came that nobody waits for (the server's farewell, a notification): the next operation reads it.
            None => this.forget(slf.py(), descriptor),
        }
    }

    /// Takes a descriptor from the loop; needed before the socket is closed.
    fn forget(&self, py: Python<'_>, descriptor: i32) -> PyResult<()> {
        let Some(watch) = self.state.lock().descriptors.remove(&descriptor) else {
            return Ok(());
        };
        if self
            .event_loop
            .call_method0(py, "is_closed")?
            .is_truthy(py)?
        {
            return Ok(());
        }
        if watch.reading {
            self.event_loop
                .call_method1(py, "remove_reader", (descriptor,))?;
        }
        if watch.writing {
            self.event_loop
                .call_method1(py, "remove_writer", (descriptor,))?;
        }
        Ok(())
    }

    /// A cancelled operation is not resumed any more.
    pub(super) fn stop_waiting(
        slf: &Bound<'_, Self>,
        suspension: &Bound<'_, Suspension>,
    ) -> PyResult<()> {
        let mut state = slf.get().state.lock();
        for watch in state.descriptors.values_mut() {
            if watch
                .waiter
                .as_ref()
                .is_some_and(|waiter| waiter.is(suspension))
            {
                watch.waiter = None;
            }
        }
        state
            .sleeping
            .retain(|_, sleeping| !sleeping.is(suspension));
        Ok(())
    }

    pub(super) fn call_soon(
        &self,
        py: Python<'_>,
        callback: &Py<PyAny>,
        argument: &Bound<'_, PyAny>,
        context: Option<&Py<PyAny>>,
    ) -> PyResult<()> {
        let keywords = PyDict::new(py);
        if let Some(context) = context {
            keywords.set_item("context", context)?;
        }
        self.event_loop
            .call_method(py, "call_soon", (callback, argument), Some(&keywords))
            .map(drop)
    }
}

/// To be called in the child of a fork: the loops are the parent's, and so are the kernel's tables behind them.
pub fn forget_loops() {
    // Another thread can hold the lock only with the GIL, which this one has.
    if let Some(mut bridges) = BRIDGES.try_lock() {
        std::mem::forget(std::mem::take(&mut *bridges));
    }
}

/// Takes a socket that is about to be closed from every loop that watches it.
pub fn forget_descriptor(py: Python<'_>, descriptor: i32) -> PyResult<()> {
    if descriptor < 0 {
        return Ok(());
    }
    let bridges: Vec<_> = BRIDGES
        .lock()
        .iter()
        .map(|bridge| bridge.clone_ref(py))
        .collect();
    for bridge in bridges {
        bridge.get().forget(py, descriptor)?;
    }
    Ok(())
}

/// Polls what waits for a descriptor, as if it were ready; callable from any thread.
pub fn nudge_descriptor(py: Python<'_>, descriptor: i32) -> PyResult<()> {
    let bridges: Vec<_> = BRIDGES
        .lock()
        .iter()
        .map(|bridge| bridge.clone_ref(py))
        .collect();
    for bridge in bridges {
        let waited_for = bridge
            .get()
            .state
            .lock()
            .descriptors
            .get(&descriptor)
            .is_some_and(|watch| watch.waiter.is_some());
        if waited_for {
            let event_loop = bridge.get().event_loop(py);
            let ready = Py::new(py, DescriptorReady { bridge, descriptor })?;
            event_loop.call_method1(py, "call_soon_threadsafe", (ready,))?;
        }
    }
    Ok(())
}
