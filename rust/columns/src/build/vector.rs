//! Columns of vectors: all numbers end to end, the same number of them in every row.

use std::sync::Arc;

use arrow_array::{ArrayRef, FixedSizeListArray, Float32Array, ListArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;
use sbwp::types::vector::parse_vector_f32;
use sbwp::types::TypeError;

use super::{unmade, Builder, Cell};
use crate::error::{Fault, Reason};
use crate::plan::vector_item;

struct Vector<I> {
    numbers: Vec<f32>,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
    /// None where vectors may be of any number of dimensions.
    dimension: Option<i32>,
    inside: I,
}

/// A column of vectors, whose text `inside` finds in a value.
pub(super) fn vector(
    data_type: &DataType,
    rows: usize,
    inside: impl Fn(&[u8]) -> Result<&[u8], TypeError> + Send + 'static,
) -> Box<dyn Builder> {
    let dimension = match data_type {
        DataType::FixedSizeList(_, dimension) => Some(*dimension),
        _ => None,
    };
    let width = usize::try_from(dimension.unwrap_or(0)).unwrap_or(0);
    Box::new(Vector {
        // A declared dimension is what a server says: room is made for a bounded amount of it.
        numbers: Vec::with_capacity(rows.saturating_mul(width).min(1 << 26)),
        offsets: vec![0],
        nulls: NullBufferBuilder::new(rows),
        dimension,
        inside,
    })
}

impl<I> Vector<I>
where
    I: Fn(&[u8]) -> Result<&[u8], TypeError> + Send,
{
    fn read(&mut self, cell: &[u8]) -> Result<(), Reason> {
        let before = self.numbers.len();
        parse_vector_f32((self.inside)(cell)?, &mut self.numbers)?;
        let got = self.numbers.len() - before;
        match self.dimension {
            Some(wanted) if usize::try_from(wanted) != Ok(got) => Err(Reason::Unfit(format!(
                "a vector of {got} dimensions among vectors of {wanted}"
            ))),
            _ => Ok(()),
        }
    }
}

impl<I> Builder for Vector<I>
where
    I: Fn(&[u8]) -> Result<&[u8], TypeError> + Send,
{
    fn append(&mut self, cells: &[Cell<'_>]) -> Result<(), Fault> {
        for (at, cell) in cells.iter().enumerate() {
            match (cell, self.dimension) {
                (Some(bytes), _) => self.read(bytes).map_err(|reason| Fault { at, reason })?,
                (None, Some(dimension)) => {
                    let more = usize::try_from(dimension).unwrap_or(0);
                    self.numbers.resize(self.numbers.len() + more, 0.0);
                }
                (None, None) => {}
            }
            self.nulls.append(cell.is_some());
            let end = i32::try_from(self.numbers.len()).map_err(|_| Fault {
                at,
                reason: Reason::Batch("more than 2³¹ numbers in one batch".to_owned()),
            })?;
            if self.dimension.is_none() {
                self.offsets.push(end);
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, Fault> {
        let numbers = ScalarBuffer::from(std::mem::take(&mut self.numbers));
        let numbers = Float32Array::new(numbers, None);
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        let nulls = self.nulls.finish();
        let numbers = Arc::new(numbers);
        Ok(match self.dimension {
            Some(dimension) => Arc::new(
                FixedSizeListArray::try_new(vector_item(), dimension, numbers, nulls)
                    .map_err(|error| unmade(&error))?,
            ),
            None => {
                let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
                let array = ListArray::try_new(vector_item(), offsets, numbers, nulls);
                Arc::new(array.map_err(|error| unmade(&error))?)
            }
        })
    }
}
