//! A statement of a client, made ready for the engine.

mod insert_shape;
mod lexical;
mod position;
mod select_shape;
mod traits;

use std::sync::Arc;

pub use lexical::{Token, TokenKind, Tokens};
pub use position::in_original;
pub use select_shape::SelectShape;
pub use traits::Role;

use crate::backend::Report;
use crate::translate::{translate, Kind, Options, Refusal, Statement};

/// One statement: what the client wrote, what the engine gets, and what the session has to know of it.
#[derive(Debug)]
pub struct Planned {
    /// The text the client wrote.
    pub written: String,
    pub statement: Statement,
    pub role: Role,
    /// The parameters of an INSERT that array BIND can feed.
    pub array_parameters: Option<usize>,
}

impl Planned {
    /// The text the engine gets.
    pub fn sql(&self) -> &str {
        &self.statement.sql
    }

    /// Whether its rows are for the client. The engine may use a function, and so a row, for what has no result.
    pub fn shows_rows(&self) -> bool {
        match self.statement.kind {
            Kind::Notify => false,
            Kind::Call => self.statement.returns_rows,
            _ => true,
        }
    }

    /// Whether it is an INSERT of rows into listed columns.
    pub fn lists_columns(&self) -> bool {
        self.statement.kind == Kind::Insert && insert_shape::lists_columns(self.sql())
    }

    /// Whether it reads from anything.
    pub fn reads_tables(&self) -> bool {
        traits::mentions(self.sql(), "from")
    }

    /// What the beta makes of it, where it is a query.
    pub fn select_shape(&self) -> SelectShape {
        match self.statement.kind {
            Kind::Query => select_shape::select_shape(self.sql()),
            _ => SelectShape::Plain,
        }
    }

    /// The query that the beta carries out instead of one whose select list it ignores.
    pub fn without_its_list(&self) -> Option<Self> {
        match self.select_shape() {
            SelectShape::Ignored(sql) => Some(Self::internal(&self.written, Kind::Query, sql)),
            _ => None,
        }
    }

    /// The INSERT of many rows of placeholders cut down to its first row.
    pub fn first_row_only(&self) -> Option<Self> {
        self.array_parameters?;
        let sql = insert_shape::first_row_of(self.sql())?;
        Some(Self::internal(&self.written, Kind::Insert, sql.to_owned()))
    }

    /// The statement with the open question of its translation answered.
    pub fn resolved(&self, answer: &[Vec<Option<String>>]) -> Result<Self, Report> {
        let statement = self
            .statement
            .resolve(answer)
            .map_err(|refusal| report(&self.written, refusal))?;
        Ok(Self::new(&self.written, statement))
    }

    /// A statement of the server's own, on behalf of what the client wrote.
    pub fn internal(written: &str, kind: Kind, sql: String) -> Self {
        Self::new(written, Statement::new(kind, sql))
    }

    fn new(written: &str, statement: Statement) -> Self {
        Self {
            written: written.to_owned(),
            role: traits::role_of(&statement.kind, &statement.sql),
            array_parameters: match statement.kind {
                Kind::Insert => insert_shape::parameters_of(written),
                _ => None,
            },
            statement,
        }
    }
}

/// The statements of one text.
pub type Plan = Arc<Vec<Planned>>;

/// Splits and translates what a client wrote.
pub fn plan(written: &str) -> Result<Plan, Report> {
    let statements =
        translate(written, &Options::default()).map_err(|refusal| report(written, refusal))?;
    let planned = statements
        .into_iter()
        .map(|statement| {
            let source = written.get(statement.source.clone()).unwrap_or(written);
            Planned::new(source, statement)
        })
        .collect();
    Ok(Arc::new(planned))
}

/// A refusal of the translator as the wire words it: a sentence, and the diagnostic code as the detail.
fn report(written: &str, refusal: Refusal) -> Report {
    let mut report = Report::error(refusal.sqlstate, refusal.message).with_detail(refusal.code);
    report.position = refusal
        .offset
        .and_then(|offset| written.get(..offset))
        .map(|before| before.chars().count() + 1);
    report
}

/// The query inside `COPY (query) TO …`.
pub fn subject_of_copy(sql: &str) -> &str {
    let mut depth = 0_usize;
    let mut start = None;
    for token in lexical::Tokens::new(sql) {
        if token.is_symbol("(") {
            depth += 1;
            start.get_or_insert(token.start + 1);
        } else if token.is_symbol(")") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                let range = start.unwrap_or(token.start)..token.start;
                return sql.get(range).unwrap_or_default();
            }
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_query_of_a_copy() {
        let sql = "COPY (SELECT (1), ')' FROM t) TO STDOUT (FORMAT csv)";
        assert_eq!(subject_of_copy(sql), "SELECT (1), ')' FROM t");
        assert_eq!(subject_of_copy("COPY t TO STDOUT"), "");
    }
}
