//! Arrow batches as rows for a table: which column goes where, whether it can, and the values row by row.
//!
//! A [`Loading`] is made once a stream; that every column fits its target is found out there, before any row. A [`Cursor`]
//! gives the rows of one batch to a [`Sink`] and may stop between two rows. Nothing is rounded: a value that its target
//! cannot hold is a [`Misfit`] with its row and column.

mod bytes;
mod choice;
mod documents;
mod lists;
mod misfit;
mod moments;
mod natural;
mod numbers;
mod numeral;
mod ranges;
mod spans;

use std::sync::Arc;

use arrow_array::{new_empty_array, Array, ArrayRef, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::Schema;
use sbwp::message::copy_packet::{CopyType, CopyValue};
use sbwp::types::Oid;

pub use misfit::{Cause, Misfit};
pub use natural::natural;

use misfit::Refused;

/// What a column goes into: a column of a table, or a parameter.
#[derive(Debug, Clone)]
pub struct Target {
    pub name: String,
    /// Its type; 0 where nobody knows, and the values' own type will do.
    pub oid: Oid,
    /// Digits in all and after the point, where the type declares them.
    pub precision: Option<i64>,
    pub scale: Option<i32>,
    /// Length limit; of a vector its dimensions.
    pub length: Option<i64>,
    /// The form in which the values are wanted.
    pub kind: CopyType,
}

/// What takes the rows.
pub trait Sink {
    type Error;
    /// A row begins.
    fn begin(&mut self);
    /// Its next value, for this target.
    fn value(&mut self, target: &Target, value: CopyValue<'_>) -> Result<(), Self::Error>;
    /// The row has ended. True where the sink wants to be asked before the next one.
    fn end(&mut self) -> Result<bool, Self::Error>;
}

/// The cells of one column of one batch.
trait Cells: Send {
    /// Appends the text of a value that is not NULL.
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused>;

    /// The value in the form of its target.
    fn value<'a>(&'a self, row: usize, out: &'a mut Vec<u8>) -> Result<CopyValue<'a>, Refused> {
        out.clear();
        self.text(row, out)?;
        match std::str::from_utf8(out) {
            Ok(text) => Ok(CopyValue::Text(text)),
            Err(_) => Err(Refused::representation("the text is not UTF-8")),
        }
    }
}

/// Columns of a stream on their way to their targets.
#[derive(Debug, Clone)]
pub struct Loading {
    /// The index of the column, and where it goes.
    columns: Arc<[(usize, Target)]>,
}

impl Loading {
    /// Pairs columns, by their index in the stream, with targets.
    ///
    /// # Errors
    /// A column whose type does not go into its target.
    pub fn new(schema: &Schema, mut columns: Vec<(usize, Target)>) -> Result<Self, Misfit> {
        for (index, target) in &mut columns {
            let Some(field) = schema.fields().get(*index) else {
                return Err(Misfit::of_type(target, Refused::absent()));
            };
            if target.oid == 0 {
                target.oid = natural(field);
            }
            choice::cells(&new_empty_array(field.data_type()), target)
                .map_err(|refused| Misfit::of_type(target, refused))?;
        }
        Ok(Loading {
            columns: columns.into(),
        })
    }

    /// The targets, in the order of a row's values.
    pub fn targets(&self) -> impl Iterator<Item = &Target> {
        self.columns.iter().map(|(_, target)| target)
    }

    /// The rows of a batch, of which the first has this number.
    ///
    /// # Errors
    /// A batch that is not of the stream's schema.
    pub fn rows(&self, batch: &RecordBatch, first_row: u64) -> Result<Cursor, Misfit> {
        let mut cells = Vec::with_capacity(self.columns.len());
        for (index, target) in self.columns.iter() {
            let array: &ArrayRef = batch
                .columns()
                .get(*index)
                .ok_or_else(|| Misfit::of_type(target, Refused::absent()))?;
            let of =
                choice::cells(array, target).map_err(|refused| Misfit::of_type(target, refused))?;
            cells.push((of, array.logical_nulls().filter(|n| n.null_count() > 0)));
        }
        Ok(Cursor {
            columns: self.columns.clone(),
            cells,
            row: 0,
            count: batch.num_rows(),
            first_row,
            scratch: Vec::new(),
        })
    }
}

/// The rows of one batch, and how many have been taken.
pub struct Cursor {
    columns: Arc<[(usize, Target)]>,
    cells: Vec<(Box<dyn Cells>, Option<NullBuffer>)>,
    row: usize,
    count: usize,
    first_row: u64,
    scratch: Vec<u8>,
}

impl Cursor {
    /// Gives rows to the sink until it wants to be asked (false), or there are no more (true).
    ///
    /// # Errors
    /// A value that does not fit, or one that the sink refuses; the row is to be dropped.
    pub fn give<S: Sink>(&mut self, sink: &mut S) -> Result<bool, Cause<S::Error>> {
        while self.row < self.count {
            let row = self.row;
            sink.begin();
            for ((cells, nulls), (_, target)) in self.cells.iter().zip(self.columns.iter()) {
                let value = if nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                    CopyValue::Null
                } else {
                    match cells.value(row, &mut self.scratch) {
                        Ok(value) => value,
                        Err(refused) => {
                            let row = self.first_row + row as u64;
                            return Err(Cause::Misfit(Misfit::of_value(row, target, refused)));
                        }
                    }
                };
                sink.value(target, value).map_err(|error| Cause::Sink {
                    row: self.first_row + row as u64,
                    column: Some(target.name.clone()),
                    error,
                })?;
            }
            self.row += 1;
            let is_due = sink.end().map_err(|error| Cause::Sink {
                row: self.first_row + row as u64,
                column: None,
                error,
            })?;
            if is_due {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The number of the row that comes next.
    #[must_use]
    pub fn next_row(&self) -> u64 {
        self.first_row + self.row as u64
    }
}
