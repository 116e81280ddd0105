//! Columns of `cursor.stream()`: rows are put into a batch as they arrive, and no more of them are here than one batch and
//! one part of the stream.

use std::sync::Arc;

use parking_lot::Mutex;
use pyo3::exceptions::PyStopAsyncIteration;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyCapsule;
use scratchbird_columns::array::RecordBatch;
use scratchbird_columns::{Assembly, Extent, Limits, Plan};

use super::arrow::ArrowTable;
use super::described::{self, failed};
use super::numpy::{is_object, Arrays};
use super::planning::{Read, BATCH};
use super::{export, pulled};
use crate::bridge::{turn, wait, Awaitable, Finish};
use crate::convert::RowDecoder;
use crate::cursor_state::SLICE;
use crate::errors;
use crate::results::Taken;
use crate::stream_state::StreamState;

/// What becomes of a batch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// A `pyarrow.RecordBatch`.
    Arrow,
    /// NumPy arrays, as `ColumnReader.arrays` gives them.
    Arrays,
}

/// Batches without a face.
pub struct Batches {
    stream: Arc<StreamState>,
    limits: Limits,
    shown: Shown,
    /// What the batches have in common: that of the first rows.
    plan: Mutex<Option<(Arc<RowDecoder>, Plan)>>,
}

impl Batches {
    /// Batches for Arrow, of `size` rows; without it as large as does for a stream.
    pub fn new(py: Python<'_>, stream: Arc<StreamState>, size: Option<usize>) -> PyResult<Self> {
        let (rows, bytes) = match size {
            Some(size) => (size, Limits::BYTES),
            None => (BATCH, Limits::STREAMED),
        };
        Batches::of(py, stream, rows, bytes, Shown::Arrow)
    }

    /// Batches that become NumPy arrays; one array a column is wanted, and none of them counts its bytes.
    pub fn arrays(py: Python<'_>, stream: Arc<StreamState>, size: usize) -> PyResult<Self> {
        Batches::of(py, stream, size, usize::MAX, Shown::Arrays)
    }

    fn of(
        py: Python<'_>,
        stream: Arc<StreamState>,
        rows: usize,
        bytes: usize,
        shown: Shown,
    ) -> PyResult<Self> {
        if rows == 0 {
            return Err(errors::programming(py, "size is at least 1"));
        }
        Ok(Batches {
            stream,
            limits: Limits { rows, bytes },
            shown,
            plan: Mutex::new(None),
        })
    }

    /// The stream as an Arrow C stream. Waits for the first rows, which say what the types are.
    pub fn export<'py>(
        py: Python<'py>,
        stream: &Arc<StreamState>,
        requested: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let batches = Batches::new(py, stream.clone(), None)?;
        let plan = batches.begin(py, requested)?;
        pulled::stream(py, plan.schema().clone(), move |py| {
            Ok(batches.assembled(py)?.map(|(_, batch)| batch))
        })
    }

    /// The types of the rows that are left. Waits for the first of them; the rows stay.
    pub fn schema<'py>(
        py: Python<'py>,
        stream: &Arc<StreamState>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let plan = Batches::new(py, stream.clone(), None)?.begin(py, None)?;
        export::schema(py, plan.schema())
    }

    fn begin(&self, py: Python<'_>, requested: Option<&Bound<'_, PyAny>>) -> PyResult<Plan> {
        let requested = export::requested(requested)?;
        loop {
            let first = self.stream.take(py, usize::MAX)?;
            if let Some(taken) = &first {
                self.stream.put_back_after(taken, 0);
            }
            let decoder = match &first {
                Some(taken) => Some(taken.decoder().clone()),
                None if self.stream.is_ended() => {
                    let columns = self.stream.columns();
                    let none = || errors::programming(py, "the statement has no rows to fetch");
                    Some(columns.ok_or_else(none)?)
                }
                None => None,
            };
            if let Some(decoder) = decoder {
                let mut columns = described::columns(&decoder, false, |_| false);
                if let Some(requested) = &requested {
                    export::comply(&mut columns, requested)
                        .map_err(|message| errors::programming(py, message))?;
                }
                let rows = first.iter().flat_map(Taken::payloads);
                let number = first.as_ref().map_or(0, Taken::first_row);
                let plan = Plan::new(&columns, rows, number, Extent::Start)
                    .map_err(|error| failed(py, error))?;
                *self.plan.lock() = Some((decoder, plan.clone()));
                return Ok(plan);
            }
            self.more(py)?;
        }
    }

    /// Waits for more rows.
    fn more(&self, py: Python<'_>) -> PyResult<()> {
        let mut step = self.stream.step(py)?;
        let outcome = wait(py, step.run())?;
        step.load(py, outcome)
    }

    fn plan(&self, py: Python<'_>, taken: &Taken) -> PyResult<Plan> {
        let mut kept = self.plan.lock();
        if let Some((decoder, plan)) = &*kept {
            if Arc::ptr_eq(decoder, taken.decoder()) {
                return Ok(plan.clone());
            }
        }
        let is_raw = |oid| self.shown == Shown::Arrays && is_object(oid);
        let columns = described::columns(taken.decoder(), false, is_raw);
        let plan = Plan::new(&columns, taken.payloads(), taken.first_row(), Extent::Start)
            .map_err(|error| failed(py, error))?;
        *kept = Some((taken.decoder().clone(), plan.clone()));
        Ok(plan)
    }

    /// Puts the rows that are here into the batch; true once it is full.
    fn fill(&self, py: Python<'_>, batch: &mut Option<Assembly>) -> PyResult<bool> {
        let wanted = self.limits.rows - batch.as_ref().map_or(0, Assembly::len);
        let Some(taken) = self.stream.take(py, wanted)? else {
            return Ok(false);
        };
        let filled = self.put(py, batch, &taken);
        if filled.is_err() {
            // The rows before are in no batch: what would come after them is not the result.
            self.stream.give_up();
        }
        filled
    }

    fn put(&self, py: Python<'_>, batch: &mut Option<Assembly>, taken: &Taken) -> PyResult<bool> {
        let plan = self.plan(py, taken)?;
        let row = taken.payloads().next().map_or(1, <[u8]>::len).max(1);
        let expected = (self.limits.bytes / row + 1).min(self.limits.rows.min(BATCH));
        let assembly =
            batch.get_or_insert_with(|| Assembly::new(&plan, taken.first_row(), expected));
        let pushed = py
            .detach(|| assembly.push(taken.payloads(), self.limits))
            .map_err(|error| failed(py, error))?;
        self.stream.put_back_after(taken, pushed);
        Ok(assembly.is_full(self.limits))
    }

    /// The next batch and its plan, None after the last.
    fn assembled(&self, py: Python<'_>) -> PyResult<Option<(Plan, RecordBatch)>> {
        let mut batch = None;
        while !self.fill(py, &mut batch)? && !self.stream.is_ended() {
            self.more(py)?;
        }
        self.finish(py, batch)
    }

    /// The batch, if it has rows.
    fn finish(
        &self,
        py: Python<'_>,
        batch: Option<Assembly>,
    ) -> PyResult<Option<(Plan, RecordBatch)>> {
        let plan = self.plan.lock().as_ref().map(|(_, plan)| plan.clone());
        let (Some(batch), Some(plan)) = (batch.filter(|batch| !batch.is_empty()), plan) else {
            return Ok(None);
        };
        match py.detach(|| batch.finish()) {
            Ok(finished) => Ok(Some((plan, finished))),
            Err(error) => {
                self.stream.give_up();
                Err(failed(py, error))
            }
        }
    }

    /// What the reader is shown of a batch.
    fn making(&self, (plan, batch): (Plan, RecordBatch)) -> Making {
        let batches = vec![batch];
        let read = Read { plan, batches };
        let decoder = self
            .plan
            .lock()
            .as_ref()
            .map(|(decoder, _)| decoder.clone());
        match (self.shown, decoder) {
            (Shown::Arrays, Some(decoder)) => Making::Arrays(Arrays::new(decoder, read)),
            _ => Making::Table(read),
        }
    }
}

/// A batch on its way to Python.
enum Making {
    Table(Read),
    Arrays(Arrays),
}

impl Making {
    fn finish(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self {
            Making::Table(read) => {
                static BATCH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
                let shown = BATCH.import(py, "scratchbird._columns", "batch")?;
                Ok(shown.call1((ArrowTable::new(read),))?.unbind())
            }
            Making::Arrays(arrays) => Ok(arrays.finish(py)?.into_pyobject(py)?.unbind()),
        }
    }
}

/// The batches of a `RowStream`: an iterator.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct RecordBatches(pub Batches);

#[pymethods]
impl RecordBatches {
    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let Some(assembled) = self.0.assembled(py)? else {
            return Ok(None);
        };
        let mut making = self.0.making(assembled);
        if let Making::Arrays(arrays) = &mut making {
            arrays.build(py, None)?;
        }
        making.finish(py).map(Some)
    }
}

/// The batches of an `AsyncRowStream`: an asynchronous iterator.
#[pyclass(frozen, module = "scratchbird._core")]
pub struct AsyncRecordBatches(pub Arc<Batches>);

async fn next(batches: Arc<Batches>) -> PyResult<Option<Py<PyAny>>> {
    let mut batch = None;
    loop {
        // The future is polled by the loop's own thread, which holds the GIL already.
        let full = Python::attach(|py| batches.fill(py, &mut batch))?;
        if full || batches.stream.is_ended() {
            return shown(&batches, batch).await;
        }
        let mut step = Python::attach(|py| batches.stream.step(py))?;
        let outcome = step.run().await;
        // The rows may have been there without a wait, and the loop has others to serve.
        if matches!(&outcome, Ok(Some(brought)) if !brought.is_end()) {
            turn().await;
        }
        Python::attach(|py| step.load(py, outcome))?;
    }
}

/// Objects are built in slices, between which the event loop runs.
async fn shown(batches: &Batches, batch: Option<Assembly>) -> PyResult<Option<Py<PyAny>>> {
    let Some(assembled) = Python::attach(|py| batches.finish(py, batch))? else {
        return Ok(None);
    };
    let mut making = batches.making(assembled);
    if let Making::Arrays(arrays) = &mut making {
        while !Python::attach(|py| arrays.build(py, Some(SLICE)))? {
            turn().await;
        }
    }
    Python::attach(|py| making.finish(py)).map(Some)
}

#[pymethods]
impl AsyncRecordBatches {
    fn __aiter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __anext__(&self) -> Awaitable {
        let batches = self.0.clone();
        Awaitable::new("AsyncRecordBatches.__anext__", async move {
            let found = next(batches).await;
            let finish: Finish = Box::new(move |_| match found? {
                Some(found) => Ok(found),
                None => Err(PyStopAsyncIteration::new_err(())),
            });
            finish
        })
    }
}
