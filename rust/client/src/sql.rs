//! Understands a statement as far as a driver must: where its placeholders are, and what kind of statement it is.
//!
//! Must not know: parameter values, connections, or any particular server. A `ParsedQuery` depends on the text and on
//! the kind of parameters only, so that callers keep it under these two.

mod call;
mod condition;
mod copy;
mod escape;
mod extent;
mod insert;
mod lexer;
mod placeholder;
mod projection;
mod quote;
mod returning;
mod shape;

pub use call::CallArgument;
pub use condition::Condition;
pub use copy::{CopyFormat, CopyStatement};
pub use escape::ResultMarker;
pub use insert::InsertShape;
pub use placeholder::{Arguments, MAX_PARAMETERS};
pub use projection::Projection;
pub use quote::{quote_identifier, quote_literal};
pub use returning::with_returning;
pub use shape::{SettingChange, TransactionControl};

use crate::error::Error;
use shape::Shape;

/// A statement, ready to be sent.
///
/// Which placeholders count is decided by the parameters that come with the statement:
///
/// | Parameters | Placeholders |
/// | --- | --- |
/// | none | none: the text is sent untouched |
/// | a sequence | `?`, `$1` or `%s` |
/// | a mapping | `:name` or `%(name)s`; a name may be used more than once |
///
/// Placeholders are not looked for inside of `'…'`, `"…"`, `` `…` ``, `[…]`, `$$…$$`, `-- …`, `// …`, `# …` and
/// `/* … */`, nor in `::`, `:=`, slices such as `a[1:n]` and the operators `?|`, `?&`, `??`. A `%` stands for itself,
/// except that in a statement with `%s` or `%(name)s` placeholders `%%` stands for `%`, as everywhere in Python.
///
/// `{call p(…)}` and `{? = call f(…)}` are replaced by the statements they mean.
///
/// ```
/// use scratchbird::sql::{Arguments, ParsedQuery};
///
/// let query = ParsedQuery::parse("SELECT * FROM t WHERE a = :a OR b = :b OR c = :a", Arguments::Named)?;
/// assert_eq!(query.sql(), "SELECT * FROM t WHERE a = $1 OR b = $2 OR c = $1");
/// assert_eq!(query.names(), Some(&["a".to_owned(), "b".to_owned()][..]));
/// # Ok::<(), scratchbird::Error>(())
/// ```
#[derive(Debug)]
pub struct ParsedQuery {
    sql: String,
    /// The text as it was given, where that is not what is sent.
    original: Option<Box<str>>,
    arguments: Arguments,
    count: usize,
    names: Vec<String>,
    foreign: Option<Box<str>>,
    result: Option<ResultMarker>,
    shape: Shape,
}

impl ParsedQuery {
    /// Reads a statement for parameters of this kind.
    ///
    /// # Errors
    /// `Programming` when placeholder styles are mixed, a number is not between 1 and [`MAX_PARAMETERS`], or there are
    /// too many placeholders; also for a text with a NUL character, which the server could not receive.
    pub fn parse(sql: &str, arguments: Arguments) -> Result<Self, Error> {
        if memchr::memchr(0, sql.as_bytes()).is_some() {
            return Err(Error::Programming(
                "the statement contains a NUL character".to_owned(),
            ));
        }
        let expanded = escape::expand(sql);
        let rewritten = placeholder::rewrite(&expanded.sql, arguments)?;
        Ok(Self {
            shape: shape::analyse(&rewritten.sql),
            original: (rewritten.sql != sql).then(|| sql.into()),
            sql: rewritten.sql,
            arguments,
            count: rewritten.count,
            names: rewritten.names,
            foreign: rewritten.foreign,
            result: expanded.result,
        })
    }

    /// The text to send, with placeholders `$1 … $n`.
    #[must_use]
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The text as it was given.
    #[must_use]
    pub fn original(&self) -> &str {
        self.original.as_deref().unwrap_or(&self.sql)
    }

    /// The kind of parameters it was read for.
    #[must_use]
    pub fn arguments(&self) -> Arguments {
        self.arguments
    }

    /// How many values have to be sent.
    #[must_use]
    pub fn parameter_count(&self) -> usize {
        self.count
    }

    /// For a mapping: the key of each value, in the order of sending. None for a sequence.
    #[must_use]
    pub fn names(&self) -> Option<&[String]> {
        (self.arguments == Arguments::Named).then_some(self.names.as_slice())
    }

    /// Checks the number of values of a sequence, or of entries of a mapping.
    ///
    /// A mapping may have entries that the statement does not use. No parameters at all fit a statement without
    /// placeholders, whatever looks like a placeholder of the other kind in it.
    ///
    /// # Errors
    /// `Parameters`, with both numbers, or with the kind of parameters that the statement needs.
    pub fn check_count(&self, given: usize) -> Result<(), Error> {
        if let (Some(example), true) = (&self.foreign, given > 0) {
            let (needed, got) = match self.arguments {
                Arguments::Named => ("a sequence", "a mapping"),
                _ => ("a mapping", "a sequence"),
            };
            return Err(Error::Parameters(format!(
                "placeholders such as {example:?} need {needed} of parameters, not {got}"
            )));
        }
        let fits = match self.arguments {
            Arguments::Named => self.count == 0 || given > 0,
            _ => self.count == given,
        };
        if fits {
            return Ok(());
        }
        if let (Arguments::Named, Some(name)) = (self.arguments, self.names.first()) {
            return Err(self.missing(name));
        }
        let plural = |n: usize| if n == 1 { "" } else { "s" };
        Err(Error::Parameters(format!(
            "the statement has {} placeholder{}, but {given} parameter{} {} given",
            self.count,
            plural(self.count),
            plural(given),
            if given == 1 { "was" } else { "were" },
        )))
    }

    /// The error for a mapping that lacks this name.
    #[must_use]
    pub fn missing(&self, name: &str) -> Error {
        Error::Parameters(format!("no value was given for the parameter {name:?}"))
    }

    /// The placeholder for the result of a function that is called by `{? = call f(…)}`, which is not sent.
    #[must_use]
    pub fn result_marker(&self) -> Option<&ResultMarker> {
        self.result.as_ref()
    }

    /// Whether it calls a procedure: `EXECUTE PROCEDURE`, `CALL` or `{call p(…)}`.
    #[must_use]
    pub fn is_call(&self) -> bool {
        self.shape.calls
    }

    /// The placeholders that are arguments of the procedure it calls.
    #[must_use]
    pub fn call_arguments(&self) -> Vec<CallArgument> {
        match self.is_call() {
            true => call::arguments(&self.sql),
            false => Vec::new(),
        }
    }

    /// The call as a SELECT from the procedure, for servers that give its rows that way.
    pub(crate) fn into_selected_call(mut self) -> Self {
        let Some(name) = call::name_start(&self.sql) else {
            return self;
        };
        let original = std::mem::take(&mut self.sql);
        let call = original.get(name..).unwrap_or_default().trim_end();
        let call = call.trim_end_matches(';').trim_end();
        self.sql = match call.contains('(') {
            true => format!("SELECT * FROM {call}"),
            false => format!("SELECT * FROM {call}()"),
        };
        self.shape = Shape {
            calls: true,
            ..shape::analyse(&self.sql)
        };
        self.original.get_or_insert_with(|| original.into());
        self
    }

    /// The word that says what the statement does, in capitals: `SELECT`, `INSERT`, `CREATE` … For WITH it is the verb
    /// after the common table expressions. Empty for an empty statement, `?` for a word unknown here.
    #[must_use]
    pub fn verb(&self) -> &str {
        &self.shape.verb
    }

    /// Whether there is nothing to execute in the text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shape.verb.is_empty()
    }

    /// Whether the statement answers with rows, even if there are none.
    #[must_use]
    pub fn is_query(&self) -> bool {
        self.shape.returns_rows
    }

    /// Whether it is a SELECT from something: not one of expressions alone.
    #[must_use]
    pub fn reads_table(&self) -> bool {
        self.shape.reads_table
    }

    #[must_use]
    pub fn transaction_control(&self) -> Option<TransactionControl> {
        self.shape.transaction
    }

    /// What the statements of the text do to transactions, in order.
    #[must_use]
    pub fn transaction_controls(&self) -> &[TransactionControl] {
        &self.shape.transactions
    }

    /// What a single SELECT from something asks for.
    #[must_use]
    pub fn projection(&self) -> Option<&Projection> {
        self.shape.projection.as_ref()
    }

    /// Whether a WHERE compares with `=`.
    #[must_use]
    pub fn filters_by_equality(&self) -> bool {
        self.shape.filters_by_equality
    }

    /// Whether it may travel with others: alone go transaction control, settings, scripts, and what may change what the
    /// names in others mean.
    #[must_use]
    pub fn is_pipelined(&self) -> bool {
        const PLAIN: [&str; 11] = [
            "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "UPSERT", "VALUES", "TABLE", "WITH",
            "FETCH", "NOTIFY",
        ];
        PLAIN.contains(&self.verb())
            && !self.has_several_statements()
            && !self.is_transaction_control()
            && self.setting_changes().is_empty()
    }

    #[must_use]
    pub fn is_transaction_control(&self) -> bool {
        self.shape.transaction.is_some()
    }

    /// The settings of the session that it changes, beyond the transaction.
    #[must_use]
    pub fn setting_changes(&self) -> &[SettingChange] {
        &self.shape.settings
    }

    /// Whether the text holds more than one statement.
    #[must_use]
    pub fn has_several_statements(&self) -> bool {
        self.shape.several
    }

    /// The form of an `INSERT … VALUES`; None for any other statement.
    #[must_use]
    pub fn insert_shape(&self) -> Option<&InsertShape> {
        self.shape.insert.as_ref()
    }

    /// For an INSERT of one tuple of placeholders: where the tuple begins in the text to send, and the position of the value
    /// that each place takes.
    pub(crate) fn insert_places(&self) -> (usize, Vec<usize>) {
        insert::places(&self.sql)
    }

    /// For an INSERT of one tuple of placeholders after a column list: the column that each parameter goes to, by the
    /// parameter's position from 0. Empty for any other statement.
    #[must_use]
    pub fn insert_targets(&self) -> Vec<(usize, String)> {
        match self.insert_shape() {
            Some(shape) if shape.is_special() && shape.rows == 1 => insert::targets(&self.sql),
            _ => Vec::new(),
        }
    }

    /// Whether it is an INSERT that servers execute by their bulk path: see [`InsertShape::is_special`].
    #[must_use]
    pub fn is_special_insert_shape(&self) -> bool {
        self.shape.insert.is_some_and(|shape| shape.is_special())
    }

    /// Whether it is an INSERT of more than one tuple of values.
    #[must_use]
    pub fn is_multirow_values(&self) -> bool {
        self.shape.insert.is_some_and(|shape| shape.rows > 1)
    }

    /// Whether a scanner that knows only `'…'`, `"…"`, `--` and `/* */` would take something for a placeholder, or
    /// overlook one, because of the other literals, identifiers, comments and operators in the text.
    #[must_use]
    pub fn has_naive_hazard(&self) -> bool {
        self.shape.has_naive_hazard
    }

    /// Whether `?` or `$n` stand in the text without parameters being sent for them.
    #[must_use]
    pub fn has_unbound_markers(&self) -> bool {
        self.count == 0 && self.shape.has_native_markers
    }
}
