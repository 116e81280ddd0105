//! One translated statement: the PostgreSQL text and what a session needs to know of it.

use std::ops::Range;

use super::lookup::Lookup;

/// What a statement is, for the session that runs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// SELECT, VALUES, WITH, SEARCH, a procedure's rows.
    Query,
    Insert,
    Update,
    Delete,
    Merge,
    /// CREATE, ALTER, DROP, RENAME, COMMENT, GRANT, REVOKE, TRUNCATE, REFRESH.
    Ddl,
    Begin,
    Commit,
    Rollback,
    Savepoint(String),
    Release(String),
    RollbackTo(String),
    SetTransaction,
    PrepareTransaction,
    CommitPrepared,
    RollbackPrepared,
    Copy(Box<Copy>),
    Call,
    Show,
    Set,
    /// The channel, folded, unquoted.
    Listen(String),
    /// None: every channel.
    Unlisten(Option<String>),
    Notify,
    Explain,
    Lock,
    /// DECLARE, FETCH, CLOSE, PREPARE, DEALLOCATE.
    Cursor,
    Empty,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyDirection {
    In,
    Out,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyFormat {
    /// The default: canonical rows on the wire.
    Csv,
    JsonLines,
    Binary,
}

/// A COPY statement. `Statement::sql` moves the same rows as PostgreSQL CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    pub direction: CopyDirection,
    /// The table as PostgreSQL text, quoted and qualified; None when a query is copied.
    pub table: Option<String>,
    /// Column names, folded and unquoted; empty for all.
    pub columns: Vec<String>,
    pub format: CopyFormat,
    pub header: bool,
    pub delimiter: Option<char>,
    pub null: Option<String>,
    pub quote: Option<char>,
    pub escape: Option<char>,
    /// How many bad rows are skipped before the copy fails; None: the first one fails it.
    pub max_errors: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// PostgreSQL text, parameters as `$n`. Empty for [`Kind::Empty`].
    pub sql: String,
    pub kind: Kind,
    /// The first word in upper case, for the tag of COMMAND_COMPLETE.
    pub tag: String,
    /// Whether running it gives a row description.
    pub returns_rows: bool,
    /// The highest parameter number.
    pub parameters: usize,
    /// Where the statement stands in the text, in bytes.
    pub source: Range<usize>,
    /// A question to the catalogue that must be answered, by [`Statement::resolve`], before `sql` is complete.
    pub lookup: Option<Lookup>,
    /// For a call: the parameters whose values its row gives, in the order of its columns.
    pub outputs: Vec<Output>,
}

/// A parameter that a procedure gives back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Output {
    /// Its place among all parameters, from 1.
    pub ordinal: u32,
    /// 1 out, 2 inout (SBWP 3.3.3).
    pub direction: u8,
}

impl Statement {
    pub(crate) fn new(kind: Kind, sql: impl Into<String>) -> Self {
        let returns_rows = matches!(kind, Kind::Query | Kind::Show | Kind::Explain | Kind::Call);
        Statement {
            sql: sql.into(),
            kind,
            tag: String::new(),
            returns_rows,
            parameters: 0,
            source: 0..0,
            lookup: None,
            outputs: vec![],
        }
    }

    pub(crate) fn with_rows(mut self, returns_rows: bool) -> Self {
        self.returns_rows = returns_rows;
        self
    }

    pub(crate) fn empty() -> Self {
        Statement {
            tag: "EMPTY".to_owned(),
            ..Statement::new(Kind::Empty, "")
        }
    }

    /// Completes the statement with the rows that [`Lookup::sql`] gave.
    pub fn resolve(&self, answer: &[Vec<Option<String>>]) -> Result<Statement, super::Refusal> {
        let Some(lookup) = &self.lookup else {
            return Ok(self.clone());
        };
        lookup.complete(self, answer)
    }
}
