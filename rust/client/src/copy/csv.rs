//! Reads CSV as servers write it for COPY: an empty field without quotes is NULL, with quotes it is the empty text.
//!
//! Must not know: COPY. It is fed bytes in any pieces.

use crate::error::Error;

/// The longest row that is waited for.
const LONGEST: usize = 64 * 1024 * 1024;

/// CSV in pieces, rows out.
#[derive(Debug)]
pub struct CsvReader {
    pending: Vec<u8>,
    /// How far the rows of `pending` have been taken, and how far it has been looked at.
    taken: usize,
    scanned: usize,
    quoted: bool,
    delimiter: u8,
    /// A blank line is a row of one NULL.
    one_column: bool,
}

impl Default for CsvReader {
    fn default() -> Self {
        CsvReader {
            pending: Vec::new(),
            taken: 0,
            scanned: 0,
            quoted: false,
            delimiter: b',',
            one_column: false,
        }
    }
}

impl CsvReader {
    /// CSV with another character between the fields.
    #[must_use]
    pub fn with_delimiter(delimiter: u8) -> Self {
        CsvReader {
            delimiter,
            ..Self::default()
        }
    }

    /// CSV of rows of so many fields, where that is known.
    #[must_use]
    pub fn of_width(width: usize) -> Self {
        CsvReader {
            one_column: width == 1,
            ..Self::default()
        }
    }

    /// Takes more text.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pending.drain(..self.taken);
        self.scanned -= self.taken;
        self.taken = 0;
        self.pending.extend_from_slice(bytes);
    }

    /// The next row; None when more text is needed. At the `end` of the text the last row needs no line feed.
    ///
    /// # Errors
    /// `Data` (22P04) for a quote without its pair, (22021) for text that is not UTF-8.
    pub fn next_row(&mut self, end: bool) -> Result<Option<Vec<Option<String>>>, Error> {
        loop {
            let rest = self.pending.get(self.scanned..).unwrap_or_default();
            let mut found = None;
            for at in memchr::memchr2_iter(b'"', b'\n', rest) {
                if rest.get(at) == Some(&b'"') {
                    self.quoted = !self.quoted;
                } else if !self.quoted {
                    found = Some(at);
                    break;
                }
            }
            let (line_end, next) = match found {
                Some(at) => (self.scanned + at, self.scanned + at + 1),
                None => {
                    self.scanned = self.pending.len();
                    if self.pending.len() - self.taken > LONGEST {
                        return Err(Error::data_with("54000", "a row of CSV is too long", None));
                    }
                    if !end || self.taken == self.pending.len() {
                        return Ok(None);
                    }
                    if self.quoted {
                        let message = "the CSV ends inside of a quoted field";
                        return Err(Error::data_with("22P04", message, None));
                    }
                    (self.scanned, self.scanned)
                }
            };
            let line = self.pending.get(self.taken..line_end).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let row = fields(line, self.delimiter);
            self.taken = next;
            self.scanned = next;
            match row? {
                Some(row) => return Ok(Some(row)),
                None if self.one_column => return Ok(Some(vec![None])),
                None => {}
            }
        }
    }
}

/// The fields of one row; None for a blank line.
fn fields(line: &[u8], delimiter: u8) -> Result<Option<Vec<Option<String>>>, Error> {
    let text = std::str::from_utf8(line).map_err(|error| {
        Error::data_with("22021", "the CSV is not UTF-8", Some(Box::new(error)))
    })?;
    if text.is_empty() {
        return Ok(None);
    }
    let mut row = Vec::new();
    let mut field = String::new();
    let (mut was_quoted, mut quoted) = (false, false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => {
                quoted = !quoted;
                was_quoted = true;
            }
            c if !quoted && c == char::from(delimiter) => {
                row.push(cell(&mut field, &mut was_quoted));
            }
            c => field.push(c),
        }
    }
    row.push(cell(&mut field, &mut was_quoted));
    Ok(Some(row))
}

fn cell(field: &mut String, was_quoted: &mut bool) -> Option<String> {
    let text = std::mem::take(field);
    let quoted = std::mem::take(was_quoted);
    (quoted || !text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, step: usize) -> Result<Vec<Vec<Option<String>>>, Error> {
        let mut reader = CsvReader::default();
        let mut rows = Vec::new();
        for piece in text.as_bytes().chunks(step) {
            reader.push(piece);
            while let Some(row) = reader.next_row(false)? {
                rows.push(row);
            }
        }
        while let Some(row) = reader.next_row(true)? {
            rows.push(row);
        }
        Ok(rows)
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn quotes_nulls_and_ends_of_lines() {
        let text = "1,\"a \"\"b\"\",\nc\",\r\n\n2,\"\",ä";
        for step in [1, 2, 5, 100] {
            assert_eq!(
                read(text, step).unwrap(),
                [
                    vec![some("1"), some("a \"b\",\nc"), None],
                    vec![some("2"), some(""), some("ä")],
                ]
            );
        }
        assert_eq!(read("1,\"x", 3).unwrap_err().sqlstate(), Some("22P04"));
        let mut tabs = CsvReader::with_delimiter(b'\t');
        tabs.push(b"a,b\tc\n");
        assert_eq!(
            tabs.next_row(false).unwrap(),
            Some(vec![some("a,b"), some("c")])
        );
    }

    #[test]
    fn a_blank_line_of_one_column_is_null() {
        let mut one = CsvReader::of_width(1);
        one.push(b"a\n\n");
        assert_eq!(one.next_row(true).unwrap(), Some(vec![some("a")]));
        assert_eq!(one.next_row(true).unwrap(), Some(vec![None]));
        assert_eq!(one.next_row(true).unwrap(), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            rows in prop::collection::vec(
                prop::collection::vec(prop::option::of("[a\",\r\n]{0,5}"), 2..4), 0..6),
            step in 1usize..9,
        ) {
            let mut text = String::new();
            for row in &rows {
                let cells: Vec<String> = row
                    .iter()
                    .map(|cell| match cell {
                        None => String::new(),
                        Some(text) => format!("\"{}\"", text.replace('"', "\"\"")),
                    })
                    .collect();
                text.push_str(&cells.join(","));
                text.push('\n');
            }
            prop_assert_eq!(read(&text, step).unwrap(), rows);
        }
    }
}
