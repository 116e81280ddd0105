//! CSV and lines of JSON on their way into a COPY whose server takes only rows of its own form: they are read here.
//!
//! Must not know: which servers these are.

use std::collections::BTreeMap;

use sbwp::types::oid;
use serde_json::value::RawValue;

use super::{CopyColumn, CopyType, CopyValue, CsvReader, Rows};
use crate::connection::Connection;
use crate::error::Error;
use crate::request::Request;
use crate::sql::{CopyFormat, CopyStatement};

/// The longest line that is waited for.
const LONGEST: usize = 64 * 1024 * 1024;

/// Text in, rows out.
#[derive(Debug)]
pub struct Conversion {
    is_json: bool,
    csv: CsvReader,
    lines: Vec<u8>,
    /// The first row of the CSV names the columns.
    header: bool,
    names: Vec<String>,
    packets: bool,
    rows: Option<Rows>,
}

impl Conversion {
    /// For a statement, and the columns that are known beforehand; `packets` says in which form the server takes rows.
    #[must_use]
    pub fn new(statement: &CopyStatement, columns: &[String], packets: bool) -> Self {
        let names = match columns {
            [] => statement.columns.clone(),
            given => given.to_vec(),
        };
        Conversion {
            is_json: statement.format == CopyFormat::JsonLines,
            csv: CsvReader::of_width(names.len()),
            lines: Vec::new(),
            header: statement.header,
            names,
            packets,
            rows: None,
        }
    }

    /// Takes more text; whole frames of rows go to `out`.
    ///
    /// # Errors
    /// `Data` for text that is no CSV or JSON, or does not fit the columns; `Programming` where these are not known.
    pub fn push(
        &mut self,
        bytes: &[u8],
        connection: &Connection,
        out: &mut Request,
    ) -> Result<(), Error> {
        if self.is_json {
            self.lines.extend_from_slice(bytes);
            return self.read_lines(false, connection, out);
        }
        self.csv.push(bytes);
        self.read_csv(false, connection, out)
    }

    /// Takes the last row, and puts all that is left into `out`.
    ///
    /// # Errors
    /// Those of [`Conversion::push`].
    pub fn finish(&mut self, connection: &Connection, out: &mut Request) -> Result<(), Error> {
        if self.is_json {
            self.read_lines(true, connection, out)?;
        } else {
            self.read_csv(true, connection, out)?;
        }
        self.rows.as_mut().map_or(Ok(()), |rows| rows.finish(out))
    }

    /// Rows read so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.rows.as_ref().map_or(0, Rows::count)
    }

    fn read_csv(
        &mut self,
        end: bool,
        connection: &Connection,
        out: &mut Request,
    ) -> Result<(), Error> {
        while let Some(row) = self.csv.next_row(end)? {
            if std::mem::take(&mut self.header) {
                if self.names.is_empty() {
                    self.names = row.into_iter().map(Option::unwrap_or_default).collect();
                }
                continue;
            }
            if row.len() != self.names.len() && !self.names.is_empty() {
                return Err(self.misfit(format!(
                    "a row has {} fields for {} columns",
                    row.len(),
                    self.names.len()
                )));
            }
            self.row(row.iter().map(Option::as_deref), connection, out)?;
        }
        Ok(())
    }

    fn read_lines(
        &mut self,
        end: bool,
        connection: &Connection,
        out: &mut Request,
    ) -> Result<(), Error> {
        let lines = std::mem::take(&mut self.lines);
        let mut rest = lines.as_slice();
        while let Some(at) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(at);
            self.line(line, connection, out)?;
            rest = after.get(1..).unwrap_or_default();
        }
        if end {
            return self.line(rest, connection, out);
        }
        if rest.len() > LONGEST {
            return Err(Error::data_with(
                "54000",
                "a line of JSON is too long",
                None,
            ));
        }
        self.lines = rest.to_vec();
        Ok(())
    }

    fn line(
        &mut self,
        line: &[u8],
        connection: &Connection,
        out: &mut Request,
    ) -> Result<(), Error> {
        let line = line.trim_ascii();
        if line.is_empty() {
            return Ok(());
        }
        // Values stay text, so that no number loses a digit.
        let mut values: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(line)
            .map_err(|error| self.misfit(format!("a line is no JSON object: {error}")))?;
        if self.names.is_empty() {
            self.names = values.keys().cloned().collect();
        }
        let mut row = Vec::with_capacity(self.names.len());
        for name in &self.names {
            row.push(match values.remove(name) {
                None => None,
                Some(value) => {
                    text(value.get()).map_err(|error| self.misfit(format!("{name:?}: {error}")))?
                }
            });
        }
        if let Some(unknown) = values.keys().next() {
            return Err(self.misfit(format!("{unknown:?} is none of the columns")));
        }
        self.row(row.iter().map(Option::as_deref), connection, out)
    }

    fn row<'a>(
        &mut self,
        values: impl Iterator<Item = Option<&'a str>>,
        connection: &Connection,
        out: &mut Request,
    ) -> Result<(), Error> {
        if self.names.is_empty() {
            return Err(Error::Programming(
                "the columns of the rows are not known: list them in the statement, COPY t (a, b) FROM STDIN, or give \
                 columns="
                    .into(),
            ));
        }
        let rows = match &mut self.rows {
            Some(rows) => rows,
            None => {
                let column = |name: &String| CopyColumn {
                    name: name.clone(),
                    kind: CopyType::Text,
                };
                let columns = self.names.iter().map(column).collect();
                self.rows.insert(Rows::new(columns, self.packets)?)
            }
        };
        rows.begin_row();
        for value in values {
            match value {
                Some(text) => {
                    connection.inspect_value(oid::TEXT, text.as_bytes())?;
                    rows.push(&CopyValue::Text(text))?;
                }
                None => rows.push(&CopyValue::Null)?,
            }
        }
        rows.end_row()?;
        if rows.is_full() {
            rows.finish(out)?;
        }
        Ok(())
    }

    fn misfit(&self, what: String) -> Error {
        Error::data_with("22P04", format!("row {}: {what}", self.count() + 1), None)
    }
}

/// The text of a JSON value, None for null; what is neither text nor number stays JSON.
fn text(raw: &str) -> Result<Option<String>, serde_json::Error> {
    match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw).map(Some),
        _ if raw == "null" => Ok(None),
        _ => Ok(Some(raw.to_owned())),
    }
}
