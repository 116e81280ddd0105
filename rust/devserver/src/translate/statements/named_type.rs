//! Domains that PostgreSQL has as types of their own: enumerations and rows with a name. Their values are described by
//! that name, which those of a domain are not.

use sqlparser::tokenizer::Token;

use super::Reader;
use crate::translate::names::quote_literal;
use crate::translate::refusal::Result;

/// After `CREATE DOMAIN name AS`: what to create a type as, if it is one of these.
pub(super) fn definition(reader: &mut Reader<'_>) -> Result<Option<String>> {
    if reader.take("ENUM") || reader.take("ENUM8") || reader.take("ENUM16") {
        return labels(reader).map(Some);
    }
    if reader.take("ROW") || reader.take("TUPLE") {
        return fields(reader).map(Some);
    }
    Ok(None)
}

/// `('sad', 'ok' = 2)`: the numbers are storage detail.
fn labels(reader: &mut Reader<'_>) -> Result<String> {
    reader.need_symbol(&Token::LParen)?;
    let mut found = Vec::new();
    loop {
        found.push(quote_literal(&reader.text()?));
        if reader.symbol(&Token::Eq) {
            reader.number()?;
        }
        if !reader.symbol(&Token::Comma) {
            break;
        }
    }
    reader.need_symbol(&Token::RParen)?;
    Ok(format!("ENUM ({})", found.join(", ")))
}

/// `(street TEXT, number INTEGER)`.
fn fields(reader: &mut Reader<'_>) -> Result<String> {
    reader.need_symbol(&Token::LParen)?;
    let mut found = Vec::new();
    loop {
        let name = reader.name()?;
        found.push(format!("{name} {}", reader.column_type()?.sql));
        if !reader.symbol(&Token::Comma) {
            break;
        }
    }
    reader.need_symbol(&Token::RParen)?;
    Ok(format!("({})", found.join(", ")))
}
