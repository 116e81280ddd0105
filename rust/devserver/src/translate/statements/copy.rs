//! COPY in and out. The option list has no parentheses; PostgreSQL moves CSV, the wire's own row forms are the caller's.

use sqlparser::tokenizer::Token;

use super::{printed, Reader};
use crate::translate::names::{quote_ident, quote_literal};
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Copy, CopyDirection, CopyFormat, Kind, Statement};

pub(super) fn copy(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("COPY")?;
    let mut columns = vec![];
    let (table, subject) =
        if reader.take("QUERY") || reader.parser.peek_token_ref().token == Token::LParen {
            reader.need_symbol(&Token::LParen)?;
            let query = printed(*reader.parser.parse_query()?)?;
            reader.need_symbol(&Token::RParen)?;
            (None, format!("({query})"))
        } else {
            let table = reader.object_sql()?;
            if reader.parser.peek_token_ref().token == Token::LParen {
                columns = reader.names()?;
            }
            let list = if columns.is_empty() {
                String::new()
            } else {
                format!(
                    " ({})",
                    columns
                        .iter()
                        .map(|c| quote_ident(c))
                        .collect::<Vec<_>>()
                        .join(", ")
                )
            };
            let subject = format!("{table}{list}");
            (Some(table), subject)
        };
    let direction = match reader.take_one_of(&["FROM", "TO"]) {
        Some("FROM") => CopyDirection::In,
        Some(_) => CopyDirection::Out,
        None => return reader.expected("FROM or TO"),
    };
    let stream = if direction == CopyDirection::In {
        "STDIN"
    } else {
        "STDOUT"
    };
    if !reader.take(stream) {
        return Err(Refusal::unsupported(format!(
            "COPY works with {stream} only"
        )));
    }
    if direction == CopyDirection::In && table.is_none() {
        return Err(Refusal::syntax("COPY … FROM STDIN takes a table"));
    }
    let mut copy = Copy {
        direction,
        table,
        columns,
        format: CopyFormat::Csv,
        header: false,
        delimiter: None,
        null: None,
        quote: None,
        escape: None,
        max_errors: None,
    };
    options(reader, &mut copy)?;
    let sql = format!(
        "COPY {subject} {} {stream} ({})",
        if direction == CopyDirection::In {
            "FROM"
        } else {
            "TO"
        },
        pg_options(&copy)
    );
    Ok(Statement::new(Kind::Copy(Box::new(copy)), sql))
}

fn options(reader: &mut Reader<'_>, copy: &mut Copy) -> Result<()> {
    let mut parenthesized = false;
    loop {
        if reader.take("WITH") || reader.symbol(&Token::Comma) {
            parenthesized |= reader.symbol(&Token::LParen);
            continue;
        }
        if reader.take("CSV") {
            copy.format = CopyFormat::Csv;
        } else if reader.take("JSONL") {
            copy.format = CopyFormat::JsonLines;
        } else if reader.take("BINARY") {
            copy.format = CopyFormat::Binary;
        } else if reader.take("FORMAT") {
            copy.format = format(reader)?;
        } else if reader.take("HEADER") {
            copy.header = reader
                .take_one_of(&["TRUE", "ON", "FALSE", "OFF"])
                .is_none_or(|w| matches!(w, "TRUE" | "ON"));
        } else if reader.take("DELIMITER") {
            copy.delimiter = Some(character(reader)?);
        } else if reader.take("NULL") {
            copy.null = Some(value(reader)?);
        } else if reader.take("QUOTE") {
            copy.quote = Some(character(reader)?);
        } else if reader.take("ESCAPE") {
            copy.escape = Some(character(reader)?);
        } else if reader.take("ENCODING") {
            encoding(reader)?;
        } else if reader.take_all(&["BATCH", "SIZE"]) {
            reader.number()?;
        } else if reader.take_all(&["MAX", "ERRORS"]) {
            copy.max_errors = Some(
                reader
                    .number()?
                    .parse()
                    .map_err(|_| Refusal::syntax("MAX ERRORS takes a count"))?,
            );
        } else if reader.take_all(&["ON", "ERROR"]) {
            if !reader.take("STOP") {
                return Err(Refusal::unsupported(
                    "COPY stops at the first error; ON ERROR QUARANTINE is not served",
                ));
            }
        } else if parenthesized && reader.symbol(&Token::RParen) {
            parenthesized = false;
        } else if reader.is_end() && !parenthesized {
            return Ok(());
        } else if ["STREAM", "LOCATION", "REJECTS"]
            .iter()
            .any(|w| reader.at(w))
        {
            return Err(Refusal::unsupported(
                "STREAM, LOCATION and REJECTS of COPY are not served",
            ));
        } else {
            return reader.expected("a COPY option");
        }
    }
}

fn format(reader: &mut Reader<'_>) -> Result<CopyFormat> {
    let name = match reader.parser.peek_token().token {
        Token::SingleQuotedString(text) => {
            reader.parser.advance_token();
            text
        }
        _ => reader.ident()?.value,
    };
    match name.to_ascii_uppercase().as_str() {
        "CSV" | "TEXT" => Ok(CopyFormat::Csv),
        "JSONL" => Ok(CopyFormat::JsonLines),
        "BINARY" => Ok(CopyFormat::Binary),
        other => Err(Refusal::unsupported(format!(
            "the COPY format {other} is not served"
        ))),
    }
}

fn value(reader: &mut Reader<'_>) -> Result<String> {
    reader.symbol(&Token::Eq);
    reader.take("AS");
    reader.text()
}

fn character(reader: &mut Reader<'_>) -> Result<char> {
    let text = value(reader)?;
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii() => Ok(c),
        _ => Err(Refusal::syntax(
            "a COPY delimiter, quote or escape is one ASCII character",
        )),
    }
}

fn encoding(reader: &mut Reader<'_>) -> Result<()> {
    let name = match reader.parser.peek_token().token {
        Token::SingleQuotedString(text) => {
            reader.parser.advance_token();
            text
        }
        _ => reader.ident()?.value,
    };
    if matches!(name.to_ascii_uppercase().as_str(), "UTF8" | "UTF-8") {
        return Ok(());
    }
    Err(Refusal::unsupported("COPY data is UTF-8"))
}

fn pg_options(copy: &Copy) -> String {
    let mut options = vec!["FORMAT csv".to_owned()];
    if copy.header {
        options.push("HEADER true".to_owned());
    }
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            options.push(format!("{name} {}", quote_literal(&value)));
        }
    };
    add("DELIMITER", copy.delimiter.map(String::from));
    add("NULL", copy.null.clone());
    add("QUOTE", copy.quote.map(String::from));
    add("ESCAPE", copy.escape.map(String::from));
    options.join(", ")
}
