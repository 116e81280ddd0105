//! Why a Python value cannot be a parameter, and the exception that says so.

use pyo3::exceptions::{
    PyArithmeticError, PyOverflowError, PyRecursionError, PyTypeError, PyValueError,
};
use pyo3::prelude::*;
use sbwp::types::{Oid, TypeError};
use scratchbird::Error;

use crate::errors;

/// The type a value was written as; None for NULL, which has none.
pub type Encoded = Result<Option<Oid>, Refusal>;

/// Why a value was not written.
pub enum Refusal {
    /// No type of the database stands for the value's class.
    Unsupported(String),
    /// The value itself cannot be stored.
    Data {
        sqlstate: &'static str,
        reason: &'static str,
    },
    /// The value is outside of its type.
    Type(TypeError),
    /// Python raised while the value was read.
    Python(PyErr),
}

impl From<TypeError> for Refusal {
    fn from(error: TypeError) -> Self {
        Refusal::Type(error)
    }
}

impl From<PyErr> for Refusal {
    fn from(error: PyErr) -> Self {
        Refusal::Python(error)
    }
}

/// Not a character, or one the database cannot store: SQLSTATE 22021.
pub const CHARACTER: &str = "22021";
/// A date or time out of range.
const DATETIME: &str = "22008";
/// A number out of range.
const NUMBER: &str = "22003";
/// Text or bytes that are no value of the type.
pub const REPRESENTATION: &str = "22P02";
/// Arrays that are not rectangular, or of more dimensions than there are.
pub const SUBSCRIPT: &str = "2202E";

impl Refusal {
    pub fn unsupported(value: &Bound<'_, PyAny>) -> Self {
        match value.get_type().fully_qualified_name() {
            Ok(name) => Refusal::Unsupported(name.to_string()),
            Err(error) => Refusal::Python(error),
        }
    }

    /// The exception for the parameter at `position` (from 0).
    #[cold]
    pub fn into_python(self, py: Python<'_>, position: usize) -> PyErr {
        self.at(py, &format!("parameter {}", position + 1))
    }

    /// The exception for a value that is found at `place`.
    #[cold]
    pub fn at(self, py: Python<'_>, place: &str) -> PyErr {
        let data = |sqlstate, reason: String| {
            let message = format!("{place}: {reason}");
            errors::to_python(py, &Error::data_with(sqlstate, message, None), None)
        };
        match self {
            Refusal::Unsupported(class) => errors::programming(
                py,
                format!("{place}: a value of type {class} cannot be sent"),
            ),
            Refusal::Data { sqlstate, reason } => data(sqlstate, reason.to_owned()),
            Refusal::Type(error) => {
                let sqlstate = match &error {
                    TypeError::OutOfRange { type_name, .. } => match *type_name {
                        "date" | "time" | "timetz" | "timestamp" | "timestamptz" | "interval" => {
                            DATETIME
                        }
                        _ => NUMBER,
                    },
                    _ => REPRESENTATION,
                };
                data(sqlstate, error.to_string())
            }
            Refusal::Python(error) => {
                let reason = || error.value(py).to_string();
                if error.is_instance_of::<PyValueError>(py)
                    || error.is_instance_of::<PyArithmeticError>(py)
                    || error.is_instance_of::<PyRecursionError>(py)
                {
                    let sqlstate = if error.is_instance_of::<PyOverflowError>(py) {
                        NUMBER
                    } else {
                        REPRESENTATION
                    };
                    caused_by(py, data(sqlstate, reason()), error)
                } else if error.is_instance_of::<PyTypeError>(py) {
                    let message = format!("{place}: {}", reason());
                    caused_by(py, errors::programming(py, message), error)
                } else {
                    error
                }
            }
        }
    }
}

fn caused_by(py: Python<'_>, error: PyErr, cause: PyErr) -> PyErr {
    error.set_cause(py, Some(cause));
    error
}
