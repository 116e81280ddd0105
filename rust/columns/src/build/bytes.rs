//! Columns of texts and of bytes: the values end to end, and where each one ends.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, BinaryArray, LargeBinaryArray, StringArray};
use arrow_buffer::{Buffer, NullBufferBuilder, OffsetBuffer, ScalarBuffer};
use sbwp::types::text::decode_lp;
use sbwp::types::{bytea, geometry, Format, Oid, TypeError, Value};

use super::{unmade, Builder, Cell};
use crate::error::{Fault, Reason};

/// Bytes that a value is expected to take.
const TYPICAL: usize = 16;

struct Bytes<W> {
    data: Vec<u8>,
    offsets: Vec<i32>,
    nulls: NullBufferBuilder,
    write: W,
    is_text: bool,
}

/// A column of UTF-8, of which `write` appends one value.
pub(super) fn text<W>(rows: usize, write: W) -> Box<dyn Builder>
where
    W: Fn(&[u8], &mut Vec<u8>) -> Result<(), TypeError> + Send + 'static,
{
    Box::new(Bytes::new(rows, write, true))
}

/// The same of bytes.
pub(super) fn binary<W>(rows: usize, write: W) -> Box<dyn Builder>
where
    W: Fn(&[u8], &mut Vec<u8>) -> Result<(), TypeError> + Send + 'static,
{
    Box::new(Bytes::new(rows, write, false))
}

impl<W> Bytes<W> {
    fn new(rows: usize, write: W, is_text: bool) -> Self {
        let mut offsets = Vec::with_capacity(rows.saturating_add(1));
        offsets.push(0);
        Bytes {
            data: Vec::with_capacity(rows.saturating_mul(TYPICAL)),
            offsets,
            nulls: NullBufferBuilder::new(rows),
            write,
            is_text,
        }
    }
}

impl<W> Builder for Bytes<W>
where
    W: Fn(&[u8], &mut Vec<u8>) -> Result<(), TypeError> + Send,
{
    fn append(&mut self, cells: &[Cell<'_>]) -> Result<(), Fault> {
        self.offsets.reserve(cells.len());
        let mut valid = 0;
        for (at, cell) in cells.iter().enumerate() {
            match cell {
                Some(bytes) => {
                    (self.write)(bytes, &mut self.data).map_err(|error| Fault {
                        at,
                        reason: error.into(),
                    })?;
                    valid += 1;
                }
                None => {
                    self.nulls.append_n_non_nulls(std::mem::take(&mut valid));
                    self.nulls.append_null();
                }
            }
            let end = i32::try_from(self.data.len()).map_err(|_| Fault {
                at,
                reason: Reason::Batch("more than 2 GiB of text or bytes in one batch".to_owned()),
            })?;
            self.offsets.push(end);
        }
        self.nulls.append_n_non_nulls(valid);
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, Fault> {
        let data = std::mem::take(&mut self.data);
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        let nulls = self.nulls.finish();
        if self.is_text {
            // Checked once for all: an ASCII text is checked at the speed of memory.
            if let Some(at) = first_broken(&data, &offsets) {
                let error = TypeError::Utf8 { type_name: "text" };
                return Err(Fault {
                    at,
                    reason: error.into(),
                });
            }
            let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
            let array = StringArray::try_new(offsets, Buffer::from(data), nulls);
            return Ok(Arc::new(array.map_err(|error| unmade(&error))?));
        }
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let array = BinaryArray::try_new(offsets, Buffer::from(data), nulls);
        Ok(Arc::new(array.map_err(|error| unmade(&error))?))
    }
}

/// The first value that is no UTF-8 by itself.
fn first_broken(data: &[u8], offsets: &[i32]) -> Option<usize> {
    if data.is_ascii() {
        return None;
    }
    offsets.windows(2).position(|pair| {
        let bound = |offset: Option<&i32>| offset.and_then(|offset| usize::try_from(*offset).ok());
        let value = match (bound(pair.first()), bound(pair.last())) {
            (Some(start), Some(end)) => data.get(start..end),
            _ => None,
        };
        value.is_none_or(|value| std::str::from_utf8(value).is_err())
    })
}

/// The value as it is.
#[inline]
pub(super) fn plain(cell: &[u8], out: &mut Vec<u8>) -> Result<(), TypeError> {
    out.extend_from_slice(cell);
    Ok(())
}

/// What stands behind a length.
pub(super) fn lp(cell: &[u8], out: &mut Vec<u8>) -> Result<(), TypeError> {
    out.extend_from_slice(decode_lp("text", cell)?);
    Ok(())
}

#[inline]
pub(super) fn bytea_text(cell: &[u8], out: &mut Vec<u8>) -> Result<(), TypeError> {
    bytea::parse_bytea(cell, out)
}

/// The value in the one text form of its type.
pub(super) fn rendered(
    oid: Oid,
    format: Format,
    cell: &[u8],
    out: &mut Vec<u8>,
) -> Result<(), TypeError> {
    Value::decode(oid, format, cell)?.encode(oid, Format::Text, out)
}

/// Well-known binary of any notation of a shape.
pub(super) fn geometry_text(cell: &[u8], out: &mut Vec<u8>) -> Result<(), TypeError> {
    geometry::encode_wkb(&geometry::parse_geometry(cell)?, out)
}

pub(super) fn geometry_binary(cell: &[u8], out: &mut Vec<u8>) -> Result<(), TypeError> {
    let wkb = decode_lp("geometry", cell)?;
    geometry::decode_wkb(wkb)?;
    out.extend_from_slice(wkb);
    Ok(())
}

/// Cells as they came, of any size together.
pub(super) struct Raw {
    data: Vec<u8>,
    offsets: Vec<i64>,
    nulls: NullBufferBuilder,
}

impl Raw {
    pub(super) fn new(rows: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows.saturating_add(1));
        offsets.push(0);
        Raw {
            data: Vec::with_capacity(rows.saturating_mul(TYPICAL)),
            offsets,
            nulls: NullBufferBuilder::new(rows),
        }
    }
}

impl Builder for Raw {
    fn append(&mut self, cells: &[Cell<'_>]) -> Result<(), Fault> {
        for (at, cell) in cells.iter().enumerate() {
            self.data.extend_from_slice(cell.unwrap_or_default());
            self.nulls.append(cell.is_some());
            let end = i64::try_from(self.data.len()).map_err(|_| Fault {
                at,
                reason: Reason::Batch("more bytes than can be counted".to_owned()),
            })?;
            self.offsets.push(end);
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<ArrayRef, Fault> {
        let offsets = std::mem::replace(&mut self.offsets, vec![0]);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(offsets));
        let data = Buffer::from(std::mem::take(&mut self.data));
        let array = LargeBinaryArray::try_new(offsets, data, self.nulls.finish());
        let array = array.map_err(|error| unmade(&error))?;
        debug_assert_eq!(array.offsets().len(), array.len() + 1);
        Ok(Arc::new(array))
    }
}
