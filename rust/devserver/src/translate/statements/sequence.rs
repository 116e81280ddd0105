//! Sequences: CREATE, ALTER, and the option list that identity columns share.

use super::Reader;
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

/// Sequence options as PostgreSQL writes them; SBsql's ALTER puts SET before some of them.
pub(super) fn options(reader: &mut Reader<'_>) -> Result<String> {
    let mut found: Vec<String> = vec![];
    loop {
        reader.take("SET");
        if reader.take("START") {
            reader.take("WITH");
            found.push(format!("START WITH {}", reader.number()?));
        } else if reader.take("INCREMENT") {
            reader.take("BY");
            found.push(format!("INCREMENT BY {}", reader.number()?));
        } else if reader.take("MINVALUE") {
            found.push(format!("MINVALUE {}", reader.number()?));
        } else if reader.take("MAXVALUE") {
            found.push(format!("MAXVALUE {}", reader.number()?));
        } else if reader.take("CACHE") {
            found.push(format!("CACHE {}", reader.number()?));
        } else if reader.take("CYCLE") {
            found.push("CYCLE".to_owned());
        } else if reader.take("RESTART") {
            found.push(if reader.take("WITH") || !reader.is_end() {
                format!("RESTART WITH {}", reader.number()?)
            } else {
                "RESTART".to_owned()
            });
        } else if reader.take("NO") {
            match reader.take_one_of(&["MINVALUE", "MAXVALUE", "CYCLE", "CACHE"]) {
                Some("CACHE") => found.push("CACHE 1".to_owned()),
                Some(word) => found.push(format!("NO {word}")),
                None => return reader.expected("MINVALUE, MAXVALUE, CYCLE or CACHE"),
            }
        } else {
            return Ok(found.join(" "));
        }
    }
}

/// After `CREATE SEQUENCE`.
pub(super) fn create(reader: &mut Reader<'_>) -> Result<Statement> {
    let exists = if reader.take_all(&["IF", "NOT", "EXISTS"]) {
        "IF NOT EXISTS "
    } else {
        ""
    };
    let name = reader.object_sql()?;
    let mut sql = format!("CREATE SEQUENCE {exists}{name}");
    if reader.take("AS") {
        // PostgreSQL knows three widths; the element type of a domain is one of them or too wide.
        let of = reader.column_type()?;
        match of.element.as_str() {
            "smallint" | "integer" | "bigint" => sql.push_str(&format!(" AS {}", of.element)),
            _ => {
                return Err(Refusal::unsupported(format!(
                    "a sequence of type {} is not served",
                    of.sql
                )))
            }
        }
    }
    let options = options(reader)?;
    if !options.is_empty() {
        sql.push_str(&format!(" {options}"));
    }
    if reader.take_all(&["OWNED", "BY"]) {
        let owner = reader.object()?;
        sql.push_str(&format!(
            " OWNED BY {}",
            super::comment::column_sql(&owner)?
        ));
    }
    Ok(Statement::new(Kind::Ddl, sql))
}

/// After `ALTER SEQUENCE`.
pub(super) fn alter(reader: &mut Reader<'_>) -> Result<Statement> {
    let name = reader.object_sql()?;
    if reader.take_all(&["RENAME", "TO"]) {
        return Ok(Statement::new(
            Kind::Ddl,
            format!("ALTER SEQUENCE {name} RENAME TO {}", reader.name()?),
        ));
    }
    let options = options(reader)?;
    if options.is_empty() {
        return reader.expected("a sequence option");
    }
    Ok(Statement::new(
        Kind::Ddl,
        format!("ALTER SEQUENCE {name} {options}"),
    ))
}
