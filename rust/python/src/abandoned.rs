//! Connections that nobody closed: their socket goes, and their user is told, with the place where they were made.

use std::sync::Arc;

use pyo3::exceptions::PyResourceWarning;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::bridge::forget_descriptor;
use crate::link::Link;

/// The line of the program that a connection is being made for, empty where there is none.
pub fn origin(py: Python<'_>) -> String {
    static CALLER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let found = CALLER
        .import(py, "scratchbird._origin", "caller")
        .and_then(|caller| caller.call0()?.extract());
    // A warning without a place is better than no connection.
    found.unwrap_or_default()
}

/// Whether the interpreter goes down: no loop runs any more, and what is left of asyncio cannot be called.
fn is_ending(py: Python<'_>) -> bool {
    static IS_FINALIZING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    IS_FINALIZING
        .import(py, "sys", "is_finalizing")
        .and_then(|ending| ending.call0()?.is_truthy())
        .unwrap_or(true)
}

/// Ends a connection whose object is gone, and warns unless it was closed or lost before.
pub fn abandon(link: &Arc<Link>, what: &str, origin: &str) {
    if link.connection.is_inherited() {
        // The socket, its registrations and the locks around them are the parent's.
        std::mem::forget(link.clone());
        return;
    }
    let lost = link.connection.is_closed();
    if lost && link.connection.descriptor() < 0 {
        return;
    }
    Python::attach(|py| {
        // Its last holder may have gone because of an exception, which is not to be seen by what is called here.
        let raised = PyErr::take(py);
        tell(py, link, what, origin, lost);
        if let Some(raised) = raised {
            raised.restore(py);
        }
    });
}

fn tell(py: Python<'_>, link: &Arc<Link>, what: &str, origin: &str, lost: bool) {
    // The loop must not watch a number that the next socket may get.
    if !is_ending(py) {
        if let Err(error) = forget_descriptor(py, link.connection.descriptor()) {
            error.write_unraisable(py, None);
        }
    }
    link.connection.close_now();
    if let Some((lease, _)) = link.end_loan() {
        lease.discard("it was never given back");
    }
    if lost {
        return;
    }
    let mut message = format!("unclosed scratchbird {what}");
    if !origin.is_empty() {
        message.push_str(", made at ");
        message.push_str(origin);
    }
    let category = py.get_type::<PyResourceWarning>();
    let Ok(message) = std::ffi::CString::new(message) else {
        return;
    };
    if let Err(error) = PyErr::warn(py, &category, &message, 1) {
        error.write_unraisable(py, None);
    }
}
