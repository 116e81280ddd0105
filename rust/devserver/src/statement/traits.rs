//! How a statement takes part in transactions, read off its kind and, for queries, its words.
//!
//! Whatever is not recognised counts as the careful case: it may write, it may change definitions.

use super::lexical::{Token, TokenKind, Tokens};
use crate::translate::{CopyDirection, Kind};

/// How a statement takes part in transactions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Reads and writes as part of the current transaction.
    Ordinary,
    /// Reads only: leaves no trace in the transaction.
    Pure,
    /// Changes definitions, so that what was learned of other statements may be outdated.
    Definition,
    /// Changes a setting of the session; lasts beyond the transaction if none is open yet.
    Setting,
    /// Cannot run inside a transaction.
    Standalone,
    /// `BEGIN` with the options of the transaction.
    Begin(String),
    /// `SET TRANSACTION` with its options.
    Options(String),
    Commit,
    Rollback,
    /// Hands the transaction over to be committed later.
    PrepareTransaction,
    Savepoint(String),
    Release(String),
    RollbackTo(String),
    Listen(String),
    Unlisten(Option<String>),
    CopyIn,
    CopyOut,
    /// Nothing to run.
    Empty,
}

/// Functions and function-like words that neither write nor depend on the transaction.
const HARMLESS: &[&str] = &[
    "abs",
    "all",
    "and",
    "any",
    "array",
    "array_agg",
    "array_length",
    "array_to_string",
    "as",
    "avg",
    "between",
    "bool_and",
    "bool_or",
    "btrim",
    "by",
    "cardinality",
    "case",
    "cast",
    "ceil",
    "ceiling",
    "char",
    "char_length",
    "coalesce",
    "concat",
    "concat_ws",
    "cosine_distance",
    "count",
    "date",
    "date_part",
    "date_trunc",
    "decimal",
    "dense_rank",
    "distinct",
    "else",
    "every",
    "except",
    "exists",
    "exp",
    "extract",
    "filter",
    "first_value",
    "float",
    "floor",
    "format",
    "from",
    "generate_series",
    "greatest",
    "group",
    "having",
    "if",
    "in",
    "inner_product",
    "interval",
    "intersect",
    "join",
    "json_agg",
    "json_build_object",
    "jsonb_agg",
    "jsonb_build_object",
    "l2_distance",
    "lag",
    "last_value",
    "lateral",
    "lead",
    "least",
    "left",
    "length",
    "like",
    "ln",
    "log",
    "lower",
    "lpad",
    "ltrim",
    "max",
    "md5",
    "min",
    "mod",
    "not",
    "ntile",
    "nullif",
    "numeric",
    "octet_length",
    "on",
    "or",
    "over",
    "overlay",
    "percentile_cont",
    "percentile_disc",
    "position",
    "power",
    "rank",
    "repeat",
    "replace",
    "reverse",
    "right",
    "round",
    "row",
    "row_number",
    "row_to_json",
    "rpad",
    "rtrim",
    "select",
    "sign",
    "some",
    "split_part",
    "sqrt",
    "starts_with",
    "stddev",
    "string_agg",
    "string_to_array",
    "strpos",
    "substr",
    "substring",
    "sum",
    "then",
    "time",
    "timestamp",
    "to_char",
    "to_date",
    "to_json",
    "to_jsonb",
    "to_number",
    "to_timestamp",
    "translate",
    "trim",
    "trunc",
    "union",
    "unnest",
    "upper",
    "using",
    "values",
    "varchar",
    "variance",
    "vector",
    "version",
    "when",
    "where",
    "with",
    "within",
];

/// Words that make a query more than a pure one, wherever they stand.
const TELLING: &[&str] = &[
    "insert",
    "update",
    "delete",
    "merge",
    "into",
    "share",
    "nextval",
    "setval",
    "lock",
    "current_timestamp",
    "current_time",
    "current_date",
    "localtime",
    "localtimestamp",
];

/// The role of a translated statement; `sql` is the text for the engine.
pub fn role_of(kind: &Kind, sql: &str) -> Role {
    match kind {
        Kind::Query if is_pure(sql) => Role::Pure,
        Kind::Show => Role::Pure,
        Kind::Ddl if mentions(sql, "concurrently") => Role::Standalone,
        // A procedure may define things as well as change data.
        Kind::Ddl | Kind::Call => Role::Definition,
        Kind::Set => Role::Setting,
        Kind::Begin => Role::Begin(options(sql, &["transaction", "work"])),
        Kind::SetTransaction => Role::Options(options(sql, &["transaction"])),
        Kind::Commit => Role::Commit,
        Kind::Rollback => Role::Rollback,
        Kind::PrepareTransaction => Role::PrepareTransaction,
        Kind::CommitPrepared | Kind::RollbackPrepared => Role::Standalone,
        Kind::Savepoint(name) => Role::Savepoint(name.clone()),
        Kind::Release(name) => Role::Release(name.clone()),
        Kind::RollbackTo(name) => Role::RollbackTo(name.clone()),
        Kind::Listen(channel) => Role::Listen(channel.clone()),
        Kind::Unlisten(channel) => Role::Unlisten(channel.clone()),
        Kind::Copy(copy) => match copy.direction {
            CopyDirection::In => Role::CopyIn,
            CopyDirection::Out => Role::CopyOut,
        },
        Kind::Empty => Role::Empty,
        Kind::Query
        | Kind::Insert
        | Kind::Update
        | Kind::Delete
        | Kind::Merge
        | Kind::Notify
        | Kind::Explain
        | Kind::Lock
        | Kind::Cursor => Role::Ordinary,
    }
}

pub fn mentions(sql: &str, word: &str) -> bool {
    Tokens::new(sql).any(|token| token.is_word(word))
}

fn is_one_of(token: &Token<'_>, list: &[&str]) -> bool {
    token.kind == TokenKind::Word
        && list
            .iter()
            .any(|word| token.text.eq_ignore_ascii_case(word))
}

fn is_pure(sql: &str) -> bool {
    let mut previous: Option<Token<'_>> = None;
    for token in Tokens::new(sql) {
        if is_one_of(&token, TELLING) {
            return false;
        }
        if token.is_symbol("(") {
            let called = previous
                .filter(|before| matches!(before.kind, TokenKind::Word | TokenKind::Quoted));
            if called.is_some_and(|called| !is_one_of(&called, HARMLESS)) {
                return false;
            }
        }
        previous = Some(token);
    }
    true
}

/// What follows the first word and those of `noise` behind it.
fn options(sql: &str, noise: &[&str]) -> String {
    Tokens::new(sql)
        .skip(1)
        .skip_while(|token| is_one_of(token, noise))
        .filter(|token| !token.is_symbol(";"))
        .map(|token| token.text)
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_that_leave_no_trace() {
        for sql in [
            "select 1",
            "SELECT count(*), max(a) FROM t WHERE b IN (1,2) AND (c = 'insert')",
            "with x as (select 1) select * from x",
            "values (1),(2)",
            "(select 1) union (select 2)",
        ] {
            assert_eq!(role_of(&Kind::Query, sql), Role::Pure, "{sql}");
        }
    }

    #[test]
    fn queries_that_may() {
        for sql in [
            "select nextval('s')",
            "select my_function(1)",
            "select \"count\"(1)",
            "select * from t for update",
            "select * into u from t",
            "with x as (insert into t values (1) returning a) select * from x",
            "select current_timestamp",
        ] {
            assert_eq!(role_of(&Kind::Query, sql), Role::Ordinary, "{sql}");
        }
    }

    #[test]
    fn options_of_transactions() {
        for sql in [
            "BEGIN ISOLATION LEVEL SERIALIZABLE",
            "begin transaction isolation level serializable;",
            "START TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        ] {
            let Role::Begin(options) = role_of(&Kind::Begin, sql) else {
                panic!("not a BEGIN");
            };
            assert_eq!(options.to_ascii_lowercase(), "isolation level serializable");
        }
        assert_eq!(role_of(&Kind::Begin, "BEGIN"), Role::Begin(String::new()));
        assert_eq!(
            role_of(&Kind::SetTransaction, "SET TRANSACTION READ ONLY"),
            Role::Options("READ ONLY".to_owned())
        );
    }

    #[test]
    fn definitions() {
        assert_eq!(
            role_of(&Kind::Ddl, "create table t (a int)"),
            Role::Definition
        );
        assert_eq!(
            role_of(&Kind::Ddl, "create index concurrently i on t (a)"),
            Role::Standalone
        );
    }
}
