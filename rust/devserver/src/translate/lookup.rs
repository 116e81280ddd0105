//! Questions a translation leaves to the catalogue, and what is made of the answer. Text in, text out: whoever holds
//! the connection runs the question.

use super::names::{quote_ident, quote_literal};
use super::refusal::Refusal;
use super::statement::Statement;
use super::statements::call::Call;
use super::statements::search::Search;

/// A question about one object, and the statement that waits for the answer.
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
    /// The answer is vector column and metric of a collection.
    Search(Box<Search>),
    /// The answer is the kind of a routine and the modes of its parameters.
    Call(Box<Call>),
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

    pub(crate) fn search(search: Search) -> Self {
        Lookup {
            sql: format!(
                "SELECT vector_column, metric FROM sys_fn.vector_column({})",
                quote_literal(&search.table)
            ),
            then: Then::Search(Box::new(search)),
        }
    }

    pub(crate) fn call(call: Call) -> Self {
        Lookup {
            sql: format!(
                "SELECT kind, modes, is_void FROM sys_fn.routine_called({}, {})",
                quote_literal(&call.name),
                call.count
            ),
            then: Then::Call(Box::new(call)),
        }
    }

    pub(crate) fn complete(
        &self,
        waiting: &Statement,
        answer: &[Vec<Option<String>>],
    ) -> Result<Statement, Refusal> {
        let sql = match &self.then {
            Then::Upsert {
                head,
                columns,
                tail,
            } => upsert(head, columns, tail, answer)?,
            Then::Search(search) => nearest(search, answer)?,
            Then::Call(call) => return Ok(call.resolved(waiting, answer)),
        };
        Ok(Statement {
            sql,
            lookup: None,
            ..waiting.clone()
        })
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

fn nearest(search: &Search, answer: &[Vec<Option<String>>]) -> Result<String, Refusal> {
    let cell = |at: usize| answer.first().and_then(|row| row.get(at)?.as_deref());
    let Some(column) = search.column.as_deref().or(cell(0)) else {
        return Err(Refusal::rejected(
            "SBSQL.VECTOR.COLUMN_NOT_FOUND",
            "SEARCH needs a relation with a vector column",
        ));
    };
    let metric = if search.metric.is_empty() {
        cell(1).unwrap_or("L2")
    } else {
        &search.metric
    };
    Ok(search.sql(column, metric))
}
