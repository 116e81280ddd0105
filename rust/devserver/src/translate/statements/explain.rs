//! EXPLAIN in front of any statement, with SBsql's options, which stand without parentheses.

use sqlparser::tokenizer::Token;

use super::{dispatch, Reader};
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

pub(super) fn explain(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("EXPLAIN")?;
    let parenthesized = reader.parser.peek_token_ref().token == Token::LParen
        && ["ANALYZE", "PLAN", "VERBOSE", "COSTS", "BUFFERS", "FORMAT"]
            .iter()
            .any(|w| reader.at_nth(1, w));
    if parenthesized {
        reader.symbol(&Token::LParen);
    }
    let mut options: Vec<String> = vec![];
    loop {
        reader.symbol(&Token::Comma);
        if reader.take("PLAN") {
            // What EXPLAIN shows anyway.
        } else if let Some(word) = reader.take_one_of(&["ANALYZE", "VERBOSE", "COSTS", "BUFFERS"]) {
            let off = reader
                .take_one_of(&["ON", "OFF", "TRUE", "FALSE"])
                .is_some_and(|w| matches!(w, "OFF" | "FALSE"));
            options.push(if off {
                format!("{word} OFF")
            } else {
                word.to_owned()
            });
        } else if reader.take("FORMAT") {
            match reader.take_one_of(&["TEXT", "JSON", "XML", "YAML"]) {
                Some(word) => options.push(format!("FORMAT {word}")),
                None => return reader.expected("TEXT, JSON, XML or YAML"),
            }
        } else {
            break;
        }
    }
    if parenthesized {
        reader.need_symbol(&Token::RParen)?;
    }
    let first = match &reader.parser.peek_token_ref().token {
        Token::Word(w) if w.quote_style.is_none() => w.value.to_ascii_uppercase(),
        Token::LParen => "SELECT".to_owned(),
        _ => String::new(),
    };
    let inner = dispatch(reader, &first)?;
    if inner.lookup.is_some() {
        return Err(Refusal::unsupported(
            "EXPLAIN of this statement is not served",
        ));
    }
    if !matches!(
        inner.kind,
        Kind::Query | Kind::Insert | Kind::Update | Kind::Delete | Kind::Merge
    ) {
        return Err(Refusal::unsupported(
            "EXPLAIN takes a query or a data change",
        ));
    }
    let options = if options.is_empty() {
        String::new()
    } else {
        format!(" ({})", options.join(", "))
    };
    Ok(Statement::new(
        Kind::Explain,
        format!("EXPLAIN{options} {}", inner.sql),
    ))
}
