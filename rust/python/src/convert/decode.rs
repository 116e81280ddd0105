//! Wire → Python: rows, by a plan made once a description, one decoder a column.
//!
//! A value in text form that is none of its declared type is returned as its text: servers guess types
//! (SBWP 3.2.2). What a server sent in binary and what no Python date can hold are errors.

use std::sync::Arc;

use pyo3::exceptions::{
    PyArithmeticError, PyOverflowError, PyRecursionError, PyTypeError, PyValueError,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString, PyTuple};
use sbwp::message::{DataRow, DecodeError};
use sbwp::types::{Format, Oid, TypeError};
use scratchbird::profile::{NullTexts, Profile};
use scratchbird::{Error, RowDescription};

use super::adapters::{self, Adapters};
use super::classes;
use super::decoder::Decoder;
use super::shape::{Shape, Values};
use crate::audited;
use crate::errors;

/// Why a value has no Python object.
pub enum Failure {
    /// It is no value of its type.
    Type(TypeError),
    /// Python raised.
    Python(PyErr),
    /// A callable of the user's raised.
    Loader(PyErr),
}

impl From<TypeError> for Failure {
    fn from(error: TypeError) -> Self {
        Failure::Type(error)
    }
}

impl From<PyErr> for Failure {
    fn from(error: PyErr) -> Self {
        Failure::Python(error)
    }
}

/// A Python object, or why there is none.
pub type Decoded<'py> = Result<Bound<'py, PyAny>, Failure>;

/// The decode plan of one row description.
pub struct RowDecoder {
    columns: Vec<Column>,
    /// The columns' names, interned: the keys of every dict and the attributes of every object made of a row.
    names: Py<PyTuple>,
    is_scalar: bool,
    description: Py<PyList>,
    /// What it was made of.
    source: Arc<RowDescription>,
    profile: Profile,
}

/// How the values of one column are read.
pub struct Column {
    name: String,
    format: Format,
    decoder: Decoder,
    /// None where the description can be trusted, which is nearly always.
    doubts: Option<Box<Doubts>>,
}

/// What to look at in each cell of a column that a server describes by guessing.
struct Doubts {
    profile: Profile,
    oid: Oid,
    nulls: NullTexts,
    adapters: Option<Arc<Adapters>>,
}

impl RowDecoder {
    /// The plan for these columns, with the user's own conversions where there are any. `is_scalar` is
    /// [`scratchbird::ResultSet::is_scalar`].
    pub fn new(
        py: Python<'_>,
        description: &Arc<RowDescription>,
        profile: &Profile,
        is_scalar: bool,
        adapters: Option<&Arc<Adapters>>,
    ) -> PyResult<Self> {
        let adapted = adapters.map(Arc::as_ref);
        let list = PyList::empty(py);
        let names = description.columns.iter();
        let names = PyTuple::new(py, names.map(|column| PyString::intern(py, &column.name)))?;
        let mut columns = Vec::with_capacity(description.columns.len());
        for column in &description.columns {
            list.append((
                &column.name,
                column.oid,
                py.None(),
                column.length,
                column.precision,
                column.scale,
                column.nullable,
            ))?;
            // Formats beyond text and binary are none that values can be read by: their bytes are returned.
            let (format, oid) = match Format::from_code(column.format) {
                Some(format) => (format, column.oid),
                None => (Format::Binary, sbwp::types::oid::UNKNOWN),
            };
            columns.push(Column {
                name: column.name.clone(),
                format,
                decoder: Decoder::adapted(oid, column.type_name.as_deref(), format, adapted),
                doubts: Doubts::of(profile, oid, format, is_scalar, adapters),
            });
        }
        Ok(RowDecoder {
            columns,
            names: names.unbind(),
            is_scalar,
            description: list.unbind(),
            source: description.clone(),
            profile: *profile,
        })
    }

    /// The columns' names.
    pub fn names<'py>(&self, py: Python<'py>) -> &Bound<'py, PyTuple> {
        self.names.bind(py)
    }

    /// The description that it reads rows by.
    pub fn source(&self) -> &Arc<RowDescription> {
        &self.source
    }

    /// What is known of the server that described the rows.
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// One value, of which the bytes are here.
    pub fn cell<'py>(
        &self,
        py: Python<'py>,
        column: usize,
        bytes: Option<&[u8]>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let cell = Cell {
            column: self.columns.get(column),
            bytes: Some(Ok(bytes)),
        };
        cell.into_pyobject(py)
    }

    /// Whether it reads the rows of a SELECT without a table.
    pub fn is_scalar(&self) -> bool {
        self.is_scalar
    }

    /// The columns as PEP 249 describes them.
    pub fn description(&self, py: Python<'_>) -> Py<PyList> {
        self.description.clone_ref(py)
    }

    /// Whether no callable of the user's makes a value.
    pub fn runs_no_code(&self) -> bool {
        self.columns.iter().all(Column::runs_no_code)
    }

    /// Fails where there is no such column.
    pub fn check_column(&self, py: Python<'_>, column: usize) -> PyResult<()> {
        let width = self.columns.len();
        if column < width {
            return Ok(());
        }
        Err(errors::programming(
            py,
            format!("there is no column {column}: the result has {width}"),
        ))
    }

    /// One value of a row.
    pub fn value<'py>(
        &self,
        py: Python<'py>,
        payload: &[u8],
        column: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        let row = DataRow::parse(payload).map_err(|error| broken(py, error))?;
        let row = Row { decoder: self, row };
        let cell = row.cells().nth(column);
        match cell {
            Some(cell) => cell.into_pyobject(py),
            None => Ok(py.None().into_bound(py)),
        }
    }

    /// One row in its shape, a tuple where it has none: as many values as the description has columns, NULL where the
    /// row has fewer, and text for any it has beyond.
    #[inline]
    pub fn row<'py>(
        &self,
        py: Python<'py>,
        shape: Option<&Shape>,
        payload: &[u8],
    ) -> PyResult<Bound<'py, PyAny>> {
        let row = DataRow::parse(payload).map_err(|error| broken(py, error))?;
        let row = Row { decoder: self, row };
        match shape {
            None => {
                let tuple = row.tuple(py)?;
                audited::settle(&tuple, classes::is_plain);
                Ok(tuple.into_any())
            }
            Some(shape) => shape.build(py, self.names.bind(py), &row),
        }
    }
}

/// One row that has arrived, with what is known of its columns.
struct Row<'a> {
    decoder: &'a RowDecoder,
    row: DataRow<'a>,
}

impl<'a> Row<'a> {
    #[inline]
    fn cells(&self) -> impl ExactSizeIterator<Item = Cell<'_>> {
        let columns = &self.decoder.columns;
        let mut values = self.row.iter();
        (0..columns.len().max(self.row.len())).map(move |index| Cell {
            column: columns.get(index),
            bytes: values.next(),
        })
    }
}

impl<'py> Values<'py> for Row<'_> {
    #[inline]
    fn tuple(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.cells())
    }

    fn first(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.cells().next() {
            Some(cell) => cell.into_pyobject(py),
            None => Ok(py.None().into_bound(py)),
        }
    }

    #[inline]
    fn each(
        &self,
        py: Python<'py>,
        mut take: impl FnMut(usize, Bound<'py, PyAny>) -> PyResult<()>,
    ) -> PyResult<()> {
        for (index, cell) in self.cells().enumerate() {
            take(index, cell.into_pyobject(py)?)?;
        }
        Ok(())
    }
}

#[cold]
fn broken(py: Python<'_>, error: DecodeError) -> PyErr {
    errors::to_python(py, &Error::protocol_from(error), None)
}

/// One value on its way into a tuple.
struct Cell<'a> {
    column: Option<&'a Column>,
    bytes: Option<Result<Option<&'a [u8]>, DecodeError>>,
}

impl<'py> IntoPyObject<'py> for Cell<'_> {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    #[inline]
    fn into_pyobject(self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let bytes = match self.bytes {
            Some(Ok(Some(bytes))) => bytes,
            Some(Ok(None)) | None => return Ok(py.None().into_bound(py)),
            Some(Err(error)) => return Err(broken(py, error)),
        };
        let Some(column) = self.column else {
            return text_or_bytes(py, bytes);
        };
        let decoded = match &column.doubts {
            None => column.decoder.decode(py, bytes),
            Some(doubts) => doubts.decode(py, bytes, &column.decoder),
        };
        match decoded {
            Ok(value) => Ok(value),
            Err(failure) => column.fall_back(py, bytes, failure),
        }
    }
}

impl Doubts {
    fn of(
        profile: &Profile,
        oid: Oid,
        format: Format,
        is_scalar: bool,
        adapters: Option<&Arc<Adapters>>,
    ) -> Option<Box<Self>> {
        let nulls = profile.null_texts(oid, is_scalar);
        let doubtful = format == Format::Text && (profile.guesses_types() || !nulls.is_none());
        doubtful.then(|| {
            Box::new(Doubts {
                profile: *profile,
                oid,
                nulls,
                adapters: adapters.cloned(),
            })
        })
    }

    #[cold]
    fn decode<'py>(&self, py: Python<'py>, bytes: &[u8], described: &Decoder) -> Decoded<'py> {
        if self.nulls.matches(bytes) {
            return Ok(py.None().into_bound(py));
        }
        match self.profile.cell_type(self.oid, bytes) {
            oid if oid == self.oid => described.decode(py, bytes),
            oid => {
                let adapters = self.adapters.as_deref();
                Decoder::adapted(oid, None, Format::Text, adapters).decode(py, bytes)
            }
        }
    }
}

impl Column {
    /// A column of text that stands for values of this type, read by the conversions that are in force.
    pub fn of_text(name: &str, oid: Oid) -> Self {
        let adapters = adapters::current();
        let adapted = adapters.as_deref();
        Column {
            name: name.to_owned(),
            format: Format::Text,
            decoder: Decoder::adapted(oid, None, Format::Text, adapted),
            doubts: None,
        }
    }

    fn runs_no_code(&self) -> bool {
        let adapted = |doubts: &Doubts| doubts.adapters.is_some();
        self.decoder.runs_no_code() && !self.doubts.as_deref().is_some_and(adapted)
    }

    /// One value that is not NULL.
    pub fn decode<'py>(&self, py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        match self.decoder.decode(py, bytes) {
            Ok(value) => Ok(value),
            Err(failure) => self.fall_back(py, bytes, failure),
        }
    }

    /// The text of a value that is none of its type, or the error where text will not do.
    #[cold]
    fn fall_back<'py>(
        &self,
        py: Python<'py>,
        bytes: &[u8],
        failure: Failure,
    ) -> PyResult<Bound<'py, PyAny>> {
        let reason = match failure {
            Failure::Type(error) => {
                if self.format == Format::Text && !is_beyond_python(&error) {
                    return text_or_bytes(py, bytes);
                }
                error.to_string()
            }
            Failure::Loader(error) => return Err(error),
            Failure::Python(error) => {
                if !is_about_the_value(py, &error) {
                    return Err(error);
                }
                if self.format == Format::Text {
                    return text_or_bytes(py, bytes);
                }
                error.value(py).to_string()
            }
        };
        let message = format!("column \"{}\": {reason}", self.name);
        Err(errors::to_python(
            py,
            &Error::data_with("22008", message, None),
            None,
        ))
    }
}

/// Whether a value is a date or time that Python's types cannot hold.
fn is_beyond_python(error: &TypeError) -> bool {
    matches!(
        error,
        TypeError::OutOfRange {
            type_name: "date" | "time" | "timetz" | "timestamp" | "timestamptz",
            ..
        }
    )
}

/// Whether Python refused the value itself, rather than, say, running out of memory.
fn is_about_the_value(py: Python<'_>, error: &PyErr) -> bool {
    error.is_instance_of::<PyValueError>(py)
        || error.is_instance_of::<PyTypeError>(py)
        || error.is_instance_of::<PyOverflowError>(py)
        || error.is_instance_of::<PyArithmeticError>(py)
        || error.is_instance_of::<PyRecursionError>(py)
}

/// The text, or the bytes where they are no text: a server that does not know its types sends raw bytes
/// as text.
pub fn text_or_bytes<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    match PyString::from_bytes(py, bytes) {
        Ok(text) => Ok(text.into_any()),
        Err(error) if error.is_instance_of::<PyValueError>(py) => {
            Ok(PyBytes::new(py, bytes).into_any())
        }
        Err(error) => Err(error),
    }
}
