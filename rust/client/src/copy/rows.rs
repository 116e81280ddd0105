//! Rows of values on their way into a COPY, in the form that the server takes.
//!
//! Must not know: sessions, or where the values come from.

use bytes::BytesMut;
use sbwp::message::copy_packet::{CopyColumn, CopyType, CopyValue, RowsetBuilder, TextWriter};
use sbwp::message::kind;

use super::BLOCK;
use crate::error::Error;
use crate::request::Request;

const LINE: &str = "a line of the server's text cannot carry the row: a value with ';' or a line feed, the text NULL, or \
                    blanks at the ends of the line";

/// Rows that have been written and not been sent yet.
#[derive(Debug)]
pub struct Rows {
    count: u64,
    form: Form,
}

#[derive(Debug)]
enum Form {
    /// Packets of typed columns.
    Packet(RowsetBuilder),
    /// Lines of `column=value`.
    Lines {
        columns: Vec<CopyColumn>,
        row: Vec<Option<String>>,
        lines: BytesMut,
    },
}

impl Rows {
    /// Rows of these columns. Without packets every value is text.
    ///
    /// # Errors
    /// `Programming` for no column at all, or one without a name.
    pub fn new(mut columns: Vec<CopyColumn>, packets: bool) -> Result<Self, Error> {
        if columns.is_empty() || columns.iter().any(|column| column.name.is_empty()) {
            return Err(Error::Programming(
                "the rows of a COPY need names of columns".into(),
            ));
        }
        let form = if packets {
            Form::Packet(RowsetBuilder::new(columns))
        } else {
            for column in &mut columns {
                column.kind = CopyType::Text;
            }
            Form::Lines {
                columns,
                row: Vec::new(),
                lines: BytesMut::new(),
            }
        };
        Ok(Rows { count: 0, form })
    }

    /// The columns.
    pub fn columns(&self) -> &[CopyColumn] {
        match &self.form {
            Form::Packet(builder) => builder.columns(),
            Form::Lines { columns, .. } => columns,
        }
    }

    /// Whole rows so far, sent ones too.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// True once there are enough rows for a frame.
    pub fn is_full(&self) -> bool {
        let size = match &self.form {
            Form::Packet(builder) => builder.size(),
            Form::Lines { lines, .. } => lines.len(),
        };
        size >= BLOCK
    }

    /// Begins a row.
    pub fn begin_row(&mut self) {
        match &mut self.form {
            Form::Packet(builder) => builder.begin_row(),
            Form::Lines { row, .. } => row.clear(),
        }
    }

    /// The type that the next value of the row must have; None when the row is full.
    #[inline]
    pub fn next_type(&self) -> Option<CopyType> {
        match &self.form {
            Form::Packet(builder) => builder.next_type(),
            Form::Lines { columns, row, .. } => columns.get(row.len()).map(|column| column.kind),
        }
    }

    /// How many values the row under way has.
    pub fn written(&self) -> usize {
        match &self.form {
            Form::Packet(builder) => builder.written(),
            Form::Lines { row, .. } => row.len(),
        }
    }

    /// Appends a value.
    ///
    /// # Errors
    /// `Data` for a value of another type.
    #[inline]
    pub fn push(&mut self, value: &CopyValue<'_>) -> Result<(), Error> {
        const MISFIT: &str = "the value does not fit its column";
        match &mut self.form {
            Form::Packet(builder) => builder
                .push(value)
                .map_err(|error| Error::data_with("22000", MISFIT, Some(Box::new(error)))),
            Form::Lines { columns, row, .. } => {
                row.push(match value {
                    CopyValue::Null => None,
                    CopyValue::Text(text) if row.len() < columns.len() => Some((*text).to_owned()),
                    _ => return Err(Error::data(MISFIT)),
                });
                Ok(())
            }
        }
    }

    /// Drops the row under way.
    pub fn drop_row(&mut self) {
        match &mut self.form {
            Form::Packet(builder) => builder.drop_row(),
            Form::Lines { row, .. } => row.clear(),
        }
    }

    /// Ends a row.
    ///
    /// # Errors
    /// `Data` for too few values, and for text that a line cannot carry.
    pub fn end_row(&mut self) -> Result<(), Error> {
        match &mut self.form {
            Form::Packet(builder) => builder.end_row().map_err(|error| {
                Error::data_with("22000", "the row lacks values", Some(Box::new(error)))
            })?,
            Form::Lines {
                columns,
                row,
                lines,
            } => {
                if row.len() != columns.len() {
                    return Err(Error::data("the row lacks values"));
                }
                let fields: Vec<(&str, Option<&str>)> = columns
                    .iter()
                    .zip(row.iter())
                    .map(|(column, value)| (column.name.as_str(), value.as_deref()))
                    .collect();
                TextWriter::new(lines)
                    .row(&fields)
                    .map_err(|error| Error::data_with("22000", LINE, Some(Box::new(error))))?;
            }
        }
        self.count += 1;
        Ok(())
    }

    /// Moves the rows into a frame of `out`, if there are any.
    ///
    /// # Errors
    /// `Data` (54000) for a row that fits into no frame.
    pub fn finish(&mut self, out: &mut Request) -> Result<(), Error> {
        match &mut self.form {
            Form::Packet(builder) => {
                if builder.rows() == 0 {
                    return Ok(());
                }
                out.frame(kind::COPY_DATA, |payload| builder.finish(payload).map(drop))
            }
            Form::Lines { lines, .. } => {
                let data = lines.split();
                if data.is_empty() {
                    return Ok(());
                }
                out.frame(kind::COPY_DATA, |payload| {
                    payload.extend_from_slice(&data);
                    Ok(())
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(packets: bool) -> Rows {
        let columns =
            [("id", CopyType::Int64), ("t", CopyType::Text)].map(|(name, kind)| CopyColumn {
                name: name.to_owned(),
                kind,
            });
        Rows::new(columns.to_vec(), packets).unwrap()
    }

    #[test]
    fn lines_refuse_what_they_cannot_carry() {
        let mut rows = rows(false);
        assert_eq!(rows.next_type(), Some(CopyType::Text));
        for (text, fits) in [
            ("a=b", true),
            ("a;b", false),
            ("null", false),
            ("a\nb", false),
            ("x ", false),
        ] {
            rows.begin_row();
            rows.push(&CopyValue::Text("1")).unwrap();
            rows.push(&CopyValue::Text(text)).unwrap();
            assert_eq!(rows.end_row().is_ok(), fits, "{text:?}");
        }
        rows.begin_row();
        rows.push(&CopyValue::Null).unwrap();
        assert!(rows.end_row().is_err());
        assert_eq!(rows.count(), 1);
        let mut request = Request::new();
        rows.finish(&mut request).unwrap();
        assert!(request.bytes.ends_with(b"id=1;t=a=b\n"));
    }

    #[test]
    fn packets_keep_types() {
        let mut rows = rows(true);
        rows.begin_row();
        assert!(rows.push(&CopyValue::Text("1")).is_err());
        rows.begin_row();
        rows.push(&CopyValue::Int64(1)).unwrap();
        assert!(rows.end_row().is_err());
        let mut request = Request::new();
        rows.finish(&mut request).unwrap();
        assert!(request.is_empty());
        assert!(Rows::new(Vec::new(), true).is_err());
    }
}
