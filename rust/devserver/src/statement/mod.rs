//! A statement of a client, made ready for the engine.

mod insert_shape;
mod lexical;
mod position;
mod traits;

use std::sync::Arc;

pub use position::in_original;
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

    /// The statement with the open question of its translation answered.
    pub fn resolved(&self, answer: &[Vec<Option<String>>]) -> Result<Self, Report> {
        let statement = self
            .statement
            .resolve(answer)
            .map_err(|refusal| report(&self.written, refusal))?;
        Ok(Self::new(&self.written, statement))
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
