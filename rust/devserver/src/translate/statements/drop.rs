//! DROP of every kind of object, and TRUNCATE.

use super::{schema, unknown_family, Reader};
use crate::translate::names::quote_literal;
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

/// The word after DROP, and PostgreSQL's word for it.
const KINDS: &[(&[&str], &str)] = &[
    (&["MATERIALIZED", "VIEW"], "MATERIALIZED VIEW"),
    (&["VECTOR", "COLLECTION"], "TABLE"),
    (&["TABLE"], "TABLE"),
    (&["VIEW"], "VIEW"),
    (&["SEQUENCE"], "SEQUENCE"),
    (&["DOMAIN"], "DOMAIN"),
    (&["INDEX"], "INDEX"),
    (&["FUNCTION"], "ROUTINE"),
    (&["PROCEDURE"], "ROUTINE"),
    (&["ROUTINE"], "ROUTINE"),
    (&["ROLE"], "ROLE"),
];

/// RESTRICT is the rule; CASCADE has no plan behind it.
pub(super) fn restrict(reader: &mut Reader<'_>) -> Result<()> {
    if reader.at("CASCADE") {
        return Err(Refusal::rejected(
            "SBSQL.DROP_OBJECT_DDL.UNSUPPORTED_SHAPE",
            "DROP … CASCADE is refused; reason=drop_cascade_requires_dependency_plan",
        ));
    }
    reader.take("RESTRICT");
    Ok(())
}

pub(super) fn drop(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("DROP")?;
    if reader.take("SCHEMA") {
        return schema::drop(reader);
    }
    if reader.take("TRIGGER") {
        return trigger(reader);
    }
    if reader.take_all(&["EVENT", "CHANNEL"]) {
        let exists = reader.take_all(&["IF", "EXISTS"]);
        let channel = super::notify::channel(reader)?;
        return Ok(Statement::new(
            Kind::Ddl,
            format!(
                "CALL sys_fn.drop_event_channel({}, {exists})",
                quote_literal(&channel)
            ),
        ));
    }
    let Some((words, kind)) = KINDS.iter().find(|(words, _)| reader.take_all(words)) else {
        return Err(unknown_family());
    };
    let exists = if reader.take_all(&["IF", "EXISTS"]) {
        "IF EXISTS "
    } else {
        ""
    };
    let name = if *kind == "ROLE" {
        reader.name()?
    } else {
        reader.object_sql()?
    };
    // A routine's argument types are not needed to find it.
    if *kind == "ROUTINE" && reader.symbol(&sqlparser::tokenizer::Token::LParen) {
        while !reader.symbol(&sqlparser::tokenizer::Token::RParen) {
            if reader.is_end() {
                return reader.expected("`)`");
            }
            reader.parser.advance_token();
        }
    }
    restrict(reader)?;
    if *kind == "DOMAIN" {
        // Some of them are types of their own to the engine.
        let (name, exists) = (quote_literal(&name), !exists.is_empty());
        return Ok(Statement::new(
            Kind::Ddl,
            format!("CALL sys_fn.drop_domain({name}, {exists})"),
        ));
    }
    if words.first() == Some(&"PROCEDURE") || words.first() == Some(&"FUNCTION") {
        return Ok(Statement::new(
            Kind::Ddl,
            format!("DROP ROUTINE {exists}{name}"),
        ));
    }
    Ok(Statement::new(
        Kind::Ddl,
        format!("DROP {kind} {exists}{name}"),
    ))
}

/// A trigger is known by its own name alone; its table is found in the catalogue.
fn trigger(reader: &mut Reader<'_>) -> Result<Statement> {
    let exists = reader.take_all(&["IF", "EXISTS"]);
    let parts = crate::translate::names::parts(&reader.object()?)?;
    if reader.take("ON") {
        reader.object()?;
    }
    restrict(reader)?;
    let name = parts.last().map(String::as_str).unwrap_or_default();
    Ok(Statement::new(
        Kind::Ddl,
        format!(
            "CALL sys_fn.drop_trigger({}, {exists})",
            quote_literal(name)
        ),
    ))
}

pub(super) fn truncate(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("TRUNCATE")?;
    reader.take("TABLE");
    let table = reader.object_sql()?;
    restrict(reader)?;
    Ok(Statement::new(Kind::Ddl, format!("TRUNCATE TABLE {table}")))
}
