//! EXECUTE PROCEDURE and CALL. A procedure that returns rows, or nothing, is a set-returning function of the engine; one
//! with OUT or INOUT parameters is a procedure of it, and its answer is the row of their values. Which of them a name
//! means is for the catalogue to say.

use sqlparser::tokenizer::Token;

use super::{unknown_family, Reader};
use crate::translate::lookup::Lookup;
use crate::translate::names::{fold, quote_ident};
use crate::translate::refusal::Result;
use crate::translate::statement::{Kind, Output, Statement};

/// A call that waits for the catalogue's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    /// The routine as PostgreSQL text.
    pub name: String,
    /// The arguments as PostgreSQL text.
    pub arguments: String,
    pub count: usize,
}

pub(super) fn call(reader: &mut Reader<'_>, first: &str) -> Result<Statement> {
    reader.parser.advance_token();
    if first == "EXECUTE" && !reader.take("PROCEDURE") {
        return Err(unknown_family());
    }
    let name = reader.object_sql()?;
    let arguments = listed(reader)?;
    let call = Call {
        count: arguments.len(),
        arguments: arguments.join(", "),
        name,
    };
    let mut statement = Statement::new(Kind::Call, call.rows());
    statement.lookup = Some(Lookup::call(call));
    Ok(statement)
}

impl Call {
    /// The call of a procedure that returns rows.
    fn rows(&self) -> String {
        format!("SELECT * FROM {}({})", self.name, self.arguments)
    }

    /// The statement by what the catalogue says: the routine's kind, the modes of its parameters, and whether it returns
    /// nothing. Without a routine of this name the engine will say so.
    pub(crate) fn resolved(
        &self,
        waiting: &Statement,
        answer: &[Vec<Option<String>>],
    ) -> Statement {
        let mut statement = Statement {
            lookup: None,
            ..waiting.clone()
        };
        let cell = |at: usize| answer.first().and_then(|row| row.get(at)?.as_deref());
        if cell(0) == Some("p") {
            statement.sql = format!("CALL {}({})", self.name, self.arguments);
            statement.outputs = outputs(cell(1).unwrap_or_default());
        } else if cell(2) == Some("t") {
            statement.returns_rows = false;
        }
        statement
    }
}

/// The parameters that come back, from the letters of all modes.
fn outputs(modes: &str) -> Vec<Output> {
    (1..)
        .zip(modes.chars())
        .filter_map(|(ordinal, mode)| {
            let direction = match mode {
                'o' => 1,
                'b' => 2,
                _ => return None,
            };
            Some(Output { ordinal, direction })
        })
        .collect()
}

/// Arguments as one text.
pub(super) fn arguments(reader: &mut Reader<'_>) -> Result<String> {
    Ok(listed(reader)?.join(", "))
}

/// Arguments, in parentheses or, as in the older form, bare.
fn listed(reader: &mut Reader<'_>) -> Result<Vec<String>> {
    let parenthesized = reader.symbol(&Token::LParen);
    if parenthesized && reader.symbol(&Token::RParen) {
        return Ok(vec![]);
    }
    if !parenthesized && (reader.is_end() || reader.at("RETURNING_VALUES")) {
        return Ok(vec![]);
    }
    let mut found = vec![];
    loop {
        found.push(argument(reader)?);
        if !reader.symbol(&Token::Comma) {
            break;
        }
    }
    if parenthesized {
        reader.need_symbol(&Token::RParen)?;
    }
    Ok(found)
}

/// An expression, or `name => expression`.
fn argument(reader: &mut Reader<'_>) -> Result<String> {
    let is_named = matches!(
        reader.parser.peek_nth_token_ref(1).token,
        Token::RArrow | Token::Assignment
    );
    if !is_named {
        return reader.expr_sql();
    }
    let name = quote_ident(&fold(&reader.ident()?));
    reader.parser.advance_token();
    Ok(format!("{name} => {}", reader.expr_sql()?))
}
