//! Errors of the client as exceptions of `scratchbird.errors`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple};
use scratchbird::{Error, ErrorKind, Failed};

use crate::questions::Raised;

/// The exception for `error`; `statement` is the SQL that failed.
pub fn to_python(py: Python<'_>, error: &Error, statement: Option<&str>) -> PyErr {
    if let Error::Shared(error) = error {
        return to_python(py, error, statement);
    }
    match build(py, error, statement) {
        Ok(exception) => {
            let exception = PyErr::from_value(exception);
            if let Some(raised) = raised(error) {
                exception.set_cause(py, Some(raised.exception(py)));
            }
            exception
        }
        // The package itself is damaged (an import failed): that error says more than the one it hides.
        Err(failure) => failure,
    }
}

/// The exception of Python that is behind an error.
fn raised(error: &Error) -> Option<&Raised> {
    match error {
        Error::Provider { source, .. } => source.downcast_ref(),
        _ => None,
    }
}

/// `error` with the row of an `executemany` that it is about; an error of another kind stays what it is.
pub fn in_row(py: Python<'_>, error: PyErr, failed: Failed, places: &[String]) -> PyErr {
    static IN_ROW: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let (first, last) = match failed {
        Failed::Row(row) => (row, row),
        Failed::Between(first, last) => (first, last),
    };
    let named = IN_ROW
        .import(py, "scratchbird.errors", "in_row")
        .and_then(|in_row| in_row.call1((error.value(py), first, last, places)));
    match named {
        Ok(_) => error,
        Err(failure) => failure,
    }
}

/// A misuse of the driver, as InterfaceError.
pub fn interface(py: Python<'_>, message: impl Into<String>) -> PyErr {
    to_python(py, &Error::Interface(message.into()), None)
}

/// A mistake in a statement or its parameters, as ProgrammingError.
pub fn programming(py: Python<'_>, message: impl Into<String>) -> PyErr {
    to_python(py, &Error::Programming(message.into()), None)
}

fn build<'py>(
    py: Python<'py>,
    error: &Error,
    statement: Option<&str>,
) -> PyResult<Bound<'py, PyAny>> {
    static FROM_FIELDS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let from_fields = FROM_FIELDS.import(py, "scratchbird.errors", "from_fields")?;
    let fields = PyDict::new(py);
    fields.set_item("sqlstate", error.sqlstate())?;
    fields.set_item("is_retryable", error.is_retryable())?;
    fields.set_item("is_disconnect", error.is_disconnect())?;
    fields.set_item("statement", statement)?;
    if let Error::Hosts(failures) = error {
        let failures = failures.iter().map(|failure| {
            let exception = build(py, &failure.error, None)?;
            Ok((failure.address.as_str(), exception))
        });
        let failures = failures.collect::<PyResult<Vec<_>>>()?;
        fields.set_item("host_errors", PyTuple::new(py, failures)?)?;
    }
    let message = match error.as_database() {
        Some(database) => {
            fields.set_item("severity", &database.severity)?;
            fields.set_item("detail", &database.detail)?;
            fields.set_item("hint", &database.hint)?;
            fields.set_item("position", database.position)?;
            fields.set_item("constraint", &database.constraint)?;
            fields.set_item("schema", &database.schema)?;
            fields.set_item("table", &database.table)?;
            fields.set_item("column", &database.column)?;
            fields.set_item("datatype", &database.datatype)?;
            database.message.clone()
        }
        None => {
            fields.set_item("severity", "ERROR")?;
            chain(error)
        }
    };
    let class = match error {
        Error::PipelineAborted => "PipelineAborted",
        other => class_name(other.kind()),
    };
    from_fields.call1((class, message, fields))
}

/// The message without its SQLSTATE, which the exception puts in front itself, and the causes.
fn chain(error: &Error) -> String {
    let full = error.to_string();
    let prefix = error.sqlstate().map(|state| format!("[{state}] "));
    let mut text = match prefix.and_then(|prefix| full.strip_prefix(&prefix).map(str::to_owned)) {
        Some(rest) => rest,
        None => full,
    };
    // These say what happened in the words of their source already.
    let told = matches!(
        error,
        Error::Connect { .. } | Error::OutcomeUnknown { .. } | Error::Ended { .. }
    );
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !told && !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

fn class_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Warning => "Warning",
        ErrorKind::InterfaceError => "InterfaceError",
        ErrorKind::DatabaseError => "DatabaseError",
        ErrorKind::DataError => "DataError",
        ErrorKind::OperationalError => "OperationalError",
        ErrorKind::IntegrityError => "IntegrityError",
        ErrorKind::InternalError => "InternalError",
        ErrorKind::ProgrammingError => "ProgrammingError",
        ErrorKind::NotSupportedError => "NotSupportedError",
    }
}
