//! EXECUTE PROCEDURE and CALL: a procedure is a set-returning function, its rows are its results.

use sqlparser::tokenizer::Token;

use super::{unknown_family, Reader};
use crate::translate::refusal::Result;
use crate::translate::statement::{Kind, Statement};

pub(super) fn call(reader: &mut Reader<'_>, first: &str) -> Result<Statement> {
    reader.parser.advance_token();
    if first == "EXECUTE" && !reader.take("PROCEDURE") {
        return Err(unknown_family());
    }
    let name = reader.object_sql()?;
    let arguments = arguments(reader)?;
    Ok(Statement::new(
        Kind::Call,
        format!("SELECT * FROM {name}({arguments})"),
    ))
}

/// Arguments, in parentheses or, as in the older form, bare.
pub(super) fn arguments(reader: &mut Reader<'_>) -> Result<String> {
    let parenthesized = reader.symbol(&Token::LParen);
    if parenthesized && reader.symbol(&Token::RParen) {
        return Ok(String::new());
    }
    if !parenthesized && (reader.is_end() || reader.at("RETURNING_VALUES")) {
        return Ok(String::new());
    }
    let mut found = vec![];
    loop {
        found.push(reader.expr_sql()?);
        if !reader.symbol(&Token::Comma) {
            break;
        }
    }
    if parenthesized {
        reader.need_symbol(&Token::RParen)?;
    }
    Ok(found.join(", "))
}
