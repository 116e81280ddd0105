//! Columns of ranges: a struct of both bounds, whether they belong to it, and whether it is empty.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray, StructArray};
use arrow_buffer::{BooleanBufferBuilder, NullBufferBuilder};
use arrow_schema::Fields;
use sbwp::types::range::{decode_range, parse_range, Parts};
use sbwp::types::Format;

use super::{unmade, Builder, Cell};
use crate::error::{Fault, Reason};

pub(super) struct Range {
    fields: Fields,
    lower: Box<dyn Builder>,
    upper: Box<dyn Builder>,
    /// Lower inclusive, upper inclusive, empty.
    flags: [BooleanBufferBuilder; 3],
    nulls: NullBufferBuilder,
    format: Format,
}

impl Range {
    pub(super) fn new(
        fields: Fields,
        lower: Box<dyn Builder>,
        upper: Box<dyn Builder>,
        format: Format,
    ) -> Self {
        Range {
            fields,
            lower,
            upper,
            flags: [(); 3].map(|()| BooleanBufferBuilder::new(0)),
            nulls: NullBufferBuilder::new(0),
            format,
        }
    }

    fn read(&mut self, cell: Cell<'_>) -> Result<(), Reason> {
        match (cell, self.format) {
            (None, _) => self.take(&Parts::<&[u8]>::empty()),
            (Some(bytes), Format::Text) => self.take(&parse_range(bytes)?),
            (Some(bytes), Format::Binary) => self.take(&decode_range(bytes)?),
        }
    }

    fn take<B: AsRef<[u8]>>(&mut self, parts: &Parts<B>) -> Result<(), Reason> {
        let lower = parts.lower.as_ref().map(AsRef::as_ref);
        let upper = parts.upper.as_ref().map(AsRef::as_ref);
        self.lower.append(&[lower]).map_err(|fault| fault.reason)?;
        self.upper.append(&[upper]).map_err(|fault| fault.reason)?;
        // Nothing is inclusive of a bound that is not there.
        let values = [
            parts.lower_inclusive && lower.is_some(),
            parts.upper_inclusive && upper.is_some(),
            parts.empty,
        ];
        for (flag, value) in self.flags.iter_mut().zip(values) {
            flag.append(value);
        }
        Ok(())
    }
}

impl Builder for Range {
    fn append(&mut self, cells: &[Cell<'_>]) -> Result<(), Fault> {
        for (at, cell) in cells.iter().enumerate() {
            self.read(*cell).map_err(|reason| Fault { at, reason })?;
            self.nulls.append(cell.is_some());
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, Fault> {
        let [lower_inclusive, upper_inclusive, empty] = &mut self.flags;
        let flag = |bits: &mut BooleanBufferBuilder| -> ArrayRef {
            Arc::new(BooleanArray::new(bits.finish(), None))
        };
        let arrays = vec![
            self.lower.finish()?,
            self.upper.finish()?,
            flag(lower_inclusive),
            flag(upper_inclusive),
            flag(empty),
        ];
        let array = StructArray::try_new(self.fields.clone(), arrays, self.nulls.finish());
        Ok(Arc::new(array.map_err(|error| unmade(&error))?))
    }
}
