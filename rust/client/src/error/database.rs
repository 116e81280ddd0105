//! What a server says in an ERROR or NOTICE message.
//!
//! Must not know: the bytes of the message (the caller hands over the decoded fields), or which server sent it.

use std::error::Error as StdError;
use std::fmt;

use super::sqlstate::ErrorKind;

/// A 1-based character offset into the statement text.
pub type Position = u32;

/// One report of the server, field by field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabaseError {
    /// `ERROR`, `FATAL`, `NOTICE` …; empty when the server sent none.
    pub severity: String,
    /// The five-character code; empty when the server sent none.
    pub sqlstate: String,
    /// What the server sent as SQLSTATE, where a more precise one was put in its place.
    pub reported_sqlstate: Option<String>,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    pub position: Option<Position>,
    pub schema: Option<String>,
    pub table: Option<String>,
    pub column: Option<String>,
    pub datatype: Option<String>,
    pub constraint: Option<String>,
    /// Fields without a place of their own, by their code.
    pub other: Vec<(u8, String)>,
}

impl DatabaseError {
    /// A report with a code and a text, and nothing else.
    pub fn new(sqlstate: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            severity: "ERROR".to_owned(),
            sqlstate: sqlstate.into(),
            message: message.into(),
            ..Self::default()
        }
    }

    /// Puts the (code, text) fields of the message in their places. Of a repeated code the first one counts, the
    /// others are kept under `other`.
    pub fn from_fields<T: Into<String>>(fields: impl IntoIterator<Item = (u8, T)>) -> Self {
        let mut error = Self::default();
        for (code, text) in fields {
            error.set_field(code, text.into());
        }
        error
    }

    fn set_field(&mut self, code: u8, text: String) {
        let required = match code {
            b'S' => Some(&mut self.severity),
            b'C' => Some(&mut self.sqlstate),
            b'M' => Some(&mut self.message),
            _ => None,
        };
        if let Some(place) = required {
            if place.is_empty() {
                *place = text;
                return;
            }
        }
        if code == b'P' && self.position.is_none() {
            if let Ok(position) = text.trim().parse() {
                self.position = Some(position);
                return;
            }
        }
        let optional = match code {
            b'D' => Some(&mut self.detail),
            b'H' => Some(&mut self.hint),
            b's' => Some(&mut self.schema),
            b't' => Some(&mut self.table),
            b'c' => Some(&mut self.column),
            b'd' => Some(&mut self.datatype),
            b'n' => Some(&mut self.constraint),
            _ => None,
        };
        match optional {
            Some(place @ None) => *place = Some(text),
            _ => self.other.push((code, text)),
        }
    }

    /// A field by its code, wherever it is kept.
    #[must_use]
    pub fn other(&self, code: u8) -> Option<&str> {
        self.other
            .iter()
            .find(|(c, _)| *c == code)
            .map(|(_, text)| text.as_str())
    }

    /// The SQLSTATE, if the server sent one.
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        (!self.sqlstate.is_empty()).then_some(self.sqlstate.as_str())
    }

    /// The PEP 249 class, from the SQLSTATE alone.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        ErrorKind::of_sqlstate(&self.sqlstate)
    }

    /// The server's own diagnostic code, such as `SBSQL.NAME_RESOLUTION.NOT_FOUND_OR_NOT_VISIBLE`: the beginning of
    /// the detail, or the message where the message is nothing but a code.
    #[must_use]
    pub fn diagnostic_code(&self) -> Option<&str> {
        let detail = self
            .detail
            .as_deref()
            .map(|d| d.split(';').next().unwrap_or(d).trim());
        [detail, Some(self.message.trim())]
            .into_iter()
            .flatten()
            .find(|text| is_diagnostic_code(text))
    }

    /// Whether the server ends the connection with this report.
    #[must_use]
    pub fn is_disconnect(&self) -> bool {
        matches!(self.severity.as_str(), "FATAL" | "PANIC")
            || matches!(
                self.sqlstate.as_str(),
                "08000"
                    | "08001"
                    | "08003"
                    | "08004"
                    | "08006"
                    | "57P01"
                    | "57P02"
                    | "57P03"
                    | "57P05"
            )
    }
}

/// Upper-case words joined by `.`, `-` or `_`, at least two of them.
fn is_diagnostic_code(text: &str) -> bool {
    text.contains(['.', '-', '_'])
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.ends_with(|c: char| c.is_ascii_uppercase() || c.is_ascii_digit())
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b".-_".contains(&b))
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.sqlstate.is_empty() {
            write!(f, "[{}] ", self.sqlstate)?;
        }
        f.write_str(&self.message)?;
        if let Some(detail) = &self.detail {
            write!(f, "\nDETAIL: {detail}")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nHINT: {hint}")?;
        }
        Ok(())
    }
}

impl StdError for DatabaseError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_finds_its_place() {
        let error = DatabaseError::from_fields([
            (b'S', "ERROR"),
            (b'C', "23505"),
            (b'M', "duplicate key"),
            (b'D', "Key (id)=(1) exists."),
            (b'H', "choose another"),
            (b'P', "17"),
            (b's', "public"),
            (b't', "birds"),
            (b'c', "id"),
            (b'd', "int4"),
            (b'n', "birds_pkey"),
            (b'R', "check_unique"),
            (b'D', "a second detail"),
        ]);
        assert_eq!(error.severity, "ERROR");
        assert_eq!(error.kind(), ErrorKind::IntegrityError);
        assert_eq!(error.position, Some(17));
        assert_eq!(error.schema.as_deref(), Some("public"));
        assert_eq!(error.table.as_deref(), Some("birds"));
        assert_eq!(error.column.as_deref(), Some("id"));
        assert_eq!(error.datatype.as_deref(), Some("int4"));
        assert_eq!(error.constraint.as_deref(), Some("birds_pkey"));
        assert_eq!(error.other(b'R'), Some("check_unique"));
        assert_eq!(error.other(b'D'), Some("a second detail"));
        assert_eq!(
            error.to_string(),
            "[23505] duplicate key\nDETAIL: Key (id)=(1) exists.\nHINT: choose another"
        );
    }

    #[test]
    fn a_position_that_is_no_number_is_kept_as_it_came() {
        let error = DatabaseError::from_fields([(b'P', "here")]);
        assert_eq!((error.position, error.other(b'P')), (None, Some("here")));
    }

    #[test]
    fn a_report_without_sqlstate_invents_none() {
        let error = DatabaseError::from_fields([(b'M', "odd")]);
        assert_eq!(
            (error.sqlstate(), error.kind()),
            (None, ErrorKind::DatabaseError)
        );
        assert_eq!(error.to_string(), "odd");
    }

    #[test]
    fn the_diagnostic_code_comes_from_the_detail_or_a_bare_message() {
        let mut error = DatabaseError::new("42000", "table not found");
        assert_eq!(error.diagnostic_code(), None);
        error.detail = Some("SBSQL.NAME_RESOLUTION.NOT_FOUND_OR_NOT_VISIBLE;object=t".into());
        assert_eq!(
            error.diagnostic_code(),
            Some("SBSQL.NAME_RESOLUTION.NOT_FOUND_OR_NOT_VISIBLE")
        );
        let mut wire = DatabaseError::new("08P01", "NATIVE_WIRE.CONNECT_UNKNOWN_KEY");
        wire.detail = Some("The key is not known.".into());
        assert_eq!(
            wire.diagnostic_code(),
            Some("NATIVE_WIRE.CONNECT_UNKNOWN_KEY")
        );
    }
}
