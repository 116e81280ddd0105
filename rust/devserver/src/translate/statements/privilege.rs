//! Roles, GRANT and REVOKE, LOCK TABLE.

use sqlparser::tokenizer::Token;

use super::{schema, Reader};
use crate::translate::names::quote_ident;
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

/// After `CREATE ROLE`.
pub(super) fn create_role(reader: &mut Reader<'_>) -> Result<Statement> {
    let exists = reader.take_all(&["IF", "NOT", "EXISTS"]);
    let role = reader.name()?;
    if exists {
        return Err(Refusal::unsupported(
            "CREATE ROLE IF NOT EXISTS is not served",
        ));
    }
    Ok(Statement::new(Kind::Ddl, format!("CREATE ROLE {role}")))
}

pub(super) fn grant(reader: &mut Reader<'_>, first: &str) -> Result<Statement> {
    reader.parser.advance_token();
    let grants = first == "GRANT";
    let mut option = "";
    if !grants && reader.take_all(&["GRANT", "OPTION", "FOR"]) {
        option = "GRANT OPTION FOR ";
    }
    let what = privileges(reader)?;
    let mut sql = format!("{first} {option}{what}");
    if reader.take("ON") {
        sql.push_str(&format!(" ON {}", target(reader)?));
    }
    let to = if grants { "TO" } else { "FROM" };
    reader.need(to)?;
    let mut grantees = vec![];
    loop {
        reader.take_one_of(&["ROLE", "USER", "GROUP"]);
        grantees.push(if reader.take("PUBLIC") {
            "PUBLIC".to_owned()
        } else {
            reader.name()?
        });
        if !reader.symbol(&Token::Comma) {
            break;
        }
    }
    sql.push_str(&format!(" {to} {}", grantees.join(", ")));
    if grants && reader.take_all(&["WITH", "GRANT", "OPTION"]) {
        sql.push_str(" WITH GRANT OPTION");
    } else if grants && reader.take_all(&["WITH", "ADMIN", "OPTION"]) {
        sql.push_str(" WITH ADMIN OPTION");
    }
    if !grants {
        super::drop::restrict(reader)?;
    }
    Ok(Statement::new(Kind::Ddl, sql))
}

const PRIVILEGES: &[&str] = &[
    "SELECT",
    "INSERT",
    "UPDATE",
    "DELETE",
    "REFERENCES",
    "TRIGGER",
    "TRUNCATE",
    "USAGE",
    "EXECUTE",
    "CREATE",
];

/// Privileges, or the names of roles.
fn privileges(reader: &mut Reader<'_>) -> Result<String> {
    if reader.take("ALL") {
        reader.take("PRIVILEGES");
        return Ok("ALL".to_owned());
    }
    let mut found = vec![];
    loop {
        if let Some(word) = reader.take_one_of(PRIVILEGES) {
            let columns = if reader.parser.peek_token_ref().token == Token::LParen {
                format!(" {}", reader.name_list()?)
            } else {
                String::new()
            };
            found.push(format!("{word}{columns}"));
        } else {
            found.push(reader.name()?);
        }
        if !reader.symbol(&Token::Comma) {
            return Ok(found.join(", "));
        }
    }
}

fn target(reader: &mut Reader<'_>) -> Result<String> {
    if reader.take("SCHEMA") {
        return Ok(format!(
            "SCHEMA {}",
            quote_ident(&schema::path(&reader.object()?)?)
        ));
    }
    if reader.take("SEQUENCE") {
        return Ok(format!("SEQUENCE {}", reader.object_sql()?));
    }
    if reader
        .take_one_of(&["FUNCTION", "PROCEDURE", "ROUTINE"])
        .is_some()
    {
        return Ok(format!("ROUTINE {}", reader.object_sql()?));
    }
    if reader.take("DOMAIN") {
        return Ok(format!("DOMAIN {}", reader.object_sql()?));
    }
    reader.take_one_of(&["TABLE", "VIEW"]);
    reader.object_sql()
}

pub(super) fn lock(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("LOCK")?;
    reader.take("TABLE");
    let mut tables = vec![];
    loop {
        tables.push(reader.object_sql()?);
        if !reader.symbol(&Token::Comma) {
            break;
        }
    }
    let mut mode = String::new();
    if reader.take("IN") {
        let mut words = vec![];
        while let Some(word) =
            reader.take_one_of(&["ACCESS", "ROW", "SHARE", "UPDATE", "EXCLUSIVE"])
        {
            words.push(word);
        }
        reader.need("MODE")?;
        if words.is_empty() {
            return Err(Refusal::syntax("LOCK TABLE … IN names a mode"));
        }
        mode = format!(" IN {} MODE", words.join(" "));
    }
    let wait = if reader.take("NOWAIT") { " NOWAIT" } else { "" };
    Ok(Statement::new(
        Kind::Lock,
        format!("LOCK TABLE {}{mode}{wait}", tables.join(", ")),
    ))
}
