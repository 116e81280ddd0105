//! What a statement is, as far as a driver has to know: its verb, whether it returns rows, the form of an INSERT.
//!
//! Must not know: placeholders styles, or any particular server. It reads tokens and decides by words; it is no parser,
//! and where it cannot tell it gives the answer that promises nothing.

use super::insert::InsertShape;
use super::lexer::{Kind, Lexer, Marker, Token};
use super::projection::Projection;

/// Statements that control transactions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TransactionControl {
    Begin,
    Commit,
    Rollback,
    Savepoint,
    ReleaseSavepoint,
    RollbackToSavepoint,
    /// `SET TRANSACTION …`
    Characteristics,
    /// `PREPARE TRANSACTION`, `COMMIT PREPARED`, `ROLLBACK PREPARED`
    TwoPhase,
}

/// A setting of the session that a statement changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SettingChange {
    /// `SET SCHEMA`, `SET SEARCH_PATH`
    Schema,
    Role,
    TimeZone,
    /// `LISTEN`: the channels that the session hears.
    Channels,
    /// Any other.
    Other,
}

/// Everything found out about a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// The word that says what the statement does, in capitals; empty for an empty statement.
    pub(super) verb: String,
    pub(super) returns_rows: bool,
    pub(super) reads_table: bool,
    pub(super) calls: bool,
    pub(super) transaction: Option<TransactionControl>,
    /// That of every statement of the text.
    pub(super) transactions: Vec<TransactionControl>,
    pub(super) settings: Vec<SettingChange>,
    pub(super) several: bool,
    pub(super) insert: Option<InsertShape>,
    pub(super) projection: Option<Projection>,
    pub(super) filters_by_equality: bool,
    pub(super) has_naive_hazard: bool,
    pub(super) has_native_markers: bool,
}

/// Verbs whose statements answer with rows.
const QUERIES: &[&str] = &[
    "SELECT", "VALUES", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "TABLE", "FETCH", "SEARCH", "CALL",
];

/// Verbs that can follow the common table expressions of WITH.
const AFTER_WITH: &[&str] = &[
    "SELECT", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE", "UPSERT",
];

pub(super) fn analyse(sql: &str) -> Shape {
    let tokens: Vec<Token> = Lexer::new(sql)
        .filter(|token| token.is_significant())
        .collect();
    let reader = Reader {
        sql,
        tokens: &tokens,
    };
    let start = reader.start();
    let words = [0, 1, 2].map(|i| reader.word(start + i));
    let [first, second, third] = words;
    let routine = reader.is_routine(start);
    let verb = match first {
        "WITH" => reader.verb_after_with(start),
        other => other.to_owned(),
    };
    let executes_procedure = first == "EXECUTE" && matches!(second, "PROCEDURE" | "BLOCK");
    let returning = matches!(
        verb.as_str(),
        "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "UPSERT"
    ) && reader.at_top_level("RETURNING");
    Shape {
        returns_rows: QUERIES.contains(&verb.as_str()) || executes_procedure || returning,
        calls: verb == "CALL" || first == "EXECUTE" && second == "PROCEDURE",
        reads_table: verb == "SELECT" && reader.at_top_level("FROM") || verb == "TABLE",
        transaction: transaction(first, second, third, reader.token(start + 1)),
        transactions: reader.transactions(start, routine),
        settings: if routine {
            Vec::new()
        } else {
            reader.settings(start)
        },
        several: !routine && reader.has_several(),
        insert: (first == "INSERT").then(|| reader.insert(start)).flatten(),
        projection: (first == "SELECT" && !reader.has_several())
            .then(|| reader.projection(start))
            .flatten(),
        filters_by_equality: reader.filters_by_equality(),
        has_naive_hazard: Lexer::new(sql).any(|token| is_naive_hazard(sql, token)),
        has_native_markers: tokens
            .iter()
            .any(|t| matches!(t.kind, Kind::Marker(Marker::Question | Marker::Numbered(_)))),
        verb,
    }
}

fn transaction(
    first: &str,
    second: &str,
    third: &str,
    next: Option<Token>,
) -> Option<TransactionControl> {
    use TransactionControl as T;
    let ends = matches!(next.map(|t| t.kind), None | Some(Kind::Symbol(b';')));
    let options = ["", "TRANSACTION", "WORK", "ISOLATION", "READ"];
    Some(match first {
        // Without one of these words BEGIN opens a block.
        "BEGIN" if ends || (!second.is_empty() && options.contains(&second)) => T::Begin,
        "START" if second == "TRANSACTION" => T::Begin,
        "COMMIT" | "ROLLBACK" if second == "PREPARED" => T::TwoPhase,
        "PREPARE" if second == "TRANSACTION" => T::TwoPhase,
        "COMMIT" => T::Commit,
        "ROLLBACK" if second == "TO" || (third == "TO" && options.contains(&second)) => {
            T::RollbackToSavepoint
        }
        "ROLLBACK" => T::Rollback,
        "SAVEPOINT" => T::Savepoint,
        "RELEASE" => T::ReleaseSavepoint,
        "SET" if second == "TRANSACTION" => T::Characteristics,
        _ => return None,
    })
}

/// Whether a scanner that knows only `'…'`, `"…"`, `--` and `/* */` would find a placeholder, a quote or a comment
/// where there is none.
fn is_naive_hazard(sql: &str, token: Token) -> bool {
    let text = sql.get(token.start..token.end).unwrap_or("").as_bytes();
    match token.kind {
        Kind::QuestionOperator => true,
        Kind::OwnComment | Kind::DollarText | Kind::OwnQuoted => {
            let pair = |pair: &[u8]| memchr::memmem::find(text, pair).is_some();
            memchr::memchr3(b'?', b'\'', b'"', text).is_some()
                || pair(b"--")
                || pair(b"/*")
                || text
                    .windows(2)
                    .any(|w| w[0] == b'$' && w[1].is_ascii_digit())
        }
        _ => false,
    }
}

/// The significant tokens of a statement, looked at by index; every index is allowed.
pub(super) struct Reader<'a> {
    pub(super) sql: &'a str,
    pub(super) tokens: &'a [Token],
}

impl<'a> Reader<'a> {
    pub(super) fn token(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).copied()
    }

    pub(super) fn is(&self, at: usize, symbol: u8) -> bool {
        self.token(at)
            .is_some_and(|token| token.kind == Kind::Symbol(symbol))
    }

    /// The known word at this place, in capitals; "" for anything else.
    pub(super) fn word(&self, at: usize) -> &'static str {
        let Some(token) = self.token(at).filter(|token| token.kind == Kind::Word) else {
            return "";
        };
        let text = self.sql.get(token.start..token.end).unwrap_or("");
        WORDS
            .iter()
            .find(|known| known.eq_ignore_ascii_case(text))
            .copied()
            .unwrap_or("?")
    }

    /// Where the statement begins, behind `;` and `(`.
    fn start(&self) -> usize {
        let opening = |token: &Token| matches!(token.kind, Kind::Symbol(b'(' | b';'));
        self.tokens
            .iter()
            .position(|token| !opening(token))
            .unwrap_or(self.tokens.len())
    }

    /// The places outside of all parentheses, with the depth counted from `start`.
    pub(super) fn top_level(&self) -> impl Iterator<Item = usize> + '_ {
        // Parentheses before the verb, as in `(SELECT …) UNION …`, do not count.
        let start = self.start();
        let mut depth = 0i32;
        (start..self.tokens.len()).filter(move |at| {
            if self.is(*at, b'(') {
                depth += 1;
            } else if self.is(*at, b')') {
                depth -= 1;
            }
            depth <= 0
        })
    }

    fn at_top_level(&self, word: &str) -> bool {
        self.top_level().any(|at| self.word(at) == word)
    }

    fn verb_after_with(&self, start: usize) -> String {
        let verbs = self
            .top_level()
            .filter(|at| *at > start)
            .map(|at| self.word(at));
        verbs
            .into_iter()
            .find(|word| AFTER_WITH.contains(word))
            .unwrap_or("WITH")
            .to_owned()
    }

    /// Whether the statement has a procedural body, in which `;` separates nothing that is sent by itself.
    fn is_routine(&self, start: usize) -> bool {
        let kinds = ["PROCEDURE", "FUNCTION", "TRIGGER", "PACKAGE"];
        match self.word(start) {
            "CREATE" | "ALTER" | "RECREATE" | "REPLACE" => {
                (1..5).any(|i| kinds.contains(&self.word(start + i)))
            }
            "EXECUTE" => self.word(start + 1) == "BLOCK",
            "DECLARE" => true,
            "BEGIN" => {
                transaction("BEGIN", self.word(start + 1), "", self.token(start + 1)).is_none()
            }
            _ => false,
        }
    }

    /// Where the statements of the text begin.
    fn starts(&self, start: usize) -> impl Iterator<Item = usize> + '_ {
        let behind = (start..self.tokens.len()).filter(|at| self.is(*at, b';'));
        std::iter::once(start).chain(behind.map(|at| at + 1))
    }

    /// What each statement of the text changes.
    fn settings(&self, start: usize) -> Vec<SettingChange> {
        self.starts(start)
            .filter_map(|at| self.setting(at))
            .collect()
    }

    /// What each statement of the text does to transactions; the body of a routine is one statement.
    fn transactions(&self, start: usize, routine: bool) -> Vec<TransactionControl> {
        let count = if routine { 1 } else { usize::MAX };
        self.starts(start)
            .take(count)
            .filter_map(|at| {
                let [first, second, third] = [0, 1, 2].map(|i| self.word(at + i));
                transaction(first, second, third, self.token(at + 1))
            })
            .collect()
    }

    /// Whether a WHERE outside of parentheses compares with `=`.
    fn filters_by_equality(&self) -> bool {
        self.top_level()
            .skip_while(|at| self.word(*at) != "WHERE")
            .any(|at| self.is(at, b'='))
    }

    fn setting(&self, start: usize) -> Option<SettingChange> {
        let mut at = start + 1;
        match self.word(start) {
            "SET" | "RESET" => {}
            "LISTEN" => return Some(SettingChange::Channels),
            "SUBSCRIBE" => return Some(SettingChange::Other),
            _ => return None,
        }
        if self.word(at) == "SESSION" {
            at += 1;
        }
        match (self.word(at), self.word(at + 1)) {
            // They end with the transaction.
            ("TRANSACTION" | "LOCAL" | "CONSTRAINTS", _) => None,
            ("SCHEMA" | "SEARCH_PATH", _) | ("SEARCH", "PATH") => Some(SettingChange::Schema),
            ("ROLE", _) => Some(SettingChange::Role),
            ("TIME", "ZONE") => Some(SettingChange::TimeZone),
            _ => Some(SettingChange::Other),
        }
    }

    /// Whether anything but `;` follows a `;`.
    fn has_several(&self) -> bool {
        let is_end = |token: &Token| token.kind == Kind::Symbol(b';');
        let mut parts = self.tokens.split(is_end).filter(|part| !part.is_empty());
        parts.next().is_some() && parts.next().is_some()
    }
}

/// The words that decide anything here.
const WORDS: &[&str] = &[
    "ALL",
    "ALTER",
    "BEGIN",
    "BLOCK",
    "CALL",
    "COMMENT",
    "COMMIT",
    "CONSTRAINTS",
    "COPY",
    "COUNT",
    "CREATE",
    "DECLARE",
    "DELETE",
    "DESC",
    "DESCRIBE",
    "DISTINCT",
    "DROP",
    "EXECUTE",
    "EXPLAIN",
    "FETCH",
    "FOR",
    "FROM",
    "FUNCTION",
    "GRANT",
    "INSERT",
    "INTO",
    "ISOLATION",
    "LISTEN",
    "LOCAL",
    "MERGE",
    "NOTIFY",
    "PACKAGE",
    "PATH",
    "PREPARE",
    "PREPARED",
    "PROCEDURE",
    "READ",
    "RECREATE",
    "RELEASE",
    "REPLACE",
    "RESET",
    "RETURNING",
    "REVOKE",
    "ROLE",
    "ROLLBACK",
    "SAVEPOINT",
    "SCHEMA",
    "SEARCH",
    "SEARCH_PATH",
    "SELECT",
    "SESSION",
    "SET",
    "SHOW",
    "START",
    "SUBSCRIBE",
    "TABLE",
    "TIME",
    "TO",
    "TRANSACTION",
    "TRIGGER",
    "TRUNCATE",
    "UNLISTEN",
    "UPDATE",
    "UPSERT",
    "VALUES",
    "WHERE",
    "WITH",
    "WORK",
    "ZONE",
];
