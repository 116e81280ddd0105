//! Where a cursor stands in its results: rows stay encoded until they are fetched. Shared by both faces.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::{PyList, PyTuple};
use scratchbird::{ResultSet, RowBatch};

use crate::convert::RowDecoder;
use crate::link::Link;

/// How long building Python objects may hold the GIL before a coroutine lets the loop run.
const SLICE: Duration = Duration::from_millis(1);
/// Rows built between two looks at the clock.
const ROWS_PER_LOOK: usize = 64;

/// The results of the last statement, and the position in them.
#[derive(Default)]
pub struct Results {
    waiting: VecDeque<ResultSet>,
    current: Option<Current>,
}

struct Current {
    decoder: Option<Arc<RowDecoder>>,
    /// All rows of the result: scrolling may come back to any of them.
    batches: Vec<RowBatch>,
    /// The batch of the next row, and its index there.
    batch: usize,
    next: usize,
    fetched: u64,
    row_count: Option<u64>,
    last_id: u64,
    tag: String,
}

impl Results {
    /// Takes the results of a statement; the first is the current one.
    pub fn load(&mut self, py: Python<'_>, link: &Link, results: Vec<ResultSet>) -> PyResult<()> {
        self.waiting = results.into();
        self.advance(py, link).map(drop)
    }

    /// Steps to the next result; false when there is none.
    pub fn advance(&mut self, py: Python<'_>, link: &Link) -> PyResult<bool> {
        self.current = None;
        let Some(set) = self.waiting.pop_front() else {
            return Ok(false);
        };
        let row_count = set.row_count();
        let decoder = match &set.description {
            Some(description) => Some(link.decoder(py, description)?),
            None => None,
        };
        let (tag, last_id) = match set.complete {
            Some(complete) => (complete.tag, complete.last_id),
            None => Default::default(),
        };
        self.current = Some(Current {
            decoder,
            batches: set.batches,
            batch: 0,
            next: 0,
            fetched: 0,
            row_count,
            last_id,
            tag,
        });
        Ok(true)
    }

    /// True when a statement has been run.
    pub fn is_loaded(&self) -> bool {
        self.current.is_some()
    }

    /// True when the current result has rows to fetch, even if there are none.
    pub fn has_rows(&self) -> bool {
        self.current
            .as_ref()
            .is_some_and(|current| current.decoder.is_some())
    }

    /// The columns as PEP 249 describes them.
    pub fn description(&self, py: Python<'_>) -> Option<Py<PyList>> {
        let decoder = self.current.as_ref()?.decoder.as_ref()?;
        Some(decoder.description(py))
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
            .map(|current| current.fetched)
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

    /// The next row, `None` after the last.
    pub fn next_row<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        match self.current.as_mut() {
            Some(current) => current.next_row(py),
            None => Ok(None),
        }
    }

    /// How many rows are left.
    pub fn remaining(&self) -> usize {
        self.current.as_ref().map_or(0, |current| {
            let rest = current.batches.get(current.batch..).unwrap_or_default();
            rest.iter().map(RowBatch::len).sum::<usize>() - current.next
        })
    }

    /// Appends up to `limit` rows to `rows`.
    pub fn fetch_into(&mut self, rows: &Bound<'_, PyList>, limit: usize) -> PyResult<()> {
        let Some(current) = self.current.as_mut() else {
            return Ok(());
        };
        for _ in 0..limit {
            match current.next_row(rows.py())? {
                Some(row) => rows.append(row)?,
                None => break,
            }
        }
        Ok(())
    }

    /// Appends up to `limit` rows for the time of one slice; returns how many are still to come.
    pub fn fetch_slice(&mut self, rows: &Bound<'_, PyList>, limit: usize) -> PyResult<usize> {
        let started = Instant::now();
        let mut left = limit;
        while left > 0 {
            let step = left.min(ROWS_PER_LOOK);
            let before = rows.len();
            self.fetch_into(rows, step)?;
            if rows.len() - before < step {
                return Ok(0);
            }
            left -= step;
            if started.elapsed() >= SLICE {
                return Ok(left.min(self.remaining()));
            }
        }
        Ok(0)
    }

    /// Moves to row `position`; false when the result has no such row, and none before it.
    pub fn move_to(&mut self, position: u64) -> bool {
        let Some(current) = self.current.as_mut() else {
            return false;
        };
        let mut left = position;
        for (batch, rows) in current.batches.iter().enumerate() {
            let length = rows.len() as u64;
            if left < length {
                current.batch = batch;
                current.next = left as usize;
                current.fetched = position;
                return true;
            }
            left -= length;
        }
        // Just behind the last row is a position too: the next fetch finds the end.
        if left == 0 {
            current.batch = current.batches.len();
            current.next = 0;
            current.fetched = position;
        }
        left == 0
    }
}

impl Current {
    #[inline]
    fn next_row<'py>(&mut self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let Some(decoder) = &self.decoder else {
            return Ok(None);
        };
        while let Some(batch) = self.batches.get(self.batch) {
            if let Some(payload) = batch.payload(self.next) {
                let row = decoder.row(py, payload)?;
                self.next += 1;
                self.fetched += 1;
                return Ok(Some(row));
            }
            self.batch += 1;
            self.next = 0;
        }
        Ok(None)
    }
}
