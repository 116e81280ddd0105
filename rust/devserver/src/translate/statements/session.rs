//! SET and RESET: the current schema, the search path, transaction modes, and the session's few settings.

use sqlparser::tokenizer::Token;

use super::{schema, transaction, Reader};
use crate::translate::names::{quote_ident, quote_literal};
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

/// Settings that mean the same in PostgreSQL.
const SETTINGS: &[&str] = &[
    "application_name",
    "client_encoding",
    "client_min_messages",
    "idle_in_transaction_session_timeout",
    "lock_timeout",
    "statement_timeout",
    "timezone",
];

fn setting(sql: impl Into<String>) -> Result<Statement> {
    Ok(Statement::new(Kind::Set, sql))
}

pub(super) fn set(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("SET")?;
    if reader.take("TRANSACTION") {
        return modes(reader, "SET TRANSACTION");
    }
    if reader.take_all(&["SESSION", "CHARACTERISTICS", "AS", "TRANSACTION"])
        || reader.take_all(&["SESSION", "TRANSACTION"])
    {
        return modes(reader, "SET SESSION CHARACTERISTICS AS TRANSACTION");
    }
    if reader.take_all(&["LOCAL", "TRANSACTION"]) {
        return modes(reader, "SET TRANSACTION");
    }
    if reader.take("CONSTRAINTS") {
        return constraints(reader);
    }
    if reader.take("ROLE") {
        let role = if reader.take("NONE") || reader.take("DEFAULT") {
            "NONE".to_owned()
        } else {
            reader.name()?
        };
        return setting(format!("SET ROLE {role}"));
    }
    let scope = if reader.take("LOCAL") {
        "LOCAL "
    } else {
        reader.take("SESSION");
        ""
    };
    if reader.take("SCHEMA") {
        return set_path(reader, scope);
    }
    if reader.take("SEARCH_PATH") || reader.take_all(&["SEARCH", "PATH"]) {
        return set_path(reader, scope);
    }
    if reader.take_all(&["TIME", "ZONE"]) {
        return time_zone(reader, scope);
    }
    if reader.take("LANGUAGE") {
        let language = word_or_text(reader)?;
        return setting(format!(
            "SET {scope}scratchbird.language TO {}",
            quote_literal(&language)
        ));
    }
    if reader.take("NAMES") {
        let encoding = word_or_text(reader)?;
        return setting(format!(
            "SET {scope}client_encoding TO {}",
            quote_literal(&encoding)
        ));
    }
    let name = reader.ident()?.value.to_ascii_lowercase();
    if !SETTINGS.contains(&name.as_str()) {
        return Err(Refusal::rejected(
            "SBSQL.SESSION.SETTING_UNKNOWN",
            format!("{name} is not a setting of the session"),
        ));
    }
    assignment(reader);
    if reader.take("DEFAULT") {
        return setting(format!("SET {scope}{name} TO DEFAULT"));
    }
    let value = match reader.parser.peek_token().token {
        Token::Number(..) | Token::Minus => reader.number()?,
        _ => quote_literal(&word_or_text(reader)?),
    };
    setting(format!("SET {scope}{name} TO {value}"))
}

fn assignment(reader: &mut Reader<'_>) {
    if !reader.take("TO") {
        reader.symbol(&Token::Eq);
    }
}

fn word_or_text(reader: &mut Reader<'_>) -> Result<String> {
    match reader.parser.peek_token().token {
        Token::SingleQuotedString(text) => {
            reader.parser.advance_token();
            Ok(text)
        }
        _ => Ok(reader.ident()?.value),
    }
}

fn modes(reader: &mut Reader<'_>, head: &str) -> Result<Statement> {
    let modes = transaction::modes(reader)?;
    if modes.is_empty() {
        return reader.expected("a transaction mode");
    }
    Ok(Statement::new(
        Kind::SetTransaction,
        format!("{head} {}", modes.join(", ")),
    ))
}

/// One schema or several, as paths, quoted paths or strings.
fn set_path(reader: &mut Reader<'_>, scope: &str) -> Result<Statement> {
    assignment(reader);
    if reader.take("DEFAULT") {
        return setting(format!("SET {scope}search_path TO public"));
    }
    let mut found = vec![];
    loop {
        let path = match reader.parser.peek_token().token {
            Token::SingleQuotedString(text) => {
                reader.parser.advance_token();
                schema::path_of_ident(&sqlparser::ast::Ident::with_quote('"', text))?
            }
            _ => schema::path(&reader.object()?)?,
        };
        found.push(quote_ident(&path));
        if !reader.symbol(&Token::Comma) {
            break;
        }
    }
    setting(format!("SET {scope}search_path TO {}", found.join(", ")))
}

fn time_zone(reader: &mut Reader<'_>, scope: &str) -> Result<Statement> {
    assignment(reader);
    let zone = if reader.take("LOCAL") || reader.take("DEFAULT") {
        "DEFAULT".to_owned()
    } else {
        quote_literal(&word_or_text(reader)?)
    };
    setting(format!("SET {scope}TIME ZONE {zone}"))
}

fn constraints(reader: &mut Reader<'_>) -> Result<Statement> {
    let names = if reader.take("ALL") {
        "ALL".to_owned()
    } else {
        let mut names = vec![reader.object_sql()?];
        while reader.symbol(&Token::Comma) {
            names.push(reader.object_sql()?);
        }
        names.join(", ")
    };
    match reader.take_one_of(&["DEFERRED", "IMMEDIATE"]) {
        Some(word) => setting(format!("SET CONSTRAINTS {names} {word}")),
        None => reader.expected("DEFERRED or IMMEDIATE"),
    }
}

pub(super) fn reset(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("RESET")?;
    if reader.take("SCHEMA") || reader.take("SEARCH_PATH") || reader.take_all(&["SEARCH", "PATH"]) {
        return setting("SET search_path TO public");
    }
    if reader.take("ROLE") {
        return setting("SET ROLE NONE");
    }
    if reader.take_all(&["TIME", "ZONE"]) {
        return setting("SET TIME ZONE DEFAULT");
    }
    let name = reader.ident()?.value.to_ascii_lowercase();
    if !SETTINGS.contains(&name.as_str()) {
        return Err(Refusal::rejected(
            "SBSQL.SESSION.SETTING_UNKNOWN",
            format!("{name} is not a setting of the session"),
        ));
    }
    setting(format!("RESET {name}"))
}
