//! ALTER TABLE (one action a statement), RENAME, and ALTER of schemas, domains, sequences, views and indexes.

use sqlparser::ast::ObjectName;

use super::{named_type, schema, sequence, table, unknown_family, Reader};
use crate::translate::names::{self, fold, quote_ident};
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

pub(super) fn alter(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("ALTER")?;
    if reader.take("TABLE") {
        return alter_table(reader);
    }
    if reader.take("SEQUENCE") {
        return sequence::alter(reader);
    }
    if reader.take("DOMAIN") {
        return alter_domain(reader);
    }
    if reader.take("SCHEMA") {
        return schema::rename(reader);
    }
    if reader.take_all(&["MATERIALIZED", "VIEW"]) {
        return renamed(reader, "MATERIALIZED VIEW");
    }
    if reader.take("VIEW") {
        return renamed(reader, "VIEW");
    }
    if reader.take("INDEX") {
        return renamed(reader, "INDEX");
    }
    Err(unknown_family())
}

fn ddl(sql: String) -> Result<Statement> {
    Ok(Statement::new(Kind::Ddl, sql))
}

fn renamed(reader: &mut Reader<'_>, kind: &str) -> Result<Statement> {
    let name = reader.object_sql()?;
    reader.take("RENAME");
    reader.need("TO")?;
    let new = new_name(reader)?;
    ddl(format!("ALTER {kind} {name} RENAME TO {new}"))
}

/// A new name is one identifier: renaming does not move an object.
fn new_name(reader: &mut Reader<'_>) -> Result<String> {
    let name = reader.object()?;
    let ObjectName(parts) = &name;
    match parts.as_slice() {
        [part] => Ok(part
            .as_ident()
            .map(|i| quote_ident(&fold(i)))
            .unwrap_or_default()),
        _ => Err(Refusal::rejected(
            "SBSQL.RENAME_OBJECT_DDL.UNSUPPORTED_SHAPE",
            "a new name is one identifier, without a path",
        )),
    }
}

/// After RENAME.
pub(super) fn rename(reader: &mut Reader<'_>) -> Result<Statement> {
    reader.need("RENAME")?;
    if reader.take("SCHEMA") {
        return schema::rename(reader);
    }
    for kind in ["TABLE", "VIEW", "SEQUENCE", "INDEX", "DOMAIN"] {
        if reader.take(kind) {
            return renamed(reader, kind);
        }
    }
    Err(unknown_family())
}

fn alter_table(reader: &mut Reader<'_>) -> Result<Statement> {
    let exists = if reader.take_all(&["IF", "EXISTS"]) {
        "IF EXISTS "
    } else {
        ""
    };
    let name = reader.object_sql()?;
    let action = action(reader)?;
    ddl(format!("ALTER TABLE {exists}{name} {action}"))
}

fn action(reader: &mut Reader<'_>) -> Result<String> {
    if reader.take("ADD") {
        return add(reader);
    }
    if reader.take("DROP") {
        if reader.take("CONSTRAINT") {
            let exists = if reader.take_all(&["IF", "EXISTS"]) {
                "IF EXISTS "
            } else {
                ""
            };
            let name = reader.name()?;
            super::drop::restrict(reader)?;
            return Ok(format!("DROP CONSTRAINT {exists}{name}"));
        }
        reader.take("COLUMN");
        let exists = if reader.take_all(&["IF", "EXISTS"]) {
            "IF EXISTS "
        } else {
            ""
        };
        let name = reader.name()?;
        super::drop::restrict(reader)?;
        return Ok(format!("DROP COLUMN {exists}{name}"));
    }
    if reader.take("RENAME") {
        if reader.take("TO") {
            return Ok(format!("RENAME TO {}", new_name(reader)?));
        }
        if reader.take("CONSTRAINT") {
            let old = reader.name()?;
            reader.need("TO")?;
            return Ok(format!("RENAME CONSTRAINT {old} TO {}", reader.name()?));
        }
        reader.take("COLUMN");
        let old = reader.name()?;
        reader.need("TO")?;
        return Ok(format!("RENAME COLUMN {old} TO {}", reader.name()?));
    }
    if reader.take("ALTER") {
        return alter_column(reader);
    }
    reader.expected("ADD, DROP, RENAME or ALTER")
}

fn add(reader: &mut Reader<'_>) -> Result<String> {
    let constraint = reader.at("CONSTRAINT")
        || (reader.at("PRIMARY") && reader.at_nth(1, "KEY"))
        || (reader.at("FOREIGN") && reader.at_nth(1, "KEY"))
        || ["UNIQUE", "CHECK"].iter().any(|w| {
            reader.at(w)
                && reader.parser.peek_nth_token_ref(1).token == sqlparser::tokenizer::Token::LParen
        });
    if constraint {
        return Ok(format!("ADD {}", table::constraint(reader)?));
    }
    reader.take("COLUMN");
    let exists = if reader.take_all(&["IF", "NOT", "EXISTS"]) {
        "IF NOT EXISTS "
    } else {
        ""
    };
    Ok(format!("ADD COLUMN {exists}{}", table::column(reader)?))
}

fn alter_column(reader: &mut Reader<'_>) -> Result<String> {
    if reader.take("CONSTRAINT") {
        let name = reader.name()?;
        let timing = table::deferral(reader)?;
        return Ok(format!("ALTER CONSTRAINT {name}{timing}"));
    }
    reader.take("COLUMN");
    let name = reader.name()?;
    if reader.take_all(&["SET", "DEFAULT"]) {
        return Ok(format!(
            "ALTER COLUMN {name} SET DEFAULT {}",
            table::default(reader)?
        ));
    }
    for (words, sql) in [
        (&["DROP", "DEFAULT"][..], "DROP DEFAULT"),
        (&["SET", "NOT", "NULL"][..], "SET NOT NULL"),
        (&["DROP", "NOT", "NULL"][..], "DROP NOT NULL"),
        (&["DROP", "IDENTITY"][..], "DROP IDENTITY"),
    ] {
        if reader.take_all(words) {
            return Ok(format!("ALTER COLUMN {name} {sql}"));
        }
    }
    if reader.take("TO") {
        return Ok(format!("RENAME COLUMN {name} TO {}", reader.name()?));
    }
    reader.take_all(&["SET", "DATA"]);
    if reader.take("TYPE") {
        let to = reader.column_type()?.sql;
        // Any cast will do: the values are converted or the statement fails.
        return Ok(format!(
            "ALTER COLUMN {name} TYPE {to} USING CAST({name} AS {to})"
        ));
    }
    reader.expected("a column action")
}

/// After `CREATE DOMAIN`.
pub(super) fn create_domain(reader: &mut Reader<'_>) -> Result<Statement> {
    let name = reader.object_sql()?;
    reader.take("AS");
    if let Some(definition) = named_type::definition(reader)? {
        return ddl(format!("CREATE TYPE {name} AS {definition}"));
    }
    let found = reader.column_type()?;
    let mut sql = format!("CREATE DOMAIN {name} AS {}", found.sql);
    if let Some(check) = found.check {
        sql.push_str(&format!(" CHECK ({})", check.replace("{}", "VALUE")));
    }
    loop {
        if reader.take("DEFAULT") {
            sql.push_str(&format!(" DEFAULT {}", table::default(reader)?));
        } else if reader.take_all(&["NOT", "NULL"]) {
            sql.push_str(" NOT NULL");
        } else if reader.take("NULL") {
            sql.push_str(" NULL");
        } else if reader.take("CONSTRAINT") {
            sql.push_str(&format!(" CONSTRAINT {}", reader.name()?));
        } else if reader.take("CHECK") {
            sql.push_str(&format!(" CHECK {}", reader.parenthesized()?));
        } else if reader.take("COLLATE") {
            sql.push_str(&format!(" COLLATE {}", reader.object_sql()?));
        } else {
            return ddl(sql);
        }
    }
}

fn alter_domain(reader: &mut Reader<'_>) -> Result<Statement> {
    let name = names::object_sql(&reader.object()?)?;
    let action = if reader.take("ADD") {
        table::constraint(reader).map(|c| format!("ADD {c}"))?
    } else if reader.take_all(&["SET", "DEFAULT"]) {
        format!("SET DEFAULT {}", table::default(reader)?)
    } else if reader.take_all(&["DROP", "DEFAULT"]) {
        "DROP DEFAULT".to_owned()
    } else if reader.take_all(&["SET", "NOT", "NULL"]) {
        "SET NOT NULL".to_owned()
    } else if reader.take_all(&["DROP", "NOT", "NULL"]) {
        "DROP NOT NULL".to_owned()
    } else if reader.take_all(&["DROP", "CONSTRAINT"]) {
        format!("DROP CONSTRAINT {}", reader.name()?)
    } else if reader.take_all(&["RENAME", "TO"]) {
        format!("RENAME TO {}", new_name(reader)?)
    } else {
        return reader.expected("a domain action");
    };
    ddl(format!("ALTER DOMAIN {name} {action}"))
}
