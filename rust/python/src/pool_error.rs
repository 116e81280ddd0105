//! What a pool fails with, as exceptions of `scratchbird.errors`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use scratchbird::pool::PoolError;

use crate::errors;

/// The exception for `error`; a failure to connect that explains it is its cause.
pub fn to_python(py: Python<'_>, error: &PoolError) -> PyErr {
    let class = match error {
        PoolError::Connect(cause) => return errors::to_python(py, cause, None),
        PoolError::Timeout { .. } => "PoolTimeout",
        PoolError::TooManyWaiting { .. } => "TooManyRequests",
        PoolError::CircuitOpen { .. } => "CircuitOpen",
        PoolError::Closed { .. } => "PoolClosed",
        // An inherited pool is misuse of the driver, as an inherited connection is.
        _ => return errors::interface(py, error.to_string()),
    };
    match build(py, class, &error.to_string()) {
        Ok(exception) => {
            let exception = PyErr::from_value(exception);
            let cause = error.cause();
            exception.set_cause(py, cause.map(|cause| errors::to_python(py, cause, None)));
            exception
        }
        Err(failure) => failure,
    }
}

fn build<'py>(py: Python<'py>, class: &str, message: &str) -> PyResult<Bound<'py, PyAny>> {
    static FROM_FIELDS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let from_fields = FROM_FIELDS.import(py, "scratchbird.errors", "from_fields")?;
    from_fields.call1((class, message, PyDict::new(py)))
}
