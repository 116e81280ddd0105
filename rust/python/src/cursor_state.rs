//! The state and the rules of a cursor, once for both faces.

mod fetching;

pub use self::fetching::SLICE;

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString, PyTuple};
use scratchbird::pipeline::{Entry, Outcome};
use scratchbird::{Error, Failed, ResultSet, Tally};

use crate::calling;
use crate::convert::adapters::{self, InForce, Registry};
use crate::errors;
use crate::link::{Failure, InputSizes, Link, Prepared, Queued};
use crate::results::Results;
use crate::row_factory::RowFactory;

/// A cursor without its face.
pub struct CursorState {
    pub link: Arc<Link>,
    pub results: Mutex<Results>,
    /// What makes rows; the connection's at the time the cursor was made, unless it was told another.
    pub row_factory: RowFactory,
    /// The user's own conversions for this cursor; made when first asked for.
    adapters: OnceLock<Arc<Registry>>,
    array_size: AtomicUsize,
    closed: AtomicBool,
    /// A statement in a pipeline whose results have not been taken.
    pending: Mutex<Option<Arc<Entry>>>,
    has_pending: AtomicBool,
    /// What `setinputsizes` gave for the next statement.
    sizes: Mutex<Option<Arc<InputSizes>>>,
    /// The counts of the last `executemany`.
    tally: Mutex<Option<Tally>>,
    /// The count of rows that the cursor was closed with: it outlives the rows.
    count_at_end: AtomicI64,
}

impl CursorState {
    pub fn new(
        py: Python<'_>,
        link: Arc<Link>,
        row_factory: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let row_factory = match row_factory {
            Some(factory) => RowFactory::of(factory)?,
            None => link.row_factory.inherited(py),
        };
        Ok(CursorState {
            link,
            results: Mutex::default(),
            row_factory,
            adapters: OnceLock::new(),
            array_size: AtomicUsize::new(1),
            closed: AtomicBool::new(false),
            pending: Mutex::default(),
            has_pending: AtomicBool::new(false),
            sizes: Mutex::default(),
            tally: Mutex::default(),
            count_at_end: AtomicI64::new(-1),
        })
    }

    /// The user's own conversions for this cursor.
    pub fn adapters(&self) -> &Arc<Registry> {
        self.adapters.get_or_init(Arc::default)
    }

    /// Lets the conversions of the cursor and its connection hold on this thread.
    #[inline]
    pub fn adapting(&self) -> InForce {
        match self.adapters.get() {
            Some(own) => adapters::in_force(&[own, &self.link.adapters]),
            None => adapters::in_force(&[&self.link.adapters]),
        }
    }

    /// Sets what makes rows, also those of the current result that have not been fetched.
    pub fn set_row_factory(&self, factory: &Bound<'_, PyAny>) -> PyResult<()> {
        self.row_factory.set(factory)?;
        self.results.lock().reshape(!self.row_factory.is_plain());
        Ok(())
    }

    /// The names of the columns of the result.
    pub fn columns<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyTuple>> {
        let results = self.results.lock();
        Some(results.decoder()?.names(py).clone())
    }

    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed) || self.link.connection.is_closed()
    }

    pub fn close(&self) {
        let count = self.row_count();
        self.count_at_end.store(count, Ordering::Relaxed);
        self.closed.store(true, Ordering::Relaxed);
        self.begin();
    }

    /// Fails where a new statement cannot be run.
    pub fn usable(&self, py: Python<'_>) -> PyResult<()> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(errors::interface(py, "the cursor is closed"));
        }
        self.link.usable(py)
    }

    /// Forgets the last results: a statement that fails leaves none behind.
    pub fn begin(&self) {
        // Dropped outside the lock.
        let old = std::mem::take(&mut *self.results.lock());
        drop(old);
        if self.has_pending.swap(false, Ordering::Relaxed) {
            self.pending.lock().take();
        }
        *self.tally.lock() = None;
    }

    pub fn set_input_sizes(&self, sizes: Option<InputSizes>) {
        *self.sizes.lock() = sizes.map(Arc::new);
    }

    /// The types for the statement that is run now; the next one has none.
    pub fn take_input_sizes(&self) -> Option<Arc<InputSizes>> {
        self.sizes.lock().take()
    }

    /// Takes what an `executemany` brought.
    pub fn load_many(&self, py: Python<'_>, results: Vec<ResultSet>, tally: Tally) -> PyResult<()> {
        self.load(py, Ok(results))?;
        *self.tally.lock() = Some(tally);
        Ok(())
    }

    /// Rows affected by each execution of the last `executemany`, -1 where the server did not say; `None` after any other
    /// statement.
    pub fn row_counts<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        let Some(tally) = self.tally.lock().clone() else {
            return Ok(None);
        };
        let counts = PyList::empty(py);
        for (count, times) in tally.runs() {
            let count = count.map_or(-1, |count| i64::try_from(count).unwrap_or(i64::MAX));
            for _ in 0..times {
                counts.append(count)?;
            }
        }
        Ok(Some(counts))
    }

    /// Rows in the result or affected, those of all executions of an `executemany`; -1 where unknown.
    pub fn row_count(&self) -> i64 {
        if self.closed.load(Ordering::Relaxed) {
            return self.count_at_end.load(Ordering::Relaxed);
        }
        match &*self.tally.lock() {
            Some(tally) if tally.is_unknown() => -1,
            Some(tally) => i64::try_from(tally.total()).unwrap_or(i64::MAX),
            None => self.results.lock().row_count(),
        }
    }

    /// Encodes a statement, and notes what it is to give besides rows. `outputs`: its parameters, also where they are no
    /// variables.
    pub fn prepare(
        &self,
        query: &Bound<'_, PyString>,
        values: Option<&Bound<'_, PyAny>>,
        outputs: bool,
        keys: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Prepared> {
        let (query, keys) = calling::returning(query, keys)?;
        let _adapting = self.adapting();
        let sizes = self.take_input_sizes();
        let prepared = self.link.prepare(&query, values, sizes.as_deref())?;
        let parsed = prepared.query();
        if keys || parsed.is_call() || parsed.result_marker().is_some() {
            let wanted = calling::wanted(&self.link, parsed, values, outputs, keys)?;
            self.results.lock().wanted = wanted;
        }
        Ok(prepared)
    }

    /// The arguments that the last call gave back: the key of each, and its value.
    pub fn outputs(&self, py: Python<'_>) -> Vec<(Py<PyAny>, Py<PyAny>)> {
        let results = self.results.lock();
        let outputs = results.given.iter().flat_map(|given| &given.outputs);
        outputs
            .map(|(key, value)| (key.clone_ref(py), value.clone_ref(py)))
            .collect()
    }

    /// The key that the last statement generated.
    pub fn last_row_id(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        let results = self.results.lock();
        let key = results.given.as_ref().and_then(|given| given.key.as_ref());
        if let Some(key) = key {
            return Ok(Some(key.clone_ref(py)));
        }
        let id = results.last_row_id();
        id.map(|id| Ok(id.into_pyobject(py)?.into_any().unbind()))
            .transpose()
    }

    /// Queues a statement of an open pipeline; false where it has to run by itself. True in the second place says that
    /// the queue is to be sent.
    pub fn queue(
        self: &Arc<Self>,
        query: &Bound<'_, PyString>,
        params: Option<&Bound<'_, PyAny>>,
        limit: Option<Duration>,
    ) -> PyResult<(bool, bool)> {
        let _adapting = self.adapting();
        let sizes = self.sizes.lock().clone();
        match self.link.queue(query, params, sizes.as_deref(), limit)? {
            Queued::Alone => Ok((false, false)),
            Queued::Entry(entry, full) => {
                self.take_input_sizes();
                self.pend(entry);
                Ok((true, full))
            }
        }
    }

    /// The results will be those of a statement in a pipeline.
    pub fn pend(self: &Arc<Self>, entry: Arc<Entry>) {
        self.link.expect(self, &entry);
        *self.pending.lock() = Some(entry);
        self.has_pending.store(true, Ordering::Relaxed);
    }

    /// Waits until it is known what became of the statement in a pipeline, if there is one.
    pub async fn answered(&self) {
        let entry = self.pending.lock().clone();
        if let Some(entry) = entry {
            self.link.await_pipeline(&entry).await;
        }
    }

    /// Whether a statement of a pipeline has not been taken.
    #[inline]
    pub fn is_pending(&self) -> bool {
        self.has_pending.load(Ordering::Relaxed)
    }

    /// Takes the results of a queued statement if they have come; an error stays for the next fetch.
    pub fn settle(&self, py: Python<'_>) -> PyResult<()> {
        let succeeded = match &*self.pending.lock() {
            Some(entry) => entry.has_succeeded(),
            None => false,
        };
        if succeeded {
            self.arrive(py)?;
        }
        Ok(())
    }

    /// Takes what became of a queued statement, which has been sent.
    pub fn arrive(&self, py: Python<'_>) -> PyResult<()> {
        let Some(entry) = self.pending.lock().take() else {
            return Ok(());
        };
        self.has_pending.store(false, Ordering::Relaxed);
        match entry.take() {
            Some(Outcome::Results(results)) => {
                let results = self.link.results_of(&entry, results);
                self.load(py, results)
            }
            Some(Outcome::Many(results, tally)) => match self.link.results_of(&entry, results) {
                Ok(results) => self.load_many(py, results, tally),
                Err(failure) => Err(failure.into_python(py)),
            },
            Some(Outcome::Failed(error, row)) => {
                let error = errors::to_python(py, &error, Some(entry.query().original()));
                Err(match row {
                    Some(row) => errors::in_row(py, error, Failed::Row(row), &[]),
                    None => error,
                })
            }
            Some(Outcome::Aborted) | None => Err(errors::to_python(
                py,
                &Error::PipelineAborted,
                Some(entry.query().original()),
            )),
        }
    }

    /// Takes what a statement brought, and has the handlers told what came with it.
    pub fn load(&self, py: Python<'_>, outcome: Result<Vec<ResultSet>, Failure>) -> PyResult<()> {
        let taken = self.accept(py, outcome);
        self.link.tell(py)?;
        taken
    }

    fn accept(&self, py: Python<'_>, outcome: Result<Vec<ResultSet>, Failure>) -> PyResult<()> {
        match outcome {
            Ok(mut results) => {
                let _adapting = self.adapting();
                let wanted = self.results.lock().wanted.take();
                let given = calling::settle(py, &self.link, wanted, &mut results)?;
                let shaped = !self.row_factory.is_plain();
                {
                    let mut place = self.results.lock();
                    place.given = given;
                    place.load(py, &self.link, results, shaped)?;
                }
                self.link.tell_defects(py)
            }
            Err(failure) => Err(failure.into_python(py)),
        }
    }
}
