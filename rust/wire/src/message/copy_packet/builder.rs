//! A packet that is built value by value over many calls, and from which a row that fails is taken back.

use bytes::{BufMut, BytesMut};

use super::{CopyColumn, CopyType, CopyValue, RowsetWriter, MESSAGE};
use crate::message::error::EncodeError;
use crate::message::writer::Writer;

/// Where the row count is in a packet.
const ROW_COUNT_AT: usize = 8;

/// Rows of a packet to come. Its columns stay the same from packet to packet.
#[derive(Debug, Default)]
pub struct RowsetBuilder {
    columns: Vec<CopyColumn>,
    body: BytesMut,
    rows: u64,
    /// Where the row under way begins in `body`, and how many values it has.
    row: usize,
    written: usize,
}

impl RowsetBuilder {
    /// Packets of these columns.
    pub fn new(columns: Vec<CopyColumn>) -> Self {
        Self {
            columns,
            ..Self::default()
        }
    }

    /// The columns.
    pub fn columns(&self) -> &[CopyColumn] {
        &self.columns
    }

    /// Whole rows since the last [`RowsetBuilder::finish`].
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Bytes of these rows.
    pub fn size(&self) -> usize {
        self.body.len()
    }

    /// Begins a row; one that was not ended is dropped.
    pub fn begin_row(&mut self) {
        self.body.truncate(self.row);
        self.row = self.body.len();
        self.written = 0;
        self.body.put_bytes(0, self.columns.len().div_ceil(8));
    }

    /// How many values the row under way has.
    pub fn written(&self) -> usize {
        self.written
    }

    /// The type of the value to be appended next; None when the row has all of them.
    pub fn next_type(&self) -> Option<CopyType> {
        self.columns.get(self.written).map(|column| column.kind)
    }

    /// Appends a value to the row.
    ///
    /// # Errors
    /// A value of another type than its column, or one too many, or longer than the form can say.
    pub fn push(&mut self, value: &CopyValue<'_>) -> Result<(), EncodeError> {
        let fits = match (self.next_type(), value.kind()) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(expected), Some(kind)) => expected == kind,
        };
        if !fits {
            return Err(EncodeError::Unrepresentable {
                message: MESSAGE,
                field: "value",
            });
        }
        match value {
            CopyValue::Null => {
                if let Some(byte) = self.body.get_mut(self.row + self.written / 8) {
                    *byte |= 1 << (self.written % 8);
                }
            }
            CopyValue::Text(text) => self.put_bytes(text.as_bytes())?,
            CopyValue::Binary(bytes) => self.put_bytes(bytes)?,
            CopyValue::Int64(value) => self.body.put_i64_le(*value),
            CopyValue::Boolean(value) => self.body.put_u8(u8::from(*value)),
            CopyValue::Int32(value) => self.body.put_i32_le(*value),
            CopyValue::UInt64(value) => self.body.put_u64_le(*value),
            CopyValue::Real64(value) => self.body.put_f64_le(*value),
        }
        self.written += 1;
        Ok(())
    }

    fn put_bytes(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        let mut w = Writer::new(MESSAGE, &mut self.body);
        w.bytes32_ref("value", bytes);
        w.finish()
    }

    /// Ends the row.
    ///
    /// # Errors
    /// Fewer values than columns; the row is dropped.
    pub fn end_row(&mut self) -> Result<(), EncodeError> {
        let (announced, written) = (self.columns.len(), self.written);
        if written != announced {
            self.drop_row();
            return Err(EncodeError::Values {
                message: MESSAGE,
                announced,
                written,
            });
        }
        self.rows += 1;
        self.row = self.body.len();
        self.written = 0;
        Ok(())
    }

    /// Drops the row under way.
    pub fn drop_row(&mut self) {
        self.body.truncate(self.row);
        self.written = 0;
    }

    /// Appends the packet to `out` and begins the next one; gives the number of rows, 0 for no packet at all.
    ///
    /// # Errors
    /// Names that the packet cannot carry.
    pub fn finish(&mut self, out: &mut BytesMut) -> Result<u64, EncodeError> {
        self.drop_row();
        let rows = std::mem::take(&mut self.rows);
        let body = self.body.split();
        self.row = 0;
        if rows == 0 {
            return Ok(0);
        }
        let start = out.len();
        let columns = self
            .columns
            .iter()
            .map(|column| (column.name.as_str(), column.kind));
        RowsetWriter::new(out, columns).head()?;
        if let Some(count) = out.get_mut(start + ROW_COUNT_AT..start + ROW_COUNT_AT + 8) {
            count.copy_from_slice(&rows.to_le_bytes());
        }
        out.extend_from_slice(&body);
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::copy_packet::RowsetReader;

    fn columns() -> Vec<CopyColumn> {
        [
            ("i", CopyType::Int64),
            ("t", CopyType::Text),
            ("b", CopyType::Boolean),
            ("n", CopyType::Int32),
            ("u", CopyType::UInt64),
            ("f", CopyType::Real64),
            ("x", CopyType::Binary),
            ("y", CopyType::Text),
            ("z", CopyType::Text),
        ]
        .map(|(name, kind)| CopyColumn {
            name: name.to_owned(),
            kind,
        })
        .to_vec()
    }

    const ROW: [CopyValue<'_>; 9] = [
        CopyValue::Int64(-1),
        CopyValue::Text("äö"),
        CopyValue::Boolean(true),
        CopyValue::Int32(7),
        CopyValue::UInt64(u64::MAX),
        CopyValue::Real64(0.1),
        CopyValue::Binary(&[0, 255]),
        CopyValue::Null,
        CopyValue::Null,
    ];

    fn push(builder: &mut RowsetBuilder, row: &[CopyValue<'_>]) {
        builder.begin_row();
        for value in row {
            builder.push(value).unwrap();
        }
        builder.end_row().unwrap();
    }

    #[test]
    fn the_packet_reads_back() {
        let mut builder = RowsetBuilder::new(columns());
        push(&mut builder, &ROW);
        push(&mut builder, &[CopyValue::Null; 9]);
        let mut out = BytesMut::new();
        assert_eq!(builder.finish(&mut out), Ok(2));
        let mut reader = RowsetReader::new(&out).unwrap();
        assert_eq!(reader.columns(), columns());
        let mut row = Vec::new();
        assert!(reader.next_row(&mut row).unwrap());
        assert_eq!(row, ROW);
        assert!(reader.next_row(&mut row).unwrap());
        assert_eq!(row, [CopyValue::Null; 9]);
        assert!(!reader.next_row(&mut row).unwrap());
        assert_eq!((builder.rows(), builder.size()), (0, 0));
        assert_eq!(builder.finish(&mut out), Ok(0));
    }

    #[test]
    fn a_row_that_fails_leaves_nothing() {
        let mut builder = RowsetBuilder::new(columns());
        push(&mut builder, &ROW);
        builder.begin_row();
        builder.push(&CopyValue::Int64(2)).unwrap();
        assert!(builder.push(&CopyValue::Int64(2)).is_err());
        builder.drop_row();
        builder.begin_row();
        builder.push(&CopyValue::Int64(3)).unwrap();
        assert!(matches!(
            builder.end_row(),
            Err(EncodeError::Values { written: 1, .. })
        ));
        push(&mut builder, &ROW);
        let mut out = BytesMut::new();
        assert_eq!(builder.finish(&mut out), Ok(2));
        let mut reader = RowsetReader::new(&out).unwrap();
        let mut row = Vec::new();
        for _ in 0..2 {
            assert!(reader.next_row(&mut row).unwrap());
            assert_eq!(row, ROW);
        }
        assert!(!reader.next_row(&mut row).unwrap());
    }
}
