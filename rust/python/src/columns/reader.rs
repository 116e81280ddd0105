//! `_core.ColumnReader`: what a cursor's columnar methods are made of. One plan, then batch after batch of the rows that
//! are left, each decoded without the GIL; a batch that fails leaves its rows with the cursor.

use std::sync::Arc;

use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;
use scratchbird::Error;
use scratchbird_columns::schema::Schema;
use scratchbird_columns::{self as columns, Extent, Limits, Plan};

use super::arrow::ArrowTable;
use super::described::{self, failed};
use super::numpy::{is_object, Arrays};
use super::planning::{decode, Place, Planning, Read, Rows};
use super::{export, pulled};
use crate::bridge::{turn, Awaitable, Finish};
use crate::convert::RowDecoder;
use crate::cursor_state::CursorState;
use crate::errors;
use crate::results::Taken;

/// Reads the rows that are left of a cursor's current result as columns.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct ColumnReader {
    state: Arc<CursorState>,
    decoder: Arc<RowDecoder>,
    plan: Mutex<Option<Plan>>,
    place: Mutex<Place>,
}

/// Runs `decode` on a thread that may be kept busy.
pub async fn aside<T: Send + 'static>(
    decode: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let runtime = scratchbird::runtime::shared()
        .map_err(|error| Error::Internal(format!("no thread to decode on: {error}")))?;
    let task = runtime.spawn_blocking(decode);
    task.await
        .map_err(|error| Error::Internal(format!("the task that decodes failed: {error}")))
}

impl ColumnReader {
    /// A reader of the current result of a cursor, whose rows are here.
    pub fn of(py: Python<'_>, state: &Arc<CursorState>) -> PyResult<Self> {
        state.fetchable(py)?;
        let decoder = state.results.lock().decoder().cloned();
        Ok(ColumnReader {
            state: state.clone(),
            decoder: decoder.ok_or_else(|| gone(py))?,
            plan: Mutex::new(None),
            place: Mutex::new(Place {
                before: 0,
                extent: Extent::Whole,
            }),
        })
    }

    /// Takes up to `limit` rows, if the cursor still has the result of this reader.
    fn take(&self, py: Python<'_>, limit: usize) -> PyResult<Taken> {
        let mut results = self.state.results.lock();
        let is_same = |decoder: &Arc<RowDecoder>| Arc::ptr_eq(decoder, &self.decoder);
        if !results.decoder().is_some_and(is_same) {
            return Err(gone(py));
        }
        results.take(limit).ok_or_else(|| gone(py))
    }

    /// Takes all rows that are left for a look at them, and puts them back.
    fn peek(&self, py: Python<'_>) -> PyResult<Taken> {
        let taken = self.take(py, usize::MAX)?;
        self.state.results.lock().put_back(&taken);
        Ok(taken)
    }

    /// The plan, if it has been made, and otherwise the rows to make it of.
    fn planning(&self, py: Python<'_>) -> PyResult<Planning> {
        let place = *self.place.lock();
        let made = self.plan.lock().clone();
        Ok(match made {
            Some(plan) => Planning::Made(plan, place),
            None => Planning::Open(self.decoder.clone(), self.peek(py)?, place),
        })
    }

    fn keep(&self, plan: &Plan) {
        *self.plan.lock() = Some(plan.clone());
    }
}

/// Rows that were taken, to be given back unless they have become columns: a value may not fit, a wait be cancelled.
struct Loan {
    state: Arc<CursorState>,
    rows: Option<Taken>,
}

impl Loan {
    fn new(state: &Arc<CursorState>, taken: &Taken) -> Self {
        Loan {
            state: state.clone(),
            rows: Some(taken.clone()),
        }
    }

    fn keep(mut self) {
        self.rows = None;
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if let Some(rows) = &self.rows {
            self.state.results.lock().put_back(rows);
        }
    }
}

#[pymethods]
impl ColumnReader {
    /// The next rows, up to `size`, as one batch; all that are left as several without it. `plain` says that the reader
    /// knows neither intervals nor decimals beyond 128 bits: they are text then.
    #[pyo3(signature = (size = None, plain = false))]
    fn read(&self, py: Python<'_>, size: Option<usize>, plain: bool) -> PyResult<ArrowTable> {
        let planning = self.planning(py)?;
        let taken = self.take(py, size.unwrap_or(usize::MAX))?;
        let loan = Loan::new(&self.state, &taken);
        let read = py
            .detach(|| decode(planning, taken, size, plain))
            .map_err(|error| error.into_python(py))?;
        loan.keep();
        self.keep(&read.plan);
        Ok(ArrowTable::new(read))
    }

    /// `read`, awaited: decoded on another thread, while the event loop runs.
    #[pyo3(signature = (size = None, plain = false))]
    fn aread(
        slf: Py<Self>,
        py: Python<'_>,
        size: Option<usize>,
        plain: bool,
    ) -> PyResult<Awaitable> {
        let reader = slf.get();
        let planning = reader.planning(py)?;
        let taken = reader.take(py, size.unwrap_or(usize::MAX))?;
        let loan = Loan::new(&reader.state, &taken);
        Ok(Awaitable::new("ColumnReader.aread", async move {
            let read = aside(move || decode(planning, taken, size, plain)).await;
            let finish: Finish = Box::new(move |py| {
                let read = read.map_err(|error| errors::to_python(py, &error, None))?;
                let read = read.map_err(|error| error.into_python(py))?;
                loan.keep();
                slf.get().keep(&read.plan);
                Ok(Py::new(py, ArrowTable::new(read))?.into_any())
            });
            finish
        }))
    }

    /// All rows that are left as NumPy arrays, one a column: the name and the array, and which values are NULL.
    fn arrays(&self, py: Python<'_>) -> PyResult<Vec<super::numpy::Named>> {
        let taken = self.take(py, usize::MAX)?;
        let loan = Loan::new(&self.state, &taken);
        let decoder = self.decoder.clone();
        let read = py
            .detach(|| unplanned(&decoder, taken))
            .map_err(|error| failed(py, error))?;
        let mut arrays = Arrays::new(decoder, read);
        arrays.build(py, None)?;
        let finished = arrays.finish(py)?;
        loan.keep();
        Ok(finished)
    }

    /// `arrays`, awaited: columns of Python objects are built in slices, between which the event loop runs.
    fn aarrays(&self, py: Python<'_>) -> PyResult<Awaitable> {
        let taken = self.take(py, usize::MAX)?;
        let loan = Loan::new(&self.state, &taken);
        let decoder = self.decoder.clone();
        Ok(Awaitable::new("ColumnReader.aarrays", async move {
            let built = object_arrays(decoder, taken).await;
            let finish: Finish = Box::new(move |py| {
                let finished = built?.finish(py)?;
                loan.keep();
                Ok(finished.into_pyobject(py)?.unbind())
            });
            finish
        }))
    }

    /// The types of the rows that are left as an Arrow C schema. The rows stay.
    fn schema<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let plan = self.planned(py, None)?;
        export::schema(py, plan.schema())
    }

    /// The rows that are left as an Arrow C stream. Where they are a part of a result, `more` gives a reader of the next
    /// one, and None after the last.
    #[pyo3(signature = (requested_schema = None, more = None))]
    fn stream<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
        more: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let plan = self.planned(py, export::requested(requested_schema)?.as_ref())?;
        let taken = self.take(py, usize::MAX)?;
        let mut rows = Rows::new(plan, taken, self.place.lock().before);
        let Some(more) = more else {
            return export::stream(py, Box::new(export::Decoded::new(rows)));
        };
        self.keep(rows.plan());
        pulled::stream(py, rows.plan().schema().clone(), move |py| loop {
            let batch = py
                .detach(|| rows.next())
                .map_err(|error| failed(py, error))?;
            if batch.is_some() {
                return Ok(batch);
            }
            let next = more.bind(py).call0()?;
            if next.is_none() {
                return Ok(None);
            }
            let next = next.cast::<ColumnReader>()?.get();
            let before = next.place.lock().before;
            rows.follow(next.take(py, usize::MAX)?, before);
        })
    }

    /// Says that the rows which are here are a part of a result, `before` of whose rows came earlier; the part before was read
    /// by `previous`, and this one gets the same types.
    #[pyo3(signature = (before, previous = None))]
    fn follow(&self, py: Python<'_>, before: u64, previous: Option<&ColumnReader>) -> PyResult<()> {
        let extent = Extent::Start;
        *self.place.lock() = Place { before, extent };
        let Some(previous) = previous else {
            return Ok(());
        };
        if !described::are_same(&self.decoder, &previous.decoder) {
            return Err(gone(py));
        }
        let plan = previous.plan.lock().clone();
        *self.plan.lock() = plan;
        Ok(())
    }

    /// How many rows are left of what is here.
    #[getter]
    fn left(&self) -> usize {
        self.state.results.lock().remaining()
    }
}

impl ColumnReader {
    fn planned(&self, py: Python<'_>, requested: Option<&Schema>) -> PyResult<Plan> {
        let planning = self.planning(py)?;
        let plan = py.detach(|| planning.plan(false, requested));
        let plan = plan.map_err(|error| error.into_python(py))?;
        Ok(plan)
    }
}

/// All rows in one batch, columns of objects as they came.
fn unplanned(decoder: &RowDecoder, taken: Taken) -> Result<Read, columns::Error> {
    let columns = described::columns(decoder, false, is_object);
    let first = taken.first_row();
    let plan = Plan::new(&columns, taken.payloads(), first, Extent::Whole)?;
    // One array a column is wanted, and none of the types that are left here counts its bytes.
    let limits = Limits {
        rows: usize::MAX,
        bytes: usize::MAX,
    };
    let batch = plan.batch(taken.payloads(), first, taken.count(), limits)?;
    let batches = vec![batch.unwrap_or_else(|| plan.empty())];
    Ok(Read { plan, batches })
}

async fn object_arrays(decoder: Arc<RowDecoder>, taken: Taken) -> PyResult<Arrays> {
    let of = decoder.clone();
    let read = aside(move || unplanned(&of, taken)).await;
    let mut arrays = Python::attach(|py| {
        let read = read.map_err(|error| errors::to_python(py, &error, None))?;
        let read = read.map_err(|error| failed(py, error))?;
        PyResult::Ok(Arrays::new(decoder, read))
    })?;
    // The future is polled by the loop's own thread, which holds the GIL already.
    while !Python::attach(|py| arrays.build(py, Some(crate::cursor_state::SLICE)))? {
        turn().await;
    }
    Ok(arrays)
}

#[cold]
fn gone(py: Python<'_>) -> PyErr {
    errors::interface(
        py,
        "the result that is read as columns is gone: its cursor was closed or has another result",
    )
}
