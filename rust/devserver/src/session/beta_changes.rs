//! What the beta does with changes: an UPDATE or DELETE by an indexed column finds nothing, rows inserted in bulk survive
//! ROLLBACK TO SAVEPOINT, and the autocommit flag means nothing to them.

use super::run::Run;
use super::{End, Session};
use crate::statement::{Planned, Role, Token, TokenKind, Tokens};
use crate::translate::Kind;

/// The table and the column of `… WHERE column = value`, where that is all there is to the condition.
fn only_equality(planned: &Planned) -> Option<(String, String)> {
    let skipped = match planned.statement.kind {
        Kind::Update => 1,
        Kind::Delete => 2,
        _ => return None,
    };
    let sql = planned.sql();
    let tokens: Vec<Token<'_>> = Tokens::new(sql).collect();
    let [.., before, column, equals, value] = tokens.as_slice() else {
        return None;
    };
    let is_name = |token: &Token<'_>| matches!(token.kind, TokenKind::Word | TokenKind::Quoted);
    let is_value = matches!(
        value.kind,
        TokenKind::Literal | TokenKind::Number | TokenKind::Parameter
    );
    if !before.is_word("where") || !is_name(column) || !equals.is_symbol("=") || !is_value {
        return None;
    }
    let mut table = String::new();
    for token in tokens.get(skipped..)? {
        if !is_name(token) && !token.is_symbol(".")
            || token.is_word("set")
            || token.is_word("where")
        {
            break;
        }
        table.push_str(token.text);
    }
    Some((table, column.text.trim_matches('"').to_owned()))
}

impl Session {
    /// Whether the statement looks for rows by a column that has an index, and so will find none.
    pub(super) async fn misses_its_rows(&mut self, planned: &Planned) -> Result<bool, End> {
        let Some((table, column)) = only_equality(planned) else {
            return Ok(false);
        };
        let quoted = |text: &str| text.replace('\'', "''");
        let sql = format!(
            "SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) \
             WHERE i.indrelid = to_regclass('{}') AND lower(a.attname) = lower('{}')",
            quoted(&table),
            quoted(&column)
        );
        Ok(self
            .ask(&sql)
            .await?
            .is_ok_and(|answer| !answer.rows.is_empty()))
    }

    /// Whether the autocommit flag of this execution is read at all.
    pub(super) fn heeds_autocommit(run: &Run<'_>) -> bool {
        run.autocommit && (run.planned.array_parameters.is_none() || run.parameters.is_empty())
    }

    /// Takes note of the last change of the transaction.
    pub(super) fn note_change(&mut self, planned: &Planned) {
        if planned.lists_columns() {
            self.inserted_in_bulk = true;
        } else if planned.role != Role::Pure {
            self.inserted_in_bulk = false;
        }
    }

    /// Whether ROLLBACK TO SAVEPOINT leaves everything as it is.
    pub(super) fn keeps_bulk_rows(&self) -> bool {
        self.is_beta() && self.inserted_in_bulk
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::plan;

    fn found(sql: &str) -> Option<(String, String)> {
        only_equality(&plan(sql).unwrap()[0])
    }

    #[test]
    fn conditions_of_one_equality() {
        let columns = |sql| found(sql).map(|(_, column)| column);
        assert_eq!(
            columns("UPDATE t SET a = 1 WHERE id = 5").as_deref(),
            Some("id")
        );
        assert_eq!(
            columns("DELETE FROM t WHERE \"Id\" = 'x'").as_deref(),
            Some("Id")
        );
        for sql in [
            "DELETE FROM t",
            "DELETE FROM t WHERE id IN (5)",
            "DELETE FROM t WHERE id = 5 AND a = 6",
            "UPDATE t SET a = 1 WHERE id IN (SELECT id FROM t WHERE id = 1)",
            "SELECT * FROM t WHERE id = 5",
        ] {
            assert_eq!(columns(sql), None, "{sql}");
        }
    }
}
