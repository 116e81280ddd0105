//! What a session says besides its answers, for both faces: notifications, notices, and how far a statement is.
//!
//! The handlers themselves belong to the Python object of the connection: the link knows it by a weak reference, so that
//! a handler that knows its connection keeps nothing alive.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyTuple, PyWeakrefMethods, PyWeakrefReference};
use scratchbird::trace::TraceContext;
use scratchbird::Notification;

use crate::errors;
use crate::info;
use crate::link::Link;
use crate::watch;

const NOTIFICATIONS: u8 = 1;
const NOTICES: u8 = 2;
const PROGRESS: u8 = 4;

/// Who is told of events.
#[derive(Default)]
pub struct Handlers {
    /// Which kinds have handlers.
    kinds: AtomicU8,
    face: Mutex<Option<Py<PyWeakrefReference>>>,
}

impl Handlers {
    fn has(&self, kind: u8) -> bool {
        self.kinds.load(Ordering::Relaxed) & kind != 0
    }

    /// The connection's Python object, while it lives.
    fn face<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyAny>> {
        let face = self.face.lock().as_ref()?.clone_ref(py);
        face.bind(py).upgrade()
    }
}

impl Link {
    /// What Python sets: which kinds of events have handlers, and the object to tell.
    pub fn set_handlers(&self, kinds: u8, face: Bound<'_, PyWeakrefReference>) {
        *self.handlers.face.lock() = Some(face.unbind());
        self.handlers.kinds.store(kinds, Ordering::Relaxed);
    }

    /// Has the handlers told of what has come, in the thread that calls.
    pub fn tell(&self, py: Python<'_>) -> PyResult<()> {
        let kinds = self.handlers.kinds.load(Ordering::Relaxed);
        if kinds == 0 {
            return Ok(());
        }
        let (notifications, notices) = (kinds & NOTIFICATIONS != 0, kinds & NOTICES != 0);
        if !self.connection.has_untold(notifications, notices) {
            return Ok(());
        }
        match self.handlers.face(py) {
            Some(face) => face.call_method0("_tell_handlers").map(drop),
            None => Ok(()),
        }
    }

    /// Runs a request as part of a trace, where there is one, and tells how far it is.
    ///
    /// By reference: a future that is passed on by value is copied at every step, and those of requests are large.
    pub async fn accompany<F: Future>(
        &self,
        trace: Option<Arc<TraceContext>>,
        request: Pin<&mut F>,
    ) -> F::Output {
        if trace.is_none() && !self.handlers.has(PROGRESS) {
            return request.await;
        }
        watch::within(trace, self.with_progress(request)).await
    }

    /// Runs a request and tells how far it is.
    async fn with_progress<F: Future>(&self, mut request: Pin<&mut F>) -> F::Output {
        if !self.handlers.has(PROGRESS) {
            return request.await;
        }
        // A report that came too late for the request before.
        self.connection.take_progress();
        std::future::poll_fn(|context| {
            let poll = request.as_mut().poll(context);
            if let Some((rows, bytes)) = self.connection.take_progress() {
                Python::attach(|py| self.tell_progress(py, rows, bytes));
            }
            poll
        })
        .await
    }

    fn tell_progress(&self, py: Python<'_>, rows: u64, bytes: u64) {
        let Some(face) = self.handlers.face(py) else {
            return;
        };
        // The handler's own exceptions are logged there; what is left has no caller that could take it.
        if let Err(error) = face.call_method1("_tell_progress", (rows, bytes)) {
            error.write_unraisable(py, Some(&face));
        }
    }

    /// The oldest notification that was not taken, as Python sees it.
    pub fn take_notification<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        match self.connection.take_notification() {
            Some((notification, told)) => {
                Ok(Some((fields(py, &notification)?, told).into_pyobject(py)?))
            }
            None => Ok(None),
        }
    }

    pub fn untold_notifications<'py>(
        &self,
        py: Python<'py>,
        keep: bool,
    ) -> PyResult<Vec<Bound<'py, PyTuple>>> {
        self.connection
            .untold_notifications(keep)
            .iter()
            .map(|notification| fields(py, notification))
            .collect()
    }

    pub fn untold_notices<'py>(&self, py: Python<'py>) -> Vec<Bound<'py, PyAny>> {
        let notices = self.connection.untold_notices();
        notices
            .into_iter()
            .map(|notice| info::notice(py, notice))
            .collect()
    }

    pub fn check_notifications(&self, py: Python<'_>) -> PyResult<()> {
        self.usable(py)?;
        self.connection
            .offers_notifications()
            .map_err(|error| errors::to_python(py, &error, None))
    }
}

/// When a wait of so many seconds ends; `None` waits for ever, and so does a time too long to be told.
pub fn deadline(py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Instant>> {
    let Some(timeout) = timeout else {
        return Ok(None);
    };
    if timeout.is_nan() || timeout < 0.0 {
        return Err(errors::programming(
            py,
            "timeout is a number of seconds, 0 or more",
        ));
    }
    Ok(Duration::try_from_secs_f64(timeout)
        .ok()
        .and_then(|timeout| Instant::now().checked_add(timeout)))
}

/// Channel, data, process id, the letter of the change, row id.
fn fields<'py>(py: Python<'py>, notification: &Notification) -> PyResult<Bound<'py, PyTuple>> {
    let change = notification.change;
    (
        &notification.channel,
        PyBytes::new(py, &notification.payload),
        notification.process_id,
        change.map(|change| char::from(change.kind)),
        change.and_then(|change| change.row_id),
    )
        .into_pyobject(py)
}
