//! Questions a translation leaves to the catalogue, and what is made of the answer. Text in, text out: whoever holds
//! the connection runs the question.

use super::names::{quote_ident, quote_literal};
use super::refusal::Refusal;

/// A question about one relation, and the statement that waits for the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// A query without parameters; its rows, as text, are the answer.
    pub sql: String,
    pub(crate) then: Then,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Then {
    /// The answer is the primary key: append `ON CONFLICT (key) DO UPDATE SET …` between head and tail.
    Upsert {
        head: String,
        columns: Vec<String>,
        tail: String,
    },
}

impl Lookup {
    pub(crate) fn upsert(table: &str, head: String, columns: Vec<String>, tail: String) -> Self {
        Lookup {
            sql: format!(
                "SELECT column_name FROM sys_fn.primary_key({})",
                quote_literal(table)
            ),
            then: Then::Upsert {
                head,
                columns,
                tail,
            },
        }
    }

    pub(crate) fn complete(&self, answer: &[Vec<Option<String>>]) -> Result<String, Refusal> {
        match &self.then {
            Then::Upsert {
                head,
                columns,
                tail,
            } => upsert(head, columns, tail, answer),
        }
    }
}

fn upsert(
    head: &str,
    columns: &[String],
    tail: &str,
    answer: &[Vec<Option<String>>],
) -> Result<String, Refusal> {
    let key: Vec<&str> = answer
        .iter()
        .filter_map(|row| row.first()?.as_deref())
        .collect();
    if key.is_empty() {
        return Err(Refusal::rejected(
            "SBSQL.DML.UPSERT_REQUIRES_PRIMARY_KEY",
            "UPSERT needs a table with a primary key",
        ));
    }
    let target = key
        .iter()
        .map(|c| quote_ident(c))
        .collect::<Vec<_>>()
        .join(", ");
    let changes: Vec<String> = columns
        .iter()
        .filter(|c| !key.contains(&c.as_str()))
        .map(|c| format!("{0} = EXCLUDED.{0}", quote_ident(c)))
        .collect();
    let action = if changes.is_empty() {
        "NOTHING".to_owned()
    } else {
        format!("UPDATE SET {}", changes.join(", "))
    };
    Ok(format!("{head} ON CONFLICT ({target}) DO {action}{tail}"))
}
