//! Columns of ranges, as they are fetched: structs of both bounds and what is said of them.

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, BooleanArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, Fields};
use sbwp::message::copy_packet::CopyType;
use sbwp::types::info;
use sbwp::types::range::{format_range, Parts};

use super::choice;
use super::misfit::Refused;
use super::{Cells, Target};

const FIELDS: [&str; 5] = [
    "lower",
    "upper",
    "lower_inclusive",
    "upper_inclusive",
    "empty",
];

/// The type of the bounds, if the struct is a range.
pub(super) fn bound(fields: &Fields) -> Option<&DataType> {
    let named = fields.iter().map(|field| field.name().as_str()).eq(FIELDS);
    let flags = fields
        .iter()
        .skip(2)
        .all(|field| *field.data_type() == DataType::Boolean);
    let [lower, upper, ..] = &fields[..] else {
        return None;
    };
    (named && flags && lower.data_type() == upper.data_type()).then(|| lower.data_type())
}

struct Ranges {
    bounds: [(Box<dyn Cells>, Option<NullBuffer>); 2],
    /// Lower inclusive, upper inclusive, empty.
    flags: [BooleanArray; 3],
}

pub(super) fn ranges(array: &ArrayRef, target: &Target) -> Result<Box<dyn Cells>, Refused> {
    let refused = || Refused::types(array.data_type(), target.oid, "");
    let columns = array.as_struct().columns();
    let [lower, upper, lower_inclusive, upper_inclusive, empty] = columns else {
        return Err(refused());
    };
    let inner = Target {
        oid: info(target.oid).map_or(0, |info| info.element),
        kind: CopyType::Text,
        ..target.clone()
    };
    let bound = |array: &ArrayRef| -> Result<_, Refused> {
        Ok((choice::cells(array, &inner)?, array.logical_nulls()))
    };
    Ok(Box::new(Ranges {
        bounds: [bound(lower)?, bound(upper)?],
        flags: [lower_inclusive, upper_inclusive, empty].map(|flag| flag.as_boolean().clone()),
    }))
}

impl Cells for Ranges {
    fn text(&self, row: usize, out: &mut Vec<u8>) -> Result<(), Refused> {
        let [lower_inclusive, upper_inclusive, empty] = &self.flags;
        let is = |flag: &BooleanArray| flag.is_valid(row) && flag.value(row);
        let mut texts = [None, None];
        for (text, (cells, nulls)) in texts.iter_mut().zip(&self.bounds) {
            if !nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)) {
                let mut bound = Vec::new();
                cells.text(row, &mut bound)?;
                *text = Some(bound);
            }
        }
        let [lower, upper] = texts;
        let parts = Parts {
            empty: is(empty),
            lower_inclusive: is(lower_inclusive) && lower.is_some(),
            upper_inclusive: is(upper_inclusive) && upper.is_some(),
            lower,
            upper,
        };
        format_range(&parts, out, |bound, out| {
            out.extend_from_slice(bound);
            Ok(())
        })?;
        Ok(())
    }
}
