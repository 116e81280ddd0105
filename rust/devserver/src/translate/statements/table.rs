//! CREATE TABLE: columns, constraints, identity and computed columns; the parts ALTER TABLE and domains share.

use sqlparser::tokenizer::Token;

use super::{unknown_family, Reader};
use crate::translate::names::{self, fold, quote_ident};
use crate::translate::refusal::{Refusal, Result};
use crate::translate::statement::{Kind, Statement};

pub(super) fn create(reader: &mut Reader<'_>) -> Result<Statement> {
    let scope = reader.take_one_of(&["LOCAL", "GLOBAL"]);
    let temporary = reader.take_one_of(&["TEMPORARY", "TEMP"]).is_some() || scope.is_some();
    if !reader.take("TABLE") {
        return Err(unknown_family());
    }
    let exists = if reader.take_all(&["IF", "NOT", "EXISTS"]) {
        "IF NOT EXISTS "
    } else {
        ""
    };
    let name = reader.object()?;
    let table = if temporary {
        // Temporary tables live in a schema of their own, whatever path they are given.
        name.0
            .last()
            .and_then(|p| p.as_ident())
            .map(|i| quote_ident(&fold(i)))
            .unwrap_or_default()
    } else {
        names::object_sql(&name)?
    };
    let head = format!(
        "CREATE {}TABLE {exists}{table}",
        if temporary { "TEMPORARY " } else { "" }
    );
    if reader.take("AS") {
        let query = super::printed(*reader.parser.parse_query()?)?;
        return Ok(Statement::new(Kind::Ddl, format!("{head} AS {query}")));
    }
    let mut elements = vec![];
    reader.need_symbol(&Token::LParen)?;
    loop {
        elements.push(element(reader)?);
        if !reader.symbol(&Token::Comma) {
            break;
        }
    }
    reader.need_symbol(&Token::RParen)?;
    let mut sql = format!("{head} ({})", elements.join(", "));
    if reader.take_all(&["ON", "COMMIT"]) {
        let Some(action) = reader.take_one_of(&["DELETE", "PRESERVE"]) else {
            return reader.expected("DELETE or PRESERVE");
        };
        reader.need("ROWS")?;
        if !temporary {
            return Err(Refusal::syntax("ON COMMIT belongs to temporary tables"));
        }
        sql.push_str(&format!(" ON COMMIT {action} ROWS"));
    }
    Ok(Statement::new(Kind::Ddl, sql))
}

const CONSTRAINT_WORDS: [&str; 4] = ["PRIMARY", "UNIQUE", "CHECK", "FOREIGN"];

fn element(reader: &mut Reader<'_>) -> Result<String> {
    let named = reader.at("CONSTRAINT");
    // A column may be called like a constraint's first word; then a type follows instead of KEY or a parenthesis.
    let keyed = CONSTRAINT_WORDS.iter().any(|w| reader.at(w))
        && (reader.at_nth(1, "KEY") || reader.parser.peek_nth_token_ref(1).token == Token::LParen);
    if named || keyed {
        constraint(reader)
    } else {
        column(reader)
    }
}

/// A table constraint, also as ALTER TABLE ADD takes it.
pub(super) fn constraint(reader: &mut Reader<'_>) -> Result<String> {
    let mut sql = String::new();
    if reader.take("CONSTRAINT") {
        sql = format!("CONSTRAINT {} ", reader.name()?);
    }
    if reader.take("PRIMARY") {
        reader.need("KEY")?;
        sql.push_str(&format!("PRIMARY KEY {}", reader.name_list()?));
    } else if reader.take("UNIQUE") {
        sql.push_str("UNIQUE ");
        if reader.take_all(&["NULLS", "NOT", "DISTINCT"]) {
            sql.push_str("NULLS NOT DISTINCT ");
        }
        sql.push_str(&reader.name_list()?);
    } else if reader.take("CHECK") {
        sql.push_str(&format!("CHECK {}", reader.parenthesized()?));
    } else if reader.take("FOREIGN") {
        reader.need("KEY")?;
        let columns = reader.name_list()?;
        sql.push_str(&format!("FOREIGN KEY {columns} {}", references(reader)?));
    } else {
        return reader.expected("a constraint");
    }
    sql.push_str(&deferral(reader)?);
    Ok(sql)
}

fn references(reader: &mut Reader<'_>) -> Result<String> {
    reader.need("REFERENCES")?;
    let mut sql = format!("REFERENCES {}", reader.object_sql()?);
    if reader.parser.peek_token_ref().token == Token::LParen {
        sql.push_str(&format!(" {}", reader.name_list()?));
    }
    loop {
        if reader.take("MATCH") {
            let Some(kind) = reader.take_one_of(&["FULL", "PARTIAL", "SIMPLE"]) else {
                return reader.expected("FULL, PARTIAL or SIMPLE");
            };
            sql.push_str(&format!(" MATCH {kind}"));
        } else if reader.take("ON") {
            let Some(event) = reader.take_one_of(&["DELETE", "UPDATE"]) else {
                return reader.expected("DELETE or UPDATE");
            };
            let action = if reader.take_all(&["NO", "ACTION"]) {
                "NO ACTION"
            } else if reader.take_all(&["SET", "NULL"]) {
                "SET NULL"
            } else if reader.take_all(&["SET", "DEFAULT"]) {
                "SET DEFAULT"
            } else if let Some(action) = reader.take_one_of(&["CASCADE", "RESTRICT"]) {
                action
            } else {
                return reader.expected("a referential action");
            };
            sql.push_str(&format!(" ON {event} {action}"));
        } else {
            return Ok(sql);
        }
    }
}

pub(super) fn deferral(reader: &mut Reader<'_>) -> Result<String> {
    let mut sql = String::new();
    loop {
        if reader.take_all(&["NOT", "DEFERRABLE"]) {
            sql.push_str(" NOT DEFERRABLE");
        } else if reader.take("DEFERRABLE") {
            sql.push_str(" DEFERRABLE");
        } else if reader.take_all(&["INITIALLY", "DEFERRED"]) {
            sql.push_str(" INITIALLY DEFERRED");
        } else if reader.take_all(&["INITIALLY", "IMMEDIATE"]) {
            sql.push_str(" INITIALLY IMMEDIATE");
        } else {
            return Ok(sql);
        }
    }
}

/// A column definition, also as ALTER TABLE ADD COLUMN takes it.
pub(super) fn column(reader: &mut Reader<'_>) -> Result<String> {
    let name = reader.name()?;
    let computed_only = reader.at("COMPUTED");
    let mut sql = name.clone();
    if !computed_only {
        let found = reader.column_type()?;
        sql.push_str(&format!(" {}", found.sql));
        if let Some(check) = found.check {
            sql.push_str(&format!(" CHECK ({})", check.replace("{}", &name)));
        }
    }
    while let Some(option) = column_option(reader)? {
        sql.push_str(&format!(" {option}"));
    }
    Ok(sql)
}

fn column_option(reader: &mut Reader<'_>) -> Result<Option<String>> {
    if reader.take("CONSTRAINT") {
        let name = reader.name()?;
        let Some(option) = column_option(reader)? else {
            return reader.expected("a column constraint");
        };
        return Ok(Some(format!("CONSTRAINT {name} {option}")));
    }
    let option = if reader.take_all(&["NOT", "NULL"]) {
        "NOT NULL".to_owned()
    } else if reader.take("NULL") {
        "NULL".to_owned()
    } else if reader.take_all(&["PRIMARY", "KEY"]) {
        format!("PRIMARY KEY{}", deferral(reader)?)
    } else if reader.take("UNIQUE") {
        format!("UNIQUE{}", deferral(reader)?)
    } else if reader.take("DEFAULT") {
        format!("DEFAULT {}", default(reader)?)
    } else if reader.take("CHECK") {
        format!("CHECK {}", reader.parenthesized()?)
    } else if reader.at("REFERENCES") {
        let sql = references(reader)?;
        format!("{sql}{}", deferral(reader)?)
    } else if reader.take("COLLATE") {
        format!("COLLATE {}", reader.object_sql()?)
    } else if reader.take("GENERATED") {
        generated(reader)?
    } else if reader.take("COMPUTED") {
        reader.take("BY");
        format!("GENERATED ALWAYS AS {} STORED", reader.parenthesized()?)
    } else {
        return Ok(None);
    };
    Ok(Some(option))
}

/// A default: in parentheses, which PostgreSQL wants around anything but plain values.
pub(super) fn default(reader: &mut Reader<'_>) -> Result<String> {
    // NOT NULL may follow; an expression parser must not take its NOT.
    let mut expr = reader.parser.parse_subexpr(60)?;
    crate::translate::rewrite::rewrite(&mut expr)?;
    Ok(match expr {
        sqlparser::ast::Expr::Value(_) | sqlparser::ast::Expr::Function(_) => expr.to_string(),
        other => format!("({other})"),
    })
}

fn generated(reader: &mut Reader<'_>) -> Result<String> {
    let when = if reader.take("ALWAYS") {
        "ALWAYS"
    } else {
        reader.need("BY")?;
        reader.need("DEFAULT")?;
        "BY DEFAULT"
    };
    reader.need("AS")?;
    if reader.take("IDENTITY") {
        let options = if reader.symbol(&Token::LParen) {
            let options = super::sequence::options(reader)?;
            reader.need_symbol(&Token::RParen)?;
            format!(" ({options})")
        } else {
            String::new()
        };
        return Ok(format!("GENERATED {when} AS IDENTITY{options}"));
    }
    let expr = reader.parenthesized()?;
    let kind = if reader.take("VIRTUAL") {
        "VIRTUAL"
    } else {
        reader.take("STORED");
        "STORED"
    };
    Ok(format!("GENERATED ALWAYS AS {expr} {kind}"))
}
