//! Rows into one record batch: cells are gathered for a block of rows, then each column takes its cells at once.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::DataType;
use sbwp::message::DataRow;

use crate::build::{builder, Builder, Cell};
use crate::error::{Error, Fault, Reason};
use crate::plan::Plan;

/// Rows whose cells are gathered before the columns take them; few enough to stay in the cache.
const BLOCK: usize = 128;
/// Rows for which room is made at once.
const MOST_RESERVED: usize = 1 << 20;

/// Where a batch ends.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    pub rows: usize,
    /// Bytes as they came, and those that vectors take which are NULL; the row that reaches them is the last.
    pub bytes: usize,
}

impl Limits {
    /// Bytes that are well below what the offsets of text columns can count.
    pub const BYTES: usize = 256 << 20;
    /// Bytes of a batch of a stream where nobody says how many rows it has: four such batches are in memory at a time.
    pub const STREAMED: usize = 4 << 20;
}

impl Plan {
    /// Takes rows up to the limits; None where there are no more. `first_row` is the number of the first, for errors;
    /// `expected` how many are to come, to make room for them.
    ///
    /// # Errors
    /// A row that cannot be read, or a value that does not fit its column.
    pub fn batch<'a>(
        &self,
        rows: impl Iterator<Item = &'a [u8]>,
        first_row: u64,
        expected: usize,
        limits: Limits,
    ) -> Result<Option<RecordBatch>, Error> {
        let mut assembly = Assembly::new(self, first_row, expected.min(limits.rows));
        if assembly.push(rows, limits)? == 0 {
            return Ok(None);
        }
        assembly.finish().map(Some)
    }

    /// A batch without rows.
    #[must_use]
    pub fn empty(&self) -> RecordBatch {
        RecordBatch::new_empty(Arc::clone(self.schema()))
    }
}

/// The columns of vectors of one dimension, and how many bytes a NULL takes in them.
fn absent(plan: &Plan) -> Vec<(usize, usize)> {
    let fields = plan.schema().fields().iter().enumerate();
    fields
        .filter_map(|(index, field)| match field.data_type() {
            DataType::FixedSizeList(_, dimension) => {
                let dimension = usize::try_from(*dimension).ok()?;
                Some((index, dimension.saturating_mul(size_of::<f32>())))
            }
            _ => None,
        })
        .collect()
}

/// A batch in the making, for rows that come bit by bit.
pub struct Assembly {
    plan: Plan,
    builders: Vec<Box<dyn Builder>>,
    /// Rows that the builders have.
    built: usize,
    bytes: usize,
    /// Of each column of vectors of one dimension, what a NULL takes.
    absent: Vec<(usize, usize)>,
    first_row: u64,
}

impl Assembly {
    /// Begins a batch with row number `first_row`, with room for `expected` rows.
    #[must_use]
    pub fn new(plan: &Plan, first_row: u64, expected: usize) -> Self {
        let room = expected.min(MOST_RESERVED);
        Assembly {
            plan: plan.clone(),
            builders: plan
                .columns
                .iter()
                .map(|column| builder(column, room))
                .collect(),
            built: 0,
            bytes: 0,
            absent: absent(plan),
            first_row,
        }
    }

    /// How many rows it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.built
    }

    /// Whether it has no row yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.built == 0
    }

    /// Whether it is to be finished.
    #[must_use]
    pub fn is_full(&self, limits: Limits) -> bool {
        self.built >= limits.rows || self.bytes >= limits.bytes
    }

    /// Takes rows until it is full, and says how many.
    ///
    /// # Errors
    /// As [`Plan::batch`]; the assembly is of no use any more.
    pub fn push<'a>(
        &mut self,
        mut rows: impl Iterator<Item = &'a [u8]>,
        limits: Limits,
    ) -> Result<usize, Error> {
        let before = self.built;
        // Those of one column stand together.
        let mut cells: Vec<Cell<'a>> = vec![None; self.builders.len() * BLOCK];
        while !self.is_full(limits) {
            let room = BLOCK.min(limits.rows - self.built);
            let mut gathered = 0;
            while gathered < room && self.bytes < limits.bytes {
                let Some(payload) = rows.next() else {
                    break;
                };
                self.gather(payload, gathered, &mut cells)?;
                self.bytes = self.bytes.saturating_add(payload.len());
                for (column, size) in &self.absent {
                    if matches!(cells.get(column * BLOCK + gathered), Some(None)) {
                        self.bytes = self.bytes.saturating_add(*size);
                    }
                }
                gathered += 1;
            }
            if gathered == 0 {
                break;
            }
            self.build(gathered, &mut cells)?;
        }
        Ok(self.built - before)
    }

    /// The cells of one row, to their places.
    #[inline]
    fn gather<'a>(
        &self,
        payload: &'a [u8],
        at: usize,
        cells: &mut [Cell<'a>],
    ) -> Result<(), Error> {
        let broken = |reason| self.broken(at, reason);
        let row = DataRow::parse(payload).map_err(|error| broken(Reason::Broken(error)))?;
        let columns = self.builders.len();
        if row.len() > columns {
            return Err(broken(Reason::Surplus {
                values: row.len(),
                columns,
            }));
        }
        let mut values = row.iter();
        for slots in cells.chunks_exact_mut(BLOCK) {
            let cell = match values.next() {
                Some(Ok(cell)) => cell,
                // A row may have fewer values than the result has columns.
                None => None,
                Some(Err(error)) => return Err(broken(Reason::Broken(error))),
            };
            if let Some(slot) = slots.get_mut(at) {
                *slot = cell;
            }
        }
        Ok(())
    }

    fn build(&mut self, count: usize, cells: &mut [Cell<'_>]) -> Result<(), Error> {
        let columns = self.builders.iter_mut().zip(self.plan.columns.iter());
        let blocks = cells.chunks_exact_mut(BLOCK);
        for (index, ((builder, column), block)) in columns.zip(blocks).enumerate() {
            let block = block.get_mut(..count).unwrap_or_default();
            if let Some(doubts) = &column.doubts {
                for cell in block.iter_mut() {
                    *cell = cell.filter(|bytes| !doubts.is_null(bytes));
                }
            }
            builder
                .append(block)
                .map_err(|Fault { at, reason }| Error {
                    row: self.first_row + (self.built + at) as u64,
                    column: Some((index, column.name.clone())),
                    reason,
                })?;
        }
        self.built += count;
        Ok(())
    }

    /// The batch.
    ///
    /// # Errors
    /// A value that turns out not to fit its column.
    pub fn finish(mut self) -> Result<RecordBatch, Error> {
        let mut arrays = Vec::with_capacity(self.builders.len());
        let columns = self.builders.iter_mut().zip(self.plan.columns.iter());
        for (index, (builder, column)) in columns.enumerate() {
            let array = builder.finish().map_err(|Fault { at, reason }| Error {
                row: self.first_row + at as u64,
                column: Some((index, column.name.clone())),
                reason,
            })?;
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.built));
        RecordBatch::try_new_with_options(Arc::clone(self.plan.schema()), arrays, &options)
            .map_err(|error| self.broken(0, Reason::Batch(error.to_string())))
    }

    #[cold]
    fn broken(&self, at: usize, reason: Reason) -> Error {
        Error {
            row: self.first_row + (self.built + at) as u64,
            column: None,
            reason,
        }
    }
}
