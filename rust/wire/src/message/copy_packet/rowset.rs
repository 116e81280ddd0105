//! The `SBNR` packet: typed columns once, then rows of a null bitmap and the values that are not NULL.

use bytes::{BufMut, BytesMut};

use super::{MESSAGE, ROWSET_MAGIC};
use crate::message::error::{DecodeError, EncodeError, Reason};
use crate::message::reader::Reader;
use crate::message::writer::Writer;

const VERSION: u16 = 2;
/// Where the row count is.
const ROW_COUNT_AT: usize = 8;

/// The type of a column in a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum CopyType {
    /// UTF-8.
    Text = 1,
    /// i64.
    Int64 = 2,
    /// One byte.
    Boolean = 3,
    /// i32.
    Int32 = 4,
    /// u64.
    UInt64 = 5,
    /// f64.
    Real64 = 6,
    /// Bytes.
    Binary = 7,
}

impl CopyType {
    /// The type of a type byte.
    pub fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Text,
            2 => Self::Int64,
            3 => Self::Boolean,
            4 => Self::Int32,
            5 => Self::UInt64,
            6 => Self::Real64,
            7 => Self::Binary,
            _ => return None,
        })
    }
}

/// A column of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyColumn {
    /// Name, not empty.
    pub name: String,
    /// Type.
    pub kind: CopyType,
}

/// A value of a packet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CopyValue<'a> {
    /// NULL, in a column of any type.
    Null,
    /// UTF-8.
    Text(&'a str),
    /// i64.
    Int64(i64),
    /// Boolean.
    Boolean(bool),
    /// i32.
    Int32(i32),
    /// u64.
    UInt64(u64),
    /// f64.
    Real64(f64),
    /// Bytes.
    Binary(&'a [u8]),
}

impl CopyValue<'_> {
    pub(super) fn kind(&self) -> Option<CopyType> {
        Some(match self {
            Self::Null => return None,
            Self::Text(_) => CopyType::Text,
            Self::Int64(_) => CopyType::Int64,
            Self::Boolean(_) => CopyType::Boolean,
            Self::Int32(_) => CopyType::Int32,
            Self::UInt64(_) => CopyType::UInt64,
            Self::Real64(_) => CopyType::Real64,
            Self::Binary(_) => CopyType::Binary,
        })
    }
}

/// Reads a packet row by row.
#[derive(Debug)]
pub struct RowsetReader<'a> {
    columns: Vec<CopyColumn>,
    rows: u64,
    rows_left: u64,
    r: Reader<'a>,
}

impl<'a> RowsetReader<'a> {
    /// Reads the columns.
    ///
    /// # Errors
    /// A malformed packet, one without rows or columns, an unknown type or a column without a name.
    pub fn new(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(MESSAGE, payload);
        let magic = r.array::<4>("magic")?;
        if magic != ROWSET_MAGIC {
            let magic = i64::from(u32::from_le_bytes(magic));
            return Err(r.error_at("magic", 0, Reason::Invalid(magic)));
        }
        let version = r.u16("version")?;
        if version != VERSION {
            return Err(r.error_at("version", 4, Reason::Invalid(i64::from(version))));
        }
        r.u16("flags")?;
        let rows = r.u64("row_count")?;
        let count = r.u32("column_count")?;
        if count == 0 {
            return Err(r.error("column_count", Reason::Invalid(0)));
        }
        // A type byte and the length of a name for each column; a bitmap for each row.
        let count = r.fits("column_count", u64::from(count), 5)?;
        if rows == 0 {
            return Err(r.error_at("row_count", ROW_COUNT_AT, Reason::Invalid(0)));
        }
        r.fits("row_count", rows, count.div_ceil(8) as u64)?;
        let mut kinds = Vec::with_capacity(count);
        for _ in 0..count {
            let offset = r.offset();
            let byte = r.u8("column_type")?;
            kinds.push(CopyType::from_byte(byte).ok_or_else(|| {
                r.error_at("column_type", offset, Reason::Invalid(i64::from(byte)))
            })?);
        }
        let mut columns = Vec::with_capacity(count);
        for kind in kinds {
            let name = r.lpstr("column_name")?;
            if name.is_empty() {
                return Err(r.error("column_name", Reason::Invalid(0)));
            }
            columns.push(CopyColumn { name, kind });
        }
        Ok(Self {
            columns,
            rows,
            rows_left: rows,
            r,
        })
    }

    /// The columns.
    pub fn columns(&self) -> &[CopyColumn] {
        &self.columns
    }

    /// Rows in the packet.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Reads the next row into `row`, in place of what is in it; false after the last one.
    ///
    /// # Errors
    /// A malformed row, or bytes after the last one.
    pub fn next_row(&mut self, row: &mut Vec<CopyValue<'a>>) -> Result<bool, DecodeError> {
        row.clear();
        if self.rows_left == 0 {
            self.r.finish()?;
            return Ok(false);
        }
        self.rows_left -= 1;
        let bitmap = self
            .r
            .take("null_bitmap", self.columns.len().div_ceil(8) as u64)?;
        for (index, column) in self.columns.iter().enumerate() {
            let byte = bitmap.get(index / 8).copied().unwrap_or(0);
            row.push(match byte >> (index % 8) & 1 {
                1 => CopyValue::Null,
                _ => read_value(&mut self.r, column.kind)?,
            });
        }
        Ok(true)
    }
}

fn read_value<'a>(r: &mut Reader<'a>, kind: CopyType) -> Result<CopyValue<'a>, DecodeError> {
    Ok(match kind {
        CopyType::Text => CopyValue::Text(r.lpstr_ref("value")?),
        CopyType::Int64 => CopyValue::Int64(r.i64("value")?),
        CopyType::Boolean => CopyValue::Boolean(r.bool("value")?),
        CopyType::Int32 => CopyValue::Int32(r.i32("value")?),
        CopyType::UInt64 => CopyValue::UInt64(r.u64("value")?),
        CopyType::Real64 => CopyValue::Real64(f64::from_le_bytes(r.array("value")?)),
        CopyType::Binary => CopyValue::Binary(r.bytes32_ref("value")?),
    })
}

/// Writes a packet row by row.
#[derive(Debug)]
#[must_use = "a packet is complete only after `finish`"]
pub struct RowsetWriter<'a> {
    out: &'a mut BytesMut,
    start: usize,
    kinds: Vec<CopyType>,
    rows: u64,
    error: Option<EncodeError>,
}

impl<'a> RowsetWriter<'a> {
    /// Starts a packet at the end of `out`.
    pub fn new<'c>(
        out: &'a mut BytesMut,
        columns: impl IntoIterator<Item = (&'c str, CopyType)>,
    ) -> Self {
        let start = out.len();
        let (names, kinds): (Vec<&str>, Vec<CopyType>) = columns.into_iter().unzip();
        let mut w = Writer::new(MESSAGE, out);
        w.raw(&ROWSET_MAGIC);
        w.u16("version", &VERSION);
        w.zeros(2 + 8);
        w.count32("columns", kinds.len());
        for kind in &kinds {
            w.u8("column_type", &(*kind as u8));
        }
        for name in &names {
            w.lpstr("column_name", name);
        }
        let error = w.finish().err();
        Self {
            out,
            start,
            kinds,
            rows: 0,
            error,
        }
    }

    /// Appends a row.
    pub fn row<'v>(&mut self, values: impl IntoIterator<Item = CopyValue<'v>>) {
        self.rows += 1;
        let bitmap = self.out.len();
        self.out.put_bytes(0, self.kinds.len().div_ceil(8));
        let mut written = 0;
        for value in values {
            let expected = self.kinds.get(written).copied();
            if value.kind().is_some_and(|kind| Some(kind) != expected) {
                self.fail(EncodeError::Unrepresentable {
                    message: MESSAGE,
                    field: "value",
                });
            }
            if self.put(&value) && written < self.kinds.len() {
                if let Some(byte) = self.out.get_mut(bitmap + written / 8) {
                    *byte |= 1 << (written % 8);
                }
            }
            written += 1;
        }
        if written != self.kinds.len() {
            let announced = self.kinds.len();
            self.fail(EncodeError::Values {
                message: MESSAGE,
                announced,
                written,
            });
        }
    }

    /// Appends a value; true if it is NULL.
    fn put(&mut self, value: &CopyValue<'_>) -> bool {
        match value {
            CopyValue::Null => return true,
            CopyValue::Text(text) => self.put_bytes(text.as_bytes()),
            CopyValue::Int64(value) => self.out.put_i64_le(*value),
            CopyValue::Boolean(value) => self.out.put_u8(u8::from(*value)),
            CopyValue::Int32(value) => self.out.put_i32_le(*value),
            CopyValue::UInt64(value) => self.out.put_u64_le(*value),
            CopyValue::Real64(value) => self.out.put_f64_le(*value),
            CopyValue::Binary(bytes) => self.put_bytes(bytes),
        }
        false
    }

    fn put_bytes(&mut self, bytes: &[u8]) {
        let mut w = Writer::new(MESSAGE, self.out);
        w.bytes32_ref("value", bytes);
        if let Err(error) = w.finish() {
            self.fail(error);
        }
    }

    #[cold]
    fn fail(&mut self, error: EncodeError) {
        self.error.get_or_insert(error);
    }

    /// Bytes of the packet so far, to end it before a frame grows too large.
    pub fn size(&self) -> usize {
        self.out.len() - self.start
    }

    /// Leaves the packet without rows, for one who appends them.
    pub(super) fn head(self) -> Result<(), EncodeError> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }

    /// Patches the row count; gives the number of rows.
    ///
    /// # Errors
    /// A value of another type than its column, another number of values than columns, or no row at all,
    /// which no packet can say.
    pub fn finish(self) -> Result<u64, EncodeError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.rows == 0 || self.kinds.is_empty() {
            return Err(EncodeError::Unrepresentable {
                message: MESSAGE,
                field: "rows",
            });
        }
        let at = self.start + ROW_COUNT_AT;
        if let Some(field) = self.out.get_mut(at..at + 8) {
            field.copy_from_slice(&self.rows.to_le_bytes());
        }
        Ok(self.rows)
    }
}
