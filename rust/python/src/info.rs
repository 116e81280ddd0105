//! What is known of a connection and of a notice, as plain Python objects for the faces to wrap.

use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};
use scratchbird::{DatabaseError, Error, Info, TransactionStatus};

use crate::errors;

/// The fields of `scratchbird.ConnectionInfo`.
pub fn to_dict<'py>(py: Python<'py>, info: &Info) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    let uuid = py.import("uuid")?.getattr("UUID")?;
    let keywords = PyDict::new(py);
    keywords.set_item("bytes", info.session_id.as_slice())?;
    dict.set_item("session_id", uuid.call((), Some(&keywords))?)?;
    dict.set_item("product", &info.server.product)?;
    dict.set_item("server_version", &info.server.version)?;
    dict.set_item("dialect", &info.server.dialect)?;
    dict.set_item("features", info.features)?;
    let parameters = PyDict::new(py);
    for (name, value) in &info.parameters {
        parameters.set_item(name, value)?;
    }
    dict.set_item("parameters", parameters)?;
    let status = match info.status {
        TransactionStatus::Idle => "idle",
        TransactionStatus::Active => "active",
        TransactionStatus::Failed => "failed",
    };
    dict.set_item("transaction_status", status)?;
    dict.set_item("transaction_id", info.transaction_id)?;
    dict.set_item("tls_version", info.tls_version)?;
    dict.set_item("server_profile", info.profile)?;
    let hint = info
        .failover_hint
        .as_deref()
        .map(|hint| PyBytes::new(py, hint));
    dict.set_item("failover_hint", hint)?;
    Ok(dict)
}

/// A notice as an exception object, for `connection.messages`.
pub fn notice(py: Python<'_>, notice: DatabaseError) -> Bound<'_, PyAny> {
    let error = Error::Database(Box::new(notice));
    errors::to_python(py, &error, None)
        .into_value(py)
        .into_bound(py)
        .into_any()
}
