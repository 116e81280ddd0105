//! Where a cursor stands in its results: rows stay encoded until they are fetched. Shared by both faces.

mod streamed;

use std::collections::VecDeque;
use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyList;
use scratchbird::{ResultSet, RowBatch};

use crate::audited::CollectorPause;
use crate::calling::{Given, Wanted};
use crate::convert::{RowDecoder, Shape};
use crate::link::{Link, Stream};

/// The results of the last statement, and the position in them.
#[derive(Default)]
pub struct Results {
    /// What the statement that is running is to give besides rows.
    pub wanted: Option<Box<Wanted>>,
    /// What the last statement gave besides rows.
    pub given: Option<Box<Given>>,
    waiting: VecDeque<ResultSet>,
    current: Option<Current>,
}

#[derive(Default)]
struct Current {
    decoder: Option<Arc<RowDecoder>>,
    shape: Shaping,
    /// All rows of the result: scrolling may come back to any of them.
    batches: Arc<Vec<RowBatch>>,
    position: Position,
    row_count: Option<u64>,
    last_id: u64,
    tag: String,
    /// Where the rows come from, if they are read as they come.
    stream: Option<Arc<Stream>>,
}

/// Which row is next.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Position {
    /// Its batch, and its index there.
    batch: usize,
    next: usize,
    /// How many rows are before it.
    fetched: u64,
}

/// What the rows become.
#[derive(Clone, Default)]
enum Shaping {
    /// Tuples.
    #[default]
    Plain,
    /// What a row factory says, which has not been asked yet.
    Open,
    Known(Arc<Shape>),
}

/// Rows that are about to be built, as objects or as columns. They are built without the lock of the results: Python code may run meanwhile, and
/// look at the cursor.
#[derive(Clone)]
pub struct Taken {
    decoder: Arc<RowDecoder>,
    shape: Shaping,
    batches: Arc<Vec<RowBatch>>,
    from: Position,
    count: usize,
}

impl Taken {
    /// How many rows there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The first of the rows.
    #[inline]
    pub fn row<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        let batch = self.batches.get(self.from.batch);
        match batch.and_then(|batch| batch.payload(self.from.next)) {
            Some(payload) => self.build(py, payload).map(Some),
            None => Ok(None),
        }
    }

    /// One value of the first of the rows.
    pub fn value<'py>(
        &self,
        py: Python<'py>,
        column: usize,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.decoder.check_column(py, column)?;
        let batch = self.batches.get(self.from.batch);
        match batch.and_then(|batch| batch.payload(self.from.next)) {
            Some(payload) => self.decoder.value(py, payload, column).map(Some),
            None => Ok(None),
        }
    }

    /// How the rows are read.
    pub fn decoder(&self) -> &Arc<RowDecoder> {
        &self.decoder
    }

    /// The number of the first row in its result.
    pub fn first_row(&self) -> u64 {
        self.from.fetched
    }

    /// The rows as they came.
    pub fn payloads(&self) -> impl Iterator<Item = &[u8]> {
        let batches = self.batches.get(self.from.batch..).unwrap_or_default();
        let first = std::iter::once(self.from.next).chain(std::iter::repeat(0));
        let rows = batches.iter().zip(first).flat_map(|(batch, first)| {
            (first..batch.len()).filter_map(|index| batch.payload(index))
        });
        rows.take(self.count)
    }

    /// Leaves out the first `count` of the rows.
    pub fn skip(&mut self, count: usize) {
        self.count -= self.from.step(&self.batches, count.min(self.count));
    }

    /// Appends the rows to `rows`.
    pub fn append_to(&self, rows: &Bound<'_, PyList>) -> PyResult<()> {
        let _pause = self.runs_no_code().then(|| CollectorPause::new(rows.py()));
        let mut left = self.count;
        let mut first = self.from.next;
        for batch in self.batches.get(self.from.batch..).unwrap_or_default() {
            let until = batch.len().min(first.saturating_add(left));
            for payload in (first..until).filter_map(|index| batch.payload(index)) {
                rows.append(self.build(rows.py(), payload)?)?;
            }
            left -= until.saturating_sub(first);
            first = 0;
            if left == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Whether the rows are built without a call of the user's own code, which has a right to the garbage collector.
    fn runs_no_code(&self) -> bool {
        let shape = match &self.shape {
            Shaping::Known(shape) => shape.runs_no_code(),
            Shaping::Plain | Shaping::Open => true,
        };
        shape && self.decoder.runs_no_code()
    }

    #[inline]
    fn build<'py>(&self, py: Python<'py>, payload: &[u8]) -> PyResult<Bound<'py, PyAny>> {
        let shape = match &self.shape {
            Shaping::Known(shape) => Some(shape.as_ref()),
            Shaping::Plain | Shaping::Open => None,
        };
        self.decoder.row(py, shape, payload)
    }
}

impl Results {
    /// Takes the results of a statement; the first is the current one.
    /// Their rows are tuples, or whatever a row factory says that is `shaped` later.
    pub fn load(
        &mut self,
        py: Python<'_>,
        link: &Link,
        results: Vec<ResultSet>,
        shaped: bool,
    ) -> PyResult<()> {
        self.waiting = results.into();
        self.advance(py, link, shaped).map(drop)
    }

    /// How many results come after the current one.
    pub fn sets_left(&self) -> usize {
        self.waiting.len()
    }

    /// Steps to the next result; false when there is none.
    pub fn advance(&mut self, py: Python<'_>, link: &Link, shaped: bool) -> PyResult<bool> {
        self.current = None;
        let Some(set) = self.waiting.pop_front() else {
            return Ok(false);
        };
        let row_count = set.row_count();
        let decoder = match &set.description {
            Some(description) => Some(link.decoder(py, description, set.is_scalar)?),
            None => None,
        };
        let (tag, last_id) = match set.complete {
            Some(complete) => (complete.tag, complete.last_id),
            None => Default::default(),
        };
        let mut current = Current {
            decoder,
            shape: if shaped {
                Shaping::Open
            } else {
                Shaping::Plain
            },
            batches: Arc::new(set.batches),
            position: Position::default(),
            row_count,
            last_id,
            tag,
            stream: None,
        };
        // To the first batch that has rows.
        current.step(0);
        self.current = Some(current);
        Ok(true)
    }

    /// True when a statement has been run.
    pub fn is_loaded(&self) -> bool {
        self.current.is_some()
    }

    /// True when the current result has rows to fetch, even if there are none. Those of a stream come through it alone.
    pub fn has_rows(&self) -> bool {
        self.current
            .as_ref()
            .is_some_and(|current| current.decoder.is_some() && current.stream.is_none())
    }

    /// How the rows of the current result are read.
    pub fn decoder(&self) -> Option<&Arc<RowDecoder>> {
        self.current.as_ref()?.decoder.as_ref()
    }

    /// The columns as PEP 249 describes them.
    pub fn description(&self, py: Python<'_>) -> Option<Py<PyList>> {
        Some(self.decoder()?.description(py))
    }

    /// Rows in the result or affected, −1 where unknown.
    pub fn row_count(&self) -> i64 {
        self.current
            .as_ref()
            .and_then(|current| current.row_count)
            .and_then(|count| i64::try_from(count).ok())
            .unwrap_or(-1)
    }

    /// The index of the next row.
    pub fn row_number(&self) -> Option<u64> {
        self.current
            .as_ref()
            .filter(|current| current.decoder.is_some())
            .map(|current| current.position.fetched)
    }

    /// The id that the server generated last, if it says.
    pub fn last_row_id(&self) -> Option<u64> {
        self.current
            .as_ref()
            .map(|current| current.last_id)
            .filter(|id| *id != 0)
    }

    /// The command tag.
    pub fn tag(&self) -> Option<&str> {
        self.current.as_ref().map(|current| current.tag.as_str())
    }

    /// Forgets what the rows are to become; a row factory says so anew, or they are tuples.
    pub fn reshape(&mut self, shaped: bool) {
        if let Some(current) = self.current.as_mut() {
            current.shape = if shaped {
                Shaping::Open
            } else {
                Shaping::Plain
            };
        }
    }

    /// The columns of which a row factory has not been told yet.
    pub fn unshaped(&self) -> Option<&Arc<RowDecoder>> {
        let current = self.current.as_ref()?;
        match current.shape {
            Shaping::Open => current.decoder.as_ref(),
            Shaping::Plain | Shaping::Known(_) => None,
        }
    }

    /// Takes the shape for the rows of these columns.
    pub fn set_shape(&mut self, columns: &Arc<RowDecoder>, shape: Arc<Shape>) {
        let is_open = |decoder: &Arc<RowDecoder>| Arc::ptr_eq(decoder, columns);
        if self.unshaped().is_some_and(is_open) {
            if let Some(current) = self.current.as_mut() {
                current.shape = Shaping::Known(shape);
            }
        }
    }

    /// How many rows are left.
    pub fn remaining(&self) -> usize {
        self.current.as_ref().map_or(0, Current::remaining)
    }

    /// Steps over up to `limit` rows and returns them; None where there is no result with rows, or only a stream has them.
    #[inline]
    pub fn take(&mut self, limit: usize) -> Option<Taken> {
        let current = self.current.as_mut()?;
        match current.stream {
            None => current.take(limit),
            Some(_) => None,
        }
    }

    /// Puts rows back that could not be built, unless the position has been changed since.
    pub fn put_back(&mut self, taken: &Taken) {
        if let Some(current) = self.current.as_mut() {
            let after = taken.from.fetched + taken.count as u64;
            if Arc::ptr_eq(&current.batches, &taken.batches) && current.position.fetched == after {
                current.position = taken.from;
            }
        }
    }

    /// Moves to row `position`; false when the result has no such row, and none before it.
    pub fn move_to(&mut self, position: u64) -> bool {
        let Some(current) = self.current.as_mut() else {
            return false;
        };
        let total: u64 = current.batches.iter().map(|batch| batch.len() as u64).sum();
        // Just behind the last row is a position too: the next fetch finds the end.
        let Some(steps) = usize::try_from(position).ok().filter(|_| position <= total) else {
            return false;
        };
        current.position = Position::default();
        current.step(steps) == steps
    }
}

impl Current {
    #[inline]
    fn take(&mut self, limit: usize) -> Option<Taken> {
        let decoder = self.decoder.clone()?;
        let from = self.position;
        Some(Taken {
            decoder,
            shape: self.shape.clone(),
            batches: self.batches.clone(),
            from,
            count: self.step(limit),
        })
    }

    fn remaining(&self) -> usize {
        let rest = self.batches.get(self.position.batch..).unwrap_or_default();
        rest.iter().map(RowBatch::len).sum::<usize>() - self.position.next
    }

    #[inline]
    fn step(&mut self, limit: usize) -> usize {
        self.position.step(&self.batches, limit)
    }
}

impl Position {
    /// Moves up to `limit` rows on, and says how many it were.
    #[inline]
    fn step(&mut self, batches: &[RowBatch], limit: usize) -> usize {
        let mut left = limit;
        while let Some(batch) = batches.get(self.batch) {
            let here = batch.len() - self.next;
            // An exhausted batch is left at once: the position is always that of a row, or the end.
            if left < here {
                self.next += left;
                left = 0;
                break;
            }
            left -= here;
            self.batch += 1;
            self.next = 0;
        }
        let stepped = limit - left;
        self.fetched += stepped as u64;
        stepped
    }
}
