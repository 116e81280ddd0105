//! DATA_ROW: the hot path. A borrowed view for readers, an in-place builder for writers, and an owned row
//! for the message enums.

use bytes::{BufMut, Bytes, BytesMut};

use super::error::{DecodeError, EncodeError, Reason};
use super::layout::{codec, Layout};
use super::reader::Reader;
use super::writer::Writer;

const MESSAGE: &str = "DATA_ROW";
/// Column count and bitmap length.
const FIXED_LEN: usize = 4;

/// A row as it lies in the payload. A row has its own column count, which may differ from the description.
#[derive(Debug, Clone, Copy)]
pub struct DataRow<'a> {
    count: u16,
    bitmap: &'a [u8],
    body: &'a [u8],
}

impl<'a> DataRow<'a> {
    /// Checks the fixed part; the values are checked as they are read.
    ///
    /// # Errors
    /// A payload shorter than its null bitmap, or a bitmap too short for the columns.
    #[inline]
    pub fn parse(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let Some((&[c0, c1, b0, b1], rest)) = payload.split_first_chunk::<FIXED_LEN>() else {
            return Err(short("column_count", 0, FIXED_LEN as u64, payload.len()));
        };
        let count = u16::from_le_bytes([c0, c1]);
        let bitmap_len = u16::from_le_bytes([b0, b1]);
        if usize::from(bitmap_len) < usize::from(count).div_ceil(8) {
            return Err(fault(
                "bitmap_bytes",
                2,
                Reason::Invalid(i64::from(bitmap_len)),
            ));
        }
        match rest.split_at_checked(usize::from(bitmap_len)) {
            Some((bitmap, body)) => Ok(Self {
                count,
                bitmap,
                body,
            }),
            None => Err(short(
                "null_bitmap",
                FIXED_LEN,
                u64::from(bitmap_len),
                rest.len(),
            )),
        }
    }

    /// Number of columns.
    #[inline]
    pub fn len(&self) -> usize {
        usize::from(self.count)
    }

    /// Whether there are no columns.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The values in column order, `None` for NULL. After an error there is nothing more.
    #[inline]
    pub fn iter(&self) -> Values<'a> {
        Values {
            row: *self,
            rest: self.body,
            index: 0,
        }
    }
}

impl<'a> IntoIterator for DataRow<'a> {
    type Item = Result<Option<&'a [u8]>, DecodeError>;
    type IntoIter = Values<'a>;

    #[inline]
    fn into_iter(self) -> Values<'a> {
        self.iter()
    }
}

/// Iterator over the values of a [`DataRow`].
#[derive(Debug, Clone)]
pub struct Values<'a> {
    row: DataRow<'a>,
    rest: &'a [u8],
    index: u16,
}

impl<'a> Values<'a> {
    /// Bytes after the last value read.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    #[cold]
    fn broken(&mut self, field: &'static str, reason: Reason) -> DecodeError {
        self.index = self.row.count;
        let body = self.row.body.len() - self.rest.len();
        fault(field, FIXED_LEN + self.row.bitmap.len() + body, reason)
    }

    #[cold]
    fn broken_length(&mut self, needed: u64) -> DecodeError {
        let available = self.rest.len();
        self.broken("value", Reason::Truncated { needed, available })
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = Result<Option<&'a [u8]>, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let index = self.index;
        if index >= self.row.count {
            return None;
        }
        self.index = index + 1;
        let byte = self
            .row
            .bitmap
            .get(usize::from(index >> 3))
            .copied()
            .unwrap_or(0);
        if byte >> (index & 7) & 1 == 1 {
            return Some(Ok(None));
        }
        let Some((head, rest)) = self.rest.split_first_chunk::<4>() else {
            return Some(Err(self.broken_length(4)));
        };
        let length = i32::from_le_bytes(*head);
        let Ok(size) = usize::try_from(length) else {
            if length == -1 {
                self.rest = rest;
                return Some(Ok(None));
            }
            return Some(Err(self.broken("value", Reason::Invalid(i64::from(length)))));
        };
        match rest.split_at_checked(size) {
            Some((value, rest)) => {
                self.rest = rest;
                Some(Ok(Some(value)))
            }
            None => Some(Err(self.broken_length(4 + size as u64))),
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::from(self.row.count - self.index);
        (0, Some(left))
    }
}

#[cold]
fn fault(field: &'static str, offset: usize, reason: Reason) -> DecodeError {
    DecodeError {
        message: MESSAGE,
        field,
        offset,
        reason,
    }
}

#[cold]
fn short(field: &'static str, offset: usize, needed: u64, available: usize) -> DecodeError {
    fault(field, offset, Reason::Truncated { needed, available })
}

/// Appends the payload of a DATA_ROW value by value.
#[derive(Debug)]
pub struct DataRowBuilder<'a> {
    out: &'a mut BytesMut,
    /// Where the bitmap begins.
    bitmap: usize,
    columns: u16,
    written: usize,
    too_long: bool,
}

impl<'a> DataRowBuilder<'a> {
    /// Starts a row of `columns` values at the end of `out`.
    #[inline]
    pub fn new(out: &'a mut BytesMut, columns: u16) -> Self {
        let bitmap_len = columns.div_ceil(8);
        out.put_u16_le(columns);
        out.put_u16_le(bitmap_len);
        let bitmap = out.len();
        out.put_bytes(0, usize::from(bitmap_len));
        Self {
            out,
            bitmap,
            columns,
            written: 0,
            too_long: false,
        }
    }

    /// Appends NULL.
    #[inline]
    pub fn null(&mut self) {
        let index = self.written;
        self.written += 1;
        if index < usize::from(self.columns) {
            if let Some(byte) = self.out.get_mut(self.bitmap + index / 8) {
                *byte |= 1 << (index % 8);
            }
        }
    }

    /// Appends a value that is already there.
    #[inline]
    pub fn value(&mut self, bytes: &[u8]) {
        self.value_with(|out| out.put_slice(bytes));
    }

    /// Appends a value that `write` puts into the buffer, and gives what `write` gives.
    #[inline]
    pub fn value_with<R>(&mut self, write: impl FnOnce(&mut BytesMut) -> R) -> R {
        self.written += 1;
        let (result, fits) = length_prefixed(self.out, write);
        self.too_long |= !fits;
        result
    }

    /// Ends the row.
    ///
    /// # Errors
    /// Another number of values than was announced, or a value above 2 GiB.
    #[inline]
    pub fn finish(self) -> Result<(), EncodeError> {
        if self.written != usize::from(self.columns) {
            return Err(EncodeError::Values {
                message: MESSAGE,
                announced: usize::from(self.columns),
                written: self.written,
            });
        }
        if self.too_long {
            return Err(EncodeError::Length {
                message: MESSAGE,
                field: "value",
            });
        }
        Ok(())
    }
}

/// Appends `i32 length` and what `write` puts behind it; false if the length does not fit.
#[inline]
pub(crate) fn length_prefixed<R>(
    out: &mut BytesMut,
    write: impl FnOnce(&mut BytesMut) -> R,
) -> (R, bool) {
    let at = out.len();
    out.put_i32_le(0);
    let result = write(out);
    let length = i32::try_from(out.len().saturating_sub(at + 4));
    if let (Ok(length), Some(field)) = (length, out.get_mut(at..at + 4)) {
        field.copy_from_slice(&length.to_le_bytes());
    }
    (result, length.is_ok())
}

/// A row that owns its values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// Values in column order, `None` for NULL.
    pub values: Vec<Option<Bytes>>,
}

impl Layout for Row {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let start = r.ahead();
        let row = DataRow::parse(start)?;
        let mut values = row.iter();
        let read = values
            .by_ref()
            .map(|value| value.map(|value| value.map(Bytes::copy_from_slice)))
            .collect::<Result<_, _>>()?;
        r.skip("values", (start.len() - values.remaining()) as u64)?;
        Ok(Self { values: read })
    }

    fn write(&self, w: &mut Writer<'_>) {
        let Ok(columns) = u16::try_from(self.values.len()) else {
            return w.count16("column_count", self.values.len());
        };
        let mut row = DataRowBuilder::new(w.out(), columns);
        for value in &self.values {
            match value {
                Some(value) => row.value(value),
                None => row.null(),
            }
        }
        if let Err(error) = row.finish() {
            w.fail(error);
        }
    }
}

codec!(strict Row = "DATA_ROW");
