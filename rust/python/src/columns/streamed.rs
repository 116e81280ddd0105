//! Record batches of `cursor.stream()`: rows are put into a batch as they arrive, and no more of them are here than one
//! batch and one part of the stream.

use std::sync::Arc;

use parking_lot::Mutex;
use pyo3::exceptions::PyStopAsyncIteration;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use scratchbird_columns::{Assembly, Extent, Limits, Plan};

use super::arrow::ArrowTable;
use super::described::{self, failed};
use super::reader::Read;
use crate::bridge::{turn, wait, Awaitable, Finish};
use crate::convert::RowDecoder;
use crate::errors;
use crate::results::Taken;
use crate::stream_state::StreamState;

/// Batches without a face.
pub struct Batches {
    stream: Arc<StreamState>,
    limits: Limits,
    /// What the batches have in common: that of the first rows.
    plan: Mutex<Option<(Arc<RowDecoder>, Plan)>>,
}

impl Batches {
    pub fn new(py: Python<'_>, stream: Arc<StreamState>, size: usize) -> PyResult<Self> {
        if size == 0 {
            return Err(errors::programming(py, "size is at least 1"));
        }
        let limits = Limits {
            rows: size,
            bytes: Limits::BYTES,
        };
        Ok(Batches {
            stream,
            limits,
            plan: Mutex::new(None),
        })
    }

    fn plan(&self, py: Python<'_>, taken: &Taken) -> PyResult<Plan> {
        let mut kept = self.plan.lock();
        if let Some((decoder, plan)) = &*kept {
            if Arc::ptr_eq(decoder, taken.decoder()) {
                return Ok(plan.clone());
            }
        }
        let columns = described::columns(taken.decoder(), false, |_| false);
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
        let expected = self.limits.rows.min(super::reader::BATCH);
        let assembly =
            batch.get_or_insert_with(|| Assembly::new(&plan, taken.first_row(), expected));
        let pushed = py
            .detach(|| assembly.push(taken.payloads(), self.limits))
            .map_err(|error| failed(py, error))?;
        self.stream.put_back_after(taken, pushed);
        Ok(assembly.is_full(self.limits))
    }

    /// The batch, if it has rows.
    fn finish<'py>(
        &self,
        py: Python<'py>,
        batch: Option<Assembly>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let plan = self.plan.lock().as_ref().map(|(_, plan)| plan.clone());
        let (Some(batch), Some(plan)) = (batch.filter(|batch| !batch.is_empty()), plan) else {
            return Ok(None);
        };
        let finished = py.detach(|| batch.finish());
        let finished = finished.map_err(|error| {
            self.stream.give_up();
            failed(py, error)
        })?;
        let table = ArrowTable::new(Read {
            plan,
            batches: vec![finished],
        });
        static BATCH: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let shown = BATCH.import(py, "scratchbird._columns", "batch")?;
        shown.call1((table,)).map(Some)
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

    fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let batches = &self.0;
        let mut batch = None;
        loop {
            if batches.fill(py, &mut batch)? || batches.stream.is_ended() {
                return batches.finish(py, batch);
            }
            let mut step = batches.stream.step(py)?;
            let outcome = wait(py, step.run())?;
            step.load(py, outcome)?;
        }
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
            return Python::attach(|py| Ok(batches.finish(py, batch)?.map(Bound::unbind)));
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
