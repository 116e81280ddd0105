//! COMMENT ON.

use sqlparser::ast::ObjectName;

use super::{schema, Reader};
use crate::translate::names::{self, quote_ident, quote_literal};
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

const KINDS: &[(&[&str], &str)] = &[
    (&["MATERIALIZED", "VIEW"], "MATERIALIZED VIEW"),
    (&["TABLE"], "TABLE"),
    (&["VIEW"], "VIEW"),
    (&["SEQUENCE"], "SEQUENCE"),
    (&["INDEX"], "INDEX"),
    (&["DOMAIN"], "DOMAIN"),
    (&["FUNCTION"], "ROUTINE"),
    (&["PROCEDURE"], "ROUTINE"),
    (&["ROUTINE"], "ROUTINE"),
];

/// `path.table.column` as PostgreSQL text.
pub(super) fn column_sql(name: &ObjectName) -> Result<String> {
    let mut parts = names::parts(name)?;
    let column = parts.pop();
    let table = parts.pop();
    let (Some(column), Some(table)) = (column, table) else {
        return Err(Refusal::syntax("a column is named table.column"));
    };
    let tail = format!("{}.{}", quote_ident(&table), quote_ident(&column));
    if parts.is_empty() {
        return Ok(tail);
    }
    Ok(format!(
        "{}.{tail}",
        quote_ident(&names::schema_of_path(&parts)?)
    ))
}

pub(super) fn comment(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("COMMENT")?;
    reader.need("ON")?;
    let target = if reader.take("COLUMN") {
        format!("COLUMN {}", column_sql(&reader.object()?)?)
    } else if reader.take("SCHEMA") {
        format!("SCHEMA {}", quote_ident(&schema::path(&reader.object()?)?))
    } else if reader.take("CONSTRAINT") {
        let name = reader.name()?;
        reader.need("ON")?;
        format!("CONSTRAINT {name} ON {}", reader.object_sql()?)
    } else if let Some((_, kind)) = KINDS.iter().find(|(words, _)| reader.take_all(words)) {
        format!("{kind} {}", reader.object_sql()?)
    } else {
        return reader.expected("a kind of object");
    };
    reader.need("IS")?;
    let text = if reader.take("NULL") {
        "NULL".to_owned()
    } else {
        quote_literal(&reader.text()?)
    };
    Ok(Statement::new(
        Kind::Ddl,
        format!("COMMENT ON {target} IS {text}"),
    ))
}
