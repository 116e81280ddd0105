//! `_core.ArrowSource`: columns that somebody else has made, on their way into the database. Batches are read and turned
//! into values without the GIL; a stream that is written in Python takes it by itself.

use std::sync::Arc;

use parking_lot::Mutex;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use sbwp::types::info;
use scratchbird::copy::CopyType;
use scratchbird::Error;
use scratchbird_columns::array::RecordBatchReader;
use scratchbird_columns::schema::{DataType, SchemaRef};
use scratchbird_columns::{
    natural, ArrowArrayStreamReader, Cause, Cursor, Loading, Misfit, Sink, Target,
};

use super::export::STREAM;
use super::reader::aside;
use crate::audited;
use crate::bridge::{Awaitable, Finish};
use crate::copy_in::packet_type;
use crate::errors;

/// An Arrow stream that is to be loaded.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct ArrowSource {
    schema: SchemaRef,
    pub feed: Arc<Feed>,
}

/// The stream itself, which one thread at a time reads.
pub struct Feed(Mutex<State>);

struct State {
    reader: ArrowArrayStreamReader,
    loading: Option<Loading>,
    cursor: Option<Cursor>,
    /// Rows of the batches that have been read.
    read: u64,
    given: u64,
}

/// Why a stream could not be loaded.
#[derive(Debug)]
pub enum Broken {
    Misfit(Misfit),
    /// What the stream itself says, and the rows before it.
    Stream(u64, String),
    Sink {
        row: u64,
        column: Option<String>,
        error: Error,
    },
    /// Another call reads it.
    Busy,
    /// It was never told where its columns go.
    Unprepared,
}

/// A type that a column has by itself: its OID and name, digits in all and after the point, its length, and whether it
/// may have NULLs.
type Natural = (
    String,
    u32,
    Option<&'static str>,
    Option<u8>,
    Option<i8>,
    Option<i32>,
    bool,
);

/// Where a column goes: its index in the stream, and of its target the name, the type (0 where it is not known), digits in
/// all and after the point, and length.
type Aim = (usize, String, u32, Option<i64>, Option<i32>, Option<i64>);

#[pymethods]
impl ArrowSource {
    /// Takes the stream out of its capsule.
    #[new]
    fn new(capsule: &Bound<'_, PyAny>) -> PyResult<Self> {
        let py = capsule.py();
        let capsule = capsule
            .cast::<PyCapsule>()
            .map_err(|_| PyTypeError::new_err("__arrow_c_stream__() gives an Arrow C stream"))?;
        let stream = audited::take_stream(capsule, STREAM)?;
        let reader = ArrowArrayStreamReader::try_new(stream)
            .map_err(|error| Broken::Stream(0, error.to_string()).into_python(py, None))?;
        Ok(ArrowSource {
            schema: reader.schema(),
            feed: Arc::new(Feed(Mutex::new(State {
                reader,
                loading: None,
                cursor: None,
                read: 0,
                given: 0,
            }))),
        })
    }

    /// The names of the columns.
    #[getter]
    fn names(&self) -> Vec<String> {
        let fields = self.schema.fields().iter();
        fields.map(|field| field.name().clone()).collect()
    }

    /// For every column its name and the type that a table for it would have.
    #[getter]
    fn types(&self) -> Vec<Natural> {
        let fields = self.schema.fields().iter();
        fields
            .map(|field| {
                let oid = natural(field);
                let mut data_type = field.data_type();
                match data_type {
                    DataType::Dictionary(_, values) => data_type = values,
                    DataType::RunEndEncoded(_, values) => data_type = values.data_type(),
                    _ => {}
                }
                let (precision, scale) = match data_type {
                    DataType::Decimal32(precision, scale)
                    | DataType::Decimal64(precision, scale)
                    | DataType::Decimal128(precision, scale)
                    | DataType::Decimal256(precision, scale) => (Some(*precision), Some(*scale)),
                    DataType::UInt64 => (Some(20), Some(0)),
                    _ => (None, None),
                };
                let length = match data_type {
                    DataType::FixedSizeList(_, size) => Some(*size),
                    _ => None,
                };
                let name = info(oid).map(|info| info.name);
                let nullable = field.is_nullable();
                (
                    field.name().clone(),
                    oid,
                    name,
                    precision,
                    scale,
                    length,
                    nullable,
                )
            })
            .collect()
    }

    /// Rows that have been given away so far.
    #[getter]
    fn rows(&self) -> u64 {
        self.feed.0.try_lock().map_or(0, |state| state.given)
    }

    /// Whether there is no row at all; reads up to the first.
    fn is_empty(&self, py: Python<'_>) -> PyResult<bool> {
        let looked = py.detach(|| self.feed.is_empty());
        looked.map_err(|broken| broken.into_python(py, None))
    }

    /// `is_empty`, awaited: a stream may take its time.
    fn ais_empty(&self) -> Awaitable {
        let feed = self.feed.clone();
        Awaitable::new("ArrowSource.is_empty", async move {
            let looked = aside(move || feed.is_empty()).await;
            let finish: Finish = Box::new(move |py| {
                let looked = looked.map_err(|error| errors::to_python(py, &error, None))?;
                let is_empty = looked.map_err(|broken| broken.into_python(py, None))?;
                Ok(is_empty.into_pyobject(py)?.to_owned().into_any().unbind())
            });
            finish
        })
    }

    /// Says where the columns go: for each its index in the stream, the name, the type (0 where it is not known), digits in
    /// all and after the point, and length of its target. `texts` has all values go as text.
    ///
    /// Raises:
    ///     DataError: a column whose type does not go into its target.
    fn prepare(&self, py: Python<'_>, columns: Vec<Aim>, texts: bool) -> PyResult<()> {
        let columns = columns
            .into_iter()
            .map(|(index, name, oid, precision, scale, length)| {
                let kind = match texts || oid == 0 {
                    true => CopyType::Text,
                    false => packet_type(oid),
                };
                let target = Target {
                    name,
                    oid,
                    precision,
                    scale,
                    length,
                    kind,
                };
                (index, target)
            })
            .collect();
        let loading = Loading::new(&self.schema, columns)
            .map_err(|misfit| Broken::Misfit(misfit).into_python(py, None))?;
        let Some(mut state) = self.feed.0.try_lock() else {
            return Err(Broken::Busy.into_python(py, None));
        };
        state.loading = Some(loading);
        Ok(())
    }
}

impl Feed {
    /// The targets of its columns.
    pub fn targets(&self) -> Result<Vec<Target>, Broken> {
        let state = self.0.try_lock().ok_or(Broken::Busy)?;
        let loading = state.loading.as_ref().ok_or(Broken::Unprepared)?;
        Ok(loading.targets().cloned().collect())
    }

    /// Whether there is no row, or none any more. Not to be called with the GIL.
    pub fn is_empty(&self) -> Result<bool, Broken> {
        let mut state = self.0.try_lock().ok_or(Broken::Busy)?;
        let state = &mut *state;
        let loading = state.loading.as_ref().ok_or(Broken::Unprepared)?;
        while state.cursor.is_none() {
            let Some(batch) = state.reader.next() else {
                return Ok(true);
            };
            let batch = batch.map_err(|error| Broken::Stream(state.read, error.to_string()))?;
            if batch.num_rows() > 0 {
                let cursor = loading.rows(&batch, state.read).map_err(Broken::Misfit)?;
                state.read += batch.num_rows() as u64;
                state.cursor = Some(cursor);
            }
        }
        Ok(false)
    }

    /// Gives rows to the sink until it wants to be asked (false), or there are no more (true). Not to be called with the
    /// GIL: the stream may need it on another thread.
    pub fn give(&self, sink: &mut impl Sink<Error = Error>) -> Result<bool, Broken> {
        let mut state = self.0.try_lock().ok_or(Broken::Busy)?;
        let state = &mut *state;
        let loading = state.loading.as_ref().ok_or(Broken::Unprepared)?;
        loop {
            if let Some(cursor) = &mut state.cursor {
                let outcome = cursor.give(sink);
                state.given = cursor.next_row();
                match outcome {
                    Ok(false) => return Ok(false),
                    Ok(true) => state.cursor = None,
                    Err(Cause::Misfit(misfit)) => return Err(Broken::Misfit(misfit)),
                    Err(Cause::Sink { row, column, error }) => {
                        return Err(Broken::Sink { row, column, error })
                    }
                }
            }
            match state.reader.next() {
                None => return Ok(true),
                Some(Err(error)) => return Err(Broken::Stream(state.read, error.to_string())),
                Some(Ok(batch)) => {
                    let cursor = loading.rows(&batch, state.read).map_err(Broken::Misfit)?;
                    state.read += batch.num_rows() as u64;
                    state.cursor = Some(cursor);
                }
            }
        }
    }
}

impl Broken {
    #[cold]
    pub fn into_python(self, py: Python<'_>, sql: Option<&str>) -> PyErr {
        match self {
            Broken::Misfit(misfit) => {
                let error = Error::data_with(misfit.sqlstate, misfit.to_string(), None);
                in_row(py, errors::to_python(py, &error, sql), misfit.row)
            }
            Broken::Stream(rows, message) => {
                let message = format!("the Arrow stream failed after {rows} rows: {message}");
                errors::to_python(py, &Error::data(message), sql)
            }
            Broken::Sink { row, column, error } => {
                let error = match error {
                    Error::Data {
                        sqlstate, message, ..
                    } => {
                        let place =
                            column.map_or(String::new(), |name| format!(", column \"{name}\""));
                        Error::data_with(sqlstate, format!("row {row}{place}: {message}"), None)
                    }
                    other => other,
                };
                in_row(py, errors::to_python(py, &error, sql), Some(row))
            }
            Broken::Busy => errors::interface(py, "the Arrow stream is in use by another call"),
            Broken::Unprepared => errors::interface(py, "the Arrow stream has no targets"),
        }
    }
}

fn in_row(py: Python<'_>, error: PyErr, row: Option<u64>) -> PyErr {
    match row {
        Some(row) => match error.value(py).setattr(pyo3::intern!(py, "row_index"), row) {
            Ok(()) => error,
            Err(failure) => failure,
        },
        None => error,
    }
}
