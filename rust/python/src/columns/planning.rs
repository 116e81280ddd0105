//! The plan of the rows that a cursor has, and batches by it: what of reading columns needs no GIL.

use std::sync::Arc;

use pyo3::prelude::*;
use scratchbird_columns::array::RecordBatch;
use scratchbird_columns::schema::Schema;
use scratchbird_columns::{self as columns, Extent, Limits, Plan};

use super::described::{self, failed};
use super::export;
use crate::convert::RowDecoder;
use crate::errors;
use crate::results::Taken;

/// Rows of one batch where nobody says how many.
pub const BATCH: usize = 1 << 16;

/// What of a result is here.
#[derive(Clone, Copy)]
pub struct Place {
    /// How many of its rows came before.
    pub before: u64,
    pub extent: Extent,
}

/// Batches of a plan.
pub struct Read {
    pub plan: Plan,
    pub batches: Vec<RecordBatch>,
}

/// The next batch of these rows; `before` rows of the result came before them.
fn next(
    plan: &Plan,
    taken: &mut Taken,
    before: u64,
    limits: Limits,
) -> Result<Option<RecordBatch>, columns::Error> {
    let first = before + taken.first_row();
    let batch = plan.batch(taken.payloads(), first, taken.count(), limits)?;
    if let Some(batch) = &batch {
        taken.skip(batch.num_rows());
    }
    Ok(batch)
}

/// All these rows, in batches of at most so many.
fn all(plan: Plan, mut taken: Taken, before: u64, rows: usize) -> Result<Read, columns::Error> {
    let bytes = Limits::BYTES;
    let mut batches = Vec::new();
    while let Some(batch) = next(&plan, &mut taken, before, Limits { rows, bytes })? {
        batches.push(batch);
    }
    Ok(Read { plan, batches })
}

/// A plan, or the rows that it is made of.
pub enum Planning {
    Made(Plan, Place),
    Open(Arc<RowDecoder>, Taken, Place),
}

impl Planning {
    /// The plan. `plain` is [`scratchbird_columns::Column::plain`], `requested` what the reader asks for.
    pub fn plan(self, plain: bool, requested: Option<&Schema>) -> Result<Plan, Unplanned> {
        let (decoder, rows, place) = match self {
            Planning::Made(plan, _) => return Ok(plan),
            Planning::Open(decoder, rows, place) => (decoder, rows, place),
        };
        let mut columns = described::columns(&decoder, plain, |_| false);
        if let Some(requested) = requested {
            export::comply(&mut columns, requested).map_err(Unplanned::Request)?;
        }
        let first = place.before + rows.first_row();
        Plan::new(&columns, rows.payloads(), first, place.extent).map_err(Unplanned::Rows)
    }
}

/// Why there is no plan.
pub enum Unplanned {
    Rows(columns::Error),
    /// The reader asks for something else than the result is.
    Request(String),
}

impl Unplanned {
    #[cold]
    pub fn into_python(self, py: Python<'_>) -> PyErr {
        match self {
            Unplanned::Rows(error) => failed(py, error),
            Unplanned::Request(message) => errors::programming(py, message),
        }
    }
}

/// Decodes up to `size` rows, all in batches of [`BATCH`] without it.
pub fn decode(
    planning: Planning,
    taken: Taken,
    size: Option<usize>,
    plain: bool,
) -> Result<Read, Unplanned> {
    let (Planning::Made(_, place) | Planning::Open(_, _, place)) = &planning;
    let before = place.before;
    let plan = planning.plan(plain, None)?;
    all(plan, taken, before, size.unwrap_or(BATCH)).map_err(Unplanned::Rows)
}

/// Rows that are decoded as a stream is read.
pub struct Rows {
    plan: Plan,
    taken: Taken,
    before: u64,
}

impl Rows {
    pub fn new(plan: Plan, taken: Taken, before: u64) -> Self {
        Rows {
            plan,
            taken,
            before,
        }
    }

    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Takes the next part of the result, in the place of the one before.
    pub fn follow(&mut self, taken: Taken, before: u64) {
        self.taken = taken;
        self.before = before;
    }

    /// The next batch of what is here.
    pub fn next(&mut self) -> Result<Option<RecordBatch>, columns::Error> {
        let limits = Limits {
            rows: BATCH,
            bytes: Limits::BYTES,
        };
        next(&self.plan, &mut self.taken, self.before, limits)
    }
}
