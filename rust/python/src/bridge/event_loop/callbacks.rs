//! What the event loop calls.

use pyo3::prelude::*;

use super::{LoopBridge, Suspension};

/// The loop's callback for one socket.
#[pyclass(frozen, module = "scratchbird._core")]
pub(super) struct DescriptorReady {
    pub(super) bridge: Py<LoopBridge>,
    pub(super) descriptor: i32,
}

#[pymethods]
impl DescriptorReady {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        LoopBridge::ready(self.bridge.bind(py), self.descriptor)
    }
}

/// Keeps the loop from sleeping as long as an answer is looked for.
#[pyclass(frozen, module = "scratchbird._core")]
pub(super) struct Turn {
    pub(super) bridge: Py<LoopBridge>,
    pub(super) descriptor: i32,
}

#[pymethods]
impl Turn {
    fn __call__(slf: &Bound<'_, Self>) -> PyResult<()> {
        let (this, py) = (slf.get(), slf.py());
        let bridge = this.bridge.get();
        let goes_on = bridge.state.lock().keeps_turning(this.descriptor);
        if goes_on {
            bridge
                .event_loop
                .call_method1(py, pyo3::intern!(py, "call_soon"), (slf,))?;
        }
        Ok(())
    }
}

/// The loop's callback for its queue of wake-ups.
#[pyclass(frozen, module = "scratchbird._core")]
pub(super) struct Drain(pub(super) Py<LoopBridge>);

#[pymethods]
impl Drain {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        let bridge = self.0.get();
        for id in bridge.wakes.drain() {
            if let Some(suspension) = bridge.awake(id) {
                Suspension::resume(suspension.bind(py))?;
            }
        }
        Ok(())
    }
}

/// Resumes an operation that has had its turn.
#[pyclass(frozen, module = "scratchbird._core")]
pub(super) struct Resume(pub(super) Py<Suspension>);

#[pymethods]
impl Resume {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        Suspension::resume(self.0.bind(py))
    }
}

/// Resumes an operation whose time is up, whatever it waits for.
#[pyclass(frozen, module = "scratchbird._core")]
pub(super) struct Expire(pub(super) Py<Suspension>);

#[pymethods]
impl Expire {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        let suspension = self.0.bind(py);
        let bridge = suspension.get().bridge.bind(py);
        LoopBridge::stop_waiting(bridge, suspension)?;
        Suspension::resume(suspension)
    }
}
