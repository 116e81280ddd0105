//! The coroutine that every asynchronous call returns: it polls a Rust future on the event loop's own thread.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use parking_lot::Mutex;
use pyo3::exceptions::{PyRuntimeError, PyRuntimeWarning, PyStopIteration};
use pyo3::prelude::*;
use scratchbird::wait::{poll_external, Suspended, Waits};

use super::wakes::Nudge;
use super::{Finish, LoopBridge, Suspension};

type Operation = Pin<Box<dyn Future<Output = Finish> + Send>>;

/// An operation in flight. It is awaited once, like any coroutine; `asyncio.create_task` and `gather` take it too.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct Awaitable {
    name: &'static str,
    state: Mutex<State>,
}

enum State {
    /// Nothing has happened yet.
    Fresh(Operation),
    /// Begun, and waiting.
    Waiting(Operation),
    /// Done; the value is built when the coroutine goes on.
    Ready(Finish),
    /// Awaited to its end, cancelled or closed.
    Spent,
}

/// What one poll brought.
enum Polled {
    Done(Finish),
    Waits(Operation, Waits),
}

impl Awaitable {
    /// `name` is shown when the coroutine is never awaited.
    pub fn new<F>(name: &'static str, operation: F) -> Self
    where
        F: Future<Output = Finish> + Send + 'static,
    {
        Awaitable {
            name,
            state: Mutex::new(State::Fresh(Box::pin(operation))),
        }
    }

    /// An operation that is over already: awaiting it costs no turn of the loop.
    pub fn ready(name: &'static str, finish: Finish) -> Self {
        Awaitable {
            name,
            state: Mutex::new(State::Ready(finish)),
        }
    }

    pub(super) fn is_ready(&self, _py: Python<'_>) -> bool {
        matches!(*self.state.lock(), State::Ready(_))
    }

    fn poll(mut operation: Operation, waker: &Waker) -> Polled {
        match poll_external(operation.as_mut(), &mut Context::from_waker(waker)) {
            Ok(finish) => Polled::Done(finish),
            Err(waits) => Polled::Waits(operation, waits),
        }
    }

    /// Polls, and where the future waits for its waker, alone or beside its socket, polls once more with a waker that
    /// reaches this operation.
    fn poll_with(
        bridge: &LoopBridge,
        operation: Operation,
        suspension: impl FnOnce() -> PyResult<Py<Suspension>>,
    ) -> PyResult<(Polled, Option<Py<Suspension>>)> {
        match Self::poll(operation, Waker::noop()) {
            Polled::Waits(operation, waits) if needs_waker(&waits) => {
                let suspension = suspension()?;
                let id = bridge.sleep(&suspension);
                let waker = Waker::from(Arc::new(Nudge {
                    wakes: bridge.wakes(),
                    id,
                }));
                let polled = Self::poll(operation, &waker);
                if !matches!(&polled, Polled::Waits(_, waits) if needs_waker(waits)) {
                    bridge.awake(id);
                }
                Ok((polled, Some(suspension)))
            }
            polled => Ok((polled, None)),
        }
    }

    /// Polls again after a wake-up; true when the operation is over.
    pub(super) fn advance(
        slf: &Bound<'_, Self>,
        suspension: &Bound<'_, Suspension>,
    ) -> PyResult<bool> {
        let this = slf.get();
        let operation = match std::mem::replace(&mut *this.state.lock(), State::Spent) {
            State::Waiting(operation) => operation,
            other => {
                // Closed meanwhile, or ready: nothing to poll.
                let ready = matches!(other, State::Ready(_));
                *this.state.lock() = other;
                return Ok(ready);
            }
        };
        let bridge = suspension.get().bridge.bind(slf.py());
        if suspension.get().take_either() {
            // One of the two it waited for has come: the other must not resume it as well.
            LoopBridge::stop_waiting(bridge, suspension)?;
        }
        let again = || Ok(suspension.clone().unbind());
        match Self::poll_with(bridge.get(), operation, again)?.0 {
            Polled::Done(finish) => {
                *this.state.lock() = State::Ready(finish);
                Ok(true)
            }
            Polled::Waits(operation, waits) => {
                *this.state.lock() = State::Waiting(operation);
                LoopBridge::wait_for(bridge, suspension, waits)?;
                Ok(false)
            }
        }
    }

    /// Starts the operation, or ends it where it is ready.
    fn step<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let this = slf.get();
        let operation = match std::mem::replace(&mut *this.state.lock(), State::Spent) {
            State::Fresh(operation) | State::Waiting(operation) => operation,
            State::Ready(finish) => return Err(stop(py, finish)),
            State::Spent => {
                return Err(PyRuntimeError::new_err(format!(
                    "cannot await {} again: an awaitable is awaited once",
                    this.name
                )))
            }
        };
        let bridge = LoopBridge::current(py)?;
        let suspend = || {
            Py::new(
                py,
                Suspension::new(slf.clone().unbind(), bridge.clone().unbind()),
            )
        };
        match Self::poll_with(bridge.get(), operation, suspend)? {
            (Polled::Done(finish), _) => Err(stop(py, finish)),
            (Polled::Waits(operation, waits), suspension) => {
                *this.state.lock() = State::Waiting(operation);
                let suspension = match suspension {
                    Some(suspension) => suspension,
                    None => suspend()?,
                }
                .into_bound(py);
                LoopBridge::wait_for(&bridge, &suspension, waits)?;
                Ok(suspension.into_any())
            }
        }
    }
}

fn needs_waker(waits: &Waits) -> bool {
    waits.waker || waits.on == Suspended::Waker
}

/// The end of a coroutine: StopIteration with its value, or its exception.
fn stop(py: Python<'_>, finish: Finish) -> PyErr {
    match finish(py) {
        // A tuple of one, so that a value that is a tuple itself stays whole.
        Ok(value) => PyStopIteration::new_err((value,)),
        Err(error) => error,
    }
}

#[pymethods]
impl Awaitable {
    fn __await__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __iter__(slf: Py<Self>) -> Py<Self> {
        slf
    }

    fn __next__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Self::step(slf)
    }

    #[pyo3(signature = (value, /))]
    fn send<'py>(slf: &Bound<'py, Self>, value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        // asyncio sends only None; a value would have nobody to go to.
        let _ = value;
        Self::step(slf)
    }

    /// Ends the operation with an exception, as a task's cancellation does.
    #[pyo3(signature = (kind, value = None, traceback = None))]
    fn throw<'py>(
        &self,
        py: Python<'py>,
        kind: Bound<'py, PyAny>,
        value: Option<Bound<'py, PyAny>>,
        traceback: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        self.close();
        let _ = traceback;
        let error = match value {
            Some(value) if value.is_instance_of::<pyo3::exceptions::PyBaseException>() => value,
            Some(value) => kind.call1((value,))?,
            None if kind.is_instance_of::<pyo3::exceptions::PyBaseException>() => kind,
            None => kind.call0()?,
        };
        let _ = py;
        Err(PyErr::from_value(error))
    }

    /// Gives the operation up; a connection reads what is left of it before its next request.
    fn close(&self) {
        let old = std::mem::replace(&mut *self.state.lock(), State::Spent);
        // Dropped outside the lock: a future may own other Python objects.
        drop(old);
    }

    fn __repr__(&self) -> String {
        let state = match *self.state.lock() {
            State::Fresh(_) => "not awaited yet",
            State::Waiting(_) => "waiting",
            State::Ready(_) => "ready",
            State::Spent => "done",
        };
        format!("<awaitable {} ({state})>", self.name)
    }
}

impl Drop for Awaitable {
    fn drop(&mut self) {
        if matches!(*self.state.get_mut(), State::Fresh(_)) {
            Python::attach(|py| {
                let message = format!("coroutine '{}' was never awaited", self.name);
                let Ok(message) = std::ffi::CString::new(message) else {
                    return;
                };
                if let Err(error) = PyErr::warn(py, &py.get_type::<PyRuntimeWarning>(), &message, 1)
                {
                    error.write_unraisable(py, None);
                }
            });
        }
    }
}
