//! ERROR and NOTICE: a list of coded text fields.

use super::error::DecodeError;
use super::layout::{codec, Layout};
use super::reader::Reader;
use super::writer::Writer;

/// Field codes; the server sends the first four.
pub mod field {
    /// Severity.
    pub const SEVERITY: u8 = b'S';
    /// SQLSTATE, five characters.
    pub const SQLSTATE: u8 = b'C';
    /// Message text, or a dotted diagnostic code.
    pub const MESSAGE: u8 = b'M';
    /// Detail, often the dotted diagnostic code.
    pub const DETAIL: u8 = b'D';
    /// Hint.
    pub const HINT: u8 = b'H';
    /// Severity, never translated.
    pub const SEVERITY_CODE: u8 = b'V';
    /// Position in the statement, from 1.
    pub const POSITION: u8 = b'P';
    /// Position in the internal statement.
    pub const INTERNAL_POSITION: u8 = b'p';
    /// Internal statement.
    pub const INTERNAL_QUERY: u8 = b'q';
    /// Context.
    pub const WHERE: u8 = b'W';
    /// Schema.
    pub const SCHEMA: u8 = b's';
    /// Table.
    pub const TABLE: u8 = b't';
    /// Column.
    pub const COLUMN: u8 = b'c';
    /// Data type.
    pub const DATA_TYPE: u8 = b'd';
    /// Constraint.
    pub const CONSTRAINT: u8 = b'n';
    /// Source file.
    pub const FILE: u8 = b'F';
    /// Source line.
    pub const LINE: u8 = b'L';
    /// Source routine.
    pub const ROUTINE: u8 = b'R';
}

/// The content of ERROR and NOTICE. Text that is not UTF-8 is read with replacement characters, and a
/// missing final zero is forgiven: an error report must not be lost to its form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostic {
    /// Field codes (see [`field`]) and texts in wire order.
    pub fields: Vec<(u8, String)>,
}

impl Diagnostic {
    /// The fields as the server writes them: severity, SQLSTATE, message, and detail unless empty.
    pub fn new(
        severity: &str,
        sqlstate: &str,
        message: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        let mut this = Self::default()
            .with(field::SEVERITY, severity)
            .with(field::SQLSTATE, sqlstate)
            .with(field::MESSAGE, message);
        let detail = detail.into();
        if !detail.is_empty() {
            this = this.with(field::DETAIL, detail);
        }
        this
    }

    /// This with one more field. A NUL, which the wire cannot carry, becomes U+FFFD.
    #[must_use]
    pub fn with(mut self, code: u8, value: impl Into<String>) -> Self {
        let mut value = value.into();
        if value.contains('\0') {
            value = value.replace('\0', "\u{FFFD}");
        }
        self.fields.push((code, value));
        self
    }

    /// The first field with a code.
    pub fn get(&self, code: u8) -> Option<&str> {
        self.fields
            .iter()
            .find(|(c, _)| *c == code)
            .map(|(_, value)| value.as_str())
    }

    /// Severity.
    pub fn severity(&self) -> Option<&str> {
        self.get(field::SEVERITY)
    }

    /// SQLSTATE.
    pub fn sqlstate(&self) -> Option<&str> {
        self.get(field::SQLSTATE)
    }

    /// Message text.
    pub fn message(&self) -> Option<&str> {
        self.get(field::MESSAGE)
    }

    /// Detail.
    pub fn detail(&self) -> Option<&str> {
        self.get(field::DETAIL)
    }

    /// Hint.
    pub fn hint(&self) -> Option<&str> {
        self.get(field::HINT)
    }
}

impl Layout for Diagnostic {
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut fields = Vec::new();
        while !r.is_empty() {
            let code = r.u8("code")?;
            if code == 0 {
                break;
            }
            let value = String::from_utf8_lossy(r.until_nul("value")?).into_owned();
            fields.push((code, value));
        }
        Ok(Self { fields })
    }

    fn write(&self, w: &mut Writer<'_>) {
        for (code, value) in &self.fields {
            w.u8("code", code);
            w.cstr("value", value);
        }
        w.raw(&[0]);
    }
}

codec!(open Diagnostic = "ERROR");
