//! Asks a statement for what it generates: a RETURNING clause at its end.
//!
//! Must not know: tables, or which of their columns are generated.

use super::lexer::{Kind, Lexer, Token};
use super::quote::quote_identifier;
use super::shape;
use crate::error::Error;

/// The statement with `RETURNING` of these columns, or of all columns if none is given, where the server reads it.
///
/// # Errors
/// `Programming` for a statement that generates nothing, that has a RETURNING of its own, or that is several.
pub fn with_returning(sql: &str, columns: &[String]) -> Result<String, Error> {
    let shape = shape::analyse(sql);
    let refused = |reason: &str| Err(Error::Programming(format!("generated_keys: {reason}")));
    if !matches!(
        shape.verb.as_str(),
        "INSERT" | "UPDATE" | "MERGE" | "UPSERT"
    ) {
        return refused("only INSERT, UPDATE, UPSERT and MERGE generate any");
    }
    if shape.several {
        return refused("the text holds more than one statement");
    }
    if shape.returns_rows {
        return refused("the statement has a RETURNING of its own");
    }
    let list = match columns {
        [] => "*".to_owned(),
        columns => columns
            .iter()
            .map(|column| quote_identifier(column))
            .collect::<Result<Vec<_>, _>>()?
            .join(", "),
    };
    // Before a semicolon, and before a comment that would hide the clause.
    let end = Lexer::new(sql)
        .filter(|token: &Token| token.is_significant() && token.kind != Kind::Symbol(b';'))
        .last()
        .map_or(0, |token| token.end);
    let statement = sql.get(..end).unwrap_or(sql);
    Ok(format!("{statement} RETURNING {list}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clause_stands_where_it_is_read() {
        let ask = |sql: &str, columns: &[&str]| {
            let columns: Vec<String> = columns.iter().map(|&c| c.to_owned()).collect();
            with_returning(sql, &columns).unwrap()
        };
        assert_eq!(
            ask("INSERT INTO t (a) VALUES (?) ; -- the end", &["id"]),
            "INSERT INTO t (a) VALUES (?) RETURNING \"id\""
        );
        assert_eq!(
            ask("insert into t values (';')", &[]),
            "insert into t values (';') RETURNING *"
        );
        assert_eq!(
            ask("UPDATE t SET a = 1 /* x */", &["a\"b", "C"]),
            "UPDATE t SET a = 1 RETURNING \"a\"\"b\", \"C\""
        );
    }

    #[test]
    fn statements_that_cannot_answer_are_refused() {
        for sql in [
            "SELECT 1",
            "",
            "DELETE FROM t",
            "INSERT INTO t (a) VALUES (1) RETURNING a",
            "INSERT INTO t (a) VALUES (1); INSERT INTO t (a) VALUES (2)",
        ] {
            assert!(with_returning(sql, &[]).is_err(), "{sql}");
        }
        assert!(with_returning("INSERT INTO t VALUES (1)", &[String::new()]).is_err());
    }
}
