//! Rows of COPY_DATA turned into lines of the engine's own COPY text.

use bytes::{BufMut, BytesMut};
use sbwp::message::copy_packet::{
    CopyColumn, CopyForm, CopyValue, NamedRow, NamedRows, RowsetReader,
};
use sbwp::message::DecodeError;

use crate::backend::Report;
use crate::session::refusal;

/// What all rows of one COPY have in common, fixed by the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Binary packets of typed columns.
    Rowset(Vec<CopyColumn>),
    /// Rows that name their columns, in packets or in lines.
    Named(Vec<String>),
    /// The engine's own CSV, passed on as it is.
    Csv,
    /// One JSON object a line.
    Json,
}

impl Shape {
    /// The shape of the first data of a COPY into a table with these columns.
    pub fn of(payload: &[u8], columns: &[String]) -> Result<Self, Report> {
        match CopyForm::of(payload) {
            CopyForm::Rowset => {
                let reader = RowsetReader::new(payload).map_err(|error| malformed(&error))?;
                Ok(Self::Rowset(reader.columns().to_vec()))
            }
            CopyForm::Named => {
                first_names(NamedRows::packet(payload).map_err(|error| malformed(&error))?)
            }
            CopyForm::Text => {
                let first = NamedRows::lines(payload).next();
                match first {
                    Some(Ok(row)) if row.iter().all(|(name, _)| is_column(name, columns)) => {
                        Ok(names(&row))
                    }
                    _ => Ok(Self::Csv),
                }
            }
        }
    }

    /// The columns the data name, if they do.
    pub fn columns(&self) -> Option<Vec<&str>> {
        match self {
            Self::Rowset(columns) => {
                Some(columns.iter().map(|column| column.name.as_str()).collect())
            }
            Self::Named(names) => Some(names.iter().map(String::as_str).collect()),
            Self::Csv | Self::Json => None,
        }
    }

    /// Appends the rows of one frame as lines; how many.
    pub fn lines(&self, payload: &[u8], out: &mut BytesMut) -> Result<u64, Report> {
        match (self, CopyForm::of(payload)) {
            (Self::Rowset(columns), CopyForm::Rowset) => rowset(payload, columns, out),
            (Self::Named(names), CopyForm::Named) => {
                let rows = NamedRows::packet(payload).map_err(|error| malformed(&error))?;
                named(rows, names, out)
            }
            (Self::Named(names), CopyForm::Text) => named(NamedRows::lines(payload), names, out),
            (Self::Csv | Self::Json, _) => {
                out.put_slice(payload);
                Ok(payload.iter().filter(|&&byte| byte == b'\n').count() as u64)
            }
            _ => Err(changed()),
        }
    }
}

fn malformed(error: &DecodeError) -> Report {
    refusal("22000", "SBSQL.COPY.DATA_ROW_INVALID", &error.to_string())
}

fn changed() -> Report {
    let sentence = "the rows have other columns than those before them";
    refusal("42000", "SBSQL.COPY.DESCRIPTOR_MISMATCH", sentence)
}

fn is_column(name: &str, columns: &[String]) -> bool {
    columns
        .iter()
        .any(|column| column.eq_ignore_ascii_case(name))
}

fn names(row: &NamedRow<'_>) -> Shape {
    Shape::Named(row.iter().map(|(name, _)| (*name).to_owned()).collect())
}

fn first_names(mut rows: NamedRows<'_>) -> Result<Shape, Report> {
    match rows.next() {
        Some(Ok(row)) => Ok(names(&row)),
        Some(Err(error)) => Err(malformed(&error)),
        None => Err(refusal(
            "22000",
            "SBSQL.COPY.DATA_ROW_INVALID",
            "the packet has no rows",
        )),
    }
}

fn rowset(payload: &[u8], columns: &[CopyColumn], out: &mut BytesMut) -> Result<u64, Report> {
    let mut reader = RowsetReader::new(payload).map_err(|error| malformed(&error))?;
    if reader.columns() != columns {
        return Err(changed());
    }
    let mut row = Vec::with_capacity(columns.len());
    while reader
        .next_row(&mut row)
        .map_err(|error| malformed(&error))?
    {
        for (at, value) in row.iter().enumerate() {
            if at > 0 {
                out.put_u8(b'\t');
            }
            put_value(value, out);
        }
        out.put_u8(b'\n');
    }
    Ok(reader.rows())
}

fn put_value(value: &CopyValue<'_>, out: &mut BytesMut) {
    match value {
        CopyValue::Null => out.put_slice(b"\\N"),
        CopyValue::Text(text) => put_text(text, out),
        CopyValue::Int64(number) => out.put_slice(number.to_string().as_bytes()),
        CopyValue::Int32(number) => out.put_slice(number.to_string().as_bytes()),
        CopyValue::UInt64(number) => out.put_slice(number.to_string().as_bytes()),
        CopyValue::Boolean(true) => out.put_u8(b't'),
        CopyValue::Boolean(false) => out.put_u8(b'f'),
        CopyValue::Real64(number) if number.is_infinite() => {
            out.put_slice(if *number > 0.0 {
                b"Infinity"
            } else {
                b"-Infinity"
            });
        }
        CopyValue::Real64(number) => out.put_slice(number.to_string().as_bytes()),
        CopyValue::Binary(bytes) => {
            out.put_slice(b"\\\\x");
            for byte in *bytes {
                out.put_slice(format!("{byte:02x}").as_bytes());
            }
        }
    }
}

/// Text as a field of a line: what would end the field or the line is escaped.
fn put_text(text: &str, out: &mut BytesMut) {
    for &byte in text.as_bytes() {
        match byte {
            b'\\' => out.put_slice(b"\\\\"),
            b'\t' => out.put_slice(b"\\t"),
            b'\n' => out.put_slice(b"\\n"),
            b'\r' => out.put_slice(b"\\r"),
            byte => out.put_u8(byte),
        }
    }
}

fn named(rows: NamedRows<'_>, names: &[String], out: &mut BytesMut) -> Result<u64, Report> {
    let mut count = 0;
    for row in rows {
        let row = row.map_err(|error| malformed(&error))?;
        if row.len() != names.len() {
            return Err(changed());
        }
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                out.put_u8(b'\t');
            }
            // Rows may give their columns in any order; most keep the first row's.
            let field = match row.get(at) {
                Some((same, value)) if same == name => Some(value),
                _ => row
                    .iter()
                    .find(|(other, _)| other == name)
                    .map(|(_, value)| value),
            };
            match field {
                Some(Some(text)) => put_text(text, out),
                Some(None) => out.put_slice(b"\\N"),
                None => return Err(changed()),
            }
        }
        out.put_u8(b'\n');
        count += 1;
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sbwp::message::copy_packet::{CopyType, RowsetWriter, SbcpWriter};

    fn columns() -> Vec<String> {
        vec!["id".to_owned(), "s".to_owned()]
    }

    fn lines(payload: &[u8]) -> Result<(u64, String), Report> {
        let shape = Shape::of(payload, &columns())?;
        let mut out = BytesMut::new();
        let count = shape.lines(payload, &mut out)?;
        Ok((count, String::from_utf8(out.to_vec()).unwrap()))
    }

    #[test]
    fn canonical_lines() {
        let (count, text) = lines(b"id=1;s=a\tb\ns=NULL;id=2\n\n").unwrap();
        assert_eq!((count, text.as_str()), (2, "1\ta\\tb\n2\t\\N\n"));
    }

    #[test]
    fn comma_separated_lines_pass() {
        assert_eq!(
            lines(b"1,\"a=b\"\n2,\n").unwrap(),
            (2, "1,\"a=b\"\n2,\n".to_owned())
        );
        assert_eq!(Shape::of(b"x=1\n", &columns()), Ok(Shape::Csv));
    }

    #[test]
    fn a_line_without_a_column_is_refused() {
        assert_eq!(lines(b"id=1;s=a\nid=2\n").unwrap_err().sqlstate, "42000");
    }

    #[test]
    fn binary_rows() {
        let mut packet = BytesMut::new();
        let columns = [
            ("a", CopyType::Int64),
            ("b", CopyType::Text),
            ("c", CopyType::Binary),
            ("d", CopyType::Real64),
            ("e", CopyType::Boolean),
        ];
        let mut writer = RowsetWriter::new(&mut packet, columns);
        writer.row([
            CopyValue::Int64(-7),
            CopyValue::Text("x\\y\n"),
            CopyValue::Binary(&[0, 255]),
            CopyValue::Real64(0.1),
            CopyValue::Boolean(true),
        ]);
        writer.row([CopyValue::Null; 5]);
        writer.finish().unwrap();
        assert_eq!(
            lines(&packet).unwrap(),
            (
                2,
                "-7\tx\\\\y\\n\t\\\\x00ff\t0.1\tt\n\\N\t\\N\t\\N\t\\N\t\\N\n".to_owned()
            )
        );
        packet.truncate(packet.len() - 1);
        assert_eq!(lines(&packet).unwrap_err().sqlstate, "22000");
    }

    #[test]
    fn older_packets() {
        let mut packet = BytesMut::new();
        let mut writer = SbcpWriter::new(&mut packet);
        writer.row(&[("id", Some("9")), ("s", None)]);
        writer.finish().unwrap();
        assert_eq!(lines(&packet).unwrap(), (1, "9\t\\N\n".to_owned()));
    }
}
