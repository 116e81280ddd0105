//! What the engine says when something fails: every field of an ErrorResponse or NoticeResponse.
//! Knows nothing of how a client is told.

use std::ops::{Deref, DerefMut};

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::ErrorFields;

/// An error or a notice. Small to pass around, for most functions that return one do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report(Box<Fields>);

/// What an error or a notice says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    pub severity: String,
    pub sqlstate: String,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
    /// Characters from 1 into the statement sent to the engine.
    pub position: Option<usize>,
    pub context: Option<String>,
    pub schema: Option<String>,
    pub table: Option<String>,
    pub column: Option<String>,
    pub data_type: Option<String>,
    pub constraint: Option<String>,
}

impl Report {
    /// An error of our own making.
    pub fn error(sqlstate: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Fields {
            severity: "ERROR".to_owned(),
            sqlstate: sqlstate.to_owned(),
            message: message.into(),
            ..Fields::default()
        }))
    }

    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub fn read(mut fields: ErrorFields<'_>) -> std::io::Result<Self> {
        let mut report = Self::default();
        let mut unlocalised = None;
        while let Some(field) = fields.next()? {
            let text = String::from_utf8_lossy(field.value_bytes()).into_owned();
            match field.type_() {
                b'S' => report.severity = text,
                b'V' => unlocalised = Some(text),
                b'C' => report.sqlstate = text,
                b'M' => report.message = text,
                b'D' => report.detail = Some(text),
                b'H' => report.hint = Some(text),
                b'P' => report.position = text.parse().ok(),
                b'W' => report.context = Some(text),
                b's' => report.schema = Some(text),
                b't' => report.table = Some(text),
                b'c' => report.column = Some(text),
                b'd' => report.data_type = Some(text),
                b'n' => report.constraint = Some(text),
                // Source file, line and routine of the engine say nothing to its users.
                _ => {}
            }
        }
        if let Some(severity) = unlocalised {
            report.severity = severity;
        }
        Ok(report)
    }

    /// The parameter the report names, counted from 1. The engine says it nowhere but in its sentence, in any language.
    pub fn parameter(&self) -> Option<usize> {
        let (_, after) = self.message.split_once('$')?;
        let digits = after
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(after.len());
        after.get(..digits)?.parse().ok()
    }

    /// Whether the engine ended the session with this report.
    pub fn is_fatal(&self) -> bool {
        matches!(self.severity.as_str(), "FATAL" | "PANIC")
    }
}

impl Deref for Report {
    type Target = Fields;

    fn deref(&self) -> &Fields {
        &self.0
    }
}

impl DerefMut for Report {
    fn deref_mut(&mut self) -> &mut Fields {
        &mut self.0
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "[{}] {}", self.sqlstate, self.message)
    }
}
