//! Rows that name their columns: the `SBCP` packet and text lines.

use bytes::{BufMut, BytesMut};

use super::{MESSAGE, NAMED_MAGIC};
use crate::message::error::{DecodeError, EncodeError, Reason};
use crate::message::reader::Reader;
use crate::message::writer::Writer;

const VERSION: u8 = 1;
const ROW_COUNT_AT: usize = 8;
/// A field of a packet with an empty name and value.
const FIELD_LEN: u64 = 9;

/// The fields of one row: column and text of the value, `None` for NULL.
pub type NamedRow<'a> = Vec<(&'a str, Option<&'a str>)>;

/// Iterator over the rows. After an error there is nothing more.
#[derive(Debug)]
pub struct NamedRows<'a> {
    r: Reader<'a>,
    /// Rows of a packet still to come; `None` for lines.
    rows_left: Option<u32>,
    broken: bool,
}

impl<'a> NamedRows<'a> {
    /// The rows of an `SBCP` packet.
    ///
    /// # Errors
    /// Another magic or version.
    pub fn packet(payload: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(MESSAGE, payload);
        let magic = r.array::<4>("magic")?;
        if magic != NAMED_MAGIC {
            let magic = i64::from(u32::from_le_bytes(magic));
            return Err(r.error_at("magic", 0, Reason::Invalid(magic)));
        }
        let version = r.u8_pad3("version")?;
        if version != VERSION {
            return Err(r.error_at("version", 4, Reason::Invalid(i64::from(version))));
        }
        let rows = r.u32("row_count")?;
        r.fits("row_count", u64::from(rows), 4)?;
        Ok(Self {
            r,
            rows_left: Some(rows),
            broken: false,
        })
    }

    /// The rows of text lines `column=value;column=value`. Lines are trimmed, empty ones skipped; the value
    /// `NULL` in any case is NULL.
    pub fn lines(payload: &'a [u8]) -> Self {
        Self {
            r: Reader::new(MESSAGE, payload),
            rows_left: None,
            broken: false,
        }
    }

    fn packet_row(&mut self) -> Result<NamedRow<'a>, DecodeError> {
        let r = &mut self.r;
        let count = r.u32("field_count")?;
        let count = r.fits("field_count", u64::from(count), FIELD_LEN)?;
        let mut row = Vec::with_capacity(count);
        for _ in 0..count {
            let name = r.lpstr_ref("name")?;
            let null = r.bool("is_null")?;
            let value = r.lpstr_ref("value")?;
            row.push((name, (!null).then_some(value)));
        }
        Ok(row)
    }

    fn line(&mut self) -> Option<Result<NamedRow<'a>, DecodeError>> {
        while !self.r.is_empty() {
            let offset = self.r.offset();
            let ahead = self.r.ahead();
            let end = memchr::memchr(b'\n', ahead).map_or(ahead.len(), |at| at + 1);
            let line = self
                .r
                .take("line", end as u64)
                .and_then(|line| self.r.utf8("line", offset, line));
            match line.map(str::trim) {
                Ok("") => {}
                Ok(line) => return Some(self.fields(offset, line)),
                Err(error) => return Some(Err(error)),
            }
        }
        None
    }

    fn fields(&self, offset: usize, line: &'a str) -> Result<NamedRow<'a>, DecodeError> {
        line.split(';')
            .map(|field| match field.split_once('=') {
                Some((name, value)) if !name.is_empty() => {
                    Ok((name, (!value.eq_ignore_ascii_case("NULL")).then_some(value)))
                }
                _ => Err(self.r.error_at("line", offset, Reason::Malformed)),
            })
            .collect()
    }
}

impl<'a> Iterator for NamedRows<'a> {
    type Item = Result<NamedRow<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.broken {
            return None;
        }
        let row = match self.rows_left {
            None => self.line(),
            Some(0) => self.r.finish().err().map(Err),
            Some(left) => {
                self.rows_left = Some(left - 1);
                Some(self.packet_row())
            }
        };
        self.broken = !matches!(row, Some(Ok(_)));
        row
    }
}

/// Writes an `SBCP` packet.
#[derive(Debug)]
#[must_use = "a packet is complete only after `finish`"]
pub struct SbcpWriter<'a> {
    out: &'a mut BytesMut,
    start: usize,
    rows: usize,
    error: Option<EncodeError>,
}

impl<'a> SbcpWriter<'a> {
    /// Starts a packet at the end of `out`.
    pub fn new(out: &'a mut BytesMut) -> Self {
        let start = out.len();
        out.put_slice(&NAMED_MAGIC);
        out.put_slice(&[VERSION, 0, 0, 0, 0, 0, 0, 0]);
        Self {
            out,
            start,
            rows: 0,
            error: None,
        }
    }

    /// Appends a row.
    pub fn row(&mut self, fields: &[(&str, Option<&str>)]) {
        self.rows += 1;
        let mut w = Writer::new(MESSAGE, self.out);
        w.count32("fields", fields.len());
        for (name, value) in fields {
            w.lpstr("name", name);
            w.bool("is_null", &value.is_none());
            w.lpstr("value", value.unwrap_or_default());
        }
        if let Err(error) = w.finish() {
            self.error.get_or_insert(error);
        }
    }

    /// Patches the row count.
    ///
    /// # Errors
    /// More rows than the packet can say, or a text too long for it.
    pub fn finish(self) -> Result<(), EncodeError> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let Ok(rows) = u32::try_from(self.rows) else {
            return Err(EncodeError::Count {
                message: MESSAGE,
                field: "rows",
                count: self.rows,
                max: u32::MAX as usize,
            });
        };
        let at = self.start + ROW_COUNT_AT;
        if let Some(field) = self.out.get_mut(at..at + 4) {
            field.copy_from_slice(&rows.to_le_bytes());
        }
        Ok(())
    }
}

/// Writes text lines. The form has no escapes, so much text cannot be written.
#[derive(Debug)]
pub struct TextWriter<'a> {
    out: &'a mut BytesMut,
}

impl<'a> TextWriter<'a> {
    /// Appends lines to `out`.
    pub fn new(out: &'a mut BytesMut) -> Self {
        Self { out }
    }

    /// Appends a row.
    ///
    /// # Errors
    /// A name or value that the line could not give back: one with `;` or a line break, the text `NULL`, blanks
    /// at the ends of the line, a name that is empty or has `=`. Nothing is then written.
    pub fn row(&mut self, fields: &[(&str, Option<&str>)]) -> Result<(), EncodeError> {
        let start = self.out.len();
        for (index, (name, value)) in fields.iter().enumerate() {
            if index > 0 {
                self.out.put_u8(b';');
            }
            self.out.put_slice(name.as_bytes());
            self.out.put_u8(b'=');
            self.out.put_slice(value.unwrap_or("NULL").as_bytes());
        }
        let line = self.out.get(start..).unwrap_or_default();
        let mut read = NamedRows::lines(line);
        let same = matches!(read.next(), Some(Ok(row)) if row == fields) && read.next().is_none();
        if !same {
            self.out.truncate(start);
            return Err(EncodeError::Unrepresentable {
                message: MESSAGE,
                field: "row",
            });
        }
        self.out.put_u8(b'\n');
        Ok(())
    }
}
