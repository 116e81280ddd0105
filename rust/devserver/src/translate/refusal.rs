//! The one error of the translator: a statement that is not served, with the SQLSTATE and the dotted diagnostic
//! the real server answers with. Knows nothing of PostgreSQL's own errors.

use sqlparser::parser::ParserError;

/// Why a statement was not translated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} ({code})")]
pub struct Refusal {
    /// Five characters: 42000 for what the language rejects, 0A000 for what this server does not serve.
    pub sqlstate: &'static str,
    /// The dotted diagnostic, e.g. `SBSQL.LEXER.STRING_UNCLOSED`.
    pub code: String,
    /// One sentence for a person.
    pub message: String,
    /// Byte offset in the source text, where known.
    pub offset: Option<usize>,
}

pub(crate) type Result<T> = std::result::Result<T, Refusal>;

impl Refusal {
    /// Rejected by the language (42000).
    pub(crate) fn rejected(code: &str, message: impl Into<String>) -> Self {
        Refusal {
            sqlstate: "42000",
            code: code.to_owned(),
            message: message.into(),
            offset: None,
        }
    }

    /// Understood, not served (0A000).
    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Refusal {
            sqlstate: "0A000",
            code: "SBSQL.FEATURE.UNSUPPORTED".to_owned(),
            message: message.into(),
            offset: None,
        }
    }

    pub(crate) fn syntax(message: impl Into<String>) -> Self {
        Refusal::rejected("SBSQL.PARSER.SYNTAX", message)
    }

    pub(crate) fn at(mut self, offset: usize) -> Self {
        self.offset.get_or_insert(offset);
        self
    }
}

impl From<ParserError> for Refusal {
    fn from(error: ParserError) -> Self {
        match error {
            ParserError::ParserError(text) | ParserError::TokenizerError(text) => {
                // The parser appends its own idea of a position, which counts tokens' offsets, not lines.
                let message = match text.rsplit_once(" at Line: ") {
                    Some((message, _)) => message.to_owned(),
                    None => text,
                };
                Refusal::syntax(message)
            }
            ParserError::RecursionLimitExceeded => Refusal {
                sqlstate: "54000",
                code: "SBSQL.RESOURCE.NESTING_TOO_DEEP".to_owned(),
                message: "the statement is nested too deeply".to_owned(),
                offset: None,
            },
        }
    }
}
